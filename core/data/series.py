"""Stretches of processes in time. Each example starts from a state of its own, so that none tells another's future."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from core.catalog.datasets import signature
from core.data.dataset import Array, Dataset, check_size
from core.training.job import Pick

PERIODS, HEIGHTS = (36.0, 15.0, 7.0), (1.0, 0.5, 0.25)  # of the three sines
DELAY, MG_STEP, MG_SETTLE = 17, 10, 300  # Mackey-Glass: units of time, steps a unit, units before the first point
LORENZ_STEP, LORENZ_EVERY, LORENZ_SETTLE = 0.01, 5, 1000  # units of time a step, steps a point, steps before the first

Draw = np.random.Generator


def series(**values: Any) -> Dataset:
    """Points at equal steps: the first `window` are known, the `horizon` that follow are the target.

    The sines have periods of 36, 15 and 7 points, phases and a slope drawn for each example; Mackey-Glass (delay 17)
    has a point each unit of time, Lorenz (10, 28, 8/3) one each 0.05. Noise lies on the target too: no forecast has a
    smaller root mean squared error than the noise.
    """
    declared = signature(Pick(kind="series", params=values))
    assert declared is not None
    count, known = values["n"], values["window"]
    points = known + values["horizon"]
    check_size("The series", (count, points, declared.fields["features"].shape[0]), 16)
    draw = np.random.default_rng(values["seed"])
    curves = PROCESSES[values["process"]](draw, count, points, values)
    curves = curves + draw.normal(0, values["noise"], curves.shape)
    fields = {"features": curves[:, :, :known], "target": curves[:, 0, known:]}
    return Dataset({name: np.ascontiguousarray(array, np.float32) for name, array in fields.items()}, declared)


def _sines(draw: Draw, count: int, points: int, values: Mapping[str, Any]) -> Array:
    """(count, 1, points)."""
    time = np.arange(points)
    phases = draw.uniform(0, 2 * np.pi, (len(PERIODS), count, 1))
    result = draw.normal(0, values["drift"], (count, 1)) * (time - points / 2)
    for period, height, phase in zip(PERIODS, HEIGHTS, phases, strict=True):
        result = result + height * np.sin(2 * np.pi * time / period + phase)
    return result[:, None]


def _mackey_glass(draw: Draw, count: int, points: int, values: Mapping[str, Any]) -> Array:
    """(count, 1, points) of x' = 0.2 x(t - 17) / (1 + x(t - 17)^10) - 0.1 x, from constant pasts of 0.5 to 1.5."""
    start = draw.uniform(0.5, 1.5, count)
    return mackey_glass(start, MG_SETTLE + points)[:, None, MG_SETTLE:]


def mackey_glass(start: Array, points: int) -> Array:
    """x at times 0, 1, 2, …, one row for each constant past in `start`. Runge-Kutta of fourth order in steps of 0.1."""
    back = DELAY * MG_STEP
    path = np.empty((back + (points - 1) * MG_STEP + 1, len(start)))
    path[: back + 1] = start
    step = 1 / MG_STEP
    pushed = _push(path[: back + 1])  # of the past, each computed once
    pushes = np.empty_like(path)
    pushes[: back + 1] = pushed
    for now in range(back, len(path) - 1):
        x, early, late = path[now], pushes[now - back], pushes[now - back + 1]
        middle = (early + late) / 2
        k1 = early - 0.1 * x
        k2 = middle - 0.1 * (x + step / 2 * k1)
        k3 = middle - 0.1 * (x + step / 2 * k2)
        k4 = late - 0.1 * (x + step * k3)
        path[now + 1] = x + step / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
        pushes[now + 1] = _push(path[now + 1])
    rows: Array = path[back::MG_STEP].T
    return rows


def _push(delayed: Array) -> Array:
    result: Array = 0.2 * delayed / (1 + delayed**10)
    return result


def _lorenz(draw: Draw, count: int, points: int, values: Mapping[str, Any]) -> Array:
    """(count, 3, points), from states near the attractor."""
    start = draw.normal((0, 0, 25), (8, 8, 8), (count, 3)).T
    state = lorenz(start, LORENZ_SETTLE // LORENZ_EVERY + 1)[-1]
    return lorenz(state, points).transpose(2, 1, 0)


def lorenz(start: Array, points: int) -> Array:
    """The states (points, 3, n) at every 0.05 from `start` (3, n) on. Runge-Kutta of fourth order in steps of 0.01."""
    result = np.empty((points, *start.shape))
    state = result[0] = start
    for point in range(1, points):
        for _ in range(LORENZ_EVERY):
            k1 = _flow(state)
            k2 = _flow(state + LORENZ_STEP / 2 * k1)
            k3 = _flow(state + LORENZ_STEP / 2 * k2)
            k4 = _flow(state + LORENZ_STEP * k3)
            state = state + LORENZ_STEP / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
        result[point] = state
    return result


def _flow(state: Array) -> Array:
    x, y, z = state
    return np.stack([10 * (y - x), x * (28 - z) - y, x * y - 8 / 3 * z])


PROCESSES: Mapping[str, Callable[[Draw, int, int, Mapping[str, Any]], Array]] = {
    "sines": _sines,
    "mackey_glass": _mackey_glass,
    "lorenz": _lorenz,
}
