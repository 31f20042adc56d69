"""Reading new tables: the same columns by name as the training had, whatever their order."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from core.analysis.drift.incoming import Incoming
from core.analysis.drift.traits import Trait, Traits, numbers, words
from core.catalog.datasets import source_values
from core.data.columns import EMPTY, number_column
from core.data.csv_table import NO_WORD, Table, Taken, open_table, take
from core.data.csv_text import read_text
from core.data.dataset import Array, Dataset, names_of, refuse
from core.training.job import Pick

ENDINGS = frozenset({".csv", ".tsv", ".txt", ".tab"})
NAMED = 8  # columns that a sentence names


@dataclass(frozen=True)
class _Rule:
    """How a column of the training was read: numbers, or these words."""

    name: str
    words: tuple[str, ...] | None = None


class Tables:
    """Reads tables for a run whose features have names; `dataset` is the training data, whole."""

    def __init__(self, dataset: Dataset, source: Pick, path: Path | None) -> None:
        self._dataset, self._source = dataset, source
        self._taken = self._open(path) if path is not None else None

    def _open(self, path: Path) -> Taken:
        return take(path, **{name: value for name, value in self._values.items() if name in _TAKES})

    @cached_property
    def _values(self) -> dict[str, Any]:
        return source_values(self._source) if self._source.kind == "csv" else {}

    @property
    def _spread(self) -> bool:
        return bool(self._values.get("text", "one_hot") == "one_hot")

    @cached_property
    def inputs(self) -> tuple[_Rule, ...]:
        """The feature columns, in the order of the training's table."""
        if self._taken is None:
            return tuple(_Rule(name) for name in self._dataset.columns["features"])
        return tuple(
            _Rule(c.name, tuple(w for w in np.unique(c.values).tolist() if w) if c.is_text else None)
            for c in self._taken.inputs
        )

    @cached_property
    def targets(self) -> tuple[str, ...]:
        """The columns of the answer, as the training's table calls them."""
        if self._taken is not None:
            return tuple(column.name for column in self._taken.answers)
        return tuple(self._dataset.columns.get("target", ("target",))) if "target" in self._dataset.fields else ()

    def reference(self, rows: Array) -> Traits:
        """The traits of rows of the training data, by column."""
        if self._taken is None:
            table = self._dataset.fields["features"]
            return {rule.name: numbers(table[rows, i]) for i, rule in enumerate(self.inputs)}
        return {
            c.name: Trait("word", c.values[rows]) if c.is_text else numbers(c.values[rows]) for c in self._taken.inputs
        }

    # -- reading

    def read(self, path: Path, growing: bool = False) -> Incoming:
        """The rows of a table. Of one that is `growing`, a last line without an end is left for the next time.

        Raises:
            LayerloomError: it is no table, or lacks columns that the network needs; the sentence names them.
        """
        content = read_text(path, self._values.get("encoding", "utf-8"))
        if growing and not content.endswith("\n"):
            content = content[: content.rfind("\n") + 1]
        header = self._values.get("header", "auto")
        table = open_table(path.name, content, self._values.get("delimiter", "auto"), header)
        self._check_names(table)
        cells = {rule.name: _cells(table, rule) for rule in self.inputs}
        traits = {name: trait for name, (trait, _) in cells.items()}
        fields, usable = self._fields(traits, len(table.lines))
        truth, answered = self._truth(table)
        notes = (*self._extra(table), *self._unknown(traits), *self._unanswered(table, answered))
        faults = tuple((name, sentence) for name, (_, sentence) in cells.items() if sentence)
        return Incoming(path.name, traits, {**fields, **truth}, usable, answered, notes, faults)

    def _check_names(self, table: Table) -> None:
        missing = [rule.name for rule in self.inputs if rule.name not in table.columns]
        if not missing:
            return
        free = [name for name in table.columns if name not in {rule.name for rule in self.inputs}]
        if len(missing) == len(self.inputs):
            raise refuse(
                f"{table.file} has none of the columns that the network was trained on ({_listed(missing)}); it has "
                f"{_listed(list(table.columns))}. Choose the right file, or give it a first line with the names.",
                "drift.columns",
            )
        renamed = [(name, near[0]) for name in missing if (near := _alike(name, free))]
        hint = "".join(f" Perhaps {new} is {old} renamed." for old, new in renamed[:3])
        raise refuse(
            f"{table.file} lacks {'the column' if len(missing) == 1 else f'{len(missing)} columns'} that the network "
            f"needs: {_listed(missing)}.{hint}",
            "drift.columns",
        )

    def _fields(self, traits: Traits, count: int) -> tuple[dict[str, Array], Array]:
        """The fields as the training had them, and which rows can be fed."""
        fields: dict[str, Array] = {}
        usable = np.ones(count, bool)
        parts: list[Array] = []
        for rule in self.inputs:
            values = traits[rule.name].values
            if rule.words is None:
                parts.append(values[:, None].astype(np.float32))
            elif self._spread:
                parts.append((values[:, None] == np.array(rule.words)).astype(np.float32))
            else:
                fields[rule.name], known = _index(values, self._dataset.signature.fields[rule.name].classes)
                usable &= known
        if parts:
            features, whole = self._features(np.concatenate(parts, axis=1))
            fields["features"] = features
            usable &= whole
        return fields, usable

    def _features(self, table: Array) -> tuple[Array, Array]:
        """With the columns that mark holes; rows with holes that nothing fills are not usable."""
        holes = self._dataset.holes.get("features")
        width = self._dataset.fields["features"].shape[1]
        table = np.pad(table, ((0, 0), (0, width - table.shape[1])))
        whole = _full(table)
        if holes is not None:
            return table, np.ones(len(table), bool)
        return np.nan_to_num(table), whole

    def _truth(self, table: Table) -> tuple[dict[str, Array], dict[str, Array]]:
        if not self.targets or any(name not in table.columns for name in self.targets):
            return {}, {}
        signature = self._dataset.signature.fields["target"]
        if signature.classes:
            values, found = _index(_class_names(table, self.targets[0]), signature.classes)
            return {"target": values}, {"target": found}
        columns = [_cells(table, _Rule(name))[0].values for name in self.targets]
        values = np.stack(columns, axis=1).astype(np.float32)
        known = _full(values)
        return {"target": np.nan_to_num(values)}, {"target": known}

    def _extra(self, table: Table) -> list[str]:
        known = {rule.name for rule in self.inputs} | set(self.targets)
        known |= set(self._taken.names) if self._taken is not None else set()
        extra = [name for name in table.columns if name not in known]
        if len(extra) > 1:
            return [f"{len(extra)} columns that the training did not have are not looked at: {_listed(extra)}."]
        return [f"The column {extra[0]} that the training did not have is not looked at."] if extra else []

    def _unknown(self, traits: Traits) -> list[str]:
        told = []
        for rule in self.inputs:
            if rule.words is not None:
                values = traits[rule.name].values
                strange = (values != "") & ~np.isin(values, rule.words)
                if strange.any():
                    names = _listed([repr(w) for w in np.unique(values[strange]).tolist()])
                    told.append(
                        f"{rule.name}: {int(strange.sum()):,} cells hold words never trained on ({names}), "
                        f"{'which the network sees as none of its words' if self._spread else 'which cannot be fed'}."
                    )
        return told

    def _unanswered(self, table: Table, answered: Mapping[str, Array]) -> list[str]:
        if not answered:
            absent = [name for name in self.targets if name not in table.columns]
            return [f"Without {_listed(absent)} in the file no live metrics are told."] if absent else []
        strange = int((~answered["target"]).sum())
        return (
            [f"{strange:,} rows have no target that the training knows; live metrics leave them out."]
            if strange
            else []
        )


_TAKES = ("features", "target", "group", "holes", "text", "delimiter", "header", "encoding")


def _cells(table: Table, rule: _Rule) -> tuple[Trait, str]:
    """One column as the training read it; a sentence where cells hold words in place of numbers."""
    if rule.words is not None:
        bare = np.array([cell.strip() for cell in table.columns[rule.name]])
        return words(np.where(np.isin(np.char.lower(bare), tuple(EMPTY)), "", bare)), ""
    column = number_column(table.file, rule.name, table.columns[rule.name], table.lines)
    if not column.is_text:
        return numbers(column.numbers), ""
    values = np.array([_number(cell) for cell in column.values.tolist()])
    odd = np.flatnonzero((column.values != "") & np.isnan(values))
    sentence = ""
    if len(odd):
        first = int(odd[0])
        sentence = (
            f"{table.file}, line {int(column.lines[first])}, column {rule.name}: expected a number, received "
            f"{str(column.values[first])!r:.40}; {len(odd):,} such cells count as missing."
        )
    return Trait("number", values, len(odd)), sentence


def _full(rows: Array) -> Array:
    """Which rows have no hole."""
    return np.asarray(np.isfinite(rows).all(axis=1))


def _number(cell: str) -> float:
    try:
        value = float(cell.replace(",", ".", 1) if "." not in cell else cell)
    except ValueError:
        return float("nan")
    return value if abs(value) <= np.finfo(np.float32).max else float("nan")


def _class_names(table: Table, name: str) -> Array:
    """The cells of a target as the names of classes are written."""
    column = number_column(table.file, name, table.columns[name], table.lines)
    if column.is_text:
        return np.where(column.missing, NO_WORD, column.values)
    return np.array(["" if np.isnan(v) else names_of([v])[0] for v in column.numbers.tolist()])


def _index(values: Array, classes: Sequence[str]) -> tuple[Array, Array]:
    """The class of each name, 0 for those that there is none of; and which there are."""
    place = {name: at for at, name in enumerate(classes)}
    found = np.array([place.get(value, -1) for value in values.tolist()], np.int64)
    return np.maximum(found, 0), found >= 0


def _alike(name: str, others: Sequence[str]) -> list[str]:
    lower = {other.lower().replace(" ", "_"): other for other in others}
    return [lower[found] for found in difflib.get_close_matches(name.lower().replace(" ", "_"), lower, 1, 0.6)]


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:NAMED]) + (f" and {len(names) - NAMED} more" if len(names) > NAMED else "")
