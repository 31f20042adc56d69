"""Pairs of short texts: what a network that turns one sequence into another learns on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import numpy as np

from core.catalog.datasets import signature
from core.catalog.sequences import DATE_LENGTH, DATE_SYMBOLS, ISO_SYMBOLS, MONTHS, READABLE
from core.data.dataset import Array, Dataset, check_size
from core.training.job import Pick

FIRST, LAST = date(1900, 1, 1), date(2099, 12, 31)
WRITTEN: tuple[Callable[[date], str], ...] = (
    lambda d: f"{d.day} {MONTHS[d.month - 1]} {d.year}",
    lambda d: f"{MONTHS[d.month - 1]} {d.day}, {d.year}",
    lambda d: f"{d.day}.{d.month}.{d.year}",
)


def pairs(**values: Any) -> Dataset:
    """Letters are drawn one by one, dates from 1900 to 2099 day by day; short dates are filled up with spaces."""
    declared = signature(Pick(kind="pairs", params=values))
    assert declared is not None
    draw = np.random.default_rng(values["seed"])
    check_size("The pairs", (values["n"], sum(f.shape[0] for f in declared.fields.values())), 8)
    if values["task"] == "dates":
        asked, answer = _dates(draw, values["n"])
    else:
        asked = draw.integers(0, values["symbols"], (values["n"], values["length"]))
        answer = DONE[values["task"]](asked)
    start = len(declared.fields["given"].classes) - 1
    given = np.concatenate([np.full((len(answer), 1), start), answer[:, :-1]], axis=1)
    return Dataset({"features": asked, "target": np.ascontiguousarray(answer), "given": given}, declared)


DONE: Mapping[str, Callable[[Array], Array]] = {
    "copy": lambda letters: letters,
    "reverse": lambda letters: letters[:, ::-1],
    "sort": lambda letters: np.sort(letters, axis=1),
}


def _dates(draw: np.random.Generator, count: int) -> tuple[Array, Array]:
    days = draw.integers(0, (LAST - FIRST).days + 1, count)
    ways = draw.integers(0, len(WRITTEN), count)
    found = [FIRST + timedelta(days=int(day)) for day in days]
    texts = [WRITTEN[way](day).ljust(DATE_LENGTH) for day, way in zip(found, ways, strict=True)]
    return _indices(texts, DATE_SYMBOLS), _indices([day.isoformat() for day in found], ISO_SYMBOLS)


def _indices(texts: Sequence[str], classes: tuple[str, ...]) -> Array:
    place = {name: i for i, name in enumerate(classes)}
    return np.array([[place[READABLE.get(c, c)] for c in text] for text in texts], np.int64)
