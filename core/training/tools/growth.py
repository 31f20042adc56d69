"""How an error falls with the number of examples: a power law with a floor, and how sure it is. Imports no torch.

``e(n) = a n^-b + c``: Hestness et al., Deep Learning Scaling is Predictable, Empirically, 2017 (arXiv:1712.00409);
Viering and Loog, The Shape of Learning Curves, TPAMI 2022 (arXiv:2103.10948), who also tell where it fails.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
EXPONENTS: Floats = np.geomspace(0.03, 3.0, 120)
FEWEST = 4  # sizes, for three numbers to be found and one to spare
SURE = 0.9  # of the region of curves that agree with what was measured


@dataclass(frozen=True)
class Between:
    """A number and what it may be: over all curves that agree with the measurements."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Law:
    """``a n^-b + c``. `explained`: the share of the variance of the mean errors that it accounts for."""

    a: float
    b: float
    c: float
    explained: float
    _design: Any = None

    def at(self, n: float) -> float:
        return float(self.a * n**-self.b + self.c)

    def expected(self, n: float) -> Between:
        """The error at a size; at `SURE` confidence."""
        low, high = self._design.range(lambda b: np.array([n**-b, 1.0]))
        value = self.at(n)
        return Between(value, max(0.0, min(low, value)), max(high, value))

    def gain(self, first: float, then: float) -> Between:
        """By how much the error falls from one size to another."""
        low, high = self._design.range(lambda b: np.array([first**-b - then**-b, 0.0]))
        value = self.at(first) - self.at(then)
        return Between(value, max(0.0, min(low, value)), max(high, value))


def fit(sizes: Sequence[int], errors: Sequence[Sequence[float]]) -> Law | None:
    """The law with the least squares of all measurements, each size weighed by how much its own spread.

    `errors` has a row of repeats for each size. None with fewer than `FEWEST` sizes, or where nothing varies.
    """
    rows = [(n, e) for n, row in zip(sizes, errors, strict=True) for e in row if np.isfinite(e)]
    known = sorted({n for n, _ in rows})
    if len(known) < FEWEST or len({e for _, e in rows}) < 2:
        return None
    n, e = (np.array(column, np.float64) for column in zip(*rows, strict=True))
    design = _Design(n, e, _weights(n, e))
    found = design.best()
    means = np.array([e[n == size].mean() for size in known])
    rest = means - np.array([found[0] * size ** -found[1] + found[2] for size in known])
    spread = float(np.square(means - means.mean()).sum())
    explained = 1.0 - float(np.square(rest).sum()) / spread if spread else 0.0
    return Law(*found, explained, design)


def _weights(n: Floats, e: Floats) -> Floats:
    """One over the variance of each size's repeats, none taken for less than a quarter of the middle one."""
    spread = {size: float(e[n == size].var(ddof=1)) if (n == size).sum() > 1 else np.nan for size in np.unique(n)}
    known = [value for value in spread.values() if np.isfinite(value) and value > 0]
    if not known:
        return np.ones(len(n))
    middle = float(np.median(known))
    return np.array([1.0 / max(np.nan_to_num(spread[size], nan=middle), middle / 4) for size in n])


class _Design:
    """The sum of squares as a function of the law: for each exponent, quadratic in a and c."""

    def __init__(self, n: Floats, e: Floats, weights: Floats) -> None:
        self._n, self._e, self._w = n, e, weights
        self._fits = [(float(b), *self._solved(float(b))) for b in EXPONENTS]
        self._least = min(squares for _, _, squares, _ in self._fits)

    def best(self) -> tuple[float, float, float]:
        """a, b and c."""
        from scipy.optimize import minimize_scalar

        at = min(range(len(EXPONENTS)), key=lambda k: self._fits[k][2])
        ends = np.log(EXPONENTS[[max(0, at - 1), min(len(EXPONENTS) - 1, at + 1)]])
        found = minimize_scalar(lambda b: self._solved(float(np.exp(b)))[1], bounds=ends, method="bounded")
        near = float(np.exp(found.x))
        b = min((near, float(EXPONENTS[at])), key=lambda one: self._solved(one)[1])
        a, c = self._solved(b)[0]
        return float(a), b, float(c)

    def range(self, of: Any) -> tuple[float, float]:
        """What ``of(b) . (a, c)`` may be over all laws whose squares are not much above the least (an F test)."""
        from scipy.stats import f

        spare = max(1, len(self._e) - 3)
        limit = self._least * (1 + 3 / spare * float(f.ppf(SURE, 3, spare)))
        ends: list[float] = []
        for b, (a, c), squares, inverse in self._fits:
            if squares <= limit:
                along = of(b)
                room = float(np.sqrt(max(0.0, (limit - squares) * along @ inverse @ along)))
                middle = float(along @ np.array([a, c]))
                ends += [middle - room, middle + room]
        return min(ends), max(ends)

    def _solved(self, b: float) -> tuple[Floats, float, Floats]:
        """(a, c), neither below 0, with the least squares; those; and the inverse of the normal matrix."""
        x = np.stack([self._n**-b, np.ones_like(self._n)], 1)
        normal = (x * self._w[:, None]).T @ x
        right = (x * self._w[:, None]).T @ self._e
        inverse = np.asarray(np.linalg.pinv(normal), np.float64)
        tries = [inverse @ right, np.array([0.0, right[1] / normal[1, 1]]), np.array([right[0] / normal[0, 0], 0.0])]
        allowed = [one for one in tries if (one >= 0).all()]
        found: Floats = min(allowed, key=lambda one: self._squares(x, one))
        return found, self._squares(x, found), inverse

    def _squares(self, x: Floats, found: Floats) -> float:
        return float((self._w * np.square(x @ found - self._e)).sum())
