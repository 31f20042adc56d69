"""Wires as what the painter draws: straight stretches as lines, the rest as paths of moderate length.

Qt smooths the edge of a long path at many times the cost of its pieces, and draws straight lines at a tenth of the cost
of a path. Pieces overlap by the round ends of the pen.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from PySide6.QtCore import QLineF, QPointF, Qt
from PySide6.QtGui import QPainter, QPainterPath, QPen

from designer.canvas.camera import Rect, touches
from designer.canvas.parts import WireView
from designer.canvas.route import Cubic, halves, hull

PIECE = 256.0  # pixels across a piece at most


class Part:
    """A curve, or a part of one, and the rectangle that it lies in; halved further where what is seen is asked for."""

    __slots__ = ("_curve", "_halves", "_path", "box")

    def __init__(self, curve: Cubic) -> None:
        self._curve, self.box = curve, hull(curve)
        self._halves: tuple[Part, ...] = ()
        self._path: QPainterPath | None = None

    def collect(self, found: list[QPainterPath], seen: Sequence[Rect], size: float) -> None:
        """Add the pieces up to that size that may touch the parts that are seen. Most of a long wire is not seen, and
        never made."""
        if not touches(self.box, seen):
            return
        left, top, right, bottom = self.box
        if right - left <= size and bottom - top <= size:
            self._path = self._path or _path((self._curve,))
            found.append(self._path)
            return
        self._halves = self._halves or tuple(map(Part, halves(self._curve)))
        for half in self._halves:
            half.collect(found, seen, size)


class Pieces(NamedTuple):
    """What a wire is made of, in canvas units."""

    lines: tuple[tuple[Rect, QLineF], ...]
    parts: tuple[Part, ...]


def pieces(wire: WireView) -> Pieces:
    """The pieces of a wire, made once for each route."""
    if wire.painted is None:
        lines: list[tuple[Rect, QLineF]] = []
        parts: list[Part] = []
        for curve in wire.route.curves:
            if _is_straight(curve):
                lines.append((hull(curve), QLineF(*curve[0], *curve[3])))
            else:
                parts.append(Part(curve))
        wire.painted = Pieces(tuple(lines), tuple(parts))
    drawn: Pieces = wire.painted
    return drawn


def draw_wires(painter: QPainter, wires: Iterable[WireView], pen: QPen, seen: Sequence[Rect]) -> None:
    """What of the wires lies in the parts that are seen, with an opaque pen that has round ends."""
    lines: list[QLineF] = []
    paths: list[QPainterPath] = []
    size = PIECE / max(painter.worldTransform().m11(), 1e-3)
    for wire in wires:
        held = pieces(wire)
        lines += [line for box, line in held.lines if touches(box, seen)]
        for part in held.parts:
            part.collect(paths, seen, size)
    if lines:
        flat = QPen(pen)
        flat.setCapStyle(Qt.PenCapStyle.FlatCap)  # the ends lie under ports and other pieces
        painter.setPen(flat)
        painter.drawLines(lines)
    painter.setPen(pen)
    for path in paths:
        painter.drawPath(path)


def curve(wire: WireView) -> QPainterPath:
    """The whole of a wire as one path in canvas units."""
    return _path(wire.route.curves)


def _path(curves: Sequence[Cubic]) -> QPainterPath:
    path = QPainterPath(QPointF(*curves[0][0]))
    for _, b, c, d in curves:
        path.cubicTo(QPointF(*b), QPointF(*c), QPointF(*d))
    return path


def _is_straight(curve: Cubic) -> bool:
    (ax, ay), (_, by), (_, cy), (dx, dy) = curve
    return ay == by == cy == dy and dx >= ax
