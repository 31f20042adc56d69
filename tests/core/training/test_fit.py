"""The verdict on scripted curves."""

from __future__ import annotations

import math
import random
from collections.abc import Callable

import pytest

from core.training.fit import judge

Curve = Callable[[int], float]


def drawn(curve: Curve, epochs: int = 40, noise: float = 0.0, seed: int = 0) -> list[float]:
    draw = random.Random(seed)
    return [curve(epoch) + draw.gauss(0, noise) for epoch in range(epochs)]


def falls(epoch: int) -> float:
    return 0.1 + 2.2 * math.exp(-epoch / 5)


def turns(epoch: int) -> float:
    return 0.5 + 1.8 * math.exp(-epoch / 3) + (0.02 * (epoch - 10) if epoch > 10 else 0.0)


@pytest.mark.parametrize("noise", [0.0, 0.01])
@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(
    ("kind", "train", "validation"),
    [
        ("overfits", falls, turns),
        ("gap", falls, lambda e: 1.2 + 1.1 * math.exp(-e / 4)),
        ("fits", falls, lambda e: falls(e) + 0.08),
        ("learning", lambda e: 2.3 - 0.04 * e, lambda e: 2.35 - 0.04 * e),
        ("underfits", lambda e: 1.9 + 0.4 * math.exp(-e / 2), lambda e: 1.95 + 0.4 * math.exp(-e / 2)),
        ("diverges", lambda e: 2.3 * 1.1**e, lambda e: 2.3 * 1.1**e),
    ],
)
def test_scripted_curves(kind: str, train: Curve, validation: Curve, noise: float, seed: int) -> None:
    found = judge(drawn(train, noise=noise, seed=seed), drawn(validation, noise=noise, seed=seed + 99), start=2.4)
    assert found.kind == kind
    assert found.short
    assert found.words.endswith(".")


def test_the_epoch_is_that_of_the_least_validation_loss() -> None:
    found = judge(drawn(falls), drawn(turns), 2.3)
    least = min(range(40), key=turns) + 1
    assert abs(found.epoch - least) <= 1, "a median of three may move it by one"
    assert found.short == f"overfits since epoch {found.epoch}"


def test_one_odd_epoch_decides_nothing() -> None:
    validation = drawn(lambda e: falls(e) + 0.08)
    validation[20] = 0.01
    assert judge(drawn(falls), validation, 2.3).kind == "fits"
    validation[20] = 9.0
    assert judge(drawn(falls), validation, 2.3).kind == "fits"


def test_what_was_learned_in_the_first_epoch_does_not_underfit() -> None:
    flat = [0.1] * 20
    assert judge(flat, flat, start=2.3).kind == "fits"
    assert judge([2.25] * 20, [2.3] * 20, start=2.3).kind == "underfits"


def test_without_validation_and_with_few_epochs() -> None:
    assert judge(drawn(falls)).short == "has levelled off"
    assert judge([1.0] * 4).kind == "early"
    assert judge([1.0] * 9, [1.0] * 2).kind == "early"
    assert judge([1.0, 0.5, math.nan, 0.4, 0.3]).kind == "diverges"


def test_losses_below_zero_are_judged_too() -> None:
    """Log likelihoods of densities may be."""
    assert judge(drawn(lambda e: falls(e) - 5), drawn(lambda e: turns(e) - 5), -2.7).kind == "overfits"
    assert judge(drawn(lambda e: falls(e) - 5), drawn(lambda e: falls(e) - 4.9), -2.7).kind == "fits"
