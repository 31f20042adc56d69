"""A part of a panel under a heading that folds."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QSettings, Qt
from PySide6.QtGui import QFont, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from designer.controls.labels import IconLabel, label, line
from designer.qt import column, row
from designer.theme import SPACE_L, SPACE_M, SPACE_S, font


class _Head(QWidget):
    """The clickable heading."""

    def __init__(self, section: Section, title: str) -> None:
        super().__init__()
        self._section = section
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleName(title)
        self.layout_ = row(self, margins=(SPACE_L - SPACE_S, SPACE_M, SPACE_L, SPACE_M), gap=SPACE_S)
        self.arrow = IconLabel("chevron-down", "muted", 12)
        self.title = QLabel(title)
        self.title.setFont(font(12, QFont.Weight.DemiBold))
        self.note = label("", "caption")
        self.layout_.addWidget(self.arrow)
        self.layout_.addWidget(self.title)
        self.layout_.addStretch(1)
        self.layout_.addWidget(self.note)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._section.set_open(not self._section.is_open)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Space, Qt.Key.Key_Return):
            self._section.set_open(not self._section.is_open)
        else:
            super().keyPressEvent(event)


class Section(QWidget):
    """A heading with a fold, and a body. Whether it is open is remembered under `key`."""

    def __init__(self, title: str, key: str, *, is_open: bool = True, parts: Iterable[QWidget] = ()) -> None:
        super().__init__()
        self._key = f"sections/{key}"
        outer = column(self)
        self._head = _Head(self, title)
        self._body = QWidget()
        self.body: QVBoxLayout = column(self._body, margins=(SPACE_L, 0, SPACE_L, SPACE_L), gap=SPACE_M)
        outer.addWidget(line())
        outer.addWidget(self._head)
        outer.addWidget(self._body)
        for part in parts:
            self.body.addWidget(part)
        self.is_open = True
        self._show(QSettings().value(self._key, is_open, type=bool) is True)

    def set_open(self, is_open: bool) -> None:
        QSettings().setValue(self._key, is_open)
        self._show(is_open)

    def set_note(self, text: str) -> None:
        """A short remark at the right of the heading."""
        self._head.note.setText(text)

    def set_title(self, text: str) -> None:
        self._head.title.setText(text)

    def _show(self, is_open: bool) -> None:
        self.is_open = is_open
        self._body.setVisible(is_open)
        self._head.arrow.set_icon("chevron-down" if is_open else "chevron-right", "muted")
