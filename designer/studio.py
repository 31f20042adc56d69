"""`Studio`: turns the wish to train into runs, and follows them. The window never waits for it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from core.problem import LayerloomError, Problem
from core.program.program import Program
from core.training.branching import branch, free_branch
from core.training.job import Job
from core.training.launch import Host
from core.training.live import differences
from core.training.protocol import Command, Event, Finished, Met, StateChanged
from core.training.runs import RunFolder
from designer.language import tr
from designer.session import Button, RunCommand, Session
from designer.workers import Outcome, RunClient, Worker
from graph.codec import encode
from graph.lower import lower

if TYPE_CHECKING:
    from designer.plots.record import RunRecord

CLOSING_SECONDS = 5.0


class Studio(QObject):
    """The runs of one window: one at a time trains; others can be looked at.

    Signals: `shown` (another record, or None, is the one to look at), `advanced` (events came for the shown record),
    `listed` (the runs on disk changed), `overlay_changed` (other runs stand beside the shown one).
    `export_requested` (folder of a run, and what is chosen beforehand) and `design_requested` (a design file) ask the
    window; `prune_requested` (share and scope) asks for a branch of the shown run with weights held at zero.
    """

    shown = Signal(object)
    advanced = Signal()
    listed = Signal()
    overlay_changed = Signal()
    export_requested = Signal(object, object)
    prune_requested = Signal(object)
    design_requested = Signal(object)

    def __init__(self, session: Session, directory: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.directory = directory
        self.record: RunRecord | None = None
        self.overlaid: tuple[RunRecord, ...] = ()
        self._training: RunRecord | None = None
        self._client: RunClient | None = None
        self._spare: RunClient | None = None
        self._is_closing = self._is_retired = False
        self._steered: tuple[Job, Program] | None = None  # what the run in progress was last told to be
        session.run.requested.connect(self.on_request)

    # -- processes

    def warm(self) -> None:
        """Start a process that imports what training needs, ahead of the wish to train."""
        if self._is_closing:
            return
        if self._spare is None or not self._spare.is_alive:
            self._spare = RunClient(self)
            self._spare.start()

    def hand_over(self, other: Studio) -> None:
        """Give the warmed process to another studio that has none: one is enough for whichever design is in front."""
        if self._spare is not None and other._spare is None and not self._is_closing:
            other._spare, self._spare = self._spare, None
            other._spare.setParent(other)

    def retire(self, heir: QObject) -> None:
        """Ask all processes to end, and do not wait: until they have ended they belong to `heir`."""
        self._is_closing = self._is_retired = True
        for client in self.findChildren(Worker):
            client.setParent(heir)
            client.ended.connect(client.deleteLater)
            client.quit()

    def close(self) -> None:
        """End all processes; a run in progress is saved by its process, which then ends by itself."""
        self._is_closing = True
        clients = self.findChildren(Worker)
        for client in clients:
            client.quit()
        wait_for(clients)

    # -- wishes

    def on_request(self, wish: RunCommand) -> None:
        if wish == "train":
            self.train()
        elif wish == "steer":
            self.steer()
        elif self._client is not None:
            self._client.send(Command(wish))

    def train(self, host: Host | None = None) -> None:
        """Start a run of the design as it is now, here or on another machine; trouble is told as a problem."""
        if self.session.run.is_active:
            return
        untrainable = next((p for p in self.session.problems if p.code == "no-loss"), None)
        if untrainable is not None:
            self.session.notify(untrainable)
            return
        try:
            document = self.session.document
            program = lower(document)
            folder = self.directory / _folder_name(self.session.title)
            RunFolder.create(folder, program, document.job, encode(document), self.session.title, self.session.folder)
        except LayerloomError as error:
            self.session.notify(error.problem)
            return
        self._begin(folder, resume=False, host=host)

    def resume(self, folder: Path) -> None:
        """Go on with an interrupted or stopped run from its last checkpoint."""
        if not self.session.run.is_active:
            self._begin(folder, resume=True)

    def set(self, path: str, value: float | None) -> None:
        """Change a setting of the run in progress, e.g. ``objectives.0.lr`` (see `core.training.live`)."""
        if self._client is not None:
            self._client.send(Command("set", {"path": path, "value": value}))

    def look(self) -> None:
        """Ask the run in progress, where it is the one shown, for its weights as they are."""
        if self._client is not None and self.record is self._training:
            self._client.send(Command("look"))

    def steer(self) -> None:
        """Give the run in progress the live settings that the design has now; says where none differ."""
        if self._training is None:
            return
        try:
            folder = RunFolder.open(self._training.folder)
            job, program = self._steered or (folder.job, folder.program)
            new_job, new_program = self.session.document.job, lower(self.session.document)
        except LayerloomError as error:
            self.session.notify(error.problem)
            return
        changes = differences(job, program, new_job, new_program)
        for path, value in changes:
            self.set(path, value)
        self._steered = (new_job, new_program)
        if not changes:
            self.session.notify(tr("Nothing that can change while it runs differs from the run in progress."))

    def branch(self, folder: Path, *, weights_only: bool = False) -> None:
        """Begin a new run from where another was saved, and train it."""
        if self.session.run.is_active:
            return
        try:
            made = branch(RunFolder.open(folder), free_branch(folder), weights_only=weights_only)
        except LayerloomError as error:
            self.session.notify(error.problem)
            return
        self._begin(made.path, resume=True)

    def show(self, folder: Path) -> None:
        """Look at a run: the one in progress, or one read from its folder."""
        record = self._read(folder)
        if record is not None:
            self._show(record)

    def overlay(self, folders: Sequence[Path]) -> None:
        """Draw the curves of these runs beside those of the shown one; none takes them away."""
        records = [self._read(folder) for folder in folders]
        self.overlaid = tuple(record for record in records if record is not None)
        self.overlay_changed.emit()

    def _read(self, folder: Path) -> RunRecord | None:
        """The record of a run; trouble is told."""
        if self._training is not None and self._training.folder == folder:
            return self._training
        record = _record(folder)
        try:
            record.replay(RunFolder.open(folder))
        except LayerloomError as error:
            self.session.notify(error.problem)
            return None
        return record

    # -- a run

    def _begin(self, folder: Path, *, resume: bool, host: Host | None = None) -> None:
        record = self._read(folder) if resume else _record(folder)
        if record is None:
            return
        record.finished = None
        self.session.forget_met()
        self.warm()
        client, self._spare = self._spare, None
        assert client is not None
        client.received.connect(lambda event: self._on_event(record, event))
        client.ended.connect(lambda outcome: self._on_ended(record, outcome))
        client.ended.connect(lambda _outcome: client.deleteLater())
        self._client, self._training, self._steered = client, record, None
        client.begin(folder, resume=resume, host=host or Host.of_run(folder))
        self.session.run.state = record.state = "preparing"
        self._show(record)
        self.listed.emit()

    def _show(self, record: RunRecord | None) -> None:
        self.record = record
        self.shown.emit(record)

    def _on_event(self, record: RunRecord, event: Event) -> None:
        if self._is_retired:
            return
        record.take(event)
        if record is self._training and isinstance(event, StateChanged):
            self.session.run.state = event.state
        if isinstance(event, Met):
            problem = Problem.from_json(event.problem)
            self.session.meet(problem)
            self.session.notify(problem)
        if isinstance(event, Finished) or (isinstance(event, StateChanged) and event.state == "failed"):
            self._end(record)
        if record is self.record:
            self.advanced.emit()

    def _end(self, record: RunRecord) -> None:
        """The run is over by its own word; its process leaves."""
        if record is not self._training:
            return
        if self._client is not None:
            self._client.quit()
        self._client = self._training = None
        if record.finished is not None:
            self.session.notify(_summary(record), done=True)
        self.listed.emit()
        self._refill()

    def _on_ended(self, record: RunRecord, outcome: Outcome) -> None:
        """The process is gone; where the run was not over, it died."""
        if self._is_retired:
            return
        if record is not self._training:
            return
        self._client = self._training = None
        record.state = "interrupted"
        record.version += 1
        self.session.run.state = "failed"
        if not self._is_closing:
            self.session.notify(_death(outcome, record), Button(tr("Resume"), lambda: self.resume(record.folder)))
            self._refill()
        self.advanced.emit()
        self.listed.emit()

    def _refill(self) -> None:
        if not self._is_closing:
            QTimer.singleShot(500, self, self.warm)


def wait_for(clients: Sequence[Worker]) -> None:
    """Wait until processes that were asked to end have ended; kill those that take too long."""
    end = time.monotonic() + CLOSING_SECONDS
    for client in clients:
        client.wait_or_kill(max(0.05, end - time.monotonic()))


def _record(folder: Path) -> RunRecord:
    from designer.plots.record import RunRecord  # with it comes numpy, which the window's start need not wait for

    return RunRecord(folder.name, folder)


def _death(outcome: Outcome, record: RunRecord) -> Problem:
    step = record.saved.step if record.saved else 0
    kept = f"All up to step {step} is saved" if step else "Nothing had been saved yet"
    return Problem("worker-died", f"{outcome} {kept}; the design is untouched.", detail=outcome.tail)


def _summary(record: RunRecord) -> str:
    metrics = record.finished.metrics if record.finished else {}
    split = next((s for s in ("test", "validation", "train") if s in metrics), "")
    parts = [f"{name} {value:.4g}" for name, value in metrics.get(split, {}).items()]
    how = "stopped" if record.state == "stopped" else "finished"
    return f"Training {how}: {split} {', '.join(parts)}." if parts else f"Training {how}."


def _folder_name(title: str) -> str:
    plain = "".join(c if c.isalnum() or c in "-_" else "-" for c in title).strip("-") or "design"
    return f"{plain}-{time.strftime('%Y%m%d-%H%M%S')}"
