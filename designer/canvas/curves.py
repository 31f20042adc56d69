"""Wires as paths of the painter."""

from __future__ import annotations

from PySide6.QtCore import QPointF
from PySide6.QtGui import QPainterPath

from designer.canvas.parts import WireView


def curve(wire: WireView) -> QPainterPath:
    """The wire as a path in canvas units, built once for each route."""
    if wire.painted is None:
        path = QPainterPath(QPointF(*wire.route.curves[0][0]))
        for _, b, c, d in wire.route.curves:
            path.cubicTo(QPointF(*b), QPointF(*c), QPointF(*d))
        wire.painted = path
    drawn: QPainterPath = wire.painted
    return drawn
