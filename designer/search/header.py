"""The line above the search: which study, how it stands, how far it is, and what can be done with it."""

from __future__ import annotations

import time
from functools import partial

from PySide6.QtCore import QSettings, Qt, Signal
from PySide6.QtWidgets import QComboBox, QMenu, QProgressBar, QSizePolicy, QWidget

from core.search.space import points
from core.search.study import Study, StudySummary
from designer.controls.buttons import IconButton, button
from designer.controls.labels import Elided, IconLabel
from designer.language import marked, tr
from designer.numbers import lasting
from designer.plots.readout import number
from designer.qt import row
from designer.search.studies import Studies
from designer.search.told import reached
from designer.theme import SPACE_L, SPACE_M, SPACE_S

LOOKS: dict[str, tuple[str, str, str]] = {  # icon, colour, word
    "new": ("clock", "muted", marked("new")),
    "running": ("play", "accent", marked("running")),
    "paused": ("pause", "warning", marked("paused")),
    "interrupted": ("warning", "warning", marked("interrupted")),
    "stopped": ("stop", "muted", marked("stopped")),
    "finished": ("done", "success", marked("finished")),
    "failed": ("error", "danger", marked("failed")),
}
MORE = (10, 30, 100)  # trials at once
SETUP = "search/setup"
RESUMABLE = ("new", "interrupted", "stopped", "failed")


class StudyHeader(QWidget):
    """Signals: `picked` (a folder), `setup_wanted` (whether the settings of the search are to be seen); the buttons act
    on `Studies` themselves."""

    picked = Signal(object)
    setup_wanted = Signal(bool)

    def __init__(self, studies: Studies) -> None:
        super().__init__()
        self._studies = studies
        self.start = button(tr("Search"), studies.start, primary=True)
        self.pause = button(tr("Pause"), self._pause)
        self.stop = button(tr("Stop"), studies.stop)
        self.stop.setToolTip(tr("End for now: what is under way is kept, and goes on when the study is resumed."))
        self.resume = button(tr("Resume"), studies.resume)
        self.resume.setToolTip(tr("Go on with this study where it was left."))
        self.more = button(tr("More trials"), self._ask_more)
        self.more.setToolTip(tr("Go on with this study beyond what was planned: what it knows is used."))
        self.apply = button(tr("Apply the best"), self._apply)
        self.apply.setToolTip(tr("Put the values of the best trial into the design, as one step that can be undone."))
        self.choice = QComboBox()
        self.choice.setAccessibleName(tr("Study"))
        self.choice.setToolTip(tr("Studies of this design, newest first"))
        self.choice.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.choice.setMinimumContentsLength(14)
        self.choice.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.choice.activated.connect(lambda index: self.picked.emit(self.choice.itemData(index)))
        self._icon, self._status = IconLabel("clock"), Elided("", "muted")
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setMaximumWidth(160)
        self._bar.setAccessibleName(tr("Progress of the search"))
        self.setup = IconButton("panel-left", tr("Show or hide what is searched"))
        self.setup.setCheckable(True)
        self.setup.setChecked(QSettings().value(SETUP, True, type=bool) is True)
        self.setup.toggled.connect(self._show_setup)
        layout = row(self, margins=(SPACE_L, SPACE_S, SPACE_L, SPACE_S), gap=SPACE_M)
        for part in (self.setup, self.start, self.pause, self.stop, self.resume, self.more):
            layout.addWidget(part)
        layout.addWidget(self._icon)
        layout.addWidget(self._status, 30)
        layout.addWidget(self._bar, 10)
        layout.addStretch(1)
        layout.addWidget(self.apply)
        layout.addWidget(self.choice)

    @property
    def status(self) -> str:
        return self._status.whole

    def offer(self, found: list[StudySummary]) -> None:
        """The studies that can be looked at."""
        self.choice.clear()
        for study in found:
            self.choice.addItem(_entry(study), study.folder)
            self.choice.setItemData(self.choice.count() - 1, _described(study), Qt.ItemDataRole.ToolTipRole)
        self.choice.setVisible(bool(found))
        self._choose()

    def _choose(self) -> None:
        path = self._studies.study.path if self._studies.study else None
        held = [self.choice.itemData(index) for index in range(self.choice.count())]
        self.choice.setCurrentIndex(held.index(path) if path in held else -1)

    def refresh(self) -> None:
        """Show how the study stands."""
        studies, study = self._studies, self._studies.study
        state = study.state() if study else ""
        mine = studies.is_shown_running
        self.start.setVisible(not studies.is_running)
        self.pause.setVisible(mine)
        self.pause.setText(tr("Go on") if state == "paused" else tr("Pause"))
        self.stop.setVisible(studies.is_running)
        self.resume.setVisible(not studies.is_running and state in RESUMABLE)
        open_ended = study is not None and bool(study.search.variables) and points(study.search) is None
        self.more.setVisible(open_ended and state == "finished" and not studies.is_running)
        self.apply.setVisible(bool(study and study.search.variables))
        self.apply.setEnabled(bool(study and study.best))
        for part in (self._icon, self._status):
            part.setVisible(study is not None)
        self._bar.setVisible(mine)
        self._choose()
        if study is None:
            return
        icon, colour, _ = LOOKS.get(state, LOOKS["new"])
        self._icon.set_icon(icon, colour)
        self._status.set_text(tr("starting") if mine and state == "new" else told(study, studies.seconds_left))
        ended, planned = sum(trial.has_ended for trial in study.trials), study.planned
        if not study.search.variables:
            ended, planned = max(0, begun(study) - 1), study.search.folds
        self._bar.setRange(0, max(1, planned))
        self._bar.setValue(ended)

    def _show_setup(self, shown: bool) -> None:
        QSettings().setValue(SETUP, shown)
        self.setup_wanted.emit(shown)

    def _pause(self) -> None:
        study = self._studies.study
        self._studies.command("resume" if study and study.state() == "paused" else "pause")

    def more_menu(self) -> QMenu:
        """How many further trials there may be."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for count in MORE:
            menu.addAction(tr("{n} more", n=count), partial(self._studies.more, count))
        return menu

    def _ask_more(self) -> None:
        self.more_menu().popup(self.more.mapToGlobal(self.more.rect().bottomLeft()))

    def _apply(self) -> None:
        study = self._studies.study
        if study is not None and study.best is not None:
            self._studies.apply(study, study.best)


def told(study: Study, left: float | None) -> str:
    """``trial 7 of 30   best accuracy 0.953 (trial 4)   2 min 10 s left``."""
    state, trials, best = study.state(), study.trials, study.best
    ended = sum(trial.has_ended for trial in trials)
    word = tr(LOOKS[state][2])
    if not study.search.variables:
        parts = [word] if ended else [word, tr("fold {n} of {all}", n=max(1, begun(study)), all=study.search.folds)]
    else:
        parts = [word, tr("{n} of {all} trials", n=ended, all=study.planned)]
    if best is not None:
        where = tr("trial {n}", n=best.number + 1)
        what = f"{study.search.metric} {reached(best)}"
        parts.append(tr("best {what} ({trial})", what=what, trial=where) if study.search.variables else what)
    if left is not None and left > 0:
        parts.append(tr("{time} left", time=lasting(left)))
    failed = sum(trial.state == "failed" for trial in trials)
    parts += [tr("{n} failed", n=failed)] if failed else []
    parts += [study.message] if study.message else []
    return "   ".join(parts)


def begun(study: Study) -> int:
    """How many folds of a cross-validation have ended an epoch."""
    return sum(bool(curve) for trial in study.trials for curve in trial.curves)


def _entry(study: StudySummary) -> str:
    when = time.strftime("%m-%d %H:%M", time.localtime(study.created))
    return f"{when}   {study.ended}/{study.planned}"


def _described(study: StudySummary) -> str:
    """What the list has no room for."""
    best = f"{study.metric} {number(study.best)}" if study.best is not None else ""
    word = tr(LOOKS[study.state][2]) if study.state in LOOKS else study.state
    return "\n".join(filter(None, (study.folder.name, word, best, study.message)))
