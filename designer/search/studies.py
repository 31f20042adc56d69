"""`Studies`: starts searches and cross-validations of one design, follows them, and looks at those of former days."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from PySide6.QtCore import QObject, QTimer, Signal

from core.problem import LayerloomError, Problem
from core.search.protocol import STUDY_EVENTS
from core.search.study import Study, StudyList, StudySummary
from core.search.trial import Trial
from core.training.launch import study_command
from core.training.protocol import Command, Event, Met
from core.training.search import Search
from designer.language import tr
from designer.search.told import reached
from designer.session import Button
from designer.studio import Studio
from designer.workers import Outcome, Worker
from graph.codec import encode
from graph.variants import apply

REFRESH_MS = 120  # what the process says is read and shown at most this often
ELSEWHERE_MS = 1500  # a study that another window or the command line works on is looked at so often
FOLDER = "studies"


class StudyClient(Worker):
    """The process that works on one study. It stops when it is told to, or its stdin closes, and keeps all."""

    kinds: ClassVar[Mapping[str, type[Event]]] = STUDY_EVENTS

    def __init__(self, folder: Path, parent: QObject | None = None) -> None:
        super().__init__("The process of the search", study_command(folder), parent)


class Studies(QObject):
    """Of one design; one study at a time is worked on, others can be looked at.

    Signals: `turned` (another study, or none, is shown), `advanced` (the shown one has news), `listed` (there are other
    studies on the disk).
    """

    turned = Signal()
    advanced = Signal()
    listed = Signal()

    def __init__(self, studio: Studio) -> None:
        super().__init__(studio)
        self._studio, self._session = studio, studio.session
        self.study: Study | None = None
        self._list = StudyList(studio.directory.parent / FOLDER)  # beside the runs of the design
        self._running: Study | None = None
        self._client: StudyClient | None = None
        self._began, self._ended_before = 0.0, 0
        self._soon = QTimer(self, singleShot=True, interval=REFRESH_MS)
        self._soon.timeout.connect(self.refresh)
        self._elsewhere = QTimer(self, interval=ELSEWHERE_MS)
        self._elsewhere.timeout.connect(self.refresh)

    @classmethod
    def of(cls, studio: Studio) -> Studies:
        """The one of a studio: it lives as long as that, and ends with its processes."""
        found = studio.findChild(Studies)
        return found if isinstance(found, cls) else cls(studio)

    @property
    def directory(self) -> Path:
        """Where the studies of the design lie."""
        return self._list.directory

    @property
    def is_running(self) -> bool:
        """A process of this window is at work."""
        return self._client is not None

    @property
    def is_shown_running(self) -> bool:
        return self.is_running and self.study is self._running

    @property
    def is_elsewhere(self) -> bool:
        """Somebody else works on the shown study."""
        return self.study is not None and not self.is_shown_running and self.study.state() in ("running", "paused")

    @property
    def seconds_left(self) -> float | None:
        """By the pace of the trials that ended since it began; None before the first of them."""
        study = self.study
        if study is None or not self.is_shown_running:
            return None
        ended = sum(trial.has_ended for trial in study.trials)
        fresh = ended - self._ended_before
        return (time.monotonic() - self._began) / fresh * max(0, study.planned - ended) if fresh > 0 else None

    def earlier(self) -> list[StudySummary]:
        """The studies of this design on the disk, newest first; trouble is told."""
        try:
            found = self._list.read()
        except LayerloomError as error:
            self._session.notify(error.problem)
            return []
        return [study for study in found if study.title == self._session.title]

    # -- wishes

    def start(self) -> None:
        """Search as the design says; where it says nothing, that is told."""
        search = self._session.document.job.search
        if search.is_empty:
            self._session.notify(tr("Nothing is searched yet: choose a setting in the Search panel first."))
            return
        self._create(search)

    def cross_validate(self, folds: int) -> None:
        """Train the design as it is once for each fold."""
        search = self._session.document.job.search
        self._create(search.model_copy(update={"variables": {}, "folds": folds, "pruner": Search().pruner}))

    def resume(self) -> None:
        """Go on with the shown study: trials that were under way first."""
        study = self.study
        if study is None or self.is_running or self.is_elsewhere:
            return
        if not study.path.is_dir():
            self._session.notify(tr("The folder of the study is gone: {folder}.", folder=study.path))
            self.listed.emit()
            return
        self._begin(study)

    def more(self, trials: int) -> None:
        """Let the shown study have so many further trials, and go on with it; trouble is told."""
        study = self.study
        if study is None or self.is_elsewhere:
            return
        if self.is_shown_running:
            self.command("extend", trials=study.planned + trials)
            return
        try:
            study.write("extended", trials=study.planned + trials)
        except LayerloomError as error:
            self._session.notify(error.problem)
            return
        self.resume()

    def command(self, name: str, **values: Any) -> None:
        """``pause``, ``resume``, ``prune`` or ``extend`` the study that is worked on (`core.search.protocol`)."""
        if self._client is not None:
            self._client.send(Command(name, values))

    def stop(self) -> None:
        """What is under way is kept; the study can be resumed."""
        self.command("stop")

    def show(self, folder: Path | None) -> None:
        """Look at a study on the disk, or at none; trouble is told."""
        if self._running is not None and self._running.path == folder:
            self._turn(self._running)
            return
        try:
            self._turn(Study.open(folder) if folder is not None else None)
        except LayerloomError as error:
            self._session.notify(error.problem)

    def apply(self, study: Study, trial: Trial) -> None:
        """Put the values of a trial into the design, as one step of undo."""
        session, what = self._session, tr("Trial {n}", n=trial.number + 1)
        varied = study.search.variables
        values = {place: value for path, value in trial.values.items() for place in (path, *varied[path].also)}
        if session.attempt(lambda: apply(session.document, values)):
            session.notify(tr("{what} is in the design.", what=what), Button(tr("Undo"), session.undo), done=True)

    # -- a study at work

    def _create(self, search: Search) -> None:
        if self.is_running:
            return
        session = self._session
        wrong = next((problem for problem in session.problems if problem.code == "no-loss"), None)
        if wrong is not None:
            session.notify(wrong)
            return
        try:
            folder = _fresh(self.directory, session.title)
            study = Study.create(folder, encode(session.document), search, session.title, session.folder)
        except LayerloomError as error:
            session.notify(error.problem)
            return
        self._begin(study)
        self.listed.emit()

    def _begin(self, study: Study) -> None:
        client = StudyClient(study.path, self._studio)
        client.received.connect(self._heard)
        client.ended.connect(self._ended)
        client.ended.connect(client.deleteLater)
        self._client, self._running = client, study
        self._began, self._ended_before = time.monotonic(), sum(trial.has_ended for trial in study.trials)
        client.start()
        self._session.run.is_searching = True
        self._turn(study)

    def _turn(self, study: Study | None) -> None:
        self.study = study
        self._watch()
        self.turned.emit()

    def _watch(self) -> None:
        """Look now and then at what somebody else works on."""
        if self.is_elsewhere:
            self._elsewhere.start()
        else:
            self._elsewhere.stop()

    def refresh(self) -> None:
        """Read what is new."""
        if self.study is None:
            return
        try:
            self.study.refresh()
        except LayerloomError as error:
            self._session.notify(error.problem)
        self._watch()
        self.advanced.emit()

    def _heard(self, event: Event) -> None:
        if isinstance(event, Met):
            self._session.notify(Problem.from_json(event.problem))
        if not self._soon.isActive():
            self._soon.start()

    def _ended(self, outcome: Outcome) -> None:
        study, self._client, self._running = self._running, None, None
        self._session.run.is_searching = False
        if study is None:
            return
        try:
            study.refresh()
        except LayerloomError as error:
            self._session.notify(error.problem)
        self._tell(study, outcome)
        self.advanced.emit()
        self.listed.emit()

    def _tell(self, study: Study, outcome: Outcome) -> None:
        state = study.state()
        if state in ("interrupted", "new"):
            text = tr("{process} What it found is kept; the study can be resumed.", process=str(outcome))
            problem = Problem("study-died", text, detail=outcome.tail)
            self._session.notify(problem, Button(tr("Resume"), self.resume))
        elif state == "finished" and study.best is None:
            self._session.notify(tr("The search has ended without a result: the notes of its trials say why."))
        elif state == "finished" and (best := study.best) is not None:
            what = f"{study.search.metric} {reached(best)}"
            if not study.search.variables:
                self._session.notify(tr("Cross-validation finished: {what}.", what=what), done=True)
                return
            told = tr("Search finished: best is trial {n}, {what}.", n=best.number + 1, what=what)
            offer = Button(tr("Apply to design"), lambda: self.apply(study, best))
            self._session.notify(told, offer, done=True)


def _fresh(directory: Path, title: str) -> Path:
    """A folder that does not exist yet."""
    plain = "".join(c if c.isalnum() or c in "-_" else "-" for c in title).strip("-") or "design"
    stem, number = f"{plain}-{time.strftime('%Y%m%d-%H%M%S')}", 1
    while (folder := directory / (stem if number == 1 else f"{stem}-{number}")).exists():
        number += 1
    return folder
