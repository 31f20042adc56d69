"""Sentences about what went wrong."""

from __future__ import annotations

import pytest

from core.problem import listed


@pytest.mark.parametrize(
    ("names", "most", "told"),
    [([], 3, ""), (["a", "b", "c"], 3, "a, b, c"), (["a", "b", "c", "d"], 3, "a, b, c and 1 more")],
)
def test_names_are_listed_as_far_as_there_is_room(names: list[str], most: int, told: str) -> None:
    assert listed(names, most) == told
