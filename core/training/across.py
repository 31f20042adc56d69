"""What several runs of one design reached, taken together: the folds of a cross-validation."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

Metrics: TypeAlias = Mapping[str, Mapping[str, float]]


@dataclass(frozen=True, slots=True)
class Spread:
    """The mean of some values, and their standard deviation over n - 1 (0 for a single one)."""

    mean: float
    deviation: float
    count: int

    def __str__(self) -> str:
        """``0.953 ± 0.021``: as many digits as the deviation makes worth while."""
        if not (self.deviation and math.isfinite(self.deviation)):
            return f"{self.mean:.6g} ± {self.deviation:.3g}"
        digits = min(12, max(0, 1 - math.floor(math.log10(self.deviation))))
        return f"{self.mean:.{digits}f} ± {self.deviation:.{digits}f}"


def across(runs: Sequence[Metrics]) -> dict[str, dict[str, Spread]]:
    """By part and metric, over the runs that measured it."""
    places = dict.fromkeys((part, name) for run in runs for part in run for name in run[part])
    found: dict[str, dict[str, Spread]] = {}
    for part, name in places:
        found.setdefault(part, {})[name] = spread([run[part][name] for run in runs if name in run.get(part, {})])
    return found


def spread(values: Sequence[float]) -> Spread:
    """Raises ValueError where there are no values."""
    if not values:
        raise ValueError("There are no values to take the mean of.")
    deviation = statistics.stdev(values) if len(values) > 1 else 0.0
    return Spread(statistics.fmean(values), deviation, len(values))
