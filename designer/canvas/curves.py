"""Wires as what the painter draws: straight stretches as lines, the rest as paths of moderate length.

Qt smooths the edge of a long path at many times the cost of its pieces, and draws straight lines at a tenth of the cost
of a path. Pieces overlap by the round ends of the pen.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import ceil
from typing import NamedTuple

from PySide6.QtCore import QLineF, QPointF, Qt
from PySide6.QtGui import QPainter, QPainterPath, QPen

from designer.canvas.camera import Rect, intersects
from designer.canvas.parts import WireView
from designer.canvas.route import Cubic, hull, split

PIECE = 256.0  # canvas units across a piece, about


class Pieces(NamedTuple):
    """What a wire is made of, each piece with the rectangle that it lies in."""

    lines: tuple[tuple[Rect, QLineF], ...]
    paths: tuple[tuple[Rect, QPainterPath], ...]


def pieces(wire: WireView) -> Pieces:
    """The pieces of a wire in canvas units, made once for each route."""
    if wire.painted is None:
        lines, paths = [], []
        for curve in wire.route.curves:
            if _is_straight(curve):
                lines.append((hull(curve), QLineF(*curve[0], *curve[3])))
                continue
            box = hull(curve)
            count = max(ceil(max(box[2] - box[0], box[3] - box[1]) / PIECE), 1)
            paths += [(hull(part), _path((part,))) for part in split(curve, count)]
        wire.painted = Pieces(tuple(lines), tuple(paths))
    drawn: Pieces = wire.painted
    return drawn


def draw_wires(painter: QPainter, wires: Iterable[WireView], pen: QPen, seen: Sequence[Rect]) -> None:
    """What of the wires lies in the parts that are seen, with an opaque pen that has round ends."""
    lines: list[QLineF] = []
    paths: list[QPainterPath] = []
    for wire in wires:
        held = pieces(wire)
        lines += [line for box, line in held.lines if any(intersects(box, part) for part in seen)]
        paths += [path for box, path in held.paths if any(intersects(box, part) for part in seen)]
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
