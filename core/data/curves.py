"""Bends that bring a skewed field nearer to a normal one, before it is standardised; for numpy and torch alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.data.dataset import Array, refuse

MOST_ROWS = 100_000  # by which the power of a column is found
TINY = 1e-6  # a power this near to 0 is a logarithm
LARGEST = 80.0  # an exponent that a 32-bit number still holds
EDGE = 1e-9  # how near answers of a network may come to what no number is bent to


@dataclass(frozen=True)
class Curve:
    """One bend of every number of a field: `kind` is a key of `CURVES`, `power` broadcasts over one example."""

    kind: str
    power: Array

    def __call__(self, x: Array) -> Array:
        bent: Array = CURVES[self.kind].forward(np, x, self.power)
        return bent

    def inverse(self, y: Array) -> Array:
        straight: Array = CURVES[self.kind].inverse(np, y, self.power)
        return straight

    def to_json(self) -> dict[str, Any]:
        return {"kind": self.kind, "power": self.power.tolist()}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Curve:
        """Raises KeyError, TypeError or ValueError where the data is not what `to_json` wrote."""
        if data["kind"] not in CURVES:
            raise ValueError(f"there is no curve {data['kind']!r:.40}")
        return cls(data["kind"], np.asarray(data["power"], np.float64))


@dataclass(frozen=True)
class Bend:
    """`forward` and `inverse` take the module whose functions they use (numpy or torch), numbers and the power; `fit`
    finds the power of training rows."""

    forward: Callable[[Any, Any, Any], Any]
    inverse: Callable[[Any, Any, Any], Any]
    fit: Callable[[Array], Array]


def _log(xp: Any, x: Any, power: Any) -> Any:
    return xp.sign(x) * xp.log1p(xp.abs(x))


def _unlog(xp: Any, y: Any, power: Any) -> Any:
    return xp.sign(y) * xp.expm1(xp.clip(xp.abs(y), 0.0, LARGEST))


def _yeo_johnson(xp: Any, x: Any, power: Any) -> Any:
    """Yeo and Johnson, A New Family of Power Transformations, 2000, equation 2.1."""
    right, left = _halves(xp, x)
    return _powered(xp, right, power) - _powered(xp, left, 2 - power)


def _yeo_johnson_back(xp: Any, y: Any, power: Any) -> Any:
    right, left = _halves(xp, y)
    return _unpowered(xp, right, power) - _unpowered(xp, left, 2 - power)


def _halves(xp: Any, x: Any) -> tuple[Any, Any]:
    """The size of each number where it is above 0, and where it is below; 0 elsewhere, which every bend keeps."""
    nothing = xp.zeros_like(x)
    return xp.where(x > 0, x, nothing), xp.where(x < 0, -x, nothing)


def _powered(xp: Any, size: Any, power: Any) -> Any:
    """((size + 1)^power - 1) / power, or its limit, the logarithm."""
    near = xp.abs(power) < TINY
    safe = xp.where(near, xp.ones_like(power), power)
    return xp.where(near, xp.log1p(size), xp.expm1(safe * xp.log1p(size)) / safe)


def _unpowered(xp: Any, size: Any, power: Any) -> Any:
    near = xp.abs(power) < TINY
    safe = xp.where(near, xp.ones_like(power), power)
    inner = xp.where(near, xp.zeros_like(size), safe * size)
    inner = xp.where(inner < EDGE - 1, xp.full_like(inner, EDGE - 1), inner)
    exponent = xp.where(near, size, xp.log1p(inner) / safe)
    return xp.expm1(xp.clip(exponent, -LARGEST, LARGEST))


def _likeliest(rows: Array) -> Array:
    """By column, the power under which the rows are likeliest to be normal, as scikit-learn finds it.

    Raises:
        LayerloomError: the field is no row of numbers.
    """
    if rows.ndim != 2:
        raise refuse(
            "Yeo-Johnson finds a power for each column, so it prepares fields of numbers in a row, not pictures or "
            "series. Choose Logarithm, or another preparation.",
            "data.transform",
        )
    from scipy.optimize import brent

    rows = rows[:: 1 + len(rows) // MOST_ROWS]
    powers = np.ones(rows.shape[1])
    for at, column in enumerate(rows.T):
        if np.ptp(column) > 0:
            powers[at] = brent(
                _unlikely, args=(column, np.sum(np.sign(column) * np.log1p(np.abs(column)))), brack=(-2, 2)
            )
    return powers


def _unlikely(power: float, column: Array, slope: float) -> float:
    spread = float(np.var(_yeo_johnson(np, column, np.float64(power))))
    return np.inf if spread <= 0 or not np.isfinite(spread) else len(column) / 2 * np.log(spread) - (power - 1) * slope


CURVES: Mapping[str, Bend] = {
    "log": Bend(_log, _unlog, lambda rows: np.zeros(())),
    "yeo_johnson": Bend(_yeo_johnson, _yeo_johnson_back, _likeliest),
}
