"""A read-only text with line numbers and marked lines."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QRect, QSize, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QResizeEvent, QTextCursor, QTextFormat
from PySide6.QtWidgets import QFrame, QPlainTextEdit, QTextEdit, QWidget

from designer.code.highlight import Highlighter
from designer.language import tr
from designer.qt import follow
from designer.theme import SMALL_SIZE, SPACE_L, SPACE_M, manager, mono


class _Gutter(QWidget):
    """The line numbers."""

    def __init__(self, view: CodeView) -> None:
        super().__init__(view)
        self._view = view

    def sizeHint(self) -> QSize:
        return QSize(self._view.gutter_width(), 0)

    def paintEvent(self, event: QPaintEvent) -> None:
        self._view.paint_gutter(self, event)


class CodeView(QPlainTextEdit):
    """`line_clicked` carries the number (from 1) of a line that was clicked."""

    line_clicked = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.setReadOnly(True)
        self.setFont(mono())
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.setAccessibleName(tr("Source"))
        self.highlighter = Highlighter(self.document())
        self._gutter = _Gutter(self)
        self._marked: tuple[int, ...] = ()
        self.blockCountChanged.connect(lambda _count: self._fit())
        self.updateRequest.connect(self._scrolled)
        follow(self, manager().changed, self._theme_changed)
        self._fit()

    def show_text(self, text: str) -> None:
        """Show another text; the place scrolled to is kept."""
        if text == self.toPlainText():
            return
        bar = self.verticalScrollBar()
        place = bar.value()
        self.setPlainText(text)
        bar.setValue(place)

    def mark(self, lines: Iterable[int], *, follow_first: bool) -> None:
        """Mark lines (from 1); with `follow_first`, bring the first into view unless one is seen already."""
        self._marked = tuple(sorted(lines))
        selections = []
        for number in self._marked:
            block = self.document().findBlockByNumber(number - 1)
            selection = QTextEdit.ExtraSelection()
            selection.cursor = QTextCursor(block)
            selection.format.setBackground(manager().theme.code["current"])
            selection.format.setProperty(QTextFormat.Property.FullWidthSelection, True)
            selections.append(selection)
        self.setExtraSelections(selections)
        self._gutter.update()
        if follow_first and self._marked and not any(map(self._is_seen, self._marked)):
            self.setTextCursor(QTextCursor(self.document().findBlockByNumber(self._marked[0] - 1)))
            self.centerCursor()

    @property
    def marked(self) -> tuple[int, ...]:
        return self._marked

    def _is_seen(self, number: int) -> bool:
        first = self.firstVisibleBlock().blockNumber() + 1
        shown = self.viewport().height() // max(self.fontMetrics().lineSpacing(), 1)
        return first <= number < first + shown

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        if event.button() == Qt.MouseButton.LeftButton and not self.textCursor().hasSelection():
            self.line_clicked.emit(self.cursorForPosition(event.position().toPoint()).blockNumber() + 1)

    # -- the gutter

    def gutter_width(self) -> int:
        digits = max(3, len(str(self.blockCount())))
        return self.fontMetrics().horizontalAdvance("9") * digits + SPACE_M + SPACE_L

    def paint_gutter(self, gutter: QWidget, event: QPaintEvent) -> None:
        theme = manager().theme
        painter = QPainter(gutter)
        painter.fillRect(event.rect(), theme.surface)
        painter.setFont(mono(SMALL_SIZE))
        block = self.firstVisibleBlock()
        while block.isValid():
            top = self.blockBoundingGeometry(block).translated(self.contentOffset()).top()
            if top > event.rect().bottom():
                break
            number = block.blockNumber() + 1
            height = round(self.blockBoundingRect(block).height())
            painter.setPen(theme.text if number in self._marked else theme.code["line_number"])
            area = QRect(0, round(top), gutter.width() - SPACE_L, height)
            painter.drawText(area, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, str(number))
            block = block.next()
        painter.end()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        area = self.contentsRect()
        self._gutter.setGeometry(QRect(area.left(), area.top(), self.gutter_width(), area.height()))

    def _fit(self) -> None:
        self.setViewportMargins(self.gutter_width(), 0, 0, 0)

    def _scrolled(self, rect: QRect, dy: int) -> None:
        if dy:
            self._gutter.scroll(0, dy)
        else:
            self._gutter.update(0, rect.y(), self._gutter.width(), rect.height())

    def _theme_changed(self) -> None:
        self.highlighter.renew()
        self.mark(self._marked, follow_first=False)
