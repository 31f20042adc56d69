"""Where values lie on the axes of trials."""

from __future__ import annotations

import math

import pytest

from core.training.search import Choices, Range
from designer.search import told
from designer.search.axes import Axis, spanning


@pytest.mark.parametrize("variable", [
    Range(low=1e-4, high=1e-1, log=True), Range(low=8, high=64, step=8, integer=True), Range(low=-1.0, high=3.0),
])  # fmt: skip
def test_an_axis_places_numbers_as_the_variable_does(variable: Range) -> None:
    axis = told.axis("x", variable)
    for share in (0.0, 0.2, 0.5, 0.99):
        value = variable.at(share)
        assert axis.place(value) == pytest.approx(variable.place(value))
        assert axis.value(axis.place(value)) == pytest.approx(value)


def test_choices_stand_at_equal_distances_away_from_the_ends() -> None:
    axis = told.axis("optimizer", Choices(choices=("sgd", "adam", {"kind": "adam", "params": {"lr": 0.1}})))
    assert axis.words == ("sgd", "adam", "adam lr 0.1")
    assert [axis.place(word) for word in axis.words] == pytest.approx([1 / 6, 1 / 2, 5 / 6])
    assert [axis.value(place) for place in (0.0, 0.5, 1.0)] == ["sgd", "adam", "adam lr 0.1"]
    assert math.isnan(axis.place("rmsprop"))


def test_what_has_no_place_is_told_apart() -> None:
    assert math.isnan(Axis("x", 1e-3, 1.0, is_log=True).place(0.0))
    assert math.isnan(Axis("x").place(None))
    assert math.isnan(Axis("x").place(math.nan))


@pytest.mark.parametrize(("low", "high", "expected"), [
    (1e-5, 1e-1, ["1e-5", "0.0001", "0.001", "0.01", "0.1"]),
    (8, 256, ["10", "20", "50", "100", "200"]),
    (3.0, 3.5, ["3", "3.5"]),
])  # fmt: skip
def test_logarithmic_axes_have_round_numbers(low: float, high: float, expected: list[str]) -> None:
    ticks = Axis("x", low, high, is_log=True).ticks(5)
    assert [word for _, word in ticks] == expected
    assert all(0 <= place <= 1 for place, _ in ticks)


def test_an_axis_over_results_has_room_at_its_ends() -> None:
    axis = spanning("loss", [0.2, None, 0.7, math.inf])
    assert axis.low < 0.2 < 0.7 < axis.high
    assert spanning("loss", [0.5]).place(0.5) == pytest.approx(0.5)
    assert spanning("loss", []) == Axis("loss")
