"""Examples that stand in two parts are found, whatever their fields and kinds of number."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from core.data.overlap import overlap

rows = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2)), min_size=1, max_size=30)


@given(rows, rows)
def test_counts_as_sets_of_rows_do(train: list[tuple[int, int]], test: list[tuple[int, int]]) -> None:
    parts = {
        part: {"a": np.array([[r[0]] * 2 for r in part_rows], np.float32), "b": np.array([r[1] for r in part_rows])}
        for part, part_rows in (("train", train), ("test", test))
    }
    assert overlap(parts, ["a", "b"]) == {"test": sum(row in set(train) for row in test)}
    assert overlap(parts, ["b"]) == {"test": sum(row[1] in {r[1] for r in train} for row in test)}


def test_without_fields_or_examples_nothing_is_the_same() -> None:
    ones = {"x": np.ones((3, 2), np.uint8)}
    none = {"x": np.ones((0, 2), np.uint8)}
    assert overlap({"train": ones, "validation": none, "test": ones}, ["x"]) == {"validation": 0, "test": 3}
    assert overlap({"train": ones, "test": ones}, []) == {"test": 0}
