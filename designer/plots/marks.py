"""What happened in the course of a run, for the marks of its charts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from core.training.protocol import Changed, Event, Finished, Met, Saved, Started, StateChanged

Kind = Literal["setting", "best", "branch", "resumed", "alarm", "stopped"]
COLOURS: dict[Kind, str] = {
    "setting": "accent", "best": "success", "branch": "accent", "resumed": "muted", "alarm": "warning",
    "stopped": "danger",
}  # fmt: skip
MOST = 200  # of each run: of the best epochs only the newest matter


@dataclass(frozen=True, slots=True)
class Mark:
    step: int
    kind: Kind
    text: str


class Course:
    """The marks of one run, gathered from its events."""

    def __init__(self) -> None:
        self.marks: list[Mark] = []
        self._reason = ""
        self._steps_per_epoch = 0

    def take(self, event: Event, step: int) -> None:
        """`step`: how far the run is."""
        if isinstance(event, Started):
            self._steps_per_epoch, self._reason = event.steps_per_epoch, ""
            self.marks = [mark for mark in self.marks if mark.step <= event.start_step]
        found = [mark for mark in (self._mark(event, step), self._best(event)) if mark is not None]
        if found:
            self.marks = [*self.marks, *found][-MOST:]

    def begin(self, branch: Mapping[str, Any]) -> None:
        """What ``run.json`` says of where a run branched from."""
        name = str(branch.get("run", "")).replace("\\", "/").rpartition("/")[2]
        step = branch.get("step")
        if name and isinstance(step, int):
            self.marks.insert(0, Mark(step, "branch", f"Branched from {name}, {branch.get('checkpoint', 'last')}"))

    def _mark(self, event: Event, step: int) -> Mark | None:
        match event:
            case Changed():
                value = "nothing" if event.value is None else f"{event.value:.6g}"
                return Mark(event.step, "setting", f"{event.path.removeprefix('objectives.0.')} set to {value}")
            case Saved(best=True):
                return Mark(event.step, "best", "Saved the best weights so far")
            case Met():
                return Mark(step, "alarm", str(event.problem.get("message", "")))
            case StateChanged(state="stopping"):
                self._reason = event.message
            case Finished():
                text = self._reason or "Stopped"
                is_stop = event.stopped_early or self._reason
                return Mark(event.steps, "stopped", text) if is_stop else None
            case Started() if event.start_step:
                return Mark(event.start_step, "resumed", "Went on from a checkpoint")
        return None

    def _best(self, event: Event) -> Mark | None:
        if not isinstance(event, Finished) or event.best_epoch is None:
            return None
        return Mark(event.best_epoch * self._steps_per_epoch, "best", f"End of epoch {event.best_epoch}, the best one")
