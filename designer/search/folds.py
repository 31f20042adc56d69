"""What the folds of a trial reached: metrics by row, the mean and the deviation of each part, then fold by fold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem, QWidget

from core.problem import LayerloomError
from core.search.study import Study
from core.search.trial import Trial
from core.training.across import Spread, across
from core.training.runs import RunFolder
from designer.controls.labels import label
from designer.language import marked, tr
from designer.plots.readout import number
from designer.qt import column
from designer.theme import ROW_HEIGHT, SPACE_L, SPACE_M, SPACE_S, mono

PARTS = (marked("validation"), marked("test"), marked("train"))
Metrics = Mapping[str, Mapping[str, float]]


class FoldTable(QWidget):
    """Of one trial: the chosen one, else the best, else the first. Signal: `opened` (the folder of a run whose fold was
    double-clicked)."""

    opened = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.number: int | None = None
        self._known: dict[Path, Metrics] = {}
        self._folders: tuple[Path, ...] = ()
        self._first = 1  # column of the first fold
        self._title = label("", "muted", wrap=True)
        self.table = QTableWidget()
        self.table.verticalHeader().hide()
        self.table.verticalHeader().setDefaultSectionSize(ROW_HEIGHT - 4)
        self.table.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self.table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setShowGrid(False)
        self.table.setTabKeyNavigation(False)
        self.table.setFont(mono(11))
        self.table.setAccessibleName(tr("Results of the folds"))
        self.table.setToolTip(tr("Double-click a fold to look at its training."))
        self.table.cellActivated.connect(lambda _row, column: self._open(column))
        layout = column(self, margins=(SPACE_L, SPACE_S, 0, 0), gap=SPACE_M)
        layout.addWidget(self._title)
        layout.addWidget(self.table, 1)

    def show_trial(self, study: Study, number: int | None) -> None:
        """Show a trial by its number; None for the one that matters."""
        self.number = number
        if not study.search.folds:
            return
        by_number = {trial.number: trial for trial in study.trials}
        trial = by_number.get(number) if number is not None else None
        trial = trial or study.best or next(iter(by_number.values()), None)
        if trial is None:
            self.table.setRowCount(0)
            return
        self._folders = study.folders(trial.number)
        runs = [self._metrics(path) for path in self._folders]
        ended = [run for run in runs if run]
        self._title.setText(_told(study, trial, len(ended)))
        self._fill(runs, across(ended))

    def _fill(self, runs: Sequence[Metrics], spreads: Mapping[str, Mapping[str, Spread]]) -> None:
        parts = [part for part in PARTS if part in spreads]
        names = list(dict.fromkeys(name for part in parts for name in spreads[part]))
        heads = [tr("Metric"), *(tr("{part}: mean ± sd", part=tr(part)) for part in parts)]
        heads += [tr("fold {n}", n=place + 1) for place in range(len(runs))]
        self._first = 1 + len(parts)
        self.table.setColumnCount(len(heads))
        self.table.setHorizontalHeaderLabels(heads)
        self.table.setRowCount(len(names))
        bold = mono(11)
        bold.setWeight(QFont.Weight.Bold)
        for line, name in enumerate(names):
            single = [run.get("validation", {}).get(name) for run in runs]
            cells = [name, *(str(spreads[part].get(name, "")) for part in parts)]
            cells += ["" if value is None else number(value) for value in single]
            for place, text in enumerate(cells):
                item = QTableWidgetItem(text)
                if 0 < place < self._first:
                    item.setFont(bold)
                self.table.setItem(line, place, item)

    def _open(self, column: int) -> None:
        fold = column - self._first
        if 0 <= fold < len(self._folders) and self._folders[fold].is_dir():
            self.opened.emit(self._folders[fold])

    def _metrics(self, path: Path) -> Metrics:
        """The final metrics of a run; nothing before its end. What was read once is kept."""
        if path not in self._known:
            try:
                found = RunFolder.open(path).result() if path.is_dir() else None
            except LayerloomError:  # not begun, or damaged: the table of trials tells
                return {}
            if not found:
                return {}
            self._known[path] = found.get("metrics", {})
        return self._known[path]


def _told(study: Study, trial: Trial, ended: int) -> str:
    what = tr("Trial {n}", n=trial.number + 1) if study.search.variables else tr("Cross-validation")
    return tr("{what}: {n} of {all} folds have ended.", what=what, n=ended, all=study.search.folds)
