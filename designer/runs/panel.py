"""The list of runs on disk, newest first. Double-click looks at one; the menu resumes, exports, opens, deletes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from pathlib import Path
from shutil import rmtree
from typing import TypeAlias

from PySide6.QtCore import QPoint, Qt, QUrl
from PySide6.QtGui import QDesktopServices, QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QMenu,
    QMessageBox,
    QStackedWidget,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)

from core.analysis.examining.table import EXAMS
from core.files import file_error
from core.problem import LayerloomError
from core.training.runs import RunFolder, RunSummary, list_runs
from designer import icons
from designer.controls.choices import Choices
from designer.controls.labels import Elided, Empty, line
from designer.language import marked, tr
from designer.plots.header import STATE_LOOKS, duration, told_result
from designer.qt import Debounce, column, row
from designer.sentences import told
from designer.shell.places import remembered_runs
from designer.studio import Studio
from designer.theme import ROW_HEIGHT, SPACE_L, SPACE_M, SPACE_S, manager

COLUMNS = tuple(map(marked, ("Run", "State", "Epochs", "Time", "Result", "Started", "Folder")))
FOLDER = len(COLUMNS) - 1
PLACES = (marked("of this design's folder"), marked("of all folders"))
Entry: TypeAlias = tuple[str, bool, Callable[[], object]]
MOST = 500  # runs in one list
RESUMABLE = ("new", "interrupted", "stopped", "failed")


class RunsPanel(QWidget):
    def __init__(self, studio: Studio) -> None:
        super().__init__()
        self._studio = studio
        self._runs: list[RunSummary] = []
        self._table = QTableWidget(0, len(COLUMNS))
        self._prepare()
        self._stack = QStackedWidget()
        self._stack.addWidget(
            Empty("runs", tr("No runs yet"), tr("Each training is kept here with its design and weights."))
        )
        self._stack.addWidget(self._table)
        self._head = QWidget()
        choices = Choices()
        self.place = choices.add(tr("Which runs are listed"), list(map(tr, PLACES)))
        choices.changed.connect(self.reload)
        head = row(self._head, margins=(SPACE_L, SPACE_S, SPACE_L, SPACE_S), gap=SPACE_M)
        how = tr("A double-click shows the curves of a run; the right button offers more, also for several runs.")
        head.addWidget(Elided(how, "muted"), 1)
        head.addWidget(choices)
        body = column(self)
        body.addWidget(self._head)
        body.addWidget(line())
        body.addWidget(self._stack, 1)
        self._reload = Debounce(self, 100, self.reload)
        studio.listed.connect(self._reload.start)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.reload()

    def reload(self) -> None:
        """Read the runs anew."""
        if not self.isVisible():
            return
        own = self._studio.directory
        everywhere = self.place.currentIndex() == 1
        self._table.setColumnHidden(FOLDER, not everywhere)
        try:
            self._runs = _newest(dict.fromkeys((own, *remembered_runs()))) if everywhere else list_runs(own)
        except LayerloomError as error:
            self._studio.session.notify(error.problem)
            return
        self._head.setVisible(bool(self._runs) or everywhere or set(remembered_runs()) > {own})
        self._stack.setCurrentIndex(1 if self._runs else 0)
        self._table.setRowCount(len(self._runs))
        for index, run in enumerate(self._runs):
            items = [QTableWidgetItem(text) for text in _cells(run)]
            name, colour = STATE_LOOKS.get(run.state, ("warning", "warning"))
            items[1].setIcon(icons.icon(name, getattr(manager().theme, colour)))
            items[1].setToolTip(told(run.message))
            for place, item in enumerate(items):
                self._table.setItem(index, place, item)

    @property
    def chosen(self) -> list[RunSummary]:
        """The selected runs, from top to bottom."""
        rows = sorted({index.row() for index in self._table.selectionModel().selectedRows()})
        return [self._runs[row] for row in rows if row < len(self._runs)]

    def _prepare(self) -> None:
        table = self._table
        table.setHorizontalHeaderLabels(list(map(tr, COLUMNS)))
        table.verticalHeader().hide()
        table.verticalHeader().setDefaultSectionSize(ROW_HEIGHT)
        table.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        table.horizontalHeader().setSectionResizeMode(4, QHeaderView.ResizeMode.Stretch)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.setShowGrid(False)
        table.setAccessibleName(tr("Runs"))
        table.cellDoubleClicked.connect(lambda *_: self._show_first())
        table.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        table.customContextMenuRequested.connect(self._menu)

    def _menu(self, position: QPoint) -> None:
        runs = self.chosen
        if not runs:
            return
        menu = QMenu(self)
        for text, enabled, act in self._entries_of_many(runs) if len(runs) > 1 else self._entries_of_one(runs[0]):
            action = menu.addAction(text)
            action.setEnabled(enabled)
            action.triggered.connect(lambda _checked=False, act=act: act())
        menu.exec(self._table.viewport().mapToGlobal(position))

    def _entries_of_one(self, run: RunSummary) -> tuple[Entry, ...]:
        whole, folder, studio = run.state != "damaged", run.folder, self._studio
        return (
            (tr("Show curves"), whole, lambda: studio.show(folder)),
            (tr("Overlay its curves"), whole, lambda: studio.overlay([folder])),
            (tr("Take overlaid curves away"), bool(studio.overlaid), lambda: studio.overlay([])),
            (tr("Resume"), run.state in RESUMABLE, lambda: studio.resume(folder)),
            (tr("Examine…"), whole, lambda: self._examine(folder)),
            (tr("Export…"), whole, lambda: studio.export_requested.emit(folder, {})),
            (tr("Open its design"), whole, lambda: studio.design_requested.emit(folder / "design.loom")),
            (tr("Open folder"), True, lambda: QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))),
            (tr("Delete…"), run.state not in ("running", "paused", "preparing"), lambda: self._delete(run)),
        )

    def _entries_of_many(self, runs: list[RunSummary]) -> tuple[Entry, ...]:
        folders = [run.folder for run in runs if run.state != "damaged"]
        return (
            (tr("Compare…"), len(folders) > 1, lambda: self.compare(folders)),
            (tr("Overlay their curves"), bool(folders), lambda: self._overlay(folders)),
        )

    def _examine(self, folder: Path) -> None:
        """Open the card of what can be asked about a trained network."""
        self._studio.show(folder)
        self._studio.session.run.tool_requested.emit(next(iter(EXAMS)))

    def compare(self, folders: list[Path]) -> None:
        """Lay runs side by side."""
        from designer.runs.compare import CompareDialog

        try:
            CompareDialog([RunFolder.open(folder) for folder in folders], self).open()
        except LayerloomError as error:
            self._studio.session.notify(error.problem)

    def _overlay(self, folders: list[Path]) -> None:
        if self._studio.record is None:
            self._studio.show(folders[0])
        self._studio.overlay(folders)

    def _show_first(self) -> None:
        if self.chosen:
            self._studio.show(self.chosen[0].folder)

    def _delete(self, run: RunSummary) -> None:
        answer = QMessageBox.question(
            self, tr("Delete run"), tr("Delete {run} with its weights for good?", run=run.folder.name)
        )
        if answer == QMessageBox.StandardButton.Yes:
            delete_run(self._studio, run.folder)


def delete_run(studio: Studio, folder: Path) -> None:
    """Take a run off the disk; trouble is told."""
    try:
        rmtree(folder)
    except OSError as error:
        studio.session.notify(file_error("delete", folder, error).problem)
    studio.listed.emit()


def _cells(run: RunSummary) -> tuple[str, ...]:
    started = time.strftime("%Y-%m-%d %H:%M", time.localtime(run.created)) if run.created else ""
    epochs = f"{run.epoch:.4g} / {run.epochs}" if run.epochs else ""
    lasted = duration(run.seconds) if run.seconds else ""
    return run.folder.name, tr(run.state), epochs, lasted, told_result(run.metrics), started, str(run.folder.parent)


def _newest(folders: Iterable[Path]) -> list[RunSummary]:
    """The runs of several folders, the newest first. Raises LayerloomError where one cannot be listed."""
    found = [run for folder in folders if folder.is_dir() for run in list_runs(folder)]
    return sorted(found, key=lambda run: -(run.created or 0.0))[:MOST]
