"""The Search panel: what varies, trials as they come, and pictures of what they tell. See docs/search.md."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeAlias

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QGuiApplication, QShowEvent
from PySide6.QtWidgets import QMenu, QSplitter, QStackedWidget, QWidget

from core.search.trial import Trial
from designer.controls.labels import Empty, line
from designer.language import tr
from designer.qt import Debounce, column, divide, follow
from designer.search.header import StudyHeader
from designer.search.pictures import Pictures
from designer.search.setup import Setup
from designer.search.studies import Studies
from designer.search.trials import TrialTable
from designer.studio import Studio

FOLDS, START, ADD = "folds", "start", "add"
DEFAULT_FOLDS = 5
Entry: TypeAlias = tuple[str, bool, Callable[[], object]]


class SearchPanel(QWidget):
    """Signal: `badge_changed`."""

    badge_changed = Signal()

    def __init__(self, studio: Studio) -> None:
        super().__init__()
        self._studio, self._session = studio, studio.session
        self.studies = Studies.of(studio)
        self.header = StudyHeader(self.studies)
        self.setup = Setup(self._session)
        self.table, self.pictures = TrialTable(), Pictures()
        self._splitter, self._found = QSplitter(), QStackedWidget()
        self._build()
        self._connect()
        self._turn()
        self._list()

    def _build(self) -> None:
        empty = Empty(
            "search",
            tr("No search yet"),
            tr(
                "Choose settings at the left, then press Search: the design is trained with other values of them again "
                "and again, and each training stands here as a line. How far one result can be trusted, "
                "Run > Cross-validate tells without any."
            ),
        )
        results = QSplitter()
        divide(results, (self.table, 1), (self.pictures, 1))
        self._found.addWidget(empty)
        self._found.addWidget(results)
        divide(self._splitter, (self.setup, 0), (self._found, 1))
        results.setSizes([450, 500])
        self._splitter.setSizes([300, 950])
        self.setup.setVisible(self.header.setup.isChecked())
        layout = column(self)
        layout.addWidget(self.header)
        layout.addWidget(line())
        layout.addWidget(self._splitter, 1)

    def _connect(self) -> None:
        studies, table, pictures = self.studies, self.table, self.pictures
        studies.turned.connect(self._turn)
        studies.advanced.connect(self._advance)
        studies.listed.connect(self._list)
        self.header.picked.connect(studies.show)
        self.header.setup_wanted.connect(self.setup.setVisible)
        table.chosen.connect(pictures.mark)
        table.opened.connect(self.open_run)
        table.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        table.customContextMenuRequested.connect(self._menu)
        pictures.brushed.connect(table.show_only)
        pictures.chosen.connect(table.choose)
        pictures.opened.connect(self.open_run)
        pictures.folds.opened.connect(self._look)
        pictures.variable_chosen.connect(self.setup.variables.focus)
        soon = Debounce(self, 0, self._rename)
        follow(self, self._session.search.changed, soon.start)
        follow(self, self._session.run.changed, self.header.refresh)

    # -- what others ask for

    def go_to(self, place: str) -> None:
        """At a variable by its path; at ``add`` one is chosen, at ``start`` the search begins, at ``folds`` a
        cross-validation of the design as it is."""
        if place == FOLDS:
            self.studies.cross_validate(self._session.search.search.folds or DEFAULT_FOLDS)
        elif place == START:
            self.studies.start()
        elif place == ADD:
            self.setup.variables.ask()
        else:
            self.header.setup.setChecked(True)
            self.setup.variables.refresh()
            self.setup.variables.focus(place)

    def badge(self) -> str:
        """How many trials have ended, while the search goes on."""
        study = self.studies.study
        if study is None or not self.studies.is_shown_running:
            return ""
        return f"{sum(trial.has_ended for trial in study.trials)}/{study.planned}"

    def open_run(self, number: int) -> None:
        """Look at the training of a trial, with its curves and in every panel; further folds are laid over it."""
        trial = next((t for t in self.table.trials.trials if t.number == number), None)
        runs = [run for run in trial.runs if run.is_dir()] if trial else []
        if not runs:
            self._session.notify(tr("Trial {n} has not begun to train.", n=number + 1))
            return
        self._look(*runs)

    def _look(self, run: Path, *beside: Path) -> None:
        self._studio.show(run)
        self._studio.overlay(beside)
        self._session.panel_requested.emit("plots", "")

    # -- what is shown

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._list()
        self.studies.refresh()

    def _turn(self) -> None:
        """Another study is looked at."""
        study = self.studies.study
        self._found.setCurrentIndex(0 if study is None else 1)
        self.table.setVisible(bool(study and study.search.variables))  # of a cross-validation it has one row
        self.table.show_only(None)
        self._show(turned=True)

    def _advance(self) -> None:
        if self.isVisible():
            self._show(turned=False)
        self.badge_changed.emit()

    def _show(self, *, turned: bool) -> None:
        study, names = self.studies.study, self._session.search.titles
        self.header.refresh()
        self.table.show_study(study, names)
        if study is not None:
            self.pictures.show_study(study, names, turned=turned)

    def _rename(self) -> None:
        if self.isVisible() and self.studies.study is not None:
            self._show(turned=False)

    def _list(self) -> None:
        """Offer the studies on the disk; the newest is shown where none is yet."""
        if not self.isVisible():
            return
        found = self.studies.earlier()
        self.header.offer(found)
        whole = [study.folder for study in found if study.state != "damaged"]
        if self.studies.study is None and whole:
            self.studies.show(whole[0])

    # -- what can be done with trials

    def _menu(self, at: QPoint) -> None:
        chosen = self.table.selected
        if not chosen:
            return
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for text, enabled, act in self.entries(chosen):
            entry = menu.addAction(text)
            entry.setEnabled(enabled)
            entry.triggered.connect(lambda _checked=False, act=act: act())
        menu.popup(self.table.viewport().mapToGlobal(at))

    def entries(self, chosen: Sequence[Trial]) -> list[Entry]:
        """What the menu offers for the selected trials."""
        if len(chosen) > 1:
            runs = [run for trial in chosen for run in trial.runs if run.is_dir()]
            return [
                (tr("Overlay their curves"), bool(runs), lambda: self._overlay(chosen)),
                (tr("Copy"), True, self._copy),
            ]
        trial, varied = chosen[0], bool(chosen[0].values)
        idle = not self._session.run.is_active
        return [
            (tr("Apply to design"), varied, lambda: self.apply(trial)),
            (tr("Apply, and train"), varied and idle, lambda: self.apply(trial, trains=True)),
            (tr("Show its training"), bool(trial.runs), lambda: self.open_run(trial.number)),
            (tr("Overlay its curves"), bool(trial.runs), lambda: self._overlay([trial])),
            (tr("Copy"), True, self._copy),
            (tr("End it now"), trial.state == "running" and self.studies.is_shown_running, lambda: self._end(trial)),
        ]

    def apply(self, trial: Trial, *, trains: bool = False) -> None:
        """Put the values of a trial into the design, as one step of undo, and train that where it is wanted."""
        if self.studies.study is not None:
            self.studies.apply(self.studies.study, trial)
        if trains:
            self._session.run.requested.emit("train")

    def _overlay(self, chosen: Sequence[Trial]) -> None:
        runs = [run for trial in chosen for run in trial.runs if run.is_dir()]
        if self._studio.record is None and runs:
            self._studio.show(runs[0])
        self._studio.overlay(runs)
        self._session.panel_requested.emit("plots", "")

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.table.text())

    def _end(self, trial: Trial) -> None:
        self.studies.command("prune", trial=trial.number)
