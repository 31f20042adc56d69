"""Texts edited where they stand: a node's name, a value beside its socket, a frame's title, the text of a note."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QRectF, Qt
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QPlainTextEdit, QToolTip

from designer.canvas.camera import Rect
from designer.canvas.geometry import FRAME_TITLE, HEADER, frame_rect, note_rect
from designer.canvas.hit import Hit
from designer.theme import font
from graph.commands import Command, SetFrame, SetNode, SetNote, SetParam

if TYPE_CHECKING:
    from designer.canvas.surface import Surface

_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
NARROWEST = 120.0  # pixels


@dataclass(frozen=True, slots=True)
class _Text:
    """What is edited: its name for screen readers, what it says now, where it stands, and what becomes of a new text.

    `command` raises ValueError, with a sentence, for a text that does not hold.
    """

    name: str
    before: str
    place: Rect  # in canvas units
    command: Callable[[str], Command]
    placeholder: str = ""
    lines: bool = False  # more than one


class InlineEdit(QPlainTextEdit):
    """Enter (in notes Ctrl+Enter) or a click elsewhere keeps the text, Esc does not. A text that does not hold is told
    and stays to be mended; a click elsewhere then gives it up."""

    def __init__(self, canvas: Surface) -> None:
        super().__init__(canvas)
        self._canvas = canvas
        self._text: _Text | None = None
        self.setProperty("field", True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTabChangesFocus(True)
        self.hide()

    def open(self, what: Hit) -> None:
        """Edit the text of a node, of a value on it, of a frame or a note of the graph that is shown."""
        if what.field:
            self._text = self._field(what.node, what.field)
        elif what.node:
            self._text = self._node(what.node)
        elif what.frame:
            self._text = self._frame(what.frame)
        else:
            self._text = self._note(what.note)
        self._show(self._text)

    def _node(self, id: str) -> _Text:
        scope, view = self._canvas.stage.scope, self._canvas.stage.model.nodes[id]
        left, top, right, _ = view.rect
        return _Text(
            "Name",
            self._canvas.session.document.graph(scope).node(id).name,
            (left + 38.0, top + 6.0, right - 6.0, top + HEADER - 6.0),
            lambda text: SetNode(id, {"name": text}, scope),
            placeholder=view.title,
        )

    def _field(self, id: str, name: str) -> _Text:
        scope, view = self._canvas.stage.scope, self._canvas.stage.model.nodes[id]
        document = self._canvas.session.document
        node = document.graph(scope).node(id)
        spec = document.spec(node.layer)
        assert spec is not None, "only a known layer shows fields"
        field = spec.param[name]
        left, top, right, bottom = next(port.box for port in view.inputs if port.field == name)
        return _Text(
            f"{field.title} of {view.title}",
            field.format(node.params.get(name, field.default)),
            (view.x + left, view.y + top - 4.0, view.x + right + 8.0, view.y + bottom + 4.0),
            lambda text: SetParam(id, name, field.parse(text), scope),
        )

    def _frame(self, id: str) -> _Text:
        scope, frame = self._canvas.stage.scope, self._canvas.stage.model.frames[id]
        left, top, right, _ = frame_rect(frame)
        place = (left + 4.0, top + 2.0, right - 4.0, top + FRAME_TITLE + 4.0)
        return _Text("Title of the frame", frame.title, place, lambda text: SetFrame(id, {"title": text}, scope))

    def _note(self, id: str) -> _Text:
        scope, note = self._canvas.stage.scope, self._canvas.stage.model.notes[id]
        return _Text(
            "Text of the note", note.text, note_rect(note), lambda text: SetNote(id, {"text": text}, scope), lines=True
        )

    def _show(self, text: _Text) -> None:
        left, top, right, bottom = self._canvas.stage.camera.rect_to_view(text.place)
        smallest = 64.0 if text.lines else 30.0
        box = QRectF(left, top, max(right - left, NARROWEST), max(bottom - top, smallest))
        self.setGeometry(box.toRect())
        self.setFont(font())
        self.setPlaceholderText(text.placeholder)
        self.setPlainText(text.before)
        self.selectAll()
        self.show()
        self.raise_()
        self.setFocus(Qt.FocusReason.PopupFocusReason)
        self.setAccessibleName(text.name)

    def _keep(self, *, insist: bool) -> None:
        """Do what the text asks for; one that does not hold is told, and stays unless `insist` is off."""
        if self.isHidden() or self._text is None:
            return
        text = self.toPlainText().strip()
        text = text if self._text.lines else " ".join(text.split())
        try:
            command = self._text.command(text) if text != self._text.before else None
        except ValueError as error:
            QToolTip.showText(self.mapToGlobal(QPoint(0, self.height())), str(error), self)
            self.setAccessibleDescription(str(error))
            if insist:
                return
            command = None
        self._close()
        if command is not None:
            self._canvas.session.do(command)

    def _close(self) -> None:
        self.hide()
        self.setAccessibleDescription("")
        self._canvas.setFocus(Qt.FocusReason.OtherFocusReason)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        control = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        if event.key() == Qt.Key.Key_Escape:
            self._close()
        elif event.key() in _ENTER and (control or not (self._text and self._text.lines)):
            self._keep(insist=True)
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if event.reason() != Qt.FocusReason.PopupFocusReason:
            self._keep(insist=False)
