"""Motion in the plane by differential equations that are known: what a network learns can be held against them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.catalog.datasets import signature
from core.data.dataset import Array, Dataset, check_size
from core.training.job import Pick

FINEST = 0.005  # units of time, the longest step


@dataclass(frozen=True)
class System:
    """`slope` takes states (…, 2) and gives as many slopes; paths start evenly over the box from `low` to `high`."""

    slope: Callable[[Array], Array]
    low: tuple[float, float]
    high: tuple[float, float]


def motion(**values: Any) -> Dataset:
    """Starts drawn evenly over the system's box, and where they are at `points` equal times after it."""
    declared = signature(Pick(kind="motion", params=values))
    assert declared is not None
    system, count = SYSTEMS[values["system"]], values["n"]
    check_size("Motion", (count, values["points"] + 1, 2), 8)
    draw = np.random.default_rng(values["seed"])
    starts = draw.uniform(system.low, system.high, (count, 2))
    paths = path(system, starts, values["span"], values["points"])
    paths = paths + draw.normal(0, values["noise"], paths.shape)
    fields = {"features": starts, "target": paths}
    return Dataset({name: np.ascontiguousarray(array, np.float32) for name, array in fields.items()}, declared)


def path(system: System, starts: Array, span: float, points: int) -> Array:
    """(…, points + 1, 2): the states at equal times, the start first, by the classical Runge-Kutta method in steps so
    small that their error is below float32's."""
    inner = max(1, int(np.ceil(span / points / FINEST)))
    step, slope = span / points / inner, system.slope
    states = [starts]
    for _ in range(points):
        y = states[-1]
        for _ in range(inner):
            k1 = slope(y)
            k2 = slope(y + step / 2 * k1)
            k3 = slope(y + step / 2 * k2)
            k4 = slope(y + step * k3)
            y = y + step / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
        states.append(y)
    return np.stack(states, axis=-2)


_TURN = np.array([[-0.1, 2.0], [-2.0, -0.1]])


def _spiral(y: Array) -> Array:
    result: Array = y**3 @ _TURN
    return result


def _pendulum(y: Array) -> Array:
    angle, speed = y[..., 0], y[..., 1]
    return np.stack([speed, -4 * np.sin(angle) - 0.3 * speed], axis=-1)


def _van_der_pol(y: Array) -> Array:
    x, speed = y[..., 0], y[..., 1]
    return np.stack([speed, (1 - x**2) * speed - x], axis=-1)


def _predators(y: Array) -> Array:
    prey, hunters = y[..., 0], y[..., 1]
    return np.stack([1.5 * prey - prey * hunters, prey * hunters - hunters], axis=-1)


SYSTEMS: Mapping[str, System] = {
    "spiral": System(_spiral, (-1.5, -1.5), (1.5, 1.5)),
    "pendulum": System(_pendulum, (-2.5, -2.5), (2.5, 2.5)),
    "van_der_pol": System(_van_der_pol, (-2.5, -2.5), (2.5, 2.5)),
    "predators": System(_predators, (0.3, 0.3), (3.0, 3.0)),
}
