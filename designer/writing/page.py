"""The text that is written, as it comes: what was given is dimmed."""

from __future__ import annotations

from PySide6.QtGui import QColor, QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QFrame, QPlainTextEdit

from designer.language import tr
from designer.qt import follow
from designer.theme import SPACE_L, manager, mono


class Page(QPlainTextEdit):
    """Read-only; it follows the end of the text unless someone has scrolled up."""

    def __init__(self) -> None:
        super().__init__()
        self.setReadOnly(True)
        self.setFont(mono())
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setAccessibleName(tr("What the network writes"))
        self.document().setDocumentMargin(SPACE_L)
        self._runs: list[tuple[str, bool]] = []
        follow(self, manager().changed, self._paint)

    @property
    def text(self) -> str:
        return "".join(text for text, _ in self._runs)

    @property
    def pieces(self) -> tuple[tuple[str, bool], ...]:
        """The text in pieces, each with whether it was given."""
        return tuple(self._runs)

    def begin(self, given: str = "") -> None:
        """An empty page, or one that begins with what was given."""
        self._runs = []
        self.clear()
        self.add(given, given=True)

    def add(self, text: str, *, given: bool = False) -> None:
        if text:
            self._runs.append((text, given))
            self._put(text, given)

    def _put(self, text: str, given: bool) -> None:
        bar = self.verticalScrollBar()
        at_end = bar.value() >= bar.maximum() - 1
        cursor = QTextCursor(self.document())
        cursor.movePosition(QTextCursor.MoveOperation.End)
        style = QTextCharFormat()
        theme = manager().theme
        style.setForeground(QColor(theme.muted if given else theme.text))
        cursor.insertText(text, style)
        if at_end:
            bar.setValue(bar.maximum())

    def _paint(self) -> None:
        self.clear()
        for text, given in self._runs:
            self._put(text, given)
