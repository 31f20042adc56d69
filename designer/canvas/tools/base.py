"""What every gesture has."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter

from designer.canvas.camera import Rect
from designer.canvas.skin import Skin
from designer.canvas.stage import Pointer, Stage

SLOP = 4.0  # pixels that the mouse may stray in a click


class Gesture(ABC):
    """Begins when it is made. Nothing is in the document before `end`; after `cancel` all is as it was."""

    cursor: ClassVar[Qt.CursorShape | None] = None
    pans_at_border: ClassVar[bool] = True
    by_mouse: ClassVar[bool] = True  # a press of the mouse ends a gesture that is not

    def __init__(self, stage: Stage, start: Pointer) -> None:
        self.stage, self.start = stage, start
        self.is_drag = False
        self.is_over = False  # set by a gesture that ended itself

    def follow(self, pointer: Pointer) -> None:
        """The mouse moved; nothing happens before it has left the place of the press."""
        strayed = abs(pointer.x - self.start.x) + abs(pointer.y - self.start.y) > SLOP
        if strayed and not self.is_drag:
            self.is_drag = True
            self.begin()
        if self.is_drag:
            self.move(pointer)

    def finish(self, pointer: Pointer) -> None:
        """The button was released."""
        if self.is_drag:
            self.end(pointer)
        else:
            self.click(pointer)

    def begin(self) -> None:  # noqa: B027 - most have nothing to prepare
        """The press turned out to be a drag."""

    @abstractmethod
    def move(self, pointer: Pointer) -> None: ...

    @abstractmethod
    def end(self, pointer: Pointer) -> None: ...

    @abstractmethod
    def cancel(self) -> None: ...

    def key(self, key: int) -> bool:
        """A key without modifiers, while the gesture is under way; returns whether it was meant for it."""
        return False

    def click(self, pointer: Pointer) -> None:  # noqa: B027 - most have nothing to do
        """The button was released where it was pressed."""

    def paint(self, painter: QPainter, skin: Skin) -> None:  # noqa: B027 - most have nothing to draw
        """Draw above the scene, in widget pixels."""

    def reach(self) -> list[Rect] | None:
        """Where `paint` draws now, in widget pixels; None: anywhere, so that all is painted again with each change."""
        return None
