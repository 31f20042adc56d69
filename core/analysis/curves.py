"""How good scores are at telling two kinds apart, and how far probabilities can be believed. numpy only.

`truth` is an array of booleans, `scores` one of numbers: the larger, the surer that the truth is true.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.data.dataset import Array

POINTS = 200  # of a curve that is drawn: it leaves the true one by at most 2 / POINTS in either direction
BINS = 15  # of a calibration, as in Guo et al., On Calibration of Modern Neural Networks, 2017


@dataclass(frozen=True)
class Curve:
    """A curve within the unit square, and the number that it is summed up by."""

    x: Array
    y: Array
    area: float

    def thinned(self) -> Curve:
        """At most `POINTS` of its points, evenly spread along it, its corners first; the area stays that of all."""
        keep = _corners(self.x, self.y)
        x, y = self.x[keep], self.y[keep]
        if len(x) > POINTS:
            along = np.concatenate(([0.0], np.cumsum(np.abs(np.diff(x)) + np.abs(np.diff(y)))))
            keep = np.unique(np.searchsorted(along, np.linspace(0.0, along[-1], POINTS)).clip(0, len(x) - 1))
            x, y = x[keep], y[keep]
        return Curve(x, y, self.area)


def roc(truth: Array, scores: Array) -> Curve | None:
    """False against true positive rate, from (0, 0) to (1, 1); the area under it. None where one kind is missing."""
    hits, misses = _counts(truth, scores)
    if not len(hits) or not hits[-1] or not misses[-1]:
        return None
    x = np.concatenate(([0.0], misses / misses[-1]))
    y = np.concatenate(([0.0], hits / hits[-1]))
    return Curve(x, y, float(np.trapezoid(y, x)))


def precision_recall(truth: Array, scores: Array) -> Curve | None:
    """Recall against precision, from recall 0 on; its number is the average precision, a sum of steps.

    None where nothing is true.
    """
    hits, misses = _counts(truth, scores)
    if not len(hits) or not hits[-1]:
        return None
    recall, precision = hits / hits[-1], hits / (hits + misses)
    average = float(np.sum(np.diff(recall, prepend=0.0) * precision))
    return Curve(np.concatenate(([0.0], recall)), np.concatenate(([precision[0]], precision)), average)


@dataclass(frozen=True)
class Calibration:
    """Answers by how sure the network was: `count` of them in each bin between `edges`, how sure they were in the
    mean, and which share of them was right (both NaN in empty bins); `error` is the expected calibration error."""

    edges: Array
    count: Array
    confidence: Array
    accuracy: Array
    error: float


def calibration(right: Array, confidence: Array, bins: int = BINS) -> Calibration:
    """Bins of equal width, closed at the right as in Guo et al., 2017."""
    edges = np.linspace(0.0, 1.0, bins + 1)
    at = np.clip(np.searchsorted(edges, confidence, side="left") - 1, 0, bins - 1)
    count = np.bincount(at, minlength=bins)
    with np.errstate(invalid="ignore", divide="ignore"):
        sure = np.bincount(at, weights=confidence, minlength=bins) / count
        share = np.bincount(at, weights=right.astype(np.float64), minlength=bins) / count
    known = count > 0
    error = float(np.sum(count[known] * np.abs(sure - share)[known]) / max(1, len(right)))
    return Calibration(edges, count, sure, share, error)


def _counts(truth: Array, scores: Array) -> tuple[Array, Array]:
    """True and false ones among the examples whose score is at least each of the different scores, from the largest."""
    known = np.isfinite(scores)
    truth, scores = truth[known].astype(np.int64), scores[known]
    order = np.argsort(-scores, kind="stable")
    truth, scores = truth[order], scores[order]
    last = np.flatnonzero(np.diff(scores, append=-np.inf))  # equal scores are taken at once
    hits = np.cumsum(truth)[last]
    return hits, last + 1 - hits


def _corners(x: Array, y: Array) -> Array:
    """The first and the last point and those where the direction changes."""
    if len(x) < 3:
        return np.arange(len(x))
    dx, dy = np.diff(x), np.diff(y)
    turns = dx[:-1] * dy[1:] != dy[:-1] * dx[1:]
    return np.concatenate(([0], np.flatnonzero(turns) + 1, [len(x) - 1]))
