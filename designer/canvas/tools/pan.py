"""Drag the view: middle button, or Space and the left one."""

from __future__ import annotations

from PySide6.QtCore import Qt

from designer.canvas.camera import Rect
from designer.canvas.stage import Pointer, Stage
from designer.canvas.tools.base import Gesture


class Pan(Gesture):
    cursor = Qt.CursorShape.ClosedHandCursor
    pans_at_border = False

    def __init__(self, stage: Stage, start: Pointer) -> None:
        super().__init__(stage, start)
        self._camera = stage.camera

    def move(self, pointer: Pointer) -> None:
        self.stage.camera = self._camera.panned(pointer.x - self.start.x, pointer.y - self.start.y)

    def end(self, pointer: Pointer) -> None:
        self.move(pointer)

    def cancel(self) -> None:
        self.stage.camera = self._camera

    def reach(self) -> list[Rect]:
        return []
