"""Where the canvas is looked at from: plain numbers, no Qt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

Rect: TypeAlias = tuple[float, float, float, float]  # left, top, right, bottom
Point: TypeAlias = tuple[float, float]

MIN_SCALE, MAX_SCALE = 0.02, 4.0


@dataclass(frozen=True, slots=True)
class Camera:
    """Maps canvas units to widget pixels: ``pixel = canvas * scale + offset``."""

    scale: float = 1.0
    x: float = 0.0
    y: float = 0.0

    def to_view(self, x: float, y: float) -> Point:
        return x * self.scale + self.x, y * self.scale + self.y

    def to_canvas(self, x: float, y: float) -> Point:
        return (x - self.x) / self.scale, (y - self.y) / self.scale

    def rect_to_canvas(self, rect: Rect) -> Rect:
        return (*self.to_canvas(rect[0], rect[1]), *self.to_canvas(rect[2], rect[3]))

    def rect_to_view(self, rect: Rect) -> Rect:
        return (*self.to_view(rect[0], rect[1]), *self.to_view(rect[2], rect[3]))

    def panned(self, dx: float, dy: float) -> Camera:
        """Moved by widget pixels."""
        return Camera(self.scale, self.x + dx, self.y + dy)

    def zoomed(self, factor: float, x: float, y: float) -> Camera:
        """Scaled so that the canvas point under widget pixel (x, y) stays there."""
        scale = min(max(self.scale * factor, MIN_SCALE), MAX_SCALE)
        ratio = scale / self.scale
        return Camera(scale, x - (x - self.x) * ratio, y - (y - self.y) * ratio)

    def centred(self, x: float, y: float, width: float, height: float) -> Camera:
        """The same scale, with canvas point (x, y) in the middle of a widget of that size."""
        return Camera(self.scale, width / 2 - x * self.scale, height / 2 - y * self.scale)

    def towards(self, other: Camera, part: float) -> Camera:
        """The camera that far (0 to 1) on the way to another."""
        return Camera(
            self.scale * (other.scale / self.scale) ** part,
            self.x + (other.x - self.x) * part,
            self.y + (other.y - self.y) * part,
        )


def fitting(rect: Rect, width: float, height: float, *, margin: float = 48.0, largest: float = 1.0) -> Camera:
    """The camera that shows all of a canvas rectangle in a widget of that size, never larger than `largest`."""
    left, top, right, bottom = rect
    room = max(width - 2 * margin, 1.0), max(height - 2 * margin, 1.0)
    scale = min(room[0] / max(right - left, 1.0), room[1] / max(bottom - top, 1.0), largest)
    scale = max(scale, MIN_SCALE)
    return Camera(scale).centred((left + right) / 2, (top + bottom) / 2, width, height)


def opening(rect: Rect, start: Point, width: float, height: float, *, smallest: float, margin: float = 48.0) -> Camera:
    """The camera that a graph opens with: all of it where that can be read, else from where it starts.

    Smaller than `smallest` it is never shown: the left border and the height of `start` are then what is seen first.
    """
    whole = fitting(rect, width, height, margin=margin)
    if whole.scale >= smallest:
        return whole
    left, top, right, bottom = rect
    is_wide = (right - left) * smallest > width - 2 * margin
    is_tall = (bottom - top) * smallest > height - 2 * margin
    x = left + (width / 2 - margin) / smallest if is_wide else (left + right) / 2
    y = start[1] if is_tall else (top + bottom) / 2
    return Camera(smallest).centred(x, y, width, height)


def united(rects: list[Rect]) -> Rect | None:
    """The smallest rectangle round all of them; None for none."""
    if not rects:
        return None
    lefts, tops, rights, bottoms = zip(*rects, strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)


def intersects(a: Rect, b: Rect) -> bool:
    return a[0] <= b[2] and b[0] <= a[2] and a[1] <= b[3] and b[1] <= a[3]


def touches(rect: Rect, parts: Sequence[Rect]) -> bool:
    """Whether a rectangle intersects one of several."""
    left, top, right, bottom = rect
    for part in parts:  # noqa: SIM110 - asked thousands of times in a frame; a generator takes three times as long
        if left <= part[2] and part[0] <= right and top <= part[3] and part[1] <= bottom:
            return True
    return False


def grown(rect: Rect, by: float) -> Rect:
    return rect[0] - by, rect[1] - by, rect[2] + by, rect[3] + by
