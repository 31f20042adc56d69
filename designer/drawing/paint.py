"""Paints a whole graph with lines and text alone, so that it stays sharp at any size. No grid, no selection."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QPainter

from designer.canvas.backdrop import draw_frame, draw_note, draw_tether
from designer.canvas.camera import Rect, grown, intersects, united
from designer.canvas.card import MARGIN, draw_card
from designer.canvas.curves import curve
from designer.canvas.geometry import frame_rect, note_rect
from designer.canvas.model import SceneModel
from designer.canvas.paint import flow
from designer.canvas.parts import WireView
from designer.canvas.skin import Skin

_EMPTY = (0.0, 0.0, 400.0, 300.0)
_LABEL = 16.0  # height of a shape on a wire


def extent(model: SceneModel, *, notes: bool = True) -> Rect:
    """What a figure shows, in canvas units: all of the graph, with room for shadows and marks."""
    rects = [view.rect for view in model.nodes.values()]
    rects += [frame_rect(frame) for frame in model.frames.values()]
    rects += [note_rect(note) for note in model.notes.values()] if notes else []
    for wire in model.wires.values():
        rects += [(x, y, x, y) for x, y in wire.route.knots]
    return grown(united(rects) or _EMPTY, MARGIN)


def paint_figure(painter: QPainter, model: SceneModel, skin: Skin, *, notes: bool = True) -> None:
    """Draw everything, in canvas units; the caller has filled the background and set the transformation."""
    painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.TextAntialiasing)
    for frame in model.frames.values():
        draw_frame(painter, skin, frame, selected=False)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for wire in model.wires.values():
        painter.setPen(skin.wire(flow(model, wire), 2.0))
        painter.drawPath(curve(wire))
    _labels(painter, model, skin)
    for view in sorted(model.nodes.values(), key=lambda view: view.order):
        painter.save()
        painter.translate(view.x, view.y)
        draw_card(painter, skin, view, 1.0, selected=False)
        painter.restore()
    if notes:
        for note in model.notes.values():
            if note.node in model.nodes:
                draw_tether(painter, skin, note, model.nodes[note.node].rect)
            draw_note(painter, skin, note, selected=False)


def _labels(painter: QPainter, model: SceneModel, skin: Skin) -> None:
    """Shapes on wires, where nothing else is; one that leaves a port by several wires is told once."""
    metrics = QFontMetricsF(skin.label)
    taken: list[Rect] = []
    told: set[tuple[str, str]] = set()
    for wire in sorted(model.wires.values(), key=lambda wire: (not wire.route.is_short, wire.id)):
        if not wire.label or (wire.source, wire.source_port) in told:
            continue
        width = metrics.horizontalAdvance(wire.label) + 10.0
        x, y = wire.route.label
        y -= _LABEL * 0.62 if wire.route.is_level else 0.0
        place = (x - width / 2, y - _LABEL / 2, x + width / 2, y + _LABEL / 2)
        if not _is_free(model, wire, place, taken):
            continue
        taken.append(place)
        told.add((wire.source, wire.source_port))
        where = QRectF(place[0], place[1], width, _LABEL)
        if not wire.route.is_level:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(skin.theme.canvas)
            painter.drawRoundedRect(where, 5, 5)
        painter.setPen(skin.theme.muted)
        painter.setFont(skin.label)
        painter.drawText(where, Qt.AlignmentFlag.AlignCenter, wire.label)
        painter.setBrush(Qt.BrushStyle.NoBrush)


def _is_free(model: SceneModel, wire: WireView, place: Rect, taken: list[Rect]) -> bool:
    """Clear of nodes and of other shapes; between level neighbours the gap alone decides."""
    if wire.route.is_short:
        start, end = wire.route.knots
        return place[2] - place[0] < end[0] - start[0] - 8.0
    return not any(intersects(place, other) for other in taken) and not model.nodes_in(grown(place, -1.0))
