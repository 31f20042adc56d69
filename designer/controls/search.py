"""The search field: an icon, a clear button, and arrow keys that go to the list below."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QLineEdit

from designer import icons
from designer.controls.buttons import IconButton
from designer.language import tr
from designer.qt import follow, speak
from designer.theme import manager

_LIST_KEYS = (
    Qt.Key.Key_Up,
    Qt.Key.Key_Down,
    Qt.Key.Key_PageUp,
    Qt.Key.Key_PageDown,
    Qt.Key.Key_Return,
    Qt.Key.Key_Enter,
)


class SearchField(QLineEdit):
    """A line to search by. `listed` carries the keys that are meant for the list of results.

    Esc takes the letters away; with `passing`, in what Esc closes, it is left to what the field lies in.
    """

    listed = Signal(QKeyEvent)

    def __init__(self, placeholder: str, *, passing: bool = False) -> None:
        super().__init__()
        self._passing = passing
        self.setPlaceholderText(placeholder)
        self.setAccessibleName(placeholder)
        self.setTextMargins(20, 0, 18, 0)
        self._clear = IconButton("close", "", self.clear)
        speak(self, lambda: self._clear.set_tip(tr("Clear")))
        self._clear.setParent(self)
        self._clear.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._clear.setCursor(Qt.CursorShape.ArrowCursor)
        self._clear.setVisible(False)
        self.textChanged.connect(lambda text: self._clear.setVisible(bool(text)))
        follow(self, manager().changed, self.update)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in _LIST_KEYS:
            self.listed.emit(event)
        elif event.key() == Qt.Key.Key_Escape and self.text() and not self._passing:
            self.clear()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        painter.drawPixmap(8, (self.height() - 14) // 2, icons.pixmap("search", manager().theme.muted, 14))
        painter.end()
        side = self.height() - 6
        self._clear.setGeometry(self.width() - side - 3, 3, side, side)
