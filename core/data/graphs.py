"""Graphs that only their edges tell apart: nodes alike in every way, joined to their like or to their unlike."""

from __future__ import annotations

from typing import Any

import numpy as np

from core.catalog.datasets import signature
from core.data.dataset import Dataset, check_size
from core.training.job import Pick


def graphs(**values: Any) -> Dataset:
    """Graphs of an even number of nodes, half of each kind, in an order of chance; rows of missing nodes are 0.

    Whatever ignores the edges sees the same in both classes.
    """
    declared = signature(Pick(kind="graphs", params=values))
    assert declared is not None
    count, most = values["n"], values["nodes"]
    check_size("The graphs", (count, most, most + values["features"]), 8)
    draw = np.random.default_rng(values["seed"])
    target = draw.permutation(np.arange(count) % 2)
    sizes = 2 * draw.integers(-(-most // 4), most // 2, count, endpoint=True)
    places = np.arange(most)
    there = places < sizes[:, None]
    kind = np.where(there, np.where(places % 2, 1.0, -1.0), 0.0)
    kind = np.take_along_axis(kind, _shuffled_within(draw, there), axis=1)
    likeness = kind[:, :, None] * kind[:, None, :] * np.where(target, -1, 1)[:, None, None]
    upper = np.triu((likeness > 0) & (draw.random((count, most, most)) < values["edges"]), 1)
    adjacency = upper | upper.swapaxes(1, 2)
    features = draw.normal(0, values["noise"], (count, most, values["features"]))
    features[:, :, 0] += kind
    fields = {
        "features": (features * there[:, :, None]).astype(np.float32),
        "adjacency": adjacency,
        "target": target.astype(np.int64),
    }
    return Dataset(fields, declared)


def _shuffled_within(draw: np.random.Generator, there: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """An order of the places in each row: those that are there by chance, the others after them."""
    keys = np.where(there, draw.random(there.shape), 2.0)
    return np.argsort(keys, axis=1)
