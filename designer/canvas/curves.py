"""Wires as what the painter draws: straight stretches as lines, the rest as paths of moderate length.

Qt smooths the edge of a long path at many times the cost of its pieces, and draws straight lines at a tenth of the cost
of a path. Pieces overlap by the ends of the pen.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from PySide6.QtCore import QLineF, QPointF, Qt
from PySide6.QtGui import QPainter, QPainterPath, QPen

from designer.canvas.camera import Rect, touches
from designer.canvas.parts import WireView
from designer.canvas.route import Cubic, halves, hull

PIECE = 256.0  # pixels across a piece at most
STRAIGHT = 0.06  # canvas units by which a curve may leave its chord and count as straight


class Part:
    """A curve, or a part of one, and the rectangle that it lies in; halved further where what is seen is asked for."""

    __slots__ = ("_curve", "_halves", "_line", "_path", "box")

    def __init__(self, curve: Cubic) -> None:
        self._curve, self.box = curve, hull(curve)
        self._line = QLineF(*curve[0], *curve[3]) if _is_straight(curve) else None
        self._halves: tuple[Part, ...] = ()
        self._path: QPainterPath | None = None

    def collect(self, lines: list[QLineF], paths: list[QPainterPath], seen: Sequence[Rect], size: float) -> None:
        """Add the pieces that may touch the parts that are seen: what is straight, and curves up to that size.

        Most of a long wire is not seen, and never made.
        """
        if not touches(self.box, seen):
            return
        left, top, right, bottom = self.box
        if self._line is not None:
            lines.append(self._line)
        elif right - left <= size and bottom - top <= size:
            self._path = self._path or _path((self._curve,))
            paths.append(self._path)
        else:
            self._halves = self._halves or tuple(map(Part, halves(self._curve)))
            for half in self._halves:
                half.collect(lines, paths, seen, size)


def parts(wire: WireView) -> tuple[Part, ...]:
    """The curves of a wire, in canvas units, made once for each route."""
    if wire.painted is None:
        wire.painted = tuple(map(Part, wire.route.curves))
    drawn: tuple[Part, ...] = wire.painted
    return drawn


def draw_wires(painter: QPainter, wires: Iterable[WireView], pen: QPen, seen: Sequence[Rect]) -> None:
    """What of the wires lies in the parts that are seen, with an opaque pen that has round ends."""
    lines: list[QLineF] = []
    paths: list[QPainterPath] = []
    size = PIECE / max(painter.worldTransform().m11(), 1e-3)
    for wire in wires:
        for part in parts(wire):
            part.collect(lines, paths, seen, size)
    if lines:
        square = QPen(pen)
        square.setCapStyle(Qt.PenCapStyle.SquareCap)
        painter.setPen(square)
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
    """Whether it runs forward along its chord, as far as one can see."""
    (ax, ay), (bx, by), (cx, cy), (dx, dy) = curve
    across, down = dx - ax, dy - ay
    off = STRAIGHT * (abs(across) + abs(down))
    if abs((bx - ax) * down - (by - ay) * across) > off or abs((cx - ax) * down - (cy - ay) * across) > off:
        return False
    ends = (bx - ax) * across + (by - ay) * down, (dx - cx) * across + (dy - cy) * down
    return min(ends) >= 0.0 and sum(ends) <= 2.0 * (across * across + down * down)
