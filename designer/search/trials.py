"""The table of trials: a column for each variable, sorted by any; the best marked, failures with their sentence."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QSortFilterProxyModel,
    Qt,
    Signal,
)
from PySide6.QtGui import QFont, QGuiApplication, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView

from core.search.study import Study
from core.search.trial import Trial
from designer import icons
from designer.language import marked, tr
from designer.numbers import lasting
from designer.qt import follow
from designer.search.told import Sentences, epochs_of, reached
from designer.search.words import title, word
from designer.theme import ROW_HEIGHT, manager, mono

Index = QModelIndex | QPersistentModelIndex
LOOKS: Mapping[str, tuple[str, str, str]] = {  # icon, colour, word
    "waiting": ("clock", "muted", marked("waiting")),
    "running": ("play", "accent", marked("running")),
    "finished": ("done", "success", marked("finished")),
    "pruned": ("cut", "muted", marked("pruned")),
    "failed": ("error", "danger", marked("failed")),
}
ORDER = Qt.ItemDataRole.UserRole
RESULT = 2  # its column
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


@dataclass(frozen=True)
class Cell:
    """What stands in a cell, and what it is sorted by."""

    text: str
    order: Any


class TrialModel(QAbstractTableModel):
    """Rows are trials in their order."""

    def __init__(self) -> None:
        super().__init__()
        self.trials: list[Trial] = []
        self.best: int | None = None
        self._heads: list[str] = []
        self._cells: list[list[Cell]] = []
        self._told: Sequence[str] = ()
        self._made: dict[int, tuple[Trial, list[Cell]]] = {}  # cells of trials that did not change

    def show_study(self, study: Study | None, names: Mapping[str, str]) -> None:
        """Columns are made anew only where the variables are others, so that widths and sorting stay."""
        paths = list(study.search.variables) if study else []
        metric = study.search.metric if study else ""
        varied = [title(path, names) for path in paths]
        heads = ["#", tr("State"), metric, *varied, tr("Epochs"), tr("Time"), tr("Note")]
        trials = study.trials if study else []
        if heads != self._heads or len(trials) < len(self.trials):
            self.beginResetModel()
            self._heads = heads
            self._made.clear()
            self._take(study, trials, paths, names)
            self.endResetModel()
            return
        known = len(self.trials)
        if len(trials) > known:
            self.beginInsertRows(QModelIndex(), known, len(trials) - 1)
        self._take(study, trials, paths, names)
        if len(trials) > known:
            self.endInsertRows()
        if known:
            self.dataChanged.emit(self.index(0, 0), self.index(known - 1, len(heads) - 1))

    def _take(self, study: Study | None, trials: list[Trial], paths: Sequence[str], names: Mapping[str, str]) -> None:
        best = study.best if study else None
        self.best = best.number if best else None
        self.trials = trials
        self._cells = [self._row(trial, paths) for trial in trials]
        self._told = Sentences(study, trials, names) if study else ()

    def _row(self, trial: Trial, paths: Sequence[str]) -> list[Cell]:
        made = self._made.get(trial.number)
        if made is None or made[0] is not trial:
            made = self._made[trial.number] = (trial, _cells(trial, paths))
        return made[1]

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        return 0 if parent.isValid() else len(self.trials)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        return 0 if parent.isValid() else len(self._heads)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return self._heads[section]
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        trial, column = self.trials[index.row()], index.column()
        cell = self._cells[index.row()][column]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return cell.text
            case Qt.ItemDataRole.ToolTipRole | Qt.ItemDataRole.AccessibleDescriptionRole:
                return self._told[index.row()]
            case Qt.ItemDataRole.TextAlignmentRole:
                return _LEFT if column == 1 or isinstance(cell.order, str) else _RIGHT
            case Qt.ItemDataRole.DecorationRole if column == 1:
                name, colour, _ = LOOKS[trial.state]
                return icons.icon(name, getattr(manager().theme, colour), 14)
            case Qt.ItemDataRole.FontRole if trial.number == self.best:
                font = mono(11)
                font.setWeight(QFont.Weight.Bold)
                return font
            case Qt.ItemDataRole.ForegroundRole:
                return self._colour(trial, column)
        return cell.order if role == ORDER else None

    def _colour(self, trial: Trial, column: int) -> Any:
        theme = manager().theme
        if trial.number == self.best and column == RESULT:
            return theme.success
        return theme.muted if trial.state in ("waiting", "pruned", "failed") else None


def _cells(trial: Trial, paths: Sequence[str]) -> list[Cell]:
    values = [trial.values.get(path) for path in paths]
    result = trial.result if trial.result is not None and math.isfinite(trial.result) else None
    epochs = epochs_of(trial)
    state = tr(LOOKS[trial.state][2])
    return [
        Cell(str(trial.number + 1), trial.number),
        Cell(state, trial.state),
        Cell(reached(trial), result),
        *(Cell(word(value), value if _is_number(value) else word(value)) for value in values),
        Cell(str(epochs) if epochs else "", epochs),
        Cell(lasting(trial.seconds) if trial.seconds else "", trial.seconds),
        Cell(trial.message, trial.message),
    ]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


class _Sorted(QSortFilterProxyModel):
    """Trials without a value come last, whichever way it is sorted; only those in `keys` are shown, if given."""

    keys: frozenset[int] | None = None

    def filterAcceptsRow(self, row: int, parent: Index) -> bool:
        model = self.sourceModel()
        assert isinstance(model, TrialModel)
        return self.keys is None or model.trials[row].number in self.keys

    def lessThan(self, left: Index, right: Index) -> bool:
        one, other = left.data(ORDER), right.data(ORDER)
        if one is None or other is None:
            return (one is not None) == (self.sortOrder() == Qt.SortOrder.AscendingOrder)
        if isinstance(one, str) != isinstance(other, str):
            return isinstance(other, str)
        return bool(one < other)


class TrialTable(QTableView):
    """Signals: `chosen` (numbers of the selected trials), `opened` (number of a trial that was double-clicked, or where
    Enter was pressed)."""

    chosen = Signal(list)
    opened = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.trials, self._sorted = TrialModel(), _Sorted()
        self._sorted.setSourceModel(self.trials)
        self._sorted.setSortRole(ORDER)
        self.setModel(self._sorted)
        self.setSortingEnabled(True)
        self.sortByColumn(0, Qt.SortOrder.AscendingOrder)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(ROW_HEIGHT - 4)
        head = self.horizontalHeader()
        head.setDefaultAlignment(_LEFT)
        head.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        head.setResizeContentsPrecision(50)
        head.setMaximumSectionSize(280)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.setFont(mono(11))
        self.setAccessibleName(tr("Trials"))
        self.activated.connect(lambda index: self.opened.emit(self._trial(index).number))
        self.selectionModel().selectionChanged.connect(lambda *_: self.chosen.emit([t.number for t in self.selected]))
        follow(self, manager().changed, self.viewport().update)

    def show_study(self, study: Study | None, names: Mapping[str, str]) -> None:
        self.trials.show_study(study, names)

    def show_only(self, keys: Sequence[int] | None) -> None:
        """Show these trials, or all."""
        self._sorted.keys = None if keys is None else frozenset(keys)
        self._sorted.invalidate()

    @property
    def selected(self) -> list[Trial]:
        """From top to bottom."""
        rows = sorted(self.selectionModel().selectedRows(), key=lambda index: index.row())
        return [self._trial(index) for index in rows]

    @property
    def shown(self) -> list[int]:
        """The numbers of the trials as they stand there."""
        return [self._trial(self._sorted.index(row, 0)).number for row in range(self._sorted.rowCount())]

    def choose(self, number: int) -> None:
        """Select a trial and bring it into view."""
        if number not in self.shown:
            return
        index = self._sorted.index(self.shown.index(number), 0)
        how = QItemSelectionModel.SelectionFlag.ClearAndSelect | QItemSelectionModel.SelectionFlag.Rows
        self.selectionModel().setCurrentIndex(index, how)
        self.scrollTo(index)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Copy):
            QGuiApplication.clipboard().setText(self.text())
        else:
            super().keyPressEvent(event)

    def text(self) -> str:
        """The selected trials, or all that are shown, as lines of tabs for a spreadsheet, headings first."""
        model = self.model()
        rows = sorted({index.row() for index in self.selectionModel().selectedRows()}) or range(model.rowCount())
        columns = range(model.columnCount())
        heads = [str(model.headerData(column, Qt.Orientation.Horizontal)) for column in columns]
        lines = [[str(model.index(row, column).data()) for column in columns] for row in rows]
        return "\n".join("\t".join(cells) for cells in (heads, *lines))

    def _trial(self, index: Index) -> Trial:
        return self.trials.trials[self._sorted.mapToSource(index).row()]
