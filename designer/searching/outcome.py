"""What the runs of a trial come to."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from core.problem import LayerloomError
from core.search.trial import Trial
from core.training.across import across
from core.training.search import Search

Metrics: TypeAlias = Mapping[str, Mapping[str, float]]


def measured(search: Search, metrics: Metrics) -> float:
    """The number by which a run is judged.

    Raises:
        LayerloomError: validation measured nothing of that name (code ``search-metric``); the study is at fault.
    """
    validation = metrics.get("validation", {})
    if search.metric in validation:
        return validation[search.metric]
    if validation:
        reason = f"validation measures {', '.join(validation)}. Choose one of them, or add it to the metrics of the job"
    else:
        reason = "none of the data is set aside for validation. Set a share of it aside, or search with folds"
    raise LayerloomError(f"The search is judged by {search.metric}, but {reason}.", code="search-metric")


@dataclass
class Outcome:
    """The runs of one trial as they come in; `pruned` says why they were cut short."""

    runs: int
    pruned: str = ""
    seconds: float = 0.0
    done: dict[int, Metrics] = field(default_factory=dict)

    @property
    def is_whole(self) -> bool:
        return len(self.done) == self.runs

    def entry(self, search: Search, trial: Trial) -> dict[str, Any]:
        """The end of the trial as the journal notes it. Raises LayerloomError as `measured`."""
        if self.pruned:
            return {"state": "pruned", "result": _best(search, trial), "message": self.pruned, "seconds": self.seconds}
        spreads = across(list(self.done.values()))
        means = {part: {name: value.mean for name, value in row.items()} for part, row in spreads.items()}
        result = measured(search, means)
        if not math.isfinite(result):
            text = f"The training diverged: {search.metric} is no finite number."
            return {"state": "failed", "message": text, "metrics": means, "seconds": self.seconds}
        told: dict[str, Any] = {"state": "finished", "result": result, "metrics": means, "seconds": self.seconds}
        if self.runs > 1:
            told["deviation"] = spreads["validation"][search.metric].deviation
        return told


def _best(search: Search, trial: Trial) -> float | None:
    values = [value for _, value in trial.curve if math.isfinite(value)]
    pick = min if search.direction == "min" else max
    return pick(values, default=None)
