"""Answers to the same examples, held beside each other."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np

from core.data.dataset import Array

Answers: TypeAlias = dict[str, Array]  # by output, float64
TOLERANCE = 1e-4  # of the largest answer: what rounding alone may do


def differing(first: Answers, second: Answers, tolerance: float = TOLERANCE) -> tuple[Array, float]:
    """Which rows of two answers differ by more than rounding, and the largest difference, as a share of the largest
    answer. Answers of different shapes differ in every row."""
    rows, most = np.zeros(len(next(iter(first.values()))), bool), 0.0
    for name, a in first.items():
        b = second[name]
        if a.shape != b.shape:
            return np.ones(len(rows), bool), float("inf")
        if not a.size:
            continue
        finite = a[np.isfinite(a)]
        scale = float(np.abs(finite).max()) if finite.size else 0.0
        with np.errstate(invalid="ignore"):
            gap = np.where((a == b) | (np.isnan(a) & np.isnan(b)), 0.0, np.abs(a - b))
        gap = np.nan_to_num(gap, nan=np.inf) / (scale or 1.0)
        most = max(most, float(gap.max()))
        rows |= gap.reshape(len(rows), -1).max(1) > tolerance
    return rows, most


def finite_rows(answers: Answers) -> Array:
    """Which examples have finite answers alone."""
    every = [np.isfinite(a).reshape(len(a), -1).all(1) for a in answers.values()]
    found: Array = np.logical_and.reduce(every)
    return found


def agreement(clean: Array, found: Array) -> float:
    """How alike two answers are: one less their mean distance in mean absolute deviations of the first, at least 0."""
    spread = float(np.abs(clean - clean.mean(0)).mean())
    gap = float(np.abs(np.nan_to_num(found, nan=0.0, posinf=0.0, neginf=0.0) - clean).mean())
    return max(0.0, 1 - gap / spread) if spread else float(gap == 0)
