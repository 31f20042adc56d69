"""Texts edited where they stand: the name of a node, the title of a frame, the text of a note."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QPlainTextEdit

from designer.canvas.camera import Rect
from designer.canvas.geometry import FRAME_TITLE, HEADER, frame_rect, note_rect
from designer.canvas.hit import Hit
from designer.theme import font
from graph.commands import Command, SetFrame, SetNode, SetNote

if TYPE_CHECKING:
    from designer.canvas.surface import Surface

_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class InlineEdit(QPlainTextEdit):
    """Enter (in notes Ctrl+Enter) or a click elsewhere keeps the text, Esc does not."""

    def __init__(self, canvas: Surface) -> None:
        super().__init__(canvas)
        self._canvas = canvas
        self._what = Hit()
        self._before = ""
        self.setProperty("field", True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTabChangesFocus(True)
        self.hide()

    def open(self, what: Hit) -> None:
        """Edit the text of a node, a frame or a note of the graph that is shown."""
        model = self._canvas.stage.model
        if what.node:
            record = self._canvas.session.document.graph(model.scope).node(what.node)
            rect, self._before = model.nodes[what.node].rect, record.name
            self.setPlaceholderText(model.nodes[what.node].title)
            place: Rect = (rect[0] + 38.0, rect[1] + 6.0, rect[2] - 6.0, rect[1] + HEADER - 6.0)
        elif what.frame:
            frame = model.frames[what.frame]
            left, top, right, _ = frame_rect(frame)
            self._before, place = frame.title, (left + 4.0, top + 2.0, right - 4.0, top + FRAME_TITLE + 4.0)
        else:
            note = model.notes[what.note]
            self._before, place = note.text, note_rect(note)
        self._what = what
        self._show(place)

    def _show(self, place: Rect) -> None:
        left, top, right, bottom = self._canvas.stage.camera.rect_to_view(place)
        smallest = 64.0 if self._what.note else 30.0
        box = QRectF(left, top, max(right - left, 120.0), max(bottom - top, smallest))
        self.setGeometry(box.toRect())
        self.setFont(font())
        self.setPlainText(self._before)
        self.selectAll()
        self.show()
        self.raise_()
        self.setFocus(Qt.FocusReason.PopupFocusReason)
        self.setAccessibleName("Text of the note" if self._what.note else "Name")

    def _close(self, *, keep: bool) -> None:
        if self.isHidden():
            return
        text = self.toPlainText().strip()
        self.hide()
        self._canvas.setFocus(Qt.FocusReason.OtherFocusReason)
        if keep and text != self._before:
            self._canvas.session.do(self._command(text if self._what.note else " ".join(text.split())))

    def _command(self, text: str) -> Command:
        scope = self._canvas.stage.scope
        if self._what.node:
            return SetNode(self._what.node, {"name": text}, scope)
        if self._what.frame:
            return SetFrame(self._what.frame, {"title": text}, scope)
        return SetNote(self._what.note, {"text": text}, scope)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        control = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        if event.key() == Qt.Key.Key_Escape:
            self._close(keep=False)
        elif event.key() in _ENTER and (control or not self._what.note):
            self._close(keep=True)
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if event.reason() != Qt.FocusReason.PopupFocusReason:
            self._close(keep=True)
