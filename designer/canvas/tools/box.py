"""Drag over empty canvas: select what the box touches. Shift adds, Ctrl toggles."""

from __future__ import annotations

from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter

from designer.canvas.camera import Point, Rect, grown, intersects
from designer.canvas.geometry import frame_rect, note_rect
from designer.canvas.skin import Skin
from designer.canvas.stage import Pointer, Stage
from designer.canvas.tools.base import Gesture

Ids = frozenset[str]


class BoxSelect(Gesture):
    def __init__(self, stage: Stage, start: Pointer) -> None:
        super().__init__(stage, start)
        selection = stage.session.selection
        self._before = (selection.nodes, selection.links, selection.frames, selection.notes)
        self._corner: Point = stage.at(start)
        self._other: Point = self._corner

    @property
    def box(self) -> Rect:
        (ax, ay), (bx, by) = self._corner, self._other
        return min(ax, bx), min(ay, by), max(ax, bx), max(ay, by)

    def move(self, pointer: Pointer) -> None:
        self._other = self.stage.at(pointer)
        model, box = self.stage.model, self.box
        nodes = frozenset(view.id for view in model.nodes_in(box))
        frames = frozenset(f.id for f in model.frames.values() if _within(frame_rect(f), box))
        notes = frozenset(n.id for n in model.notes.values() if intersects(note_rect(n), box))
        old_nodes, old_links, old_frames, old_notes = self._before
        self.stage.session.selection.set(
            _joined(old_nodes, nodes, pointer),
            old_links if pointer.shift or pointer.control else (),
            frames=_joined(old_frames, frames, pointer),
            notes=_joined(old_notes, notes, pointer),
        )
        self.stage.updated.emit()

    def end(self, pointer: Pointer) -> None:
        self.move(pointer)

    def click(self, pointer: Pointer) -> None:
        if not (pointer.shift or pointer.control):
            self.stage.session.selection.clear()

    def cancel(self) -> None:
        nodes, links, frames, notes = self._before
        self.stage.session.selection.set(nodes, links, frames=frames, notes=notes)

    def reach(self) -> list[Rect]:
        return [grown(self.stage.camera.rect_to_view(self.box), 2.0)] if self.is_drag else []

    def paint(self, painter: QPainter, skin: Skin) -> None:
        if self.is_drag:
            left, top, right, bottom = self.stage.camera.rect_to_view(self.box)
            painter.setPen(skin.line(skin.theme.selection, 1.0))
            painter.setBrush(skin.alpha(skin.theme.selection, 0.1))
            painter.drawRoundedRect(QRectF(left, top, right - left, bottom - top), 3, 3)


def _joined(old: Ids, new: Ids, pointer: Pointer) -> Ids:
    if pointer.control:
        return old ^ new
    return old | new if pointer.shift else new


def _within(inner: Rect, outer: Rect) -> bool:
    """A frame is selected only when the box holds all of it: it usually lies behind what is meant."""
    return inner[0] >= outer[0] and inner[1] >= outer[1] and inner[2] <= outer[2] and inner[3] <= outer[3]
