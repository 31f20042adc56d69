"""The code panel: the source that trains and is exported, live."""

from __future__ import annotations

from PySide6.QtGui import QGuiApplication, QShowEvent
from PySide6.QtWidgets import QStackedLayout, QWidget

from core.problem import LayerloomError
from core.program.source import Source, source
from designer.code.view import CodeView
from designer.controls.buttons import IconButton
from designer.controls.labels import Elided, Empty, IconLabel
from designer.language import tr
from designer.qt import Debounce, column, follow, row
from designer.session import Session
from designer.theme import SPACE_L, SPACE_M, SPACE_S
from graph.lower import lower
from graph.records import Change

QUIET = 150  # milliseconds without an edit before the source is written again


class CodePanel(QWidget):
    """Written again while it is seen and things are quiet; the last good source stays, dimmed, while there are errors.

    A click on a line selects its node; a selected node marks its lines.
    """

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._source: Source | None = None
        self._stale = True
        self._clicking = False
        self.view = CodeView()
        self.view.line_clicked.connect(self._clicked)
        self._note_icon = IconLabel("done", "success", 14)
        self.note = Elided("", "muted")
        page = QWidget()
        layout = column(page)
        bar = row(margins=(SPACE_L, SPACE_S, SPACE_M, SPACE_S), gap=SPACE_M)
        bar.addWidget(self._note_icon)
        bar.addWidget(self.note, 1)
        bar.addWidget(IconButton("copy", tr("Copy the source"), self.copy))
        layout.addLayout(bar)
        layout.addWidget(self.view, 1)
        self._stack = QStackedLayout(self)
        self._stack.addWidget(page)
        self._empty = Empty(
            "code", tr("No code yet"), tr("Wire an input through layers to an output, and its source appears.")
        )
        self._stack.addWidget(self._empty)
        self._sized = Debounce(self, 0, self._mark)
        self._soon = Debounce(self, QUIET, self._refresh_if_seen)
        follow(self, session.document.changed, self._changed)
        follow(self, session.inference.changed, self._mark_stale)
        follow(self, session.selection.changed, self._mark)
        self.refresh()

    @property
    def text(self) -> str:
        return self._source.text if self._source else ""

    def refresh(self) -> None:
        """Write the source of the design as it is now."""
        self._stale = False
        try:
            self._source = source(
                lower(self._session.document, self._session.inference), self._session.document.catalog
            )
        except LayerloomError as error:
            self.note.set_text(tr("Last good code: {error}", error=error) if self._source else str(error))
            self._note_icon.set_icon("warning", "warning")
            self.view.highlighter.set_dimmed(True)
        else:
            self.note.set_text(tr("PyTorch module: what you train and export is exactly this."))
            self._note_icon.set_icon("done", "success")
            self.view.highlighter.set_dimmed(False)
            self.view.show_text(self._source.text)
        self._stack.setCurrentIndex(0 if self._source else 1)
        self._mark()

    def copy(self) -> None:
        QGuiApplication.clipboard().setText(self.text)
        self._session.notify(tr("The source is on the clipboard."), done=True)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._refresh_if_seen()
        self._sized.start()  # once there is a size to scroll by

    def _changed(self, changes: tuple[Change, ...]) -> None:
        self._mark_stale()

    def _mark_stale(self) -> None:
        self._stale = True
        self._soon.start()

    def _refresh_if_seen(self) -> None:
        if self._stale and self.isVisible():
            self.refresh()

    def _clicked(self, line: int) -> None:
        path = self._source.nodes.get(line) if self._source else None
        if path:
            self._clicking = True
            self._session.reveal(path)
            self._clicking = False

    def _mark(self) -> None:
        if self._source is None:
            return
        wanted = set(self._session.selection.paths)
        lines = [line for line, path in self._source.nodes.items() if path in wanted]
        self.view.mark(lines, follow_first=not self._clicking)
