"""How a wire runs: cubic curves from left to right, with a lane above or below the nodes that stand in its way."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import TypeAlias

from designer.canvas.camera import Point, Rect, touches

Cubic: TypeAlias = tuple[Point, Point, Point, Point]
Obstacles: TypeAlias = Callable[[Rect], Sequence[Rect]]

CLEARANCE = 26.0  # between a lane and the nodes that it passes
STOREY, STOREYS, LONG_BY = 10.0, 8, 512.0  # a lane lies so much farther out for each so much of length
RAMP = 72.0  # horizontal room in which a wire climbs to its lane
LONG = 240.0  # shorter wires never need a lane
PIECES, BOXES = 12, 8


class Route:
    """The curves of a wire, the knots of its course (for drawing from afar), and where its label may stand.

    `is_level`: it runs flat where the label stands, so that the label can stand above it. `is_short`: it runs straight
    from one neighbour to the next.
    """

    __slots__ = ("_pieces", "_points", "curves", "is_level", "is_short", "knots", "label")

    def __init__(
        self, curves: tuple[Cubic, ...], knots: tuple[Point, ...], label: Point, *, is_level: bool | None = None
    ) -> None:
        self.curves, self.knots, self.label = curves, knots, label
        self.is_level = (len(knots) > 2 or abs(knots[0][1] - knots[-1][1]) < 6.0) if is_level is None else is_level
        self.is_short = self.is_level and len(knots) == 2
        self._points: tuple[Point, ...] = ()
        self._pieces: tuple[Rect, ...] = ()

    @property
    def points(self) -> tuple[Point, ...]:
        """The curves flattened; worked out when first asked for."""
        if not self._points:
            self._points = tuple(point for curve in self.curves for point in flattened(curve))
        return self._points

    @property
    def pieces(self) -> tuple[Rect, ...]:
        """Rectangles that together cover the wire: round the control points of each curve."""
        if not self._pieces:
            self._pieces = tuple([hull(curve) for curve in self.curves])
        return self._pieces

    def touches(self, parts: Sequence[Rect]) -> bool:
        """Whether the wire may touch one of these parts of the plane."""
        pieces = self.pieces
        return touches(pieces[0], parts) or (len(pieces) > 1 and any(touches(piece, parts) for piece in pieces))

    def boxes(self, area: float) -> Sequence[Rect]:
        """Rectangles that together cover the wire, smaller than `pieces` where one of these is larger than `area`."""
        if all((piece[2] - piece[0]) * (piece[3] - piece[1]) <= area for piece in self.pieces):
            return self.pieces
        points = self.points
        step = max(len(points) // BOXES, 2)
        return [_round(points[i : i + step + 1]) for i in range(0, len(points) - 1, step)]

    def distance(self, x: float, y: float) -> float:
        """From a point to the wire, in canvas units."""
        return min(_to_piece(x, y, a, b) for a, b in pairwise(self.points))


NOWHERE = Route((((0.0, 0.0),) * 4,), ((0.0, 0.0),) * 2, (0.0, 0.0))


def route(start: Point, end: Point, obstacles: Obstacles | None = None) -> Route:
    """The way from an output port to an input port.

    A wire that would run behind nodes takes a lane past them. `obstacles` gives the rectangles of nodes that touch a
    rectangle; the two nodes at the ends may be among them, since only what lies between the ports is asked for.
    """
    if obstacles is not None and end[0] - start[0] > LONG:
        lane = _lane(start, end, obstacles)
        if lane is not None:
            return _through(start, end, lane)
    return _plain(start, end)


def bent(start: Point, end: Point, bends: Sequence[Point]) -> Route:
    """The way from port to port through the points that the person chose: a smooth curve, level at both ports."""
    knots = (start, *bends, end)
    slopes = [(1.0, 0.0), *(_direction(a, c) for a, c in zip(knots, knots[2:], strict=False)), (1.0, 0.0)]
    curves: list[Cubic] = []
    for (a, b), (ua, ub) in zip(pairwise(knots), pairwise(slopes), strict=True):
        pull = min(max(((b[0] - a[0]) ** 2 + (b[1] - a[1]) ** 2) ** 0.5 * 0.36, 8.0), 160.0)
        curves.append((a, (a[0] + ua[0] * pull, a[1] + ua[1] * pull), (b[0] - ub[0] * pull, b[1] - ub[1] * pull), b))
    a, b, c, d = max(curves, key=lambda curve: abs(curve[3][0] - curve[0][0]))
    middle = ((a[0] + 3 * b[0] + 3 * c[0] + d[0]) / 8, (a[1] + 3 * b[1] + 3 * c[1] + d[1]) / 8)
    return Route(tuple(curves), knots, middle, is_level=abs(a[1] - d[1]) < 6.0)


def _direction(a: Point, b: Point) -> Point:
    """The unit vector from a point to another."""
    dx, dy = b[0] - a[0], b[1] - a[1]
    length = max((dx * dx + dy * dy) ** 0.5, 1e-6)
    return dx / length, dy / length


def _plain(start: Point, end: Point) -> Route:
    (x0, y0), (x1, y1) = start, end
    ahead = x1 - x0
    pull = min(max(ahead * 0.5, 28.0), 200.0) if ahead >= 0 else min(60.0 - ahead * 0.4, 280.0)
    curve = (start, (x0 + pull, y0), (x1 - pull, y1), end)
    return Route((curve,), (start, end), ((x0 + x1) / 2, (y0 + y1) / 2))


def _through(start: Point, end: Point, lane: float) -> Route:
    (x0, y0), (x1, y1) = start, end
    up, down = (x0 + RAMP, lane), (x1 - RAMP, lane)
    climb = (start, (x0 + RAMP * 0.55, y0), (up[0] - RAMP * 0.55, lane), up)
    fall = (down, (down[0] + RAMP * 0.55, lane), (x1 - RAMP * 0.55, y1), end)
    along = (up, up, down, down)
    return Route((climb, along, fall), (start, up, down, end), ((up[0] + down[0]) / 2, lane))


def _lane(start: Point, end: Point, obstacles: Obstacles) -> float | None:
    """The height at which the wire passes the nodes in its way; None where the way is free."""
    (x0, y0), (x1, y1) = start, end
    inner = (x0 + 30.0, min(y0, y1) - 4.0, x1 - 30.0, max(y0, y1) + 4.0)
    blocking = [r for r in obstacles(inner) if _blocks(r, start, end)]
    if not blocking:
        return None
    corridor = (x0 + 20.0, x1 - 20.0)
    # The longer a wire, the farther its lane: nested skip connections then neither cover nor cross each other.
    clearance = CLEARANCE + STOREY * min(int((x1 - x0) // LONG_BY), STOREYS)
    below = _free(max(r[3] for r in blocking), corridor, obstacles, clearance)
    above = _free(min(r[1] for r in blocking), corridor, obstacles, -clearance)
    middle = (y0 + y1) / 2
    return above if abs(above - middle) < abs(below - middle) - 8.0 else below


def _free(edge: float, corridor: tuple[float, float], obstacles: Obstacles, clearance: float) -> float:
    """The nearest height beyond an edge (above it where `clearance` is negative) where no node stands in the corridor.

    After a few tries it crosses what is there.
    """
    for _ in range(4):
        lane = edge + clearance
        met = obstacles((corridor[0], lane - 8.0, corridor[1], lane + 8.0))
        if not met:
            return lane
        edge = max(r[3] for r in met) if clearance > 0 else min(r[1] for r in met)
    return edge + clearance


def _blocks(rect: Rect, start: Point, end: Point) -> bool:
    """Whether a plain curve between the ports would run behind the rectangle by more than its margin."""
    (x0, y0), (x1, y1) = start, end
    left, right = max(rect[0], x0 + 30.0), min(rect[2], x1 - 30.0)
    if left >= right:
        return False
    for x in (left, (left + right) / 2, right):
        part = (x - x0) / (x1 - x0)
        eased = part * part * (3 - 2 * part)
        if rect[1] - 4.0 < y0 + (y1 - y0) * eased < rect[3] + 4.0:
            return True
    return False


def flattened(curve: Cubic) -> tuple[Point, ...]:
    """Points along a cubic, ends included; two where it is straight."""
    (ax, ay), (bx, by), (cx, cy), (dx, dy) = curve
    if ay == by == cy == dy and dx >= ax:
        return curve[0], curve[3]
    pieces = PIECES if abs(dx - ax) < 600 else 2 * PIECES
    points = []
    for i in range(pieces + 1):
        t = i / pieces
        s = 1.0 - t
        a, b, c, d = s * s * s, 3 * s * s * t, 3 * s * t * t, t * t * t
        points.append((a * ax + b * bx + c * cx + d * dx, a * ay + b * by + c * cy + d * dy))
    return tuple(points)


def halves(curve: Cubic) -> tuple[Cubic, Cubic]:
    """The curve in two parts."""
    a, b, c, d = curve
    ab, bc, cd = _middle(a, b), _middle(b, c), _middle(c, d)
    abc, bcd = _middle(ab, bc), _middle(bc, cd)
    middle = _middle(abc, bcd)
    return (a, ab, abc, middle), (middle, bcd, cd, d)


def _middle(a: Point, b: Point) -> Point:
    return (a[0] + b[0]) / 2, (a[1] + b[1]) / 2


def hull(curve: Cubic) -> Rect:
    """Round the control points, and so round the curve."""
    (ax, ay), (bx, by), (cx, cy), (dx, dy) = curve
    return min(ax, bx, cx, dx), min(ay, by, cy, dy), max(ax, bx, cx, dx), max(ay, by, cy, dy)


def _round(points: Sequence[Point]) -> Rect:
    xs, ys = zip(*points, strict=True)
    return min(xs), min(ys), max(xs), max(ys)


def _to_piece(x: float, y: float, a: Point, b: Point) -> float:
    dx, dy = b[0] - a[0], b[1] - a[1]
    length = dx * dx + dy * dy
    t = 0.0 if length == 0 else min(max(((x - a[0]) * dx + (y - a[1]) * dy) / length, 0.0), 1.0)
    px, py = a[0] + t * dx - x, a[1] + t * dy - y
    return float((px * px + py * py) ** 0.5)
