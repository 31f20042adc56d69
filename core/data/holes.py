"""Missing numbers: found by a source, marked where asked for, filled by what the training part tells."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.data.dataset import Array, Dataset, Holes, refuse
from core.data.neighbours import Neighbours, drawn_rows


@dataclass(frozen=True)
class Filler:
    """What stands in the holes of a field of shape ``(n,)``, in raw units.

    Attributes:
        values: one number a column, (n,).
        neighbours: rows that are averaged where they tell more than `values`.
        marks: for the last columns of the field, the column whose holes each of them marks.
    """

    values: Array
    neighbours: Neighbours | None = None
    marks: tuple[int, ...] = ()

    def __call__(self, real: Array) -> Array:
        """Rows (m, n) without holes, float64; a mark is 1 where its column has a hole, else as it was given."""
        holes = np.isnan(real)
        result: Array = np.where(holes, self.values, real)
        if self.neighbours is not None:
            width = self.neighbours.rows.shape[1]
            rows = np.flatnonzero(holes[:, :width].any(axis=1))
            found = self.neighbours.estimates(real[rows, :width])
            result[rows, :width] = np.where(np.isnan(found), result[rows, :width], found)
        if self.marks:
            ends = result[:, -len(self.marks) :]
            ends[holes[:, self.marks]] = 1.0
        return result

    def holed(self) -> Array:
        """A row with every hole that a row may have, (n,)."""
        own = len(self.values) - len(self.marks)
        return np.where(np.arange(len(self.values)) < own, np.nan, 0.0)

    def to_json(self) -> dict[str, Any]:
        told: dict[str, Any] = {"values": self.values.tolist(), "marks": list(self.marks)}
        return told if self.neighbours is None else {**told, "neighbours": self.neighbours.to_json()}

    @classmethod
    def from_json(cls, data: Any) -> Filler:
        """Also what older runs wrote: the values alone. Raises KeyError, TypeError or ValueError for anything else."""
        if isinstance(data, list):
            return cls(np.asarray(data, np.float64))
        near = Neighbours.from_json(data["neighbours"]) if "neighbours" in data else None
        return cls(np.asarray(data["values"], np.float64), near, tuple(int(at) for at in data["marks"]))


@dataclass(frozen=True)
class Asked:
    """What a person wants done about the holes of a source: how they are filled, and whether they are marked."""

    holes: Holes
    mark: bool

    def marked(self, values: Array, names: Sequence[str]) -> tuple[Array, tuple[str, ...], Holes | None]:
        """The columns (rows, n), with a 0/1 column behind them for each that has a hole where that is asked for; their
        names; and what is to be filled, None where there is no hole."""
        missing = np.isnan(values)
        holed = tuple(np.flatnonzero(missing.any(axis=0)).tolist())
        if not holed:
            return values, tuple(names), None
        if not self.mark:
            return values, tuple(names), self.holes
        columns = np.concatenate([values, missing[:, holed].astype(np.float32)], axis=1)
        return columns, (*names, *(f"{names[at]} is empty" for at in holed)), self.holes.marking(holed)


def asked_holes(
    rule: str,
    *,
    hole_value: float = 0.0,
    neighbours: int = 5,
    neighbours_scaled: bool = True,
    mark_holes: bool = False,
) -> Asked:
    """From the fields of a source; see `core.catalog.holes`."""
    return Asked(Holes(rule, hole_value, neighbours, neighbours_scaled), mark_holes)


def filler(dataset: Dataset, name: str, rows: Array) -> Filler:
    """What fills the holes of a field, by its rule, from the training `rows` alone.

    Raises:
        LayerloomError: a column has no number there to tell anything by.
    """
    holes = dataset.holes[name]
    values = dataset.fields[name][rows].astype(np.float64)
    fill = np.zeros(values.shape[1])
    own = values[:, : values.shape[1] - len(holes.marks)]
    fill[: own.shape[1]] = _FILL[holes.rule](holes, own, _names(dataset, name, values.shape[1]))
    near = None
    if holes.rule == "neighbours":
        near = Neighbours.fitted(own[drawn_rows(len(own), own.shape[1])], holes.neighbours, holes.scaled)
    return Filler(fill, near, holes.marks)


def _names(dataset: Dataset, name: str, width: int) -> Sequence[str]:
    return dataset.columns.get(name) or tuple(map(str, range(width)))


def _by_column(statistic: Callable[[Array], float], what: str) -> Callable[[Holes, Array, Sequence[str]], Array]:
    """A statistic of the known numbers of each column; every column must have one."""

    def fill(holes: Holes, values: Array, names: Sequence[str]) -> Array:
        known = ~np.isnan(values)
        empty = np.flatnonzero(~known.any(axis=0))
        if len(empty):
            raise refuse(
                f"The column {names[int(empty[0])]} has no number at all in the training part, so its holes have no "
                f"{what}. Leave the column out, or drop the rows with holes.",
                "data.holes",
            )
        return np.array([statistic(column[seen]) for column, seen in zip(values.T, known.T, strict=True)])

    return fill


def _most_frequent(values: Array) -> float:
    """The smallest of the most frequent, as scikit-learn has it."""
    found, counts = np.unique(values, return_counts=True)
    return float(found[np.argmax(counts)])


_FILL: Mapping[str, Callable[[Holes, Array, Sequence[str]], Any]] = {
    "mean": _by_column(lambda values: float(values.mean()), "mean"),
    "median": _by_column(lambda values: float(np.median(values)), "median"),
    "most_frequent": _by_column(_most_frequent, "most frequent value"),
    "neighbours": _by_column(lambda values: float(values.mean()), "neighbours to take it from"),
    "zero": lambda holes, values, names: 0.0,
    "constant": lambda holes, values, names: holes.value,
}
