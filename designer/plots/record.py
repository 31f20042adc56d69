"""`RunRecord`: all that the window knows of one run, gathered from its events."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from core.problem import Problem
from core.training.protocol import (
    Changed,
    EpochEnded,
    Event,
    Finished,
    Looked,
    Met,
    Picture,
    Points,
    Progress,
    Saved,
    Signals,
    Started,
    StateChanged,
)
from core.training.runs import RunFolder, RunState
from designer.plots.marks import Course
from designer.plots.series import Series

SPLITS = ("train", "validation", "test")


@dataclass
class RunRecord:
    """One run as it stands.

    Attributes:
        series: points per batch, by name (``train/loss``, ``lr``, …).
        epochs: points per epoch, by split and metric (``validation/loss``); the step is the last of the epoch.
        epoch_seconds: how long each epoch took.
        changes: settings that were changed while it ran.
        signals: what flowed through the nodes when it was last measured.
        course: what happened on the way, for marks.
        version: rises with each event that changes a picture, so that a panel can tell whether to draw.
    """

    name: str
    folder: Path
    state: RunState = "preparing"
    message: str = ""
    started: Started | None = None
    finished: Finished | None = None
    progress: Progress | None = None
    series: dict[str, Series] = field(default_factory=dict)
    epochs: dict[str, Series] = field(default_factory=dict)
    epoch_seconds: list[float] = field(default_factory=list)
    pictures: dict[str, Picture] = field(default_factory=dict)
    saved: Saved | None = None
    looked: Looked | None = None
    problems: list[Problem] = field(default_factory=list)
    changes: list[Changed] = field(default_factory=list)
    signals: Signals | None = None
    course: Course = field(default_factory=Course)
    version: int = 0

    def take(self, event: Event) -> None:
        """Gather one event."""
        self.version += 1
        self.course.take(event, self.last_step)
        match event:
            case Points():
                self._take_points(event)
            case EpochEnded():
                self._take_epoch(event)
            case StateChanged():
                self.state, self.message = event.state, event.message
            case Started() | Changed():
                self._take_course(event)
            case Progress():
                self.progress = event
            case Signals():
                self.signals = event
            case Picture():
                first = self.pictures.get(event.name)
                kept = {**first.data, **event.data} if first else event.data  # unchanging parts come once
                self.pictures[event.name] = Picture(event.name, event.step, kept)
            case Saved():
                self.saved = event
            case Looked():
                self.looked = event
            case Met():
                self.problems.append(Problem.from_json(event.problem))
            case Finished():
                self.finished = event

    def replay(self, folder: RunFolder) -> None:
        """Gather all that a run has said so far. Raises LayerloomError where it cannot be read."""
        for event in (*folder.events, *folder.films.newest()):
            self.take(event)
        self.course.begin(folder.branch)
        self.state = folder.state()

    def latest(self) -> Mapping[str, float]:
        """The newest value of every series and metric, by name."""
        return {name: s.last_value for name, s in (*self.series.items(), *self.epochs.items()) if s.count}

    @property
    def last_step(self) -> int:
        """How far the run is, as far as is known."""
        loss = self.series.get("train/loss")
        return max(loss.last_step if loss else 0, self.progress.step if self.progress else 0)

    @property
    def weights_step(self) -> int | None:
        """The step of the newest weights that can be looked at."""
        known = [event.step for event in (self.saved, self.looked) if event is not None]
        return max(known, default=None)

    @property
    def metric_names(self) -> tuple[str, ...]:
        """Losses first, then metrics, each once, without its split."""
        names = [n.partition("/")[2] for n in (*self.series, *self.epochs) if n.partition("/")[0] in SPLITS]
        declared: Any = (*self.started.losses, *self.started.metrics) if self.started else ()
        return tuple(dict.fromkeys(("loss", *(n for n in declared if n in names), *names))) if names else ()

    def _take_course(self, event: Started | Changed) -> None:
        if isinstance(event, Changed):
            self.changes.append(event)
            if event.path == "epochs" and self.started and event.value:
                self.started = replace(self.started, epochs=int(event.value))
            return
        self.started = event
        self.changes = [change for change in self.changes if change.step <= event.start_step]
        for series in (*self.series.values(), *self.epochs.values()):
            series.cut(event.start_step)

    def _take_points(self, event: Points) -> None:
        steps = np.asarray(event.step, np.int64)
        for name, values in event.series.items():
            self.series.setdefault(name, Series()).append(steps, np.asarray(values, float))

    def _take_epoch(self, event: EpochEnded) -> None:
        self.epoch_seconds.append(event.seconds)
        step = np.asarray([event.step], np.int64)
        for split, metrics in event.metrics.items():
            for metric, value in metrics.items():
                self.epochs.setdefault(f"{split}/{metric}", Series(4096)).append(step, np.asarray([value], float))
