"""Layers dragged in from the palette."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDragMoveEvent, QDropEvent
from PySide6.QtWidgets import QWidget

from designer.canvas.pointing import pointer
from designer.canvas.surface import Surface
from designer.canvas.tools.place import Place
from designer.palette.model import MIME_LAYER
from designer.session import Session


class DropTarget(Surface):
    """A surface that takes what the palette offers."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self.setAcceptDrops(True)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        data = event.mimeData()
        if not data.hasFormat(MIME_LAYER):
            return
        place = Place(self.stage, bytes(data.data(MIME_LAYER).data()).decode(errors="replace"))
        if place.is_known:
            self.place = place
            event.acceptProposedAction()

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        if self.place is not None:
            self.place.move(pointer(event.position(), event.modifiers()))
            event.acceptProposedAction()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        place, self.place = self.place, None
        if place is not None:
            place.cancel()

    def dropEvent(self, event: QDropEvent) -> None:
        place, self.place = self.place, None
        if place is None:
            return
        node = place.drop(pointer(event.position(), event.modifiers()))
        if node:
            self.session.selection.set([node])
            self.setFocus(Qt.FocusReason.OtherFocusReason)
        event.acceptProposedAction()
