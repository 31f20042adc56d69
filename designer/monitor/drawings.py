"""One trait as pictures: before and now as two histograms, and its way over the windows."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np

from designer.figures.marks import GREY, Bars, Dots, Drawing, Line, Mark, numbers
from designer.language import tr

BEFORE, NOW = GREY, 0  # colours
MODERATE, LARGE, STATISTIC = 3, 1, 2


def histograms(row: Mapping[str, Any]) -> Drawing:
    """The shares of the new inputs as bars, those of training as grey steps over them."""
    found = row["histogram"]
    before, now = numbers(found["before"]), numbers(found["now"])
    labels = found.get("labels")
    edges = np.arange(len(before) + 1, dtype=np.float64) - 0.5 if labels else numbers(found["edges"])
    if not len(before):
        return Drawing(title=row["name"], note=tr("no values"))
    names = [
        tr("{value}: {before} in training, {now} now", value=value, before=f"{b:.1%}", now=f"{n:.1%}")
        for value, b, n in zip(labels or _spans(edges), before, now, strict=True)
    ]
    x = np.repeat(edges, 2)[1:-1]
    marks: list[Mark] = [Bars(edges, now, NOW, names), Line(x, np.repeat(before, 2), BEFORE)]
    top = 1.15 * max(float(before.max()), float(now.max()), 1e-9)
    return Drawing(
        marks,
        row["name"],
        _words(labels) if labels else "",
        y_span=(0.0, top),
        legend=[(tr("training"), BEFORE), (tr("new inputs"), NOW)],
        summary="; ".join(names),
    )


def course(report: Mapping[str, Any], name: str) -> Drawing:
    """PSI and statistic of one trait over the windows, with what is usually called moderate and large."""
    windows = report["windows"]
    place = report["traits"].index(name) if name in report["traits"] else -1
    psi, statistic = (
        numbers([one[key][place] if place >= 0 else None for one in windows]) for key in ("psi", "statistic")
    )
    x = np.arange(1.0, len(windows) + 1)
    ends = np.array([0.5, len(windows) + 0.5])
    moderate, large = report["thresholds"]
    titles = [
        tr("{window}: PSI {psi}, statistic {statistic}", window=one["name"], psi=f"{p:.3f}", statistic=f"{s:.3f}")
        for one, p, s in zip(windows, psi, statistic, strict=True)
    ]
    top = float(np.nanmax(np.concatenate([psi, [1.2 * large]])))
    marks: list[Mark] = [
        Line(ends, np.full(2, moderate), MODERATE, tr("moderate"), dashed=True),
        Line(ends, np.full(2, large), LARGE, tr("large"), dashed=True),
        Line(x, psi, NOW, "PSI"),
        Dots(x, psi, [LARGE if one["alerts"] else NOW for one in windows], 3.5, titles),
    ]
    return Drawing(
        marks,
        tr("{trait} over the windows", trait=name),
        tr("PSI; dashed: moderate and large"),
        x_label=tr("window"),
        x_span=(0.5, len(windows) + 0.5),
        y_span=(0.0, 1.1 * top),
        summary="; ".join(titles),
    )


def _spans(edges: np.ndarray[Any, np.dtype[np.float64]]) -> list[str]:
    return [f"{low:.4g} to {high:.4g}" for low, high in pairwise(edges)]


def _words(labels: list[str]) -> str:
    return ", ".join(labels)
