"""New inputs of the run that is looked at: chosen, dropped or watched, and compared by the assistant."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QComboBox, QFileDialog, QStackedWidget, QWidget

from core.problem import Problem, Severity
from designer.controls.buttons import button
from designer.controls.labels import Elided, Empty, label, line
from designer.figures.asking import Asker, RunWatch
from designer.language import marked, tr
from designer.monitor.report import ReportView
from designer.qt import column, row
from designer.sentences import told
from designer.studio import Studio
from designer.theme import SPACE_L, SPACE_M, SPACE_S
from designer.workers import AssistantClient

EVERY_MS = 5_000  # a watched file is looked at so often; nothing is computed while it stays as it is
ALPHAS = (0.05, 0.01, 0.001)
WINDOWS = (0, 50, 100, 200, 500, 1_000, 5_000, 20_000)  # rows
_NO_RUN = (
    marked("No run yet"),
    marked("Train a network first; then its new inputs are compared here with those that it was trained on."),
)
_NO_DATA = (
    marked("No new inputs yet"),
    marked("Drop a table, arrays or a folder here, or choose one: the columns of the training by name, or pictures of "
           "its kind.\nA target is not needed; where there is one, live metrics are told too."),
)  # fmt: skip
_NO_WEIGHTS = (marked("No weights yet"), marked("They are looked at as soon as the run saves its first checkpoint."))


class MonitorPanel(QWidget):
    """Follows the run that the studio shows. `watching`: the inputs are looked at again whenever they have changed,
    whether the panel is seen or not; an alarm that rises unseen is told by a message.

    Signal: `badge_changed`.
    """

    badge_changed = Signal()

    def __init__(self, studio: Studio, assistant: AssistantClient) -> None:
        super().__init__()
        self._studio = studio
        self._path: Path | None = None
        self._seen, self._alerts = "", 0
        self._watch = RunWatch(self, studio)
        self._asker = Asker(assistant)
        self._timer = QTimer(self)
        self._timer.setInterval(EVERY_MS)
        self._timer.timeout.connect(lambda: self._ask(seen=self._seen))
        self._empty = Empty("monitor", *map(tr, _NO_RUN))
        self._name, self._where = Elided("", "heading"), Elided("", "muted", wide=True)
        self._state = label("", "muted")
        self._error = label("", "error", wrap=True, selectable=True)
        self._rows, self._alpha = self._rows_field(), self._alpha_field()
        self.watching = button(tr("Watch"), self._turn_watching)
        self.watching.setCheckable(True)
        self.watching.setToolTip(tr("Look again whenever the file or the folder has changed"))
        self.choices = [button(tr("File…"), self._pick_file), button(tr("Folder…"), self._pick_folder)]
        self.view = ReportView(self._ask)
        self._stack = QStackedWidget()
        self._stack.addWidget(self._empty)
        self._stack.addWidget(self.view)
        self._build()
        self.setAcceptDrops(True)
        self._watch.turned.connect(self._turn)
        self._watch.due.connect(self.refresh)
        self._turn()

    def look_at(self, path: Path) -> None:
        """Compare what lies there."""
        self._path = path
        self._where.set_text(str(path))
        self._forget()
        self.refresh()

    def refresh(self) -> None:
        """Ask anew, whatever was seen before."""
        self._seen = ""
        self._ask()

    def badge(self) -> str:
        """How many alerts there are."""
        return str(self._alerts) if self._alerts else ""

    # -- building

    def _build(self) -> None:
        head = row(margins=(SPACE_L, SPACE_S, SPACE_L, SPACE_S), gap=SPACE_M)
        head.addWidget(self._name, 2)
        head.addWidget(self._where, 3)
        head.addWidget(self._state)
        head.addStretch(1)
        for part in (self._rows, self._alpha, self.watching, *self.choices):
            head.addWidget(part)
        body = column(self)
        body.addLayout(head)
        body.addWidget(line())
        body.addWidget(self._error)
        body.addWidget(self._stack, 1)
        self._error.setContentsMargins(SPACE_L, SPACE_S, SPACE_L, SPACE_S)
        self._error.hide()

    def _rows_field(self) -> QComboBox:
        field = QComboBox()
        for count in WINDOWS:
            field.addItem(tr("{count} rows", count=f"{count:,}") if count else tr("Whole files"), count)
        field.setAccessibleName(tr("Rows of a window"))
        field.setToolTip(tr("How many rows are compared together; files are told apart in any case"))
        field.currentIndexChanged.connect(lambda _index: self._reset())
        return field

    def _alpha_field(self) -> QComboBox:
        field = QComboBox()
        for alpha in ALPHAS:
            field.addItem(f"α = {alpha:g}", alpha)
        field.setCurrentIndex(ALPHAS.index(0.01))
        field.setAccessibleName(tr("False alarms"))
        field.setToolTip(tr("At most this share of reports raises an alarm although nothing has changed"))
        field.currentIndexChanged.connect(lambda _index: self._reset())
        return field

    # -- what is looked at

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if self._dropped(event) is not None and self._watch.record is not None:
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        path = self._dropped(event)
        if path is not None:
            event.acceptProposedAction()
            self.look_at(path)

    @staticmethod
    def _dropped(event: QDropEvent) -> Path | None:
        return next((Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()), None)

    def _pick_file(self) -> None:
        start = str(self._path.parent if self._path else Path.home())
        kinds = f"{tr('Tables and arrays')} (*.csv *.tsv *.txt *.npz);;{tr('All files')} (*)"
        path, _ = QFileDialog.getOpenFileName(self, tr("New inputs"), start, kinds)
        if path:
            self.look_at(Path(path))

    def _pick_folder(self) -> None:
        start = str(self._path.parent if self._path else Path.home())
        path = QFileDialog.getExistingDirectory(self, tr("Folder of new inputs"), start)
        if path:
            self.look_at(Path(path))

    def _turn(self) -> None:
        """Another run is looked at: what was told is not of it."""
        record = self._watch.record
        self._name.set_text(record.name if record else "")
        for part in (self._rows, self._alpha, self.watching, *self.choices):
            part.setEnabled(record is not None)
        self._forget()

    def _forget(self) -> None:
        self._seen = ""
        self._count(0)
        self._asker.forget()
        self._error.hide()
        self._state.setText("")
        self._stack.setCurrentIndex(0)
        self._empty.show_text(*map(tr, _NO_RUN if self._watch.record is None else _NO_DATA))

    def _turn_watching(self) -> None:
        if self.watching.isChecked():
            self._timer.start()
            self._ask(seen=self._seen)
        else:
            self._timer.stop()

    def _reset(self) -> None:
        if self._path is not None:
            self.refresh()

    # -- asking

    def _ask(self, window: int | None = None, seen: str = "") -> None:
        record = self._watch.record
        if record is None or self._path is None:
            return
        args = {
            "run": str(record.folder), "path": str(self._path), "alpha": self._alpha.currentData(),
            "rows": self._rows.currentData(), "growing": self.watching.isChecked(), "chosen": window, "seen": seen,
        }  # fmt: skip
        if not seen:
            self._state.setText(tr("comparing …"))
            self._empty.show_text(tr("Comparing …"), self._path.name)
        self._asker.ask("analyse.monitor", args, self._take)

    def _take(self, report: Any, problem: Problem | None) -> None:
        self._state.setText("")
        if problem is not None:
            self._refuse(problem)
        elif report is not None:
            self._error.hide()
            self._seen = report["stamp"]
            self._stack.setCurrentIndex(1)
            self.view.show_report(report)
            self._count(len(report["alerts"]), report["verdict"])

    def _count(self, alerts: int, verdict: str = "") -> None:
        if alerts > self._alerts and not self.isVisible():
            self._studio.session.notify(Problem("drift", verdict, severity=Severity.WARNING))
        if alerts != self._alerts:
            self._alerts = alerts
            self.badge_changed.emit()

    def _refuse(self, problem: Problem) -> None:
        self._seen = ""
        self._stack.setCurrentIndex(0)
        if problem.code == "weights":
            self._empty.show_text(*map(tr, _NO_WEIGHTS))
            return
        self._empty.show_text(tr("Nothing to compare"), tr("Choose other inputs, or mend these and look again."))
        self._error.setText(told(problem.message))
        self._error.show()
