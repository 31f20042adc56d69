"""Points of the plane in classes, drawn from a seed. Equal seeds give equal points on every machine."""

from __future__ import annotations

from typing import Any

import numpy as np

from core.catalog.datasets import GATES, signature
from core.data.dataset import Array, Dataset
from core.training.job import Pick


def moons(**values: Any) -> Dataset:
    """Two half circles of radius 1, the second turned over and moved by (1, -0.5), as scikit-learn's make_moons."""
    outer, inner = _halves(values["n"])
    a, b = np.linspace(0, np.pi, outer), np.linspace(0, np.pi, inner)
    upper = np.stack([np.cos(a), np.sin(a)], axis=1)
    lower = np.stack([1 - np.cos(b), 0.5 - np.sin(b)], axis=1)
    return _dataset("moons", values, upper, lower)


def circles(**values: Any) -> Dataset:
    """A circle of radius 1 and one of radius `factor`, points at equal angles, as scikit-learn's make_circles."""
    outer, inner = _halves(values["n"])
    return _dataset("circles", values, _ring(outer), _ring(inner) * values["factor"])


def spirals(**values: Any) -> Dataset:
    """Archimedean arms: radius grows from 0.1 to 1 with the angle, arm k turned by k-th of a full turn."""
    arms, turns = values["classes"], values["turns"]
    counts = [len(part) for part in np.array_split(np.arange(values["n"]), arms)]
    points = []
    for arm, count in enumerate(counts):
        along = np.linspace(0, 1, count)
        angle = 2 * np.pi * (turns * along + arm / arms)
        points.append((0.1 + 0.9 * along)[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1))
    return _dataset("spirals", values, *points)


def xor(**values: Any) -> Dataset:
    """Points drawn evenly over the square from -1 to 1; their class is fixed before the noise moves them."""
    draw = np.random.default_rng([values["seed"], 1])
    points = draw.uniform(-1, 1, (values["n"], 2))
    differ = points[:, 0] * points[:, 1] < 0
    return _dataset("xor", values, points[~differ], points[differ])


def gate(**values: Any) -> Dataset:
    """A quarter of the points at each corner of the unit square, before the noise moves them."""
    corners = np.array([(0.0, 0.0), (0.0, 1.0), (1.0, 0.0), (1.0, 1.0)])
    points = np.repeat(corners, [len(part) for part in np.array_split(np.arange(values["n"]), 4)], axis=0)
    true = np.array(GATES[values["gate"]], bool)[(points @ (2, 1)).astype(int)]
    return _dataset("gate", values, points[~true], points[true])


def ring(**values: Any) -> Dataset:
    """The same number of points, to within one, at `modes` places evenly round a circle about the origin."""
    modes = values["modes"]
    counts = [len(part) for part in np.array_split(np.arange(values["n"]), modes)]
    places = _ring(modes) * values["radius"]
    return _dataset("ring", values, *(np.tile(place, (count, 1)) for place, count in zip(places, counts, strict=True)))


def _halves(n: int) -> tuple[int, int]:
    return n // 2, n - n // 2


def _ring(count: int) -> Array:
    angle = np.linspace(0, 2 * np.pi, count, endpoint=False)
    return np.stack([np.cos(angle), np.sin(angle)], axis=1)


def _dataset(kind: str, values: dict[str, Any], *classes: Array) -> Dataset:
    """The classes' points in a drawn order, with noise added."""
    draw = np.random.default_rng(values["seed"])
    target = np.repeat(np.arange(len(classes)), [len(points) for points in classes])
    order = draw.permutation(len(target))
    points = np.concatenate(classes)[order] + draw.normal(0, values["noise"], (len(order), 2))
    declared = signature(Pick(kind=kind, params=values))
    assert declared is not None
    fields: dict[str, Array] = {"features": points.astype(np.float32), "target": target[order].astype(np.int64)}
    return Dataset(fields, declared, {"features": ("x0", "x1")})
