"""A line of the run's steps with a handle: which frame of a film is looked at."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from designer.language import tr
from designer.look import focus, mix
from designer.plots.marks import COLOURS, Mark
from designer.qt import follow
from designer.theme import CONTROL_HEIGHT, SPACE_M, manager

KNOB = 6.0
_MOVES = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_PageUp: -10, Qt.Key.Key_PageDown: 10}


class Scrubber(QWidget):
    """Frames lie where their steps are. `moved` carries the index of the frame that was chosen by hand."""

    moved = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self._steps: Sequence[int] = ()
        self._marks: Sequence[Mark] = ()
        self._index = 0
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMinimumWidth(120)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleName(tr("Step of the run"))
        self.setToolTip(tr("Arrow keys go from picture to picture"))
        follow(self, manager().changed, self.update)

    def sizeHint(self) -> QSize:
        return QSize(320, CONTROL_HEIGHT)

    @property
    def index(self) -> int:
        return self._index

    def show_steps(self, steps: Sequence[int], marks: Sequence[Mark] = ()) -> None:
        self._steps, self._marks = steps, marks
        self._index = min(self._index, max(0, len(steps) - 1))
        self.update()

    def set_index(self, index: int) -> None:
        self._index = max(0, min(index, len(self._steps) - 1))
        if self._steps:
            self.setAccessibleDescription(f"step {self._steps[self._index]:,}")
        self.update()

    def choose(self, index: int) -> None:
        """As by hand."""
        self.set_index(index)
        if self._steps:
            self.moved.emit(self._index)

    # -- places

    def x_of(self, step: float) -> float:
        room = max(1.0, self.width() - 2 * SPACE_M)
        first, last = (self._steps[0], self._steps[-1]) if self._steps else (0, 1)
        return SPACE_M + room * (step - first) / max(1, last - first)

    def _nearest(self, x: float) -> int:
        places = np.array([self.x_of(step) for step in self._steps])
        return int(np.abs(places - x).argmin()) if len(places) else 0

    # -- the hand

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.choose(self._nearest(event.position().x()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton:
            self.choose(self._nearest(event.position().x()))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        if key in _MOVES:
            self.choose(self._index + _MOVES[key])
        elif key in (Qt.Key.Key_Home, Qt.Key.Key_End):
            self.choose(0 if key == Qt.Key.Key_Home else len(self._steps) - 1)
        else:
            super().keyPressEvent(event)

    # -- the picture

    def paintEvent(self, event: QPaintEvent) -> None:
        theme, painter = manager().theme, QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        middle, left, right = self.height() / 2, float(SPACE_M), self.width() - float(SPACE_M)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(mix(theme.border_strong, theme.surface, 0.6))
        painter.drawRoundedRect(QRectF(left, middle - 2, right - left, 4), 2, 2)
        if self._steps:
            at = self.x_of(self._steps[self._index])
            painter.setBrush(theme.accent)
            painter.drawRoundedRect(QRectF(left, middle - 2, at - left, 4), 2, 2)
            for mark in self._marks:
                if self._steps[0] <= mark.step <= self._steps[-1]:
                    painter.setBrush(getattr(theme, COLOURS[mark.kind]))
                    painter.drawRect(QRectF(self.x_of(mark.step) - 1, middle - 9, 2, 4))
            painter.setPen(QPen(theme.surface, 2))
            painter.setBrush(theme.accent)
            painter.drawEllipse(QPointF(at, middle), KNOB, KNOB)
            if self.hasFocus():
                painter.setPen(QPen(focus(theme), 1.5))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawEllipse(QPointF(at, middle), KNOB + 2, KNOB + 2)
        painter.end()
