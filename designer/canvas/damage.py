"""What of a drawing may look different: what a change tells, so that only that is painted again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil, floor
from typing import TypeAlias

from designer.canvas.camera import Camera, Rect, united

MOST = 64  # things in one change; where there are more, all is painted again
EDGE = 3.0  # pixels that a line of a fixed width, a rounded place and a smoothed edge may take beyond a place
LITTLE = 16_000.0  # pixels that may as well be painted as one more rectangle looked at

Places: TypeAlias = Sequence[Rect]  # in canvas units


@dataclass(frozen=True, slots=True)
class Damage:
    """Nodes and wires by id, each with the places that it had before and has now, and the places of other things.

    The places are those of bodies and ways; how far shadows, strokes and labels go beyond them, the painter knows.
    """

    nodes: Mapping[str, Places] = field(default_factory=dict)
    wires: Mapping[str, Places] = field(default_factory=dict)
    others: Places = ()

    def __bool__(self) -> bool:
        return bool(self.nodes or self.wires or self.others)

    def __or__(self, other: Damage) -> Damage:
        """Both; for the moments before and after a change."""
        return Damage(_joined(self.nodes, other.nodes), _joined(self.wires, other.wires), (*self.others, *other.others))


def _joined(a: Mapping[str, Places], b: Mapping[str, Places]) -> dict[str, Places]:
    return {id: (*a.get(id, ()), *b.get(id, ())) for id in {**a, **b}}


def pixels(camera: Camera, place: Rect, size: tuple[int, int]) -> Rect | None:
    """The whole pixels of a widget of that size that a place may touch; None where it is out of view."""
    left, top, right, bottom = camera.rect_to_view(place)
    return clipped((left - EDGE, top - EDGE, right + EDGE, bottom + EDGE), size)


def clipped(rect: Rect, size: tuple[int, int]) -> Rect | None:
    """The whole pixels of a widget of that size within a rectangle of pixels; None for none."""
    left, top = max(floor(rect[0]), 0), max(floor(rect[1]), 0)
    right, bottom = min(ceil(rect[2]), size[0]), min(ceil(rect[3]), size[1])
    return (left, top, right, bottom) if left < right and top < bottom else None


def fewer(rects: Sequence[Rect]) -> list[Rect]:
    """The rectangles, joined where that adds little; together they cover them all."""
    found: list[Rect] = []
    for rect in rects:
        joined = rect
        while (near := next((other for other in found if _as_well(joined, other)), None)) is not None:
            found.remove(near)
            joined = united([joined, near]) or joined
        found.append(joined)
    return found


def _as_well(a: Rect, b: Rect) -> bool:
    whole = united([a, b])
    return whole is not None and _area(whole) <= _area(a) + _area(b) + LITTLE


def _area(rect: Rect) -> float:
    return (rect[2] - rect[0]) * (rect[3] - rect[1])
