"""From steps and values to the units of a chart's view, linear or logarithmic."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from designer.plots.series import Envelope, Floats, Series, Steps

Pair = tuple[Floats, Floats]
NOTHING: Pair = (np.empty(0), np.empty(0))
PARTS = 12  # of a logarithmic axis, each thinned by itself, so that its left is as fine as its right


@dataclass(frozen=True, slots=True)
class Scale:
    """`each`: how much of the axis a step is. On a log axis only what is above zero can be drawn."""

    each: float = 1.0
    log_x: bool = False
    log_y: bool = False

    def x(self, step: float) -> float:
        place = step * self.each
        return math.log10(max(place, 1e-12)) if self.log_x else place

    def step(self, x: float) -> float:
        return float((10.0 ** min(x, 300.0) if self.log_x else x) / self.each)

    def points(self, steps: Steps, values: Floats) -> Pair:
        x = np.asarray(steps * self.each, np.float64)
        return (_log(x) if self.log_x else x), self.values(values)

    def values(self, values: Floats) -> Floats:
        return _log(values) if self.log_y else values

    def zigzag(self, envelope: Envelope) -> Pair:
        """The envelope as one line of 1 px that goes low, high, low, high: a solid band, at the price of a line."""
        x, _ = self.points(envelope.x, envelope.mean)
        y = np.stack((envelope.low, envelope.high), axis=1).ravel()
        return np.repeat(x, 2), self.values(y)

    def window(self, series: Series, low: float, high: float, most: int) -> Envelope:
        """As `Series.window`; on a logarithmic axis evenly thin over the axis, not over the steps."""
        if not self.log_x:
            return series.window(low, high, most)
        last = min(high, float(series.last_step))
        first = max(low, 1.0)
        if not last > first:
            return series.window(low, high, most)
        edges = np.geomspace(first, last, PARTS + 1).tolist()
        parts = [series.window(a, b, most // PARTS) for a, b in pairwise(edges)]
        x = np.concatenate([part.x for part in parts])
        order = np.unique(x, return_index=True)[1]  # neighbouring parts share a point
        columns = (np.concatenate([getattr(part, name) for part in parts]) for name in ("low", "high", "mean"))
        return Envelope(x[order], *(column[order] for column in columns))


def _log(values: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(values > 0, np.log10(values), np.nan)
