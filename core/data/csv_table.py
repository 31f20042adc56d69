"""CSV tables: delimiter, header and kinds of column found or told; every refusal names file, line and column."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from core.data.columns import Column, number_column
from core.data.csv_text import Layout, find_layout, read_text
from core.data.dataset import Array, Dataset, Holes, as_classes, check_size, looks_like_classes, numbers, refuse
from core.data.holes import Asked, asked_holes
from core.data.signature import DataSignature, FieldSignature

MAX_WORDS = 100  # different words that a column may be spread over
NO_WORD = "(empty)"  # the class of an empty cell


@dataclass(frozen=True)
class Table:
    """The cells of a file by column, and the line on which each row ends."""

    file: str
    columns: Mapping[str, list[str]]
    lines: list[int]

    def column(self, name: str) -> Column:
        return number_column(self.file, name, self.columns[name], self.lines)


def read_csv(
    *,
    path: Path,
    features: str,
    target: str,
    target_is: str,
    group: str,
    holes: str,
    text: str,
    delimiter: str,
    header: str,
    encoding: str,
    **filling: Any,
) -> Dataset:
    """The table as the fields ``features`` and ``target``, and one for each text column where `text` is ``fields``.

    See `core.catalog.datasets` for the meaning of the arguments; `filling` are those of `core.catalog.holes`.

    Raises:
        LayerloomError: the file is not such a table; the sentence names file, line and column.
    """
    taken = take(path, features, target, group, holes, text, delimiter, header, encoding)
    builder = _Builder(taken.file, int(taken.keep.sum()), asked_holes(holes, **filling))
    dataset = builder.build(taken.inputs, taken.answers, target_is, spread=text == "one_hot")
    return replace(dataset, groups=_numbered(taken.groups, taken.keep)) if taken.groups else dataset


@dataclass(frozen=True)
class Taken:
    """What a source takes of a table: the columns of the features and of the answers without the rows that it leaves
    out; `keep` tells which of all rows those are not, `groups` holds the cells of every row that group them, `names`
    are those of all columns."""

    file: str
    names: tuple[str, ...]
    inputs: Sequence[Column]
    answers: Sequence[Column]
    keep: Array
    groups: Sequence[Sequence[str]]


def take(
    path: Path, features: str, target: str, group: str, holes: str, text: str, delimiter: str, header: str,
    encoding: str,
) -> Taken:  # fmt: skip
    """The columns that these arguments of `read_csv` choose; raises like it."""
    table = open_table(path.name, read_text(path, encoding), delimiter, header)
    groups = _listed(table, group, "group")
    feature_names, target_names = _choose(table, features, target, apart=groups)
    inputs = [table.column(name) for name in feature_names]
    answers = [table.column(name) for name in target_names]
    if text == "leave_out":
        inputs = [column for column in inputs if not column.is_text]
    keep = _without_holes(inputs, answers, holes, len(table.lines))
    inputs, answers = [c.rows(keep) for c in inputs], [c.rows(keep) for c in answers]
    return Taken(table.file, tuple(table.columns), inputs, answers, keep, [table.columns[name] for name in groups])


def open_table(file: str, content: str, delimiter: str = "auto", header: str = "auto") -> Table:
    """The cells of a table. Raises LayerloomError where the text is none, with file and line."""
    return _read_table(file, content, find_layout(content, file, delimiter, header))


def _read_table(file: str, content: str, layout: Layout) -> Table:
    rows, lines = [], []
    for line, row in _rows(file, content, layout):
        rows.append(row)
        lines.append(line)
    if not rows:
        raise refuse(f"{file} has no rows of data.", "data.csv")
    width = len(layout.names)
    check_size(f"{file}", (len(rows), width), 8)
    columns = dict(zip(layout.names, map(list, zip(*rows, strict=True)), strict=True))
    return Table(file, columns, lines)


def _rows(file: str, content: str, layout: Layout) -> Iterator[tuple[int, list[str]]]:
    """Each row of data with the line that it ends on; blank lines are passed over."""
    reader = csv.reader(
        io.StringIO(content, newline=""), delimiter=layout.delimiter, skipinitialspace=True, strict=True
    )
    width, begun = len(layout.names), 1
    try:
        for number, row in enumerate(reader):
            begun = reader.line_num + 1  # of the next row
            if (number == 0 and layout.has_header) or not any(map(str.strip, row)):
                continue
            if len(row) != width:
                raise refuse(
                    f"{file}, line {reader.line_num}: {len(row)} cells, the lines before have {width}. "
                    f"Add or remove {'a cell' if abs(len(row) - width) == 1 else 'cells'}, or quote a text "
                    f"that contains {layout.shown}.",
                    "data.csv",
                    expected=f"{width} cells",
                    received=f"{len(row)} cells",
                )
            yield reader.line_num, row
    except csv.Error as error:
        raise refuse(
            f"{file}, line {begun}: {error}. Look for a quote in this line that is never closed.", "data.csv"
        ) from error


def _numbered(columns: Sequence[Sequence[str]], keep: Array) -> Array:
    """A number for each kept row, the same where the cells of these columns are."""
    cells = np.array([" / ".join(map(str.strip, row)) for row in zip(*columns, strict=True)])
    numbers: Array = np.unique(cells[keep], return_inverse=True)[1]
    return numbers


def _choose(table: Table, features: str, target: str, apart: Sequence[str] = ()) -> tuple[list[str], list[str]]:
    """Names of the feature columns and of the target columns; those in `apart` are features only where asked for."""
    names = [name for name in table.columns if name not in apart]
    targets = [] if target.strip() == "-" else _listed(table, target, "target") or names[-1:]
    chosen = _listed(table, features, "features") or [name for name in names if name not in targets]
    both = [name for name in chosen if name in targets]
    if both:
        raise refuse(f"{table.file}: the column {both[0]} is a feature and the target. Take it out of one.", "data.csv")
    if not chosen:
        raise refuse(f"{table.file}: no column is left for the features. Choose another target.", "data.csv")
    return chosen, targets


def _listed(table: Table, text: str, what: str) -> list[str]:
    names = [name.strip() for name in next(csv.reader([text], skipinitialspace=True), [])]
    for name in names:
        if name not in table.columns:
            known = ", ".join(list(table.columns)[:20]) + (", …" if len(table.columns) > 20 else "")
            raise refuse(f"{table.file} has no column {name!r:.60} for the {what}; it has {known}.", "data.csv")
    return list(dict.fromkeys(names))


def _without_holes(inputs: Sequence[Column], answers: Sequence[Column], holes: str, count: int) -> Array:
    """Which rows stay, by what is to be done about empty cells. Where holes are filled, no word is a word too."""
    keep = np.ones(count, bool)
    for column in (*inputs, *answers):
        if holes == "refuse" and column.missing.any():
            raise column.hole()
        if holes == "drop" or column in answers:
            keep &= ~column.missing
    if not keep.any():
        raise refuse(f"{inputs[0].file}: every row has an empty cell, so dropping them leaves nothing.", "data.csv")
    return keep


class _Builder:
    """Gathers fields and their signatures."""

    def __init__(self, file: str, examples: int, asked: Asked) -> None:
        self._file, self._examples, self._asked = file, examples, asked
        self._holes: dict[str, Holes] = {}
        self._fields: dict[str, Array] = {}
        self._signatures: dict[str, FieldSignature] = {}
        self._columns: dict[str, tuple[str, ...]] = {}

    def build(self, inputs: Sequence[Column], answers: Sequence[Column], target_is: str, spread: bool) -> Dataset:
        self._add_features([c for c in inputs if spread or not c.is_text])
        for column in () if spread else [c for c in inputs if c.is_text]:
            self._add_classes(column.name, column)
        if answers:
            self._add_target(answers, target_is)
        signature = DataSignature(fields=self._signatures, examples=self._examples)
        return Dataset(self._fields, signature, self._columns, self._holes)

    def _add_features(self, inputs: Sequence[Column]) -> None:
        parts: list[Array] = []
        names: list[str] = []
        for column in inputs:
            values, titles = _spread(column) if column.is_text else (column.numbers[:, None], (column.name,))
            parts.append(values.astype(np.float32))
            names += titles
        if parts:
            check_size(self._file, (self._examples, len(names)), 4)
            values, told, holes = self._asked.marked(np.concatenate(parts, axis=1), names)
            self._add_numbers("features", values, told)
            self._holes = {"features": holes} if holes else {}

    def _add_target(self, answers: Sequence[Column], target_is: str) -> None:
        first = answers[0]
        worded = any(column.is_text for column in answers)
        few = len(answers) == 1 and not worded and looks_like_classes(first.numbers)
        if target_is == "classes" or (target_is == "auto" and (worded or few)):
            if len(answers) > 1:
                raise refuse(f"{self._file}: classes stand in one target column, received {len(answers)}.", "data.csv")
            self._add_classes("target", first)
            return
        for column in answers:
            if column.is_text:
                raise column.not_a_number()
        values = np.stack([column.numbers for column in answers], axis=1).astype(np.float32)
        self._add_numbers("target", values, tuple(column.name for column in answers))

    def _add_numbers(self, field: str, values: Array, names: tuple[str, ...]) -> None:
        self._claim(field)
        doc = ", ".join(names[:20]) + (", …" if len(names) > 20 else "")
        self._fields[field], self._signatures[field] = values, numbers(values, doc)
        self._columns[field] = names

    def _claim(self, field: str) -> None:
        if field in self._fields:
            raise refuse(f"{self._file}: two fields would be called {field}. Rename the column.", "data.csv")

    def _add_classes(self, field: str, column: Column) -> None:
        self._claim(field)
        values = np.where(column.missing, NO_WORD, column.values) if column.is_text else column.values
        index, classes = as_classes(values, f"{self._file}, column {column.name}")
        self._fields[field] = index
        self._signatures[field] = FieldSignature(shape=(), dtype="int", classes=classes, doc=column.name)


def _spread(column: Column) -> tuple[Array, tuple[str, ...]]:
    """A text column as one 0/1 column for each word; an empty cell is 0 in all of them."""
    index, words = as_classes(column.values, f"{column.file}, column {column.name}")
    if len(words) > MAX_WORDS:
        raise refuse(
            f"{column.file}: the column {column.name} holds {len(words):,} different texts; at most {MAX_WORDS} "
            f"are spread over 0/1 columns.{_almost_numbers(column)} "
            "Leave it out of the features, or make text columns fields of their own.",
            "data.csv",
        )
    told = [place for place, word in enumerate(words) if word]
    return np.eye(len(words), dtype=np.float32)[index][:, told], tuple(f"{column.name}={words[at]}" for at in told)


def _almost_numbers(column: Column) -> str:
    """What keeps a text column that is mostly numbers from being one; empty for words."""
    words = [row for row, cell in enumerate(column.values) if cell and not _is_number(str(cell))]
    if not words or 2 * len(words) > len(column.values):
        return ""
    return f" It would hold numbers but for {str(column.values[words[0]])!r:.60} in line {int(column.lines[words[0]])}."


def _is_number(cell: str) -> bool:
    try:
        float(cell.replace(",", "."))
    except ValueError:
        return False
    return True
