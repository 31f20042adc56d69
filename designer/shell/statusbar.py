"""The line at the bottom: problems, size of the network, zoom, device."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QLabel, QStatusBar, QWidget

from core.problem import Severity
from designer.controls.buttons import button
from designer.controls.labels import IconLabel, label
from designer.language import tr
from designer.numbers import count, exact, macs, short
from designer.qt import Debounce, follow, row, speak
from designer.session import Session
from designer.theme import SPACE_L, SPACE_M, SPACE_S


class StatusBar(QStatusBar):
    """Totals of the graph looked at. `problems_clicked`, `zoom_clicked`: the person wants to see more of these."""

    problems_clicked = Signal()
    zoom_clicked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setSizeGripEnabled(False)
        self._session: Session | None = None
        self._icon = IconLabel("done", "success", 14)
        self.problems = button("", self.problems_clicked.emit, quiet=True)
        self.totals = label("", "muted")
        self.run = label("", "muted")
        self.zoom = button("100 %", self.zoom_clicked.emit, quiet=True)
        self.device = label("", "muted")
        left = QWidget()
        line = row(left, margins=(SPACE_M, 0, 0, 0), gap=SPACE_S)
        for part in (self._icon, self.problems, _gap(), self.totals):
            line.addWidget(part)
        self.addWidget(left)
        for part in (self.run, self.device, self.zoom):
            self.addPermanentWidget(part)
        for part in (self.run, self.device):
            part.setContentsMargins(0, 0, SPACE_M, 0)
        self._soon = Debounce(self, 30, self.refresh)
        speak(self, self._retell)

    def set_session(self, session: Session, owner: QObject) -> None:
        """Show the totals of a session, for as long as `owner` lives."""
        self._session = session
        for signal in (session.problems_changed, session.selection.changed, session.run.changed):
            follow(owner, signal, self._soon.start)
        self.refresh()

    def _retell(self) -> None:
        self.zoom.setToolTip(tr("Zoom to 100 %"))
        self.refresh()

    def set_zoom(self, scale: float) -> None:
        self.zoom.setText(f"{scale * 100:.0f} %")

    def refresh(self) -> None:
        session = self._session
        if session is None:
            return
        self._show_problems(session)
        scope = session.inference.scope(session.selection.path)
        total = scope.total
        nodes = len(session.document.graph(session.selection.scope))
        parts = [
            count(nodes, "node"),
            tr("{number} parameters", number=short(total.parameters)),
            f"{macs(total.macs)} MACs",
        ]
        self.totals.setText("   ·   ".join(parts))
        self.totals.setToolTip(
            tr("{number} parameters; multiply-accumulates for one example.", number=exact(total.parameters))
        )
        state = "" if session.run.state == "idle" else tr(session.run.state)
        self.run.setText(state[:1].upper() + state[1:])
        self.device.setText(tr("Device: {name}", name=session.document.job.device))

    def _show_problems(self, session: Session) -> None:
        if not len(session.document.graph()):
            self.problems.setText(tr("Nothing is drawn yet"))
            self._icon.set_icon("info", "muted")
            return
        errors = sum(problem.severity is Severity.ERROR for problem in session.problems)
        others = sum(problem.severity is Severity.WARNING for problem in session.problems)
        parts = [count(errors, "error")] * bool(errors) + [count(others, "warning")] * bool(others)
        self.problems.setText(", ".join(parts) or tr("No problems"))
        icon, colour = ("error", "danger") if errors else ("warning", "warning") if others else ("done", "success")
        self._icon.set_icon(icon, colour)


def _gap() -> QLabel:
    result = label("")
    result.setFixedWidth(SPACE_L)
    return result
