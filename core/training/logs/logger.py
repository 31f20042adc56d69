"""What a log of another tool is told, and in which terms: tags, steps and values."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from core.catalog.optimizers import OPTIMIZERS
from core.program.source import source
from core.training.protocol import Changed, EpochEnded, Event, Finished, Picture, Points, Progress, Signals
from core.training.runs import RunFolder

Hyper: TypeAlias = bool | int | float | str
Rows: TypeAlias = tuple[Sequence[int], Mapping[str, Sequence[float]]]  # steps, and by tag the values at them


@dataclass(frozen=True)
class Spread:
    """How many numbers lie in each of the bins of one width from `low` to `high`."""

    low: float
    high: float
    counts: Sequence[int]

    @property
    def edges(self) -> list[float]:
        """Where the bins end, and before them where the first begins."""
        width = (self.high - self.low) / len(self.counts)
        return [self.low + index * width for index in range(len(self.counts) + 1)]


@dataclass(frozen=True)
class About:
    """What is fixed of a run."""

    folder: Path
    title: str
    created: float  # seconds since 1970
    hyper: Mapping[str, Hyper]  # the job, by dotted paths
    source: str  # the network as Python

    @classmethod
    def of(cls, folder: RunFolder) -> About:
        job = folder.job.model_dump(mode="json", exclude={"search"})
        job["data"].pop("signature")
        for objective in job["objectives"]:
            pick = objective["optimizer"]
            if pick["kind"] in OPTIMIZERS:
                pick["params"] = OPTIMIZERS[pick["kind"]].values(pick["params"])  # defaults too: the rate among them
        return cls(folder.path, folder.title, folder.created, dict(_flat(job)), source(folder.program).text)


class Logger(ABC):
    """Writes what a run says for another tool. Any exception ends this log, and nothing else."""

    @abstractmethod
    def begin(self, about: About, step: int) -> Mapping[str, int]:
        """Begin, or go on after `step` steps; by tag, up to which step there are values already."""

    @abstractmethod
    def write(self, rows: Rows) -> None:
        """Take values; their steps rise, tag by tag."""

    @abstractmethod
    def spread(self, tag: str, step: int, spread: Spread) -> None:
        """Take a histogram, where this log has such; their steps rise too."""

    @abstractmethod
    def settle(self) -> None:
        """Let others see all that was written."""

    @abstractmethod
    def finish(self, state: str) -> None:
        """The run ended in `state` (``finished``, ``stopped``, ``failed``), or broke off (``interrupted``)."""


def rows(event: Event) -> Iterator[Rows]:
    """The numbers in an event: per batch by their series, the others under ``epoch``, ``final``, ``signals``, …"""
    match event:
        case Points() if event.step:
            yield event.step, event.series
        case EpochEnded():
            yield _row(event.step, {**_by_part("epoch", event.metrics), "epoch/seconds": event.seconds})
        case Progress():
            speed, share = event.samples_per_second, event.monitoring
            yield _row(event.step, {"system/examples_per_second": speed, "system/monitoring": share})
        case Signals():
            found = {f"signals/{what}/{node}": v for node, own in event.nodes.items() for what, v in own.items()}
            yield _row(event.step, found)
        case Changed() if event.value is not None:
            yield _row(event.step, {f"set/{event.path}": event.value})
        case Finished():
            yield _row(event.steps, _by_part("final", event.metrics))
        case _:
            return


def histograms(frame: Picture) -> Iterator[tuple[str, Spread]]:
    """By tag what a picture of histograms holds (`core.training.reports.histograms`)."""
    for node, own in frame.data["nodes"].items():
        for what, (low, high, counts, _bad) in own.items():
            yield f"{what}/{node}", Spread(low, high, counts)


def fresh(given: Rows, known: Mapping[str, int]) -> Iterator[Rows]:
    """What of the rows is not `known` yet."""
    steps, columns = given
    if all(known.get(tag, -1) < steps[0] for tag in columns):
        yield given
        return
    for tag, values in columns.items():
        kept = [i for i, step in enumerate(steps) if step > known.get(tag, -1)]
        if kept:
            yield [steps[i] for i in kept], {tag: [values[i] for i in kept]}


def thinned(given: Rows, most: int) -> Rows:
    """At most so many of the steps, evenly spread, the last among them."""
    steps, columns = given
    if len(steps) <= most:
        return given
    kept = [(i + 1) * len(steps) // most - 1 for i in range(most)]
    return [steps[i] for i in kept], {tag: [values[i] for i in kept] for tag, values in columns.items()}


def _row(step: int, values: Mapping[str, float]) -> Rows:
    return (step,), {tag: (value,) for tag, value in values.items()}


def _by_part(head: str, metrics: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
    return {f"{head}/{part}/{name}": value for part, values in metrics.items() for name, value in values.items()}


def _flat(value: Any, path: str = "") -> Iterator[tuple[str, Hyper]]:
    """Plain data by dotted paths; lists of plain values are one text, and nothing is left out."""
    if isinstance(value, Mapping):
        items = value.items()
    elif isinstance(value, list | tuple) and any(isinstance(part, Mapping) for part in value):
        items = dict(enumerate(value)).items()
    else:
        if value is not None and value != [] and value != ():
            yield path, value if isinstance(value, bool | int | float | str) else ", ".join(map(str, value))
        return
    for key, part in items:
        yield from _flat(part, f"{path}.{key}" if path else str(key))
