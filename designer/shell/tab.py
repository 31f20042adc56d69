"""One open design in the window: its session, canvas, messages, training, and the keeper of its file."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from designer.canvas.view import CanvasView
from designer.offshoots import Offshoots
from designer.qt import column, follow
from designer.session import Session
from designer.shell.announcing import Announcer
from designer.shell.desk import Desk
from designer.shell.keeper import Keeper
from designer.shell.places import remember_runs
from designer.shell.toasts import Toasts
from designer.studio import Studio
from designer.training.flow import Flow
from designer.trials.opening import show_trial
from designer.workers import AssistantClient


class Tab(QWidget):
    """Everything that belongs to one document. `close_down` ends it; the caller has asked about unsaved edits."""

    def __init__(self, session: Session, runs: Path, assistant: AssistantClient) -> None:
        super().__init__()
        self.session = session
        self.studio = Studio(session, runs, self)
        self.canvas = CanvasView(session)
        column(self).addWidget(self.canvas)
        self.toasts = Toasts(self, session)
        self.keeper = Keeper(session, self)
        self.desk = Desk(session, self.studio, assistant)
        self.flow = Flow(self.canvas, self.studio)
        self.offshoots: Offshoots = Offshoots(self.studio, assistant, self)
        Announcer(self, session, self.studio)
        self.studio.listed.connect(lambda: remember_runs(runs))
        follow(self, session.run.tool_requested, lambda tool: show_trial(self.window(), self.studio, tool))
        follow(self, session.panel_requested, self._show_panel)

    def _show_panel(self, id: str, place: str) -> None:
        """Bring a panel to the front, at a place of its own where it has such."""
        panel = self.window().show_panel(id)  # type: ignore[attr-defined]
        if place and panel is not None:
            panel.go_to(place)

    @property
    def is_pristine(self) -> bool:
        """Nothing was ever done here, so that another design may take its place."""
        session = self.session
        document = session.document
        is_empty = not len(document.graph()) and not document.blocks
        return session.path is None and not session.is_dirty and not session.history.entries and is_empty

    def close_down(self, heir: QObject) -> None:
        """Forget the autosave; processes that take a while to end belong to `heir` until they have."""
        self.keeper.close()
        self.studio.retire(heir)
        self.toasts.close()
        self.hide()
        self.deleteLater()
