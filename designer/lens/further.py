"""Views of a node that are asked for when they are looked at, and what each shows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from core.spec.params import Param
from designer.figures.marks import Drawing
from designer.lens import decoded, doors, dropped, maps, norms, paths, upstream, votes
from designer.lens.hung import Hung, Rows

Shown = Drawing | Hung | Rows


@dataclass(frozen=True)
class Further:
    """`question` is the end of the assistant's request, which `fields` ask with more; `show` makes one of `parts` of
    its answer. `offer`: what `core.analysis.layers` calls it, where that is not the question. `leads`: it is shown
    first, where nothing else was wished for."""

    question: str
    parts: tuple[str, ...]
    show: Callable[[Mapping[str, Any], str], Shown]
    fields: tuple[Param, ...] = ()
    offer: str = ""
    leads: bool = True


FURTHER: Mapping[str, Further] = {
    "Flow": Further("flow", paths.PARTS, paths.drawing),
    "Map": Further("map", maps.PARTS, maps.picture),
    "Routing": Further("routing", votes.PARTS, votes.picture),
    "Mask": Further("mask", dropped.PARTS, dropped.picture, dropped.FIELDS),
    "Gates": Further("gates", doors.PARTS, doors.picture, doors.FIELDS),
    "Receptive field": Further("reach", upstream.REACH_PARTS, upstream.reached, upstream.REACH_FIELDS, leads=False),
    "Liked most": Further("wished", upstream.WISH_PARTS, upstream.wished, upstream.WISH_FIELDS, leads=False),
    "Statistics": Further("normed", norms.PARTS, norms.drawing),
    "Samples": Further("sampled", (), decoded.samples, decoded.SAMPLES, "decoding", leads=False),
    "Between": Further("between", (), decoded.between, decoded.BETWEEN, "decoding", leads=False),
    "Plane": Further("plane", (), decoded.plane, decoded.PLANE, "decoding", leads=False),
}


def offered(questions: list[str]) -> list[str]:
    """The views that a node has, by the questions that `core.analysis.layers` says it answers."""
    return [view for view, further in FURTHER.items() if (further.offer or further.question) in questions]
