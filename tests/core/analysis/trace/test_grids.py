"""Numbers of a trace as they are read."""

from __future__ import annotations

import pytest

from core.analysis.trace.grids import exponentials, summed


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ([0.5, -1.0], "exp(0.5) + exp(−1)"),
        ([0.0, 0.0, 0.0, 0.0, 0.0, 1.0], "exp(0) + exp(0) + exp(0) + exp(0) + 3.718 of 2 more"),
        ([0.0, 0.0, 0.0, 0.0, 800.0], "exp(0) + exp(0) + exp(0) + exp(0) + inf of 1 more"),
    ],
)
def test_exponentials_are_written_as_far_as_there_is_room(row: list[float], told: str) -> None:
    assert exponentials(row) == told


def test_the_largest_products_are_written_in_their_order() -> None:
    products = [(0.1, 1.0), (2.0, -3.0), (0.2, 1.0), (5.0, 1.0)]
    assert summed(products, [("bias", -1.0)], most=2) == "2·(−3) + 5·1 + … (2 more: 0.3) + (−1)"
