"""How well an answer's certainty tells right ones from wrong ones, and what that certainty is made of. NumPy alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from core.data.dataset import Array

POINTS = 200  # of a curve that are told
KEPT = 0.8  # share of the answers at which the risk is told apart
TINY = 1e-12


def decomposed(answers: Array) -> tuple[Array, Array, Array]:
    """Of probabilities (passes, places, classes): the entropy of their mean, the mean of their entropies, and the
    mutual information of answer and network, which is the difference (nats, one of each for every place)."""
    total, expected = entropy(answers.mean(0)), entropy(answers).mean(0)
    return total, expected, np.maximum(0.0, total - expected)


def entropy(probabilities: Array) -> Array:
    """Over the last axis, in nats."""
    found: Array = -(probabilities * np.log(np.maximum(probabilities, TINY))).sum(-1)
    return found


def spearman(a: Array, b: Array) -> float | None:
    """The correlation of ranks, ties by their mean; None where one of both is constant."""
    ranks = [_ranks(values) for values in (a, b)]
    if any(values.std() == 0 for values in ranks):
        return None
    return float(np.corrcoef(np.stack(ranks))[0, 1])


def _ranks(values: Array) -> Array:
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    found: Array = (ends - (counts - 1) / 2)[inverse]
    return found


def coverage(losses: Array, unsure: Array, made: Callable[[Array], Array] = lambda mean: mean) -> dict[str, Any]:
    """The mean loss of the answers kept, as ever more of the least sure ones are kept: up to 200 points of
    ``coverage`` and ``risk``, and the ``area`` under all of them. `made` is done to each mean."""
    order = np.argsort(unsure, kind="stable")
    count = np.arange(1, len(order) + 1)
    risk = made(np.cumsum(losses[order].astype(np.float64)) / count)
    shown = np.unique(np.linspace(0, len(order) - 1, min(POINTS, len(order))).astype(np.int64))
    return {
        "coverage": (count[shown] / len(order)).tolist(),
        "risk": risk[shown].tolist(),
        "area": float(risk.mean()),
        "kept": float(risk[max(0, round(KEPT * len(order)) - 1)]),
    }
