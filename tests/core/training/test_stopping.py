"""Early stopping, on its own."""

from __future__ import annotations

import math

import pytest

from core.problem import LayerloomError
from core.training.job import Stopping
from core.training.stopping import BestSoFar


def test_a_loss_must_fall_by_more_than_the_least_gain() -> None:
    best = BestSoFar("loss", patience=2, min_delta=0.1)
    taken = [best.update(epoch, {"loss": loss}) for epoch, loss in enumerate((1.0, 0.95, 0.85, 0.9, 0.84), start=1)]
    assert taken == [True, False, True, False, False]
    assert (best.value, best.epoch, best.since, best.exhausted) == (0.85, 3, 2, True)


def test_an_accuracy_must_rise() -> None:
    best = BestSoFar("accuracy", patience=5, min_delta=0.0)
    assert [best.update(e, {"accuracy": a}) for e, a in ((1, 0.5), (2, 0.5), (3, 0.7), (4, 0.6))] == [
        True,
        False,
        True,
        False,
    ]


def test_nan_is_never_the_best() -> None:
    best = BestSoFar("loss", patience=2, min_delta=0.0)
    assert not best.update(1, {"loss": math.nan})
    assert best.update(2, {"loss": 5.0})
    assert not best.update(3, {"loss": math.nan})


def test_the_state_comes_back() -> None:
    best, other = BestSoFar("loss", 3, 0.0), BestSoFar("loss", 3, 0.0)
    best.update(1, {"loss": 2.0})
    best.update(2, {"loss": 3.0})
    other.load(best.state())
    assert other == best


def test_where_it_is_off_the_loss_tells_the_best() -> None:
    assert BestSoFar.of(Stopping(metric="accuracy"), ("loss", "mae")).metric == "loss"


def test_it_needs_a_validation_part() -> None:
    with pytest.raises(LayerloomError, match="the split leaves it no examples"):
        BestSoFar.of(Stopping(enabled=True), ())
