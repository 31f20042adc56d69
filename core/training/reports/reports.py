"""All reporters of a run: who is due, what each may cost, and what monitoring has cost so far."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from pathlib import Path

from core.training.engine import Taken
from core.training.pace import Pace
from core.training.protocol import Event
from core.training.reports.answers import Answers
from core.training.reports.between import BoundaryPicture, Norm, Penalties
from core.training.reports.flow import Flow
from core.training.reports.histograms import Histograms
from core.training.reports.reporter import Measure, Reporter
from core.training.reports.system import Load, Timing
from core.training.reports.weights import Weights
from core.training.run import Run

LOOK = 0.05  # seconds between two looks at the points, while looking is cheap
SHARE = 100  # looking at the points may take one part in so many of the time, all reporters together another one
CREDIT = 0.06  # seconds that reporters may take beyond that, once: short runs are watched too


class Reports:
    """Tells of a run between its batches.

    The loop compares `due` and `due_step` with the time after each batch, and nothing else, so a batch after which
    there is nothing to tell pays for two comparisons. What a reporter costs is measured, and for `SHARE` times
    as long no reporter is heard. Its first telling, which comes with costs that later ones have not, is free, and so
    is what all take together up to `CREDIT`.

    Args:
        folder: where checkpoints go, and weights that somebody wants to look at; None where nobody can.

    Attributes:
        due: when to `tell` next, by `time.perf_counter`.
        due_step: when to measure a step next.
        monitoring: seconds that watching has taken so far.
    """

    def __init__(self, run: Run, folder: Path | None = None) -> None:
        self.run, self.clock = run, time.perf_counter
        self.monitoring, self._credit = 0.0, CREDIT
        self.due = self._free = self._told = now = self.clock()
        self.pace = Pace(run, now)
        self._between: list[Reporter] = [*_between(run, self.pace)]
        self.weights = Weights(run, folder) if folder else None
        self._between += [self.weights] if self.weights else []
        self._within: list[Measure] = [*_within(run, lambda: self.monitoring)]
        self.due_step = now + LOOK if self._within else math.inf

    def points(self) -> Iterator[Event]:
        """The points of every step since the last call. Raises LayerloomError where a loss is no number any more."""
        points, bad = self.run.recorder.read()
        if points is not None:
            yield points
        if bad is not None:
            step, losses = bad
            raise self.run.engine.diverged(1 + (step - 1) // self.run.steps_per_epoch, step, losses)

    def tell(self) -> Iterator[Event]:
        """Between two batches: the points, and, if it is time, whatever else is due, and how far the run is."""
        start = self.clock()
        yield from self.points()
        if start < self.due:
            self._told = self.clock()
            self.monitoring += self._told - start
            return
        yield self.pace.progress(self.monitoring)
        now = self.clock()
        self.monitoring += now - start
        self.due = now + max(LOOK, SHARE * (now - start))
        for reporter in sorted(self._between, key=lambda r: r.due) if self.run.step else ():
            if max(reporter.due, self._free) <= self.clock():
                yield from self._telling(reporter)
        self._told = self.clock()

    def look(self) -> None:
        """Somebody wants to see the weights as they are."""
        if self.weights:
            self.weights.wanted = True

    def end(self) -> Iterator[Event]:
        """After the last step."""
        if self.weights:
            self.weights.forget()
        yield from self.edge()

    def edge(self) -> Iterator[Event]:
        """Before the first step, or after the last."""
        for reporter in self._between:
            if reporter.edges:
                yield from self._telling(reporter)

    def measured(self, step: Callable[[], Taken], since: float) -> Generator[Event, None, Taken]:
        """Take a step, and tell of it what the measure that has waited longest sees in its course; the step before
        ended at `since`."""
        start = self.clock()
        measure = min(self._within, key=lambda m: m.due)
        measure.waited = start - since if since > self._told else None
        taken = measure.take(step)
        yield from measure.tell()
        usual = 1.0 / self.pace.rate if self.pace.rate else 0.0
        self._book(measure, max(0.0, self.clock() - start - usual))
        self.due_step = max(self._free, min(m.due for m in self._within))
        return taken

    def _telling(self, reporter: Reporter) -> Iterator[Event]:
        start = self.clock()
        yield from reporter.tell()
        self._book(reporter, self.clock() - start)

    def _book(self, reporter: Reporter, cost: float) -> None:
        now = self.clock()
        self.monitoring += cost
        owed = max(0.0, cost * reporter.told - self._credit)
        self._credit = max(0.0, self._credit - cost * reporter.told)
        self._free = max(self._free, now + SHARE * owed)
        reporter.due, reporter.told = now + reporter.period, True


def _between(run: Run, pace: Pace) -> Iterable[Reporter]:
    yield Penalties(run)
    if not run.job.monitor:
        return
    yield Norm(run)
    if run.boundary:
        yield BoundaryPicture(run, run.boundary)
    if Answers.suits(run):
        yield Answers(run)
    yield Load(run, pace)


def _within(run: Run, monitoring: Callable[[], float]) -> Iterable[Measure]:
    if run.monitor:
        yield Flow(run, run.monitor)
        yield Histograms(run)
    if run.job.monitor:
        yield Timing(run, monitoring)
