"""The answers of a network that predicts numbers, or its own input."""

from __future__ import annotations

from typing import Any

import numpy as np

from core.analysis.samples import raw, samples
from core.analysis.subject import Part, Subject
from core.data.dataset import Array
from core.data.looks import looks, span
from core.data.transforms import as_real
from core.training.pairing import Pairing

POINTS, BINS, COLUMNS, WORST, PAIRS = 2_000, 40, 8, 24, 24


def numbers(subject: Subject, part: Part, pairing: Pairing, answers: Array) -> dict[str, Any]:
    """Keys: ``columns``, for each of the first eight numbers of the target its ``name``, ``r2``, ``mae``, ``rmse``,
    ``truth`` and ``guess`` (up to 2,000 pairs, evenly spread), ``residuals`` (guess - truth: ``counts``, ``edges``,
    ``mean``, ``std``); ``r2``, ``mae``, ``rmse`` over all; ``worst`` (see `samples`, each with ``truth``, ``guess``
    of the column where it is furthest off). All in the units of the data; r2 is None for a constant target.
    """
    truth, guess = _both(subject, part, pairing, answers)
    thin = np.unique(np.linspace(0, len(truth) - 1, min(POINTS, len(truth))).astype(np.int64))
    width = truth.shape[1]
    names = [pairing.target] if width == 1 else [f"{pairing.target} {i}" for i in range(width)]
    columns = [
        {"name": name, **_measured(truth[:, [i]], guess[:, [i]]), "truth": _short(truth[thin, i]),
         "guess": _short(guess[thin, i]), "residuals": _histogram(guess[:, i] - truth[:, i])}
        for i, name in enumerate(names[:COLUMNS])
    ]  # fmt: skip
    return {"columns": columns, **_measured(truth, guess), "worst": _worst(subject, part, truth, guess)}


def pairs(subject: Subject, part: Part, pairing: Pairing, answers: Array) -> dict[str, Any]:
    """Keys: ``of_input`` (the target is the input); ``mae``, ``rmse`` and ``r2`` over every number; ``errors`` (a
    histogram of each example's root mean square); ``pairs`` and ``worst`` (up to 24 each, spread evenly and the
    furthest off): ``position``, ``error``, and ``truth`` and ``guess`` as `core.data.looks.looks` has them.
    """
    truth, guess = _both(subject, part, pairing, answers)
    errors = np.sqrt(np.square(guess - truth).mean(1))
    spread = np.unique(np.linspace(0, len(errors) - 1, min(PAIRS, len(errors))).astype(np.int64))
    shape = part.arrays[pairing.target].shape[1:]
    within = span(subject.prepared, pairing.target)

    def told(rows: Array) -> list[dict[str, Any]]:
        seen = looks(truth[rows].reshape(-1, *shape), within)
        made = looks(guess[rows].reshape(-1, *shape), within)
        return [
            {"position": int(part.positions[row]), "error": float(errors[row]), "truth": a, "guess": b}
            for row, a, b in zip(rows.tolist(), seen, made, strict=True)
        ]

    worst = np.argsort(-errors, kind="stable")[:PAIRS]
    return {
        "of_input": subject.is_input(pairing.target),
        **_measured(truth, guess),
        "errors": _histogram(errors),
        "pairs": told(spread),
        "worst": told(worst),
    }


def _both(subject: Subject, part: Part, pairing: Pairing, answers: Array) -> tuple[Array, Array]:
    """Truth and guess as (examples, numbers) in the units of the data; bytes as byte / 255."""
    truth = as_real(raw(subject, pairing.target, part))
    guess = subject.prepared.inverse(pairing.target, answers).astype(np.float64)
    return truth.reshape(len(truth), -1), guess.reshape(len(guess), -1)


def _measured(truth: Array, guess: Array) -> dict[str, float | None]:
    """As scikit-learn with uniform averages over columns; r2 over the columns that vary."""
    error = guess - truth
    spread = np.square(truth - truth.mean(0)).sum(0)
    varies = spread > 0
    r2 = 1 - np.square(error).sum(0)[varies] / spread[varies]
    return {
        "r2": float(r2.mean()) if len(r2) else None,
        "mae": float(np.abs(error).mean()),
        "rmse": float(np.sqrt(np.square(error).mean(0)).mean()),
    }


def _histogram(values: Array) -> dict[str, Any]:
    known = values[np.isfinite(values)]
    counts, edges = np.histogram(known, bins=int(np.clip(2 * np.sqrt(len(known)), 8, BINS)))
    mean, std = (float(known.mean()), float(known.std())) if len(known) else (None, None)
    return {"counts": counts.tolist(), "edges": edges.tolist(), "mean": mean, "std": std}


def _worst(subject: Subject, part: Part, truth: Array, guess: Array) -> list[dict[str, Any]]:
    off = np.abs(guess - truth) / np.where(truth.std(0) > 0, truth.std(0), 1.0)
    column = off.argmax(1)
    rows = np.argsort(-off.max(1), kind="stable")[:WORST]
    told = samples(subject, part.name, part.positions[rows].tolist())
    for one, row in zip(told, rows.tolist(), strict=True):
        one["truth"], one["guess"] = (float(f"{v[row, column[row]]:.6g}") for v in (truth, guess))
    return told


def _short(values: Array) -> list[float | None]:
    return [float(f"{v:.6g}") if np.isfinite(v) else None for v in values.tolist()]
