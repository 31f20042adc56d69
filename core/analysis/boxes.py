"""Boxes on pictures: how much two share, which to keep of many, and how good a ranked list of them is.

A box is (left, top, right, bottom), in any unit; sets of them are arrays (boxes, 4).
"""

from __future__ import annotations

import numpy as np

from core.data.dataset import Array


def shares(a: Array, b: Array) -> Array:
    """Intersection over union of each box of `a` with each of `b`, (boxes of a, boxes of b)."""
    low, high = np.maximum(a[:, None, :2], b[None, :, :2]), np.minimum(a[:, None, 2:], b[None, :, 2:])
    both = np.clip(high - low, 0, None).prod(-1)
    union = _area(a)[:, None] + _area(b)[None, :] - both
    found: Array = np.divide(both, union, out=np.zeros_like(both), where=union > 0)
    return found


def _area(boxes: Array) -> Array:
    area: Array = np.clip(boxes[:, 2:] - boxes[:, :2], 0, None).prod(-1)
    return area


def kept(boxes: Array, scores: Array, most: float = 0.5) -> Array:
    """Which to keep, surest first: none that shares more than `most` with a surer one that is kept (greedy
    non-maximum suppression)."""
    order = np.argsort(-scores, kind="stable")
    overlap = shares(boxes, boxes)
    chosen: list[int] = []
    for at in order.tolist():
        if not chosen or overlap[at, chosen].max() <= most:
            chosen.append(at)
    return np.asarray(chosen, np.int64)


def matched(found: Array, truth: Array, least: float) -> Array:
    """Whether each found box, surest first, is right: it shares at least `least` with a true box that no surer one was
    matched to, and takes the one that it shares most with (Everingham et al., The PASCAL VOC Challenge, 2010)."""
    right = np.zeros(len(found), bool)
    if not len(truth):
        return right
    overlap, free = shares(found, truth), np.ones(len(truth), bool)
    for at, row in enumerate(overlap):
        best = int(row.argmax())
        if row[best] >= least and free[best]:
            right[at], free[best] = True, False
    return right


def precision_recall(right: Array, scores: Array, total: int) -> tuple[Array, Array]:
    """Precision and recall after each found box, from the surest on; `total` is how many there are."""
    order = np.argsort(-scores, kind="stable")
    hits = np.cumsum(right[order])
    return hits / np.arange(1, len(hits) + 1), hits / max(total, 1)


def average_precision(right: Array, scores: Array, total: int) -> float | None:
    """The area under precision over recall, each precision the best at that recall or a higher one (VOC since 2010).

    None where there is nothing to be found.
    """
    if not total:
        return None
    precision, recall = precision_recall(right, scores, total)
    best = np.maximum.accumulate(precision[::-1])[::-1]
    return float((np.diff(recall, prepend=0.0) * best).sum())
