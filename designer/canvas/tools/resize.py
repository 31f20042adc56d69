"""Drag the lower right corner of a frame or a note."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Qt

from designer.canvas.camera import Rect
from designer.canvas.geometry import frame_rect
from designer.canvas.hit import Hit
from designer.canvas.stage import Pointer, Stage
from designer.canvas.tools.base import Gesture
from designer.canvas.tools.guides import to_grid
from graph.commands import Command, SetFrame, SetNote

SMALLEST = (96.0, 64.0)


class Resize(Gesture):
    """Shift snaps to the grid."""

    cursor = Qt.CursorShape.SizeFDiagCursor

    def __init__(self, stage: Stage, start: Pointer, under: Hit) -> None:
        super().__init__(stage, start)
        self._under = under
        self._origin = stage.at(start)
        stage.session.selection.set(frames=filter(None, [under.frame]), notes=filter(None, [under.note]))

    def move(self, pointer: Pointer) -> None:
        graph, model = self.stage.session.document.graph(self.stage.scope), self.stage.model
        x, y = self.stage.at(pointer)
        dx, dy = x - self._origin[0], y - self._origin[1]
        if self._under.frame:
            frame = graph.frames[self._under.frame]
            width, height = max(frame.width + dx, SMALLEST[0]), max(frame.height + dy, SMALLEST[1])
            if pointer.shift != self.stage.snap:
                right, bottom = to_grid(frame.x + width, frame.y + height)
                width, height = right - frame.x, bottom - frame.y
            model.show_frame(replace(frame, width=width, height=height))
        else:
            note = graph.notes[self._under.note]
            model.show_note(replace(note, width=max(note.width + dx, SMALLEST[0])))

    def end(self, pointer: Pointer) -> None:
        self.move(pointer)
        model, scope = self.stage.model, self.stage.scope
        command: Command
        if self._under.frame:
            left, top, right, bottom = frame_rect(model.frames[self._under.frame])
            command = SetFrame(self._under.frame, {"width": right - left, "height": bottom - top}, scope)
        else:
            command = SetNote(self._under.note, {"width": model.notes[self._under.note].width}, scope)
        model.settle()
        self.stage.session.do(command)

    def cancel(self) -> None:
        self.stage.model.settle()
        self.stage.updated.emit()

    def reach(self) -> list[Rect]:
        return []
