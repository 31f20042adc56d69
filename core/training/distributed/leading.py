"""The loop of the process that leads. It decides when to look at the points, to save and to stop, always between two
steps on which all have agreed; the others follow."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Iterator
from pathlib import Path
from queue import SimpleQueue

from core.program.module import named_errors
from core.training.distributed.gathering import Gathering
from core.training.distributed.parts import Parts
from core.training.distributed.ranks import Ranks
from core.training.loop import Loop
from core.training.protocol import Command, EpochEnded, Event, Finished
from core.training.rewind import Rewind
from core.training.run import Run

LOOK = 0.2  # seconds between two looks at the points: each costs some messages between the processes


class _NotKept(Rewind):
    """Nothing is kept: to take steps again, all would have to."""

    def __init__(self, run: Run, folder: Path | None) -> None:
        super().__init__(run, folder)
        self.due = math.inf

    def keep(self) -> float:
        return 0.0


class Leading(Loop):
    """`core.training.loop.Loop` for a run that is shared (`sharing.share`)."""

    def __init__(
        self, run: Run, title: str, folder: Path | None, commands: SimpleQueue[Command], settle: Callable[[], None],
        ranks: Ranks, parts: Parts,
    ) -> None:  # fmt: skip
        run.recorder = Gathering.of(run.recorder, ranks, parts)
        super().__init__(run, title, folder, commands, settle)
        self.ranks, self.parts = ranks, parts
        self.rewind = _NotKept(run, folder)
        self.looked = self.clock()
        self.went, self.went_at = self.looked, run.step

    def lead(self) -> Iterator[Event]:
        """The events of the training, which the followers end with. Raises as `core.training.loop.train`."""
        ended: tuple[Event, ...] = ()
        try:
            with named_errors():
                for event in self.events():
                    ended = (event,) if isinstance(event, Finished) else ()
                    yield event
        finally:
            with contextlib.suppress(RuntimeError):  # they may be gone
                self.ranks.command("end", ended)

    def _epoch(self) -> Iterator[Event]:
        run, recorder, clock, parts = self.run, self.run.recorder, self.clock, self.parts
        trainers = run.engine.trainers
        begun = now = clock()
        epoch, start = divmod(run.step, run.steps_per_epoch)
        next_look = run.step if self._due() else self._go()
        for batch in run.batches(epoch, start):
            if run.step >= next_look:
                yield from self._look()
                if self.stop:
                    return
                next_look = self._go()
            part = parts.part
            for trainer in trainers:
                trainer.share = part.share
            if now >= self.reports.due_step:
                taken = yield from self.reports.measured(
                    lambda batch=batch: run.engine.step(batch, run.step, run.batch_of), now  # type: ignore[misc]
                )  # fmt: skip
            else:
                taken = run.engine.step(batch, run.step, run.batch_of)
            run.step += 1
            computed = clock()
            recorder.add(run.step, taken, batch, part.counts, trainers[0].rate)
            now = clock()
            self.reports.monitoring += now - computed
        yield from self._epoch_end(epoch + 1, begun)

    def _due(self) -> bool:
        """Whether to look where an epoch begins: epochs may be shorter than the time between two looks."""
        return self.single or not self.commands.empty() or self.clock() >= self.looked + LOOK

    def _look(self) -> Iterator[Event]:
        yield from super()._look()
        self.looked = self.clock()

    def _go(self) -> int:
        """Let all go on to the next step at which to look: about one look's time away, by the speed of late."""
        now, step = self.clock(), self.run.step
        speed = (step - self.went_at) / max(now - self.went, 1e-6)
        self.went, self.went_at = now, step
        steps = 1 if self.single else max(1, round(LOOK * speed))
        self.ranks.command("go", step + steps)
        return step + steps

    def _epoch_end(self, epoch: int, begun: float) -> Iterator[Event]:
        for event in super()._epoch_end(epoch, begun):
            if isinstance(event, EpochEnded):
                self.ranks.command("epoch", event.metrics.get("validation") or event.metrics["train"])
            yield event

    def _set(self, path: str, value: object) -> Iterator[Event]:
        self.ranks.command("set", path, value)
        yield from super()._set(path, value)
