"""What a person or a machine sees while a run goes on."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from types import TracebackType
from typing import Self

from core.problem import Problem, Severity
from core.training.protocol import EpochEnded, Event, Met, Points, Progress, Started, StateChanged, encode_event
from designer.cli_output import complain, console, number, show_problems

LINES = 20  # epochs told in lines of their own, spread over the run


class JsonLines:
    """Every event as the worker sends it, one JSON object a line."""

    def heard(self, event: Event) -> None:
        sys.stdout.write(encode_event(event))
        sys.stdout.flush()

    def stopping(self) -> None:
        complain("stopping after this batch; the run is kept. Press Ctrl+C again to end the process at once.")


class Bars:
    """A progress bar with the newest loss and metrics, and a line for some of the epochs."""

    def __init__(self) -> None:
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
        from rich.progress import Progress as RichProgress

        self._out = console()
        self._bar = RichProgress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[speed]}"),
            TimeRemainingColumn(),
            TextColumn("{task.fields[loss]}"),
            console=self._out,
            transient=True,
            disable=not self._out.is_terminal,
        )
        self._task = self._bar.add_task("preparing", total=None, speed="", loss="")
        self._epochs = 1

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def heard(self, event: Event) -> None:
        match event:
            case Started():
                self._started(event)
            case StateChanged():
                self._bar.update(self._task, description=event.state)
            case Progress():
                speed = f"{event.samples_per_second:,.0f} examples/s"
                self._bar.update(self._task, completed=event.step, total=event.total, speed=speed)
            case Points() if event.series.get("train/loss"):
                self._bar.update(self._task, loss=f"loss {number(event.series['train/loss'][-1])}")
            case EpochEnded():
                self._epoch(event)
            case Met():
                self._met(Problem.from_json(event.problem))
            case _:
                pass

    def stopping(self) -> None:
        self._out.print("Stopping after this batch; the run is kept. Ctrl+C again ends the process at once.")

    def _started(self, event: Started) -> None:
        self._epochs = event.epochs
        examples = ", ".join(f"{count:,} {part}" for part, count in event.examples.items() if count)
        threads = f"{event.threads} thread{'s' if event.threads != 1 else ''}"
        self._out.print(f"{event.parameters:,} parameters on {event.device}, {threads}; {examples}")
        total = event.epochs * event.steps_per_epoch
        self._bar.update(self._task, completed=event.start_step, total=total, description="running")

    def _met(self, problem: Problem) -> None:
        """Warnings at once; what ends the run is told at its end."""
        if problem.severity != Severity.ERROR:
            show_problems([problem])

    def _epoch(self, event: EpochEnded) -> None:
        every = max(1, self._epochs // LINES)
        if event.epoch % every == 0 or event.epoch == self._epochs:
            line = f"epoch {event.epoch:>{len(str(self._epochs))}}  {_metrics(event.metrics)}"
            self._out.print(line, soft_wrap=True)


def _metrics(metrics: Mapping[str, Mapping[str, float]]) -> str:
    parts = [
        f"{part}: " + ", ".join(f"{name} {value:.4g}" for name, value in values.items())
        for part, values in metrics.items()
        if values
    ]
    return "   ".join(parts)
