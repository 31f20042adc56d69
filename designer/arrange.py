"""Aligning and spreading boxes. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

Edge: TypeAlias = Literal["left", "centre", "right", "top", "middle", "bottom"]
Direction: TypeAlias = Literal["across", "down"]


@dataclass(frozen=True, slots=True)
class Box:
    """A node on the canvas, in canvas units."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        return self.x + self.width

    @property
    def bottom(self) -> float:
        return self.y + self.height


Boxes: TypeAlias = Mapping[str, Box]
Places: TypeAlias = dict[str, tuple[float, float]]


def align(boxes: Boxes, edge: Edge) -> Places:
    """Where each box goes so that all share an edge or a centre line of the rectangle around them."""
    left, top = min(b.x for b in boxes.values()), min(b.y for b in boxes.values())
    right, bottom = max(b.right for b in boxes.values()), max(b.bottom for b in boxes.values())
    place: dict[Edge, Callable[[Box], tuple[float, float]]] = {
        "left": lambda b: (left, b.y),
        "centre": lambda b: ((left + right - b.width) / 2, b.y),
        "right": lambda b: (right - b.width, b.y),
        "top": lambda b: (b.x, top),
        "middle": lambda b: (b.x, (top + bottom - b.height) / 2),
        "bottom": lambda b: (b.x, bottom - b.height),
    }
    return {id: place[edge](box) for id, box in boxes.items()}


def distribute(boxes: Boxes, direction: Direction) -> Places:
    """Where each box goes so that the gaps between neighbours are equal; the outermost two stay."""
    across = direction == "across"
    order = sorted(boxes, key=lambda id: boxes[id].x if across else boxes[id].y)
    lengths = {id: boxes[id].width if across else boxes[id].height for id in order}
    starts = {id: boxes[id].x if across else boxes[id].y for id in order}
    first, last = order[0], order[-1]
    room = starts[last] + lengths[last] - starts[first] - sum(lengths.values())
    gap, at = room / max(len(order) - 1, 1), starts[first]
    places: Places = {}
    for id in order:
        places[id] = (at, boxes[id].y) if across else (boxes[id].x, at)
        at += lengths[id] + gap
    return places
