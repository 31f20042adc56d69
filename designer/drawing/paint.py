"""Paints a whole graph with lines and text alone, so that it stays sharp at any size. No grid, no selection."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter

from designer.canvas.backdrop import draw_frame, draw_note, draw_tether
from designer.canvas.camera import Rect, grown, united
from designer.canvas.card import MARGIN, draw_card
from designer.canvas.curves import curve
from designer.canvas.geometry import frame_rect, note_rect
from designer.canvas.labels import Labels, draw_label
from designer.canvas.model import SceneModel
from designer.canvas.paint import flow
from designer.canvas.skin import Skin

_EMPTY = (0.0, 0.0, 400.0, 300.0)


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
    """Shapes on wires, where the canvas tells them; beside an output that nothing takes they help who draws alone."""
    labels = Labels(skin)
    labels.follow(model)
    for wire in sorted(model.wires.values(), key=lambda wire: wire.order):
        place = labels.place(wire) if wire.label else None
        if place is not None:
            where = QRectF(place[0], place[1], place[2] - place[0], place[3] - place[1])
            draw_label(painter, skin, wire.label, where, plate=not wire.route.is_level)
    painter.setBrush(Qt.BrushStyle.NoBrush)
