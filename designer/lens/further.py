"""Views of a node that are asked for when they are looked at, and what each shows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from designer.figures.marks import Drawing
from designer.lens import maps, paths, votes
from designer.lens.hung import Hung


@dataclass(frozen=True)
class Further:
    """`question` is the end of the assistant's request; `show` makes one of `parts` of its answer."""

    question: str
    parts: tuple[str, ...]
    show: Callable[[Mapping[str, Any], str], Drawing | Hung]


FURTHER: Mapping[str, Further] = {
    "Flow": Further("flow", paths.PARTS, paths.drawing),
    "Map": Further("map", maps.PARTS, maps.picture),
    "Routing": Further("routing", votes.PARTS, votes.picture),
}


def offered(questions: list[str]) -> list[str]:
    """The views that a node has, by the questions that `core.analysis.layers` says it answers."""
    return [view for view, further in FURTHER.items() if further.question in questions]
