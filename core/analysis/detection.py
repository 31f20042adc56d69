"""The answers of a network that finds things on pictures: what stands in each cell of a grid, and in which box."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from core.analysis.boxes import average_precision, kept, matched, precision_recall
from core.analysis.samples import samples
from core.analysis.subject import Part, Subject
from core.data.dataset import Array
from core.training.pairing import Pairing, probabilities

SURE, LEAST, SHOWN = 0.5, 0.5, 24  # what is drawn; the share at which a box counts; pictures that are told
SHARES = tuple(round(0.5 + 0.05 * step, 2) for step in range(10))


@dataclass(frozen=True)
class Boxes:
    """Boxes of one picture, surest first: kinds (n,), scores (n,), and corners (n, 4) as shares of the picture."""

    kinds: Array
    scores: Array
    corners: Array


def detection(
    subject: Subject, part: Part, boxes: Pairing, kinds: Pairing, answers: dict[str, Array]
) -> dict[str, Any]:
    """Keys: ``classes``, for each kind its ``name``, ``count`` (how many there are), ``ap50`` and ``ap`` (average
    precision where a box must share half with the true one, and the mean over shares from 0.5 to 0.95; None where there
    are none), ``precision`` and ``recall`` (curves at one half); ``map50`` and ``map``, their means; ``right``,
    ``wrong`` and ``missed``, the boxes surer than 0.5 over all; ``pictures`` (evenly spread) and ``worst`` (most
    mistakes first), each as `samples` has it, with ``truth`` (``kind``, ``box``) and ``found`` (also ``score`` and
    ``right``); boxes are left, top, right, bottom as shares of the picture.
    """
    names = subject.prepared.tasks[kinds.target].classes[1:]
    found = _found(kinds, answers[kinds.output], answers[boxes.output])
    truth = _true(part.arrays[kinds.target], part.arrays[boxes.target])
    told = [_of_kind(k, name, found, truth) for k, name in enumerate(names)]
    looks = [_compared(f, t, names) for f, t in zip(found, truth, strict=True)]
    mistakes = np.array([_mistakes(look) for look in looks])
    spread = np.unique(np.linspace(0, len(looks) - 1, min(SHOWN, len(looks))).astype(np.int64))
    rights = [one["right"] for look in looks for one in look["found"]]
    return {
        "classes": told,
        "map50": _mean(one["ap50"] for one in told),
        "map": _mean(one["ap"] for one in told),
        "right": sum(rights),
        "wrong": len(rights) - sum(rights),
        "missed": sum(len(t.kinds) for t in truth) - sum(rights),
        "pictures": _shown(subject, part, spread, looks),
        "worst": _shown(subject, part, np.argsort(-mistakes, kind="stable")[:SHOWN], looks),
    }


def _found(pairing: Pairing, scores: Array, boxes: Array) -> list[Boxes]:
    """Of each picture, every cell's likeliest kind but nothing, thinned out kind by kind."""
    certain = probabilities(np.moveaxis(scores, 1, -1).reshape(-1, scores.shape[1]).astype(np.float64), pairing)
    if certain is None:
        certain = np.moveaxis(scores, 1, -1).reshape(-1, scores.shape[1])
    shares = certain.reshape(len(scores), -1, scores.shape[1])[..., 1:]
    corners = _corners(boxes)
    result = []
    for sure, places in zip(shares, corners, strict=True):
        kinds, surest = sure.argmax(-1), sure.max(-1)
        rows = [at for kind in np.unique(kinds) for at in _thinned(np.flatnonzero(kinds == kind), surest, places)]
        rows.sort(key=lambda at: -surest[at])
        result.append(Boxes(kinds[rows], surest[rows], places[rows]))
    return result


def _thinned(rows: Array, scores: Array, corners: Array) -> list[int]:
    return [int(rows[at]) for at in kept(corners[rows], scores[rows])]


def _true(kinds: Array, boxes: Array) -> list[Boxes]:
    result = []
    for which, places in zip(kinds.reshape(len(kinds), -1), _corners(boxes), strict=True):
        there = np.flatnonzero(which > 0)
        result.append(Boxes(which[there] - 1, np.ones(len(there)), places[there]))
    return result


def _corners(boxes: Array) -> Array:
    """(pictures, 4, rows, columns) of a grid as (pictures, cells, 4) corners within the picture."""
    rows, columns = boxes.shape[2:]
    x = (boxes[:, 0] + np.arange(columns)) / columns
    y = (boxes[:, 1] + np.arange(rows)[:, None]) / rows
    across, down = boxes[:, 2] / 2, boxes[:, 3] / 2
    corners: Array = np.stack((x - across, y - down, x + across, y + down), -1).reshape(len(boxes), -1, 4)
    return corners


def _of_kind(kind: int, name: str, found: list[Boxes], truth: list[Boxes]) -> dict[str, Any]:
    mine = [(f.kinds == kind, t.kinds == kind, f, t) for f, t in zip(found, truth, strict=True)]
    total = sum(int(there.sum()) for _, there, _, _ in mine)
    scores = np.concatenate([f.scores[own] for own, _, f, _ in mine])
    rights = {
        least: np.concatenate([matched(f.corners[own], t.corners[there], least) for own, there, f, t in mine])
        for least in SHARES
    }
    each = [average_precision(right, scores, total) for right in rights.values()]
    precision, recall = precision_recall(rights[LEAST], scores, total)
    thin = np.unique(np.linspace(0, len(recall) - 1, min(200, len(recall))).astype(np.int64))
    return {
        "name": name,
        "count": total,
        "ap50": each[0],
        "ap": _mean(each),
        "precision": precision[thin].round(5).tolist(),
        "recall": recall[thin].round(5).tolist(),
    }


def _compared(found: Boxes, truth: Boxes, names: tuple[str, ...]) -> dict[str, Any]:
    """What is surely found on a picture, and what is there."""
    sure = found.scores >= SURE
    kinds, scores, corners = found.kinds[sure], found.scores[sure], found.corners[sure]
    right = np.zeros(len(kinds), bool)
    for kind in np.unique(kinds):
        own = kinds == kind
        right[own] = matched(corners[own], truth.corners[truth.kinds == kind], LEAST)
    return {
        "truth": [{"kind": names[k], "box": _short(box)} for k, box in zip(truth.kinds, truth.corners, strict=True)],
        "found": [
            {"kind": names[k], "score": round(float(s), 4), "right": bool(r), "box": _short(box)}
            for k, s, r, box in zip(kinds, scores, right, corners, strict=True)
        ],
    }


def _mistakes(look: dict[str, Any]) -> int:
    rights = sum(bool(one["right"]) for one in look["found"])
    return len(look["found"]) + len(look["truth"]) - 2 * rights


def _shown(subject: Subject, part: Part, rows: Array, looks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    pictures = samples(subject, part.name, part.positions[rows].tolist())
    return [{**picture, **looks[row]} for picture, row in zip(pictures, rows.tolist(), strict=True)]


def _short(box: Array) -> list[float]:
    return [round(float(value), 4) for value in box]


def _mean(values: Any) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else None
