"""The training loop: a generator of events that looks for commands between batches."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from queue import SimpleQueue

from core.problem import LayerloomError, Severity
from core.program.module import named_errors
from core.training import checkpoint as files
from core.training.portions import PARTS
from core.training.protocol import (
    Changed,
    Command,
    EpochEnded,
    Event,
    Finished,
    Met,
    Saved,
    Started,
    StateChanged,
)
from core.training.reports.reports import Reports
from core.training.rewind import Rewind
from core.training.run import Run


def train(
    run: Run,
    *,
    title: str = "run",
    folder: Path | None = None,
    commands: SimpleQueue[Command] | None = None,
    settle: Callable[[], None] = lambda: None,
) -> Iterator[Event]:
    """Train until the last epoch, early stopping or a ``stop`` command.

    Args:
        run: built, and restored where it goes on.
        folder: where checkpoints go (``last``, ``best``); None keeps none.
        commands: ``pause``, ``resume``, ``step`` (one batch while paused), ``stop``, ``save``, ``look``, ``set``;
            others are ignored.
        settle: called before each checkpoint is written: whoever takes the events brings them to safety.

    Raises:
        LayerloomError: the loss is no number any more (code ``diverged``), a checkpoint cannot be written, a layer
            refuses a batch.
    """
    loop = Loop(run, title, folder, commands or SimpleQueue(), settle)
    with named_errors():
        try:
            yield from loop.events()
        except LayerloomError as error:
            raise loop.rewind.located(error) from error


class Loop:
    """The loop of one process; see `train`."""

    def __init__(
        self, run: Run, title: str, folder: Path | None, commands: SimpleQueue[Command], settle: Callable[[], None]
    ) -> None:
        self.run, self.title, self.folder, self.commands, self.settle = run, title, folder, commands, settle
        self.stop = ""  # why to stop, once there is a reason
        self.early = False
        self.single = False  # one batch while paused
        self.clock = time.perf_counter
        self.began = self.clock()
        self.before = run.seconds
        self.paused = 0.0
        self.reports = Reports(run, folder)
        self.rewind = Rewind(run, folder)
        self.next_save = self.began + run.job.checkpoint_seconds
        self.saved_best: int | None = None

    def events(self) -> Iterator[Event]:
        run = self.run
        yield self._started()
        for problem in run.notes:
            yield Met(problem.to_json())
        yield StateChanged("running")
        run.net.train()
        if run.step == 0:
            yield from self.reports.edge()
        while run.epoch < run.epochs and not self.stop:
            yield from self._epoch()
        yield from self._end()

    def _started(self) -> Started:
        run = self.run
        return Started(
            run=self.title,
            device=str(run.device),
            threads=run.choices.threads,
            parameters=sum(p.numel() for p in run.net.parameters()),
            epochs=run.epochs,
            steps_per_epoch=run.steps_per_epoch,
            start_step=run.step,
            examples=run.prepared.examples,
            losses=tuple(run.engine.weights),
            metrics=run.metrics,
        )

    def _epoch(self) -> Iterator[Event]:
        """One epoch, or the rest of it; returns early where a command stops the run."""
        run, recorder, clock, commands, reports = self.run, self.run.recorder, self.clock, self.commands, self.reports
        step_of, others = run.engine.step, run.batch_of
        trainer = run.engine.trainers[0]
        begun = now = clock()
        epoch, start = divmod(run.step, run.steps_per_epoch)
        for batch in run.batches(epoch, start):
            if now >= reports.due or self.single or not commands.empty():
                yield from self._look()
                if self.stop:
                    return
            if now >= reports.due_step:
                taken = yield from reports.measured(lambda batch=batch: step_of(batch, run.step, others), now)  # type: ignore[misc]
            else:
                taken = step_of(batch, run.step, others)
            run.step += 1
            computed = clock()
            full = recorder.add(run.step, taken, batch, len(next(iter(batch.values()))), trainer.rate)
            now = clock()
            reports.monitoring += now - computed
            if full:
                reports.due = now
        yield from self._epoch_end(epoch + 1, begun)

    def _epoch_end(self, epoch: int, begun: float) -> Iterator[Event]:
        run, start = self.run, self.clock()
        yield from self.reports.points()
        metrics = {"train": run.recorder.means()}
        self.reports.monitoring += self.clock() - start
        values = run.evaluate("validation")
        if values:
            metrics["validation"] = values
        run.recorder.restart()
        yield EpochEnded(epoch, run.step, metrics, self.clock() - begun)
        for trainer in run.engine.trainers:
            trainer.epoch_ended(values or metrics["train"])
        if any(trainer.plateau for trainer in run.engine.trainers):
            self.rewind.keep()  # what the schedule heard is not heard again
        if values and run.best.update(epoch, values):
            run.keep_best()
        if run.job.stopping.enabled and run.best.exhausted and epoch < run.epochs:
            self.early = True
            self.stop = (
                f"No better validation {run.best.metric} for {run.best.since} epochs; the best was in epoch "
                f"{run.best.epoch}."
            )

    def _look(self) -> Iterator[Event]:
        """Between two batches: say what there is to say, save if it is time, obey."""
        yield from self.reports.tell()
        if self.clock() >= self.rewind.due:
            self.reports.monitoring += self.rewind.keep()
        if self.clock() >= self.next_save:
            yield from self._save()
        if self.single:
            yield from self._pause(saves=False)
        while not self.commands.empty() and not self.stop and not self.single:
            yield from self._obey(self.commands.get())

    def _obey(self, command: Command) -> Iterator[Event]:
        match command.name:
            case "stop" | "quit":
                self.stop = str(command.args.get("reason") or "Stopped.")
            case "save":
                yield from self._save()
            case "look":
                self.reports.look()
            case "set":
                yield from self._set(str(command.args.get("path", "")), command.args.get("value"))
            case "pause":
                yield from self._pause()

    def _pause(self, saves: bool = True) -> Iterator[Event]:
        """Wait for ``resume``, ``stop``, or ``step``: one batch, and then wait again."""
        start, self.single = self.clock(), False
        yield StateChanged("paused")
        if saves:
            yield from self._save()  # nobody knows how long a pause lasts
        while not self.stop and not self.single:
            command = self.commands.get()
            if command.name == "resume":
                yield StateChanged("running")
                break
            if command.name == "step":
                self.single = True
            elif command.name != "pause":
                yield from self._obey(command)
        self.paused += self.clock() - start
        self.reports.pace.restart(self.clock())

    def _set(self, path: str, value: object) -> Iterator[Event]:
        try:
            path, holds = self.run.steering.set(path, value)
            self.rewind.keep()
            yield Changed(path, holds, self.run.step)
        except ValueError as error:
            problem = LayerloomError(str(error), code="setting", severity=Severity.WARNING).problem
            yield Met(problem.to_json())

    def _save(self) -> Iterator[Event]:
        """Write the checkpoint, unless the weights are no numbers: then the last good one stays."""
        run = self.run
        yield from self.reports.points()
        self.next_save = self.clock() + run.job.checkpoint_seconds
        if self.folder is None:
            return
        if not run.finite():
            raise run.engine.diverged(run.epoch + 1, run.step, {})
        self.settle()
        self._count_seconds()
        if self.saved_best != run.best.epoch and (best := run.best_checkpoint()):
            files.save(self.folder / "best", best)
            self.saved_best = run.best.epoch
            yield Saved(str(self.folder / "best"), run.step, best=True)
        files.save(self.folder / "last", run.checkpoint())
        yield Saved(str(self.folder / "last"), run.step, best=False)

    def _end(self) -> Iterator[Event]:
        """Save, go back to the best weights where that is wanted, and measure every part."""
        run = self.run
        if self.stop:
            yield StateChanged("stopping", self.stop)
        yield from self._save()
        by_hand = bool(self.stop) and not self.early
        stopping = run.job.stopping
        best = run.finish(best=not by_hand and stopping.enabled and stopping.restore_best)
        yield from self.reports.end()
        metrics = {part: values for part in PARTS if (values := run.evaluate(part))}
        self._count_seconds()
        yield StateChanged("stopped" if by_hand else "finished", self.stop)
        yield Finished(
            metrics=metrics,
            epochs=run.step / run.steps_per_epoch,
            steps=run.step,
            seconds=run.seconds,
            best_epoch=run.best.epoch,
            stopped_early=self.early,
            weights="best" if best else "last",
        )

    def _count_seconds(self) -> None:
        self.run.seconds = self.before + self.clock() - self.began - self.paused
