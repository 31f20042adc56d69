"""The answers of a network that tells classes apart."""

from __future__ import annotations

from typing import Any

import numpy as np

from core.analysis.curves import Calibration, Curve, calibration, precision_recall, roc
from core.analysis.samples import samples
from core.analysis.subject import Part, Subject
from core.data.dataset import Array
from core.training.pairing import Pairing, probabilities

MATRIX = 60  # classes that a confusion matrix shows; of more, those that are mistaken most
BEHIND, WORST, DRAWN = 48, 24, 12  # positions behind a cell; worst examples; classes that curves are drawn of
CELLS = 2_000  # cells whose examples are told, the fullest first
REST = "others"


def classes(subject: Subject, part: Part, pairing: Pairing, answers: Array) -> dict[str, Any]:
    """Keys: ``classes`` (names); ``confusion`` (counts, a row for each true class, a column for each guess);
    ``cells`` (``"true,guess"`` -> positions of examples behind that cell); ``rows`` (by class: ``precision``,
    ``recall``, ``f1``, ``support``, ``roc`` and ``average_precision``, None where not defined); ``accuracy``,
    ``macro_f1``; ``roc`` and ``pr`` (curves: ``class``, ``x``, ``y``, ``area``; one against the rest; of many classes
    the twelve that are told apart worst; two classes have one curve); ``calibration`` (None where the outputs are no
    probabilities); ``worst`` (examples whose true class was thought least likely, see `samples`, each with ``truth``,
    ``guess`` and ``probability`` of the true class).

    Where a target has a class for each place of an example, every place counts, and positions name its example.
    """
    names = subject.prepared.tasks[pairing.target].classes
    truth, scores = flat(pairing, answers, part.arrays[pairing.target])
    certain = probabilities(scores, pairing)
    guess = scores[:, : len(names)].argmax(1)
    count = len(names)
    full = np.bincount(truth * count + guess, minlength=count * count).reshape(count, count)
    shown, groups = _shown(names, full)
    examples = part.positions[np.arange(len(truth)) // max(1, len(truth) // len(part))]
    curves = [_curves(truth == k, scores, k, pairing) for k in range(count)]
    surely = scores if certain is None else certain
    return {
        "classes": shown,
        "confusion": _summed(full, groups).tolist(),
        "cells": _cells(groups[truth], groups[guess], examples),
        "rows": _rows(full, names, curves),
        "accuracy": _ratio(int(np.trace(full)), int(full.sum())),
        "macro_f1": _macro(full),
        **_drawn(curves, names),
        "calibration": None if certain is None else _calibrated(calibration(guess == truth, certain.max(1))),
        "worst": _worst(subject, part, truth, guess, surely, examples, certain is not None, names),
    }


def flat(pairing: Pairing, answers: Array, target: Array) -> tuple[Array, Array]:
    """The true class and the scores (places, classes) of every place of every example."""
    if pairing.encoding == "binary":
        one = answers.reshape(-1).astype(np.float64)
        two = np.stack((np.zeros_like(one), one) if pairing.logits else (1 - one, one), axis=1)
        return target.reshape(-1).astype(np.int64), two
    if pairing.encoding == "one_hot":
        return target.argmax(-1).reshape(-1), answers.reshape(-1, answers.shape[-1]).astype(np.float64)
    return target.reshape(-1), np.moveaxis(answers, 1, -1).reshape(-1, answers.shape[1]).astype(np.float64)


def _shown(names: tuple[str, ...], full: Array) -> tuple[list[str], Array]:
    """Names of the rows of the matrix, and the row of each class."""
    if len(names) <= MATRIX:
        return list(names), np.arange(len(names))
    mistakes = full.sum(0) + full.sum(1) - 2 * np.diag(full)
    kept = np.sort(np.argsort(-mistakes, kind="stable")[: MATRIX - 1])
    groups = np.full(len(names), MATRIX - 1)
    groups[kept] = np.arange(len(kept))
    return [*(names[k] for k in kept), REST], groups


def _summed(full: Array, groups: Array) -> Array:
    size = int(groups.max()) + 1
    result = np.zeros((size, size), np.int64)
    np.add.at(result, (groups[:, None], groups[None, :]), full)
    return result


def _cells(truth: Array, guess: Array, examples: Array) -> dict[str, list[int]]:
    """Examples behind each cell, up to 48 of each."""
    size = int(max(truth.max(), guess.max())) + 1
    cell = truth * size + guess
    order = np.argsort(cell, kind="stable")
    found, starts, counts = np.unique(cell[order], return_index=True, return_counts=True)
    fullest = np.argsort(-counts, kind="stable")[:CELLS]
    told = {}
    for index in sorted(fullest.tolist()):
        key, start, count = int(found[index]), int(starts[index]), int(counts[index])
        behind = list(dict.fromkeys(examples[order[start : start + count]][: BEHIND * 8].tolist()))
        told[f"{key // size},{key % size}"] = behind[:BEHIND]
    return told


def _rows(full: Array, names: tuple[str, ...], curves: list[tuple[Curve | None, Curve | None]]) -> list[dict[str, Any]]:
    rows = []
    for k, name in enumerate(names):
        hit, guessed, true = int(full[k, k]), int(full[:, k].sum()), int(full[k].sum())
        ranked, found = curves[k]
        rows.append({
            "class": name,
            "precision": _ratio(hit, guessed),
            "recall": _ratio(hit, true),
            "f1": _ratio(2 * hit, guessed + true),
            "support": true,
            "roc": ranked.area if ranked else None,
            "average_precision": found.area if found else None,
        })  # fmt: skip
    return rows


def _macro(full: Array) -> float | None:
    both = full.sum(0) + full.sum(1)
    met = both > 0
    return float((2 * np.diag(full)[met] / both[met]).mean()) if met.any() else None


def _curves(truth: Array, scores: Array, k: int, pairing: Pairing) -> tuple[Curve | None, Curve | None]:
    """One class against the rest. Logits of one network are comparable between examples only as probabilities."""
    certain = probabilities(scores, pairing)
    ranked = scores[:, k] if certain is None else certain[:, k]
    return roc(truth, ranked), precision_recall(truth, ranked)


def _drawn(curves: list[tuple[Curve | None, Curve | None]], names: tuple[str, ...]) -> dict[str, list[dict[str, Any]]]:
    told: dict[str, list[dict[str, Any]]] = {}
    wanted = range(len(names)) if len(names) != 2 else (1,)
    for place, key in enumerate(("roc", "pr")):
        known = [(k, curve) for k in wanted if (curve := curves[k][place]) is not None]
        hardest = sorted(sorted(known, key=lambda pair: pair[1].area)[:DRAWN])
        told[key] = [{"class": k, **_plain_curve(curve)} for k, curve in hardest]
    return told


def _plain_curve(curve: Curve) -> dict[str, Any]:
    thin = curve.thinned()
    return {"x": thin.x.round(5).tolist(), "y": thin.y.round(5).tolist(), "area": thin.area}


def _calibrated(found: Calibration) -> dict[str, Any]:
    def plain(values: Array) -> list[float | None]:
        return [None if np.isnan(v) else float(v) for v in values]

    return {
        "edges": found.edges.tolist(),
        "count": found.count.tolist(),
        "confidence": plain(found.confidence),
        "accuracy": plain(found.accuracy),
        "error": found.error,
    }


def _worst(
    subject: Subject, part: Part, truth: Array, guess: Array, scores: Array, examples: Array, certain: bool,
    names: tuple[str, ...],
) -> list[dict[str, Any]]:  # fmt: skip
    own = scores[np.arange(len(truth)), truth]
    if not certain:
        own = own - np.where(np.arange(scores.shape[1]) == truth[:, None], -np.inf, scores).max(1)
    order = np.argsort(own, kind="stable")
    _, first = np.unique(examples[order], return_index=True)  # one place of an example is enough
    chosen = order[np.sort(first)][:WORST]
    told = samples(subject, part.name, examples[chosen].tolist())
    for one, place in zip(told, chosen.tolist(), strict=True):
        one["truth"], one["guess"] = names[int(truth[place])], names[int(guess[place])]
        one["probability"] = float(own[place]) if certain else None
    return told


def _ratio(part: int, whole: int) -> float | None:
    return part / whole if whole else None
