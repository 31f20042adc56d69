"""The list of runs on disk, newest first. Double-click looks at one; the menu resumes, exports, opens, deletes."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from shutil import rmtree

from PySide6.QtCore import QPoint, Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QMenu,
    QMessageBox,
    QStackedLayout,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)

from core.files import file_error
from core.problem import LayerloomError
from core.training.runs import RunSummary, list_runs
from designer import icons
from designer.controls.labels import Empty
from designer.plots.header import STATE_LOOKS, duration
from designer.plots.readout import number
from designer.qt import Debounce
from designer.studio import Studio
from designer.theme import ROW_HEIGHT, manager

COLUMNS = ("Run", "State", "Epochs", "Time", "Result", "Started")
RESUMABLE = ("interrupted", "stopped", "failed")


class RunsPanel(QWidget):
    """`export_requested` and `design_requested` carry the folder of a run."""

    export_requested = Signal(object)
    design_requested = Signal(object)

    def __init__(self, studio: Studio) -> None:
        super().__init__()
        self._studio = studio
        self._runs: list[RunSummary] = []
        self._table = QTableWidget(0, len(COLUMNS))
        self._prepare()
        self._stack = QStackedLayout(self)
        self._stack.addWidget(Empty("runs", "No runs yet", "Each training is kept here with its design and weights."))
        self._stack.addWidget(self._table)
        self._reload = Debounce(self, 100, self.reload)
        studio.listed.connect(self._reload.start)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.reload()

    def reload(self) -> None:
        """Read the runs anew."""
        if not self.isVisible():
            return
        try:
            self._runs = list_runs(self._studio.directory)
        except LayerloomError as error:
            self._studio.session.notify(error.problem)
            return
        self._stack.setCurrentIndex(1 if self._runs else 0)
        self._table.setRowCount(len(self._runs))
        for row, run in enumerate(self._runs):
            items = [QTableWidgetItem(text) for text in _cells(run)]
            name, colour = STATE_LOOKS.get(run.state, ("warning", "warning"))
            items[1].setIcon(icons.icon(name, getattr(manager().theme, colour)))
            items[1].setToolTip(run.message)
            for column, item in enumerate(items):
                self._table.setItem(row, column, item)

    @property
    def chosen(self) -> RunSummary | None:
        row = self._table.currentRow()
        return self._runs[row] if 0 <= row < len(self._runs) else None

    def _prepare(self) -> None:
        table = self._table
        table.setHorizontalHeaderLabels(COLUMNS)
        table.verticalHeader().hide()
        table.verticalHeader().setDefaultSectionSize(ROW_HEIGHT)
        table.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        table.horizontalHeader().setSectionResizeMode(4, QHeaderView.ResizeMode.Stretch)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.setShowGrid(False)
        table.setAccessibleName("Runs")
        table.cellDoubleClicked.connect(lambda *_: self._do(lambda run: self._studio.show(run.folder)))
        table.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        table.customContextMenuRequested.connect(self._menu)

    def _menu(self, position: QPoint) -> None:
        run = self.chosen
        if run is None:
            return
        menu = QMenu(self)
        entries: tuple[tuple[str, bool, Callable[[RunSummary], object]], ...] = (
            ("Show curves", True, lambda r: self._studio.show(r.folder)),
            ("Resume", run.state in RESUMABLE, lambda r: self._studio.resume(r.folder)),
            ("Export…", run.state != "damaged", lambda r: self.export_requested.emit(r.folder)),
            ("Open its design", run.state != "damaged", lambda r: self.design_requested.emit(r.folder / "design.loom")),
            ("Open folder", True, lambda r: QDesktopServices.openUrl(QUrl.fromLocalFile(str(r.folder)))),
            ("Delete…", run.state not in ("running", "paused", "preparing"), self._delete),
        )
        for text, enabled, act in entries:
            action = menu.addAction(text)
            action.setEnabled(enabled)
            action.triggered.connect(lambda _checked=False, act=act: self._do(act))
        menu.exec(self._table.viewport().mapToGlobal(position))

    def _do(self, act: Callable[[RunSummary], object]) -> None:
        if (run := self.chosen) is not None:
            act(run)

    def _delete(self, run: RunSummary) -> None:
        answer = QMessageBox.question(self, "Delete run", f"Delete {run.folder.name} with its weights for good?")
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
    split = next((s for s in ("test", "validation", "train") if s in run.metrics), "")
    result = "   ".join(f"{split} {name} {number(value)}" for name, value in run.metrics.get(split, {}).items())
    started = time.strftime("%Y-%m-%d %H:%M", time.localtime(run.created)) if run.created else ""
    epochs = f"{run.epoch:.4g} / {run.epochs}" if run.epochs else ""
    return run.folder.name, str(run.state), epochs, duration(run.seconds) if run.seconds else "", result, started
