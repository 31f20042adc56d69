"""Where in the document the canvas is: the blocks that were entered, each a step back with one click."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from designer import icons
from designer.language import tr
from designer.qt import clear, follow, speak
from designer.selection import scope_at
from designer.session import Session
from designer.theme import RADIUS_M, SPACE_M, SPACE_S, manager
from graph.records import MAIN, Change

_ARROW = 12


class Breadcrumbs(QWidget):
    """A small bar over the corner of the canvas; hidden in the main graph."""

    def __init__(self, session: Session, parent: QWidget) -> None:
        super().__init__(parent)
        self._session = session
        self._shown: tuple[tuple[str, str], ...] = ()
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(SPACE_S, SPACE_S, SPACE_M, SPACE_S)
        self._row.setSpacing(_ARROW + SPACE_S)
        speak(self, lambda: self.setAccessibleName(tr("Place in the design")))
        follow(self, session.selection.changed, self.refresh)
        follow(self, session.document.changed, self._document_changed)
        follow(self, session.titled, self.refresh)
        follow(self, manager().changed, self.update)
        self.refresh()

    @property
    def steps(self) -> tuple[tuple[str, str], ...]:
        """(path, what a person reads) from the main graph to here."""
        session, steps = self._session, [("", self._session.title)]
        parts = list(filter(None, session.selection.path.split("/")))
        for depth, node in enumerate(parts):
            outer = scope_at(session.document, "/".join(parts[:depth])) or MAIN
            if node in session.document.graph(outer):
                steps.append(("/".join(parts[: depth + 1]), session.document.label(outer, node)))
        return tuple(steps)

    def _document_changed(self, changes: tuple[Change, ...]) -> None:
        if self._session.selection.path:
            self.refresh()

    def refresh(self) -> None:
        steps = self.steps
        if steps != self._shown:
            self._shown = steps
            clear(self._row)
            for path, text in steps:
                self._row.addWidget(self._button(path, text, last=path == steps[-1][0]))
        self.setVisible(len(steps) > 1)
        self.adjustSize()

    def _button(self, path: str, text: str, *, last: bool) -> QPushButton:
        shown = text if len(text) <= 28 else text[:27] + "…"
        result = QPushButton(shown, self)
        result.setFlat(True)
        result.setEnabled(not last)
        result.setCursor(Qt.CursorShape.ArrowCursor if last else Qt.CursorShape.PointingHandCursor)
        result.setToolTip(text if shown != text else "")
        colour = "palette(text)" if last else "palette(placeholder-text)"
        weight = 600 if last else 400
        plain = f"border: 0; background: transparent; padding: 2px 4px; color: {colour}; font-weight: {weight};"
        hover = "color: palette(text); text-decoration: underline;"
        result.setStyleSheet(f"QPushButton {{ {plain} }} QPushButton:hover:enabled {{ {hover} }}")
        result.clicked.connect(lambda: self._session.selection.enter(path))
        return result

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = manager().theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(theme.border)
        painter.setBrush(theme.raised)
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), RADIUS_M, RADIUS_M)
        for i in range(1, self._row.count()):
            item = self._row.itemAt(i)
            widget = item.widget() if item is not None else None
            if widget is not None:
                x = widget.x() - (_ARROW + SPACE_S) // 2 - _ARROW // 2
                painter.drawPixmap(x, (self.height() - _ARROW) // 2, icons.pixmap("chevron-right", theme.muted, _ARROW))
        painter.end()
