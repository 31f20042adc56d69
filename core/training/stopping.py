"""Early stopping: the best value of a validation series, and how long ago that was."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from core.catalog.metrics import goal
from core.problem import LayerloomError
from core.training.job import Stopping


@dataclass
class BestSoFar:
    """Follows one series of validation, epoch by epoch; the state is plain data."""

    metric: str
    patience: int
    min_delta: float
    mode: Literal["auto", "min", "max"] = "auto"
    value: float | None = None
    epoch: int | None = None
    since: int = 0  # epochs without a better value

    @classmethod
    def of(cls, stopping: Stopping, known: tuple[str, ...]) -> BestSoFar:
        """Raises LayerloomError where early stopping is asked for on a series that validation does not give."""
        if stopping.enabled and not known:
            raise LayerloomError(
                "Early stopping watches the validation part, but the split leaves it no examples; give it a share.",
                code="job",
            )
        if stopping.enabled and stopping.metric not in known:
            raise LayerloomError(
                f"Early stopping watches {stopping.metric!r:.60}, which this run does not measure; it has "
                f"{', '.join(known)}.",
                code="job",
                received=stopping.metric,
            )
        metric = stopping.metric if stopping.metric in known else "loss"
        mode = stopping.mode if metric == stopping.metric else "auto"
        return cls(metric, stopping.patience, stopping.min_delta, mode)

    def update(self, epoch: int, values: Mapping[str, float]) -> bool:
        """Take the values of an epoch; True where it is the best so far."""
        value = values.get(self.metric, math.nan)
        sign = 1.0 if (goal(self.metric) if self.mode == "auto" else self.mode) == "max" else -1.0
        gained = math.inf if self.value is None else sign * (value - self.value)
        if math.isfinite(value) and gained > self.min_delta:
            self.value, self.epoch, self.since = value, epoch, 0
            return True
        self.since += 1
        return False

    @property
    def exhausted(self) -> bool:
        """Whether patience has run out."""
        return self.since >= self.patience

    def state(self) -> dict[str, Any]:
        return {"value": self.value, "epoch": self.epoch, "since": self.since}

    def load(self, state: Mapping[str, Any]) -> None:
        self.value, self.epoch, self.since = state["value"], state["epoch"], state["since"]
