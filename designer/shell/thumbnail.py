"""A small sketch of a design: nodes as bars in the colours of their categories, wires as lines."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPainterPath, QPen

from designer import icons
from designer.look import mix
from designer.theme import manager
from graph.document import Document

_NODE = (176.0, 48.0)  # canvas units
_LARGEST = 0.42  # pixels to a canvas unit


def sketch(painter: QPainter, document: Document, into: QRectF) -> None:
    """Draw the main graph as large as fits."""
    nodes = {node.id: node for node in document.graph().nodes}
    if not nodes:
        plus = icons.pixmap("plus", manager().theme.muted, 24)
        painter.drawPixmap(into.center() - QPointF(12, 12), plus)
        return
    left, top = min(n.x for n in nodes.values()), min(n.y for n in nodes.values())
    width = max(n.x for n in nodes.values()) + _NODE[0] - left
    height = max(n.y for n in nodes.values()) + _NODE[1] - top
    scale = min(into.width() / width, into.height() / height, _LARGEST)
    down = min(into.height() / height, _LARGEST)  # long designs keep their height, so that branches are seen
    origin = into.center() - QPointF(width * scale / 2, height * down / 2)
    tall = max(_NODE[1] * scale, 9.0)
    spots = {
        id: QRectF(origin.x() + (n.x - left) * scale, origin.y() + (n.y - top) * down, _NODE[0] * scale, tall)
        for id, n in nodes.items()
    }
    theme = manager().theme
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(mix(theme.wire("float"), theme.canvas, 0.6), 1.2))
    for link in document.graph().links.values():
        painter.drawPath(_curve(spots[link.source], spots[link.target]))
    painter.setPen(Qt.PenStyle.NoPen)
    for id, spot in spots.items():
        spec = document.spec(nodes[id].layer)
        painter.setBrush(mix(theme.category(spec.category if spec else ""), theme.canvas, 0.8))
        painter.drawRoundedRect(spot, 2.5, 2.5)


def _curve(source: QRectF, target: QRectF) -> QPainterPath:
    start = QPointF(source.right(), source.center().y())
    end = QPointF(target.left(), target.center().y())
    bend = max((end.x() - start.x()) / 2, 6.0)
    path = QPainterPath(start)
    path.cubicTo(start + QPointF(bend, 0), end - QPointF(bend, 0), end)
    return path
