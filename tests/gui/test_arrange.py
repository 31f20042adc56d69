"""Aligning and spreading boxes."""

from __future__ import annotations

import pytest

from core.spec.shape import BATCH, symbol
from designer.arrange import Box, Edge, align, distribute
from designer.numbers import count, exact, macs, short

BOXES = {"a": Box(0, 0, 100, 40), "b": Box(50, 100, 60, 80), "c": Box(300, 20, 100, 40)}


@pytest.mark.parametrize(
    ("edge", "expected"),
    [
        ("left", {"a": (0, 0), "b": (0, 100), "c": (0, 20)}),
        ("right", {"a": (300, 0), "b": (340, 100), "c": (300, 20)}),
        ("centre", {"a": (150, 0), "b": (170, 100), "c": (150, 20)}),
        ("top", {"a": (0, 0), "b": (50, 0), "c": (300, 0)}),
        ("bottom", {"a": (0, 140), "b": (50, 100), "c": (300, 140)}),
        ("middle", {"a": (0, 70), "b": (50, 50), "c": (300, 70)}),
    ],
)
def test_align(edge: Edge, expected: dict[str, tuple[float, float]]) -> None:
    assert align(BOXES, edge) == expected


def test_distribute_makes_equal_gaps_and_keeps_the_ends() -> None:
    places = distribute(BOXES, "across")
    assert places["a"] == (0, 0)
    assert places["c"] == (300, 20)
    gap = places["b"][0] - 100
    assert places["c"][0] - (places["b"][0] + 60) == pytest.approx(gap)


def test_distribute_orders_by_place_not_by_name() -> None:
    places = distribute({"z": Box(0, 0, 10, 10), "y": Box(0, 90, 10, 10), "x": Box(0, 20, 10, 10)}, "down")
    assert places == {"z": (0, 0), "x": (0, 45), "y": (0, 90)}


def test_numbers() -> None:
    assert [short(n) for n in (0, 950, 1234, 65_792, 1_200_000, 5e9)] == [
        "0",
        "950",
        "1.23 k",
        "65.8 k",
        "1.20 M",
        "5.00 G",
    ]
    assert exact(1234567) == "1,234,567"
    assert macs(BATCH * 2048) == "2.05 k"
    assert macs(BATCH * symbol("T") * 4) == "4*T"
    assert (count(1, "node"), count(3, "node")) == ("1 node", "3 nodes")
