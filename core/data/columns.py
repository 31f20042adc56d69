"""One column of a table: numbers where every cell is one, else text; with its holes and where each row stands."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from core.data.dataset import Array, check_size, refuse
from core.problem import Fix, LayerloomError

EMPTY = frozenset({"", "na", "n/a", "nan", "null", "none", "?", "-", "#n/a"})


@dataclass(frozen=True, eq=False)
class Column:
    """`values` are float64 with NaN at holes, or text with the empty string there; `lines` tells each row's line."""

    file: str
    name: str
    values: Array
    lines: Array
    first_text: int = -1  # row of the first cell that is no number, in a column that mixes both

    @property
    def is_text(self) -> bool:
        return self.values.dtype.kind != "f"

    @property
    def numbers(self) -> Array:
        return self.values

    @cached_property
    def missing(self) -> Array:
        holes: Array = self.values == "" if self.is_text else np.isnan(self.values)
        return holes

    def rows(self, keep: Array) -> Column:
        values = self.values[keep]
        first = _first_text(values.tolist()) if self.first_text >= 0 else -1
        return replace(self, values=values, lines=self.lines[keep], first_text=first)

    def hole(self) -> LayerloomError:
        """The refusal of the first hole."""
        return refuse(
            f"{self._at(int(np.flatnonzero(self.missing)[0]))}: the cell is empty. "
            "Fill it in, or let rows with empty cells be dropped or filled with the column's mean.",
            "data.holes",
            expected="text" if self.is_text else "a number",
            received="nothing",
            fixes=(
                Fix("Fill in the column's mean", "set_job", {"path": "data.source.params.holes", "value": "mean"}),
                Fix("Leave such rows out", "set_job", {"path": "data.source.params.holes", "value": "drop"}),
            ),
        )

    def not_a_number(self) -> LayerloomError:
        """The refusal of the first text in a column that must hold numbers."""
        row = max(self.first_text, 0)
        return refuse(
            f"{self._at(row)}: expected a number, received {str(self.values[row])!r:.60}. "
            "Correct the cell, choose another column, or let the target hold classes.",
            "data.csv",
            expected="a number",
            received=str(self.values[row])[:60],
        )

    def _at(self, row: int) -> str:
        return f"{self.file}, line {int(self.lines[row])}, column {self.name}"


def number_column(file: str, name: str, cells: Sequence[str], lines: Sequence[int]) -> Column:
    """The column of these cells: numbers where all that is not empty is one (a decimal comma is understood)."""
    where = np.asarray(lines)
    values = _parsed(cells)
    if values is None or np.isnan(values).all():
        cells = ["" if (bare := cell.strip()).lower() in EMPTY else bare for cell in cells]
        filled = [cell or "nan" for cell in cells]
        values = _parsed(filled)
        values = _parsed(map(_pointed, filled)) if values is None else values
    if values is None or np.isnan(values).all():
        check_size(f"{file}: the column {name}", (len(cells), max(map(len, cells), default=0)), 4)
        return Column(file, name, np.array(cells), where, _first_text(cells))
    return Column(file, name, _finite(file, name, values, where), where)


def _parsed(cells: Iterable[str]) -> Array | None:
    """The cells as numbers; None where one of them is none."""
    try:
        return np.fromiter(map(float, cells), np.float64)
    except ValueError:
        return None


def _pointed(cell: str) -> str:
    """``1,5`` as ``1.5``; anything with a point of its own stays."""
    return cell.replace(",", ".", 1) if "." not in cell else cell


def _finite(file: str, name: str, values: Array, lines: Array) -> Array:
    endless = np.flatnonzero(np.abs(values) > np.finfo(np.float32).max)
    if len(endless):
        row = int(endless[0])
        raise refuse(
            f"{file}, line {int(lines[row])}, column {name}: {values[row]:g} is too large for a 32-bit number.",
            "data.csv",
        )
    return values


def _first_text(cells: Sequence[str]) -> int:
    for row, cell in enumerate(cells):
        if not cell:
            continue
        try:
            float(cell)
        except ValueError:
            return row
    return -1
