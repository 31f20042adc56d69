"""Signals of a run as readings on the canvas."""

from __future__ import annotations

import math

import pytest

from core.training.protocol import Signals
from designer.training.flow import readings


def test_the_largest_gradient_is_one_and_six_decades_are_none() -> None:
    nodes = {
        "a": {"gradient": 1e-2, "update": 1e-3, "dead": 0.5},
        "b": {"gradient": 1e-5},
        "n7/c": {"gradient": 1e-12},
        "d": {"activation": 1.0},
        "e": {"gradient": math.nan},
    }
    found = readings(Signals(3, nodes))
    assert {n: r.value for n, r in found.items()} == pytest.approx({"a": 1.0, "b": 0.5, "n7/c": 0.0, "e": 1.0})
    assert found["a"].text == "∇ 1e-02  Δ 1e-03  50% dead"
    assert readings(None) == {}
