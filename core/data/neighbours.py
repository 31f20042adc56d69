"""Holes filled by the rows most alike (Troyanskaya et al., Missing value estimation methods, 2001)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.data.dataset import Array

MOST_ROWS, MOST_NUMBERS = 10_000, 2_000_000  # of the training part that are looked through; they go with the run
AT_ONCE = 4_000_000  # distances held at a time


@dataclass(frozen=True)
class Neighbours:
    """The mean of the `count` nearest `rows` (N, n) that have the column which another row lacks.

    The distance of two rows is ``sqrt(n / shared * sum ((x - y) * scale)^2)`` over the columns that both have: that of
    scikit-learn's ``nan_euclidean_distances``, and the result that of its ``KNNImputer`` with uniform weights.
    """

    rows: Array
    count: int
    offset: Array
    scale: Array

    @classmethod
    def fitted(cls, rows: Array, count: int, scaled: bool) -> Neighbours:
        """Of raw training rows; `scaled` brings their columns to one spread. Each column has a number somewhere."""
        middle, spread = np.nanmean(rows, axis=0), np.nanstd(rows, axis=0)
        return cls(rows, count, middle, 1 / np.where((spread > 0) & scaled, spread, 1.0))

    def estimates(self, rows: Array) -> Array:
        """For each hole of raw rows (m, n) what its neighbours say, NaN where none shares a column and elsewhere."""
        result = np.full(rows.shape, np.nan)
        size = max(1, AT_ONCE // max(1, len(self.rows)))
        for start in range(0, len(rows), size):
            part = rows[start : start + size]
            distances = self._distances(part)
            for column in np.flatnonzero(np.isnan(part).any(axis=0)).tolist():
                lacking = np.flatnonzero(np.isnan(part[:, column]))
                result[start + lacking, column] = self._mean(distances[lacking], column)
        return result

    def _distances(self, rows: Array) -> Array:
        """Squared and without the factor n, which orders alike, (m, N); infinite where no column is shared."""
        (here, seen), (there, known) = (self._known(part) for part in (rows, self.rows))
        squares = (here**2) @ known.T + seen @ (there**2).T - 2 * here @ there.T
        shared = seen @ known.T
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(shared > 0, np.maximum(squares, 0.0) / shared, np.inf)

    def _known(self, rows: Array) -> tuple[Array, Array]:
        """Scaled rows with 0 in their holes, and 1 where they have none."""
        known = ~np.isnan(rows)
        return np.where(known, (rows - self.offset) * self.scale, 0.0), known.astype(np.float64)

    def _mean(self, distances: Array, column: int) -> Array:
        donors = np.flatnonzero(~np.isnan(self.rows[:, column]))
        count = min(self.count, len(donors))
        if not count:
            return np.full(len(distances), np.nan)
        far = distances[:, donors]
        nearest = np.argpartition(far, count - 1, axis=1)[:, :count]
        use = np.isfinite(np.take_along_axis(far, nearest, axis=1))
        total = np.where(use, self.rows[donors, column][nearest], 0.0).sum(axis=1)
        with np.errstate(invalid="ignore"):
            mean: Array = total / use.sum(axis=1)
        return mean

    def to_json(self) -> dict[str, Any]:
        rows = [[None if np.isnan(v) else v for v in row] for row in self.rows.tolist()]
        return {"rows": rows, "count": self.count, "offset": self.offset.tolist(), "scale": self.scale.tolist()}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Neighbours:
        """Raises KeyError, TypeError or ValueError where the data is not what `to_json` wrote."""
        offset, scale = (np.asarray(data[key], np.float64) for key in ("offset", "scale"))
        rows = np.array(data["rows"], np.float64).reshape(-1, len(offset))
        return cls(rows, int(data["count"]), offset, scale)


def drawn_rows(examples: int, columns: int) -> Array:
    """Which rows are looked through: all, or where there are very many as many as go with a run, drawn the same way."""
    most = max(1, min(MOST_ROWS, MOST_NUMBERS // max(1, columns)))
    if examples <= most:
        return np.arange(examples)
    return np.sort(np.random.default_rng(0).choice(examples, most, replace=False))
