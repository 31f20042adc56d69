"""What of a drawing may look different: what a change tells, so that only that is painted again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil, floor
from typing import TypeAlias, TypeVar

from designer.canvas.camera import Camera, Rect
from designer.canvas.route import Route

MOST = 64  # things in one change; where there are more, all is painted again
EDGE = 3.0  # pixels that a line of a fixed width, a rounded place and a smoothed edge may take beyond a place
LITTLE = 2_000.0  # pixels that may as well be painted as one more rectangle looked at

T = TypeVar("T")
Places: TypeAlias = Sequence[Rect]  # in canvas units


@dataclass(frozen=True, slots=True)
class Damage:
    """Nodes and wires by id, each with the places that it had before and has now, and the places of other things.

    The places are those of bodies and ways; how far shadows, strokes and labels go beyond them, the painter knows.
    """

    nodes: Mapping[str, Places] = field(default_factory=dict)
    wires: Mapping[str, Sequence[Route]] = field(default_factory=dict)
    others: Places = ()

    def __bool__(self) -> bool:
        return bool(self.nodes or self.wires or self.others)

    def __or__(self, other: Damage) -> Damage:
        """Both; for the moments before and after a change."""
        return Damage(_joined(self.nodes, other.nodes), _joined(self.wires, other.wires), (*self.others, *other.others))


def _joined(a: Mapping[str, Sequence[T]], b: Mapping[str, Sequence[T]]) -> Mapping[str, Sequence[T]]:
    return {id: (*a.get(id, ()), *b.get(id, ())) for id in {**a, **b}} if a and b else a or b


def pixels(camera: Camera, places: Iterable[Rect], size: tuple[int, int]) -> list[Rect]:
    """The whole pixels of a widget of that size that places may touch; those out of view left out."""
    scale, x, y = camera.scale, camera.x, camera.y
    left, top, right, bottom = x - EDGE, y - EDGE, x + EDGE, y + EDGE
    return clipped(
        ((p[0] * scale + left, p[1] * scale + top, p[2] * scale + right, p[3] * scale + bottom) for p in places), size
    )


def clipped(rects: Iterable[Rect], size: tuple[int, int]) -> list[Rect]:
    """The whole pixels of a widget of that size within rectangles of pixels; those out of view left out."""
    width, height = size
    found: list[Rect] = []
    for left, top, right, bottom in rects:
        if right > 0.0 and bottom > 0.0 and left < width and top < height:
            found.append((max(floor(left), 0), max(floor(top), 0), min(ceil(right), width), min(ceil(bottom), height)))
    return found


def fewer(rects: Iterable[Rect]) -> list[Rect]:
    """The rectangles, joined where that adds little; together they cover them all."""
    found: list[Rect] = []
    for rect in rects:
        at = 0
        while at < len(found):
            other = found[at]
            left, top = min(rect[0], other[0]), min(rect[1], other[1])
            right, bottom = max(rect[2], other[2]), max(rect[3], other[3])
            if (right - left) * (bottom - top) <= _area(rect) + _area(other) + LITTLE:
                rect, at = (left, top, right, bottom), 0  # what was passed over may join what has grown
                found.remove(other)
            else:
                at += 1
        found.append(rect)
    return found


def _area(rect: Rect) -> float:
    return (rect[2] - rect[0]) * (rect[3] - rect[1])
