"""What is odd about the columns of a table, before anybody trains on it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from core.data.dataset import Dataset
from core.problem import Problem, Severity, listed

MANY = 20  # different words from which on a column is looked at as names rather than kinds


def remarks(dataset: Dataset) -> list[Problem]:
    """Warnings about columns that tell nothing: one value in every row, or another word in almost each."""
    return [problem for name in dataset.columns for problem in (*_constant(dataset, name), *_names(dataset, name))]


def _constant(dataset: Dataset, field: str) -> Iterator[Problem]:
    values = dataset.fields[field]
    if values.ndim != 2 or values.dtype.kind != "f" or len(values) < 2:
        return
    with np.errstate(invalid="ignore"):
        same = (values == values[:1]).all(axis=0)
    found = [name for name, constant in zip(dataset.columns[field], same, strict=True) if constant]
    if found:
        one = len(found) == 1
        value = f"{values[0, dataset.columns[field].index(found[0])]:g}" if one else "one value"
        text = (
            f"{'The column' if one else f'{len(found)} columns,'} {listed(found)}{'' if one else ','} "
            f"{'holds' if one else 'hold'} {value} in every row, which tells nothing apart. "
            f"Leave {'it' if one else 'them'} out."
        )
        yield Problem("data.constant", text, severity=Severity.WARNING)


def _names(dataset: Dataset, field: str) -> Iterator[Problem]:
    """Text columns that are spread over about as many 0/1 columns as there are rows."""
    spread: dict[str, int] = {}
    for name in dataset.columns[field]:
        column, sign, _ = name.partition("=")
        if sign:
            spread[column] = spread.get(column, 0) + 1
    for column, words in spread.items():
        if words > MANY and 2 * words > len(dataset):
            text = (
                f"The column {column} holds {words} different texts in {len(dataset):,} rows, each a 0/1 column of its "
                "own: that says nothing about rows to come. Leave it out, or write it as a number (a date as days, "
                "an amount without its sign)."
            )
            yield Problem("data.names", text, severity=Severity.WARNING)
