"""One trait of the reference beside that of new inputs: tests, index, missing and strange values, two histograms."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from core.analysis.drift.causes import cause
from core.analysis.drift.statistics import (
    bin_counts,
    chi_squared,
    kolmogorov_smirnov,
    psi,
    psi_by_chance,
    quantile_edges,
    two_shares,
)
from core.analysis.drift.traits import Trait
from core.data.dataset import Array

SHOWN, WORDS = 16, 12  # bars of a histogram


def compare(name: str, group: str, reference: Trait, new: Trait, alpha: float) -> dict[str, Any]:
    """How far new values are from those of the reference.

    Keys: ``name``, ``group``, ``kind`` (number or word), ``test`` (its name), ``statistic``, ``p`` (None where nothing
    varies), ``p_missing``, ``psi``, ``by_chance`` (what the PSI exceeds with the probability `alpha` where nothing has
    changed), ``missing`` and ``outside`` (shares: reference, new; outside of the reference's range or words), ``mean``
    and ``deviation`` (reference, new; None for words), ``histogram`` (``labels`` or ``edges``, ``before``, ``now``:
    shares) and ``cause``.
    """
    told = _words(reference, new) if reference.kind == "word" else _numbers(reference, new)
    gone, of = int(reference.missing.sum()), len(reference.values)
    new_gone, new_of = int(new.missing.sum()), len(new.values)
    varies = gone or new_gone
    before, now = told.pop("counts")
    return {
        "name": name,
        "group": group,
        "kind": reference.kind,
        **told,
        "p_missing": plain(two_shares(gone, of, new_gone, new_of)) if varies else None,
        "psi": plain(psi(before, now)),
        "by_chance": plain(psi_by_chance(int((before > 0).sum()), int(before.sum()), int(now.sum()), alpha)),
        "missing": [_share(gone, of), _share(new_gone, new_of)],
        "cause": cause(reference, new),
    }


def _numbers(reference: Trait, new: Trait) -> dict[str, Any]:
    a, b = reference.known, new.known
    statistic, p = kolmogorov_smirnov(a, b)
    constant = not len(a) or not len(b) or (np.ptp(np.concatenate([a, b])) == 0)
    edges = quantile_edges(a)
    outside = float(((b < a.min()) | (b > a.max())).mean()) if len(a) and len(b) else 0.0
    return {
        "test": "Kolmogorov-Smirnov",
        "statistic": plain(statistic),
        "p": None if constant else plain(p),
        "counts": (bin_counts(a, edges), bin_counts(b, edges)),
        "outside": [0.0, outside],
        "mean": [plain(float(v.mean())) if len(v) else None for v in (a, b)],
        "deviation": [plain(float(v.std())) if len(v) else None for v in (a, b)],
        "histogram": _histogram(a, b),
    }


def _words(reference: Trait, new: Trait) -> dict[str, Any]:
    names, counts = np.unique(np.concatenate([reference.known, new.known]), return_counts=True)
    place = {name: at for at, name in enumerate(names.tolist())}
    before, now = (np.bincount([place[v] for v in t.known.tolist()], minlength=len(names)) for t in (reference, new))
    statistic, p = chi_squared(before, now)
    strange = int(now[before == 0].sum())
    order = np.argsort(-counts, kind="stable")[:WORDS]
    return {
        "test": "chi-squared",
        "statistic": plain(statistic),
        "p": plain(p),
        "counts": (before, now),
        "outside": [0.0, _share(strange, int(now.sum()))],
        "mean": None,
        "deviation": None,
        "histogram": {
            "labels": names[order].tolist(),
            "before": _shares(before, order),
            "now": _shares(now, order),
        },
    }


def _histogram(a: Array, b: Array) -> dict[str, Any]:
    """Equal bins over the bulk of both samples; what lies beyond counts in the outermost."""
    both = np.concatenate([a, b])
    if not len(both):
        return {"edges": [], "before": [], "now": []}
    ends = [np.quantile(part, [0.005, 0.995]) for part in (a, b) if len(part)]
    low, high = min(e[0] for e in ends), max(e[1] for e in ends)
    if high <= low:
        low, high = low - 0.5, high + 0.5
    edges = np.linspace(low, high, SHOWN + 1)
    found = {"edges": [float(f"{edge:.5g}") for edge in edges]}
    for key, values in (("before", a), ("now", b)):
        counts, _ = np.histogram(np.clip(values, low, high), edges)
        found[key] = (counts / max(1, len(values))).round(5).tolist()
    return found


def _shares(counts: Array, order: Array) -> list[float]:
    shares: list[float] = (counts[order] / max(1, counts.sum())).round(5).tolist()
    return shares


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


def plain(value: float) -> float | None:
    """A number that JSON has; None for all others."""
    return float(value) if math.isfinite(value) else None
