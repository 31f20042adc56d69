"""The share of the spread that each variable explains, where it is known."""

from __future__ import annotations

import pytest

from core.search.importance import importance
from core.search.proposing import propose
from core.search.trial import Trial
from core.training.pick import Pick
from core.training.search import Choices, Range, Search

SEARCH = Search(
    variables={"x": Range(low=0, high=1), "y": Range(low=0, high=1), "k": Choices(choices=("a", "b", "c"))},
    strategy=Pick(kind="sobol"),
)


def trials(weights: tuple[float, float, float], count: int = 64) -> list[Trial]:
    made: list[Trial] = []
    for number in range(count):
        values = propose(SEARCH, made)
        assert values is not None
        result = weights[0] * values["x"] + weights[1] * values["y"] + weights[2] * "abc".index(values["k"]) / 2
        made.append(Trial(number, values, "finished", result))
    return made


def test_shares_are_those_of_the_variance() -> None:
    """Of ``3x + y`` with x and y uniform, x explains 9 parts of 10."""
    shares = importance(SEARCH, trials((3.0, 1.0, 0.0)))
    assert list(shares) == ["x", "y", "k"]
    assert sum(shares.values()) == pytest.approx(1.0)
    assert shares["x"] == pytest.approx(0.9, abs=0.05)
    assert shares["k"] < 0.02


def test_a_choice_alone_explains_all() -> None:
    assert importance(SEARCH, trials((0.0, 0.0, 1.0)))["k"] > 0.97


def test_nothing_is_told_of_too_little() -> None:
    some = trials((1.0, 1.0, 1.0), 8)
    assert importance(SEARCH, some[:3]) == {}
    assert importance(SEARCH, [Trial(t.number, t.values, "finished", 1.0) for t in some]) == {}
    assert importance(SEARCH, [Trial(t.number, t.values, "pruned", 1.0) for t in some]) == {}
    assert importance(Search(folds=2), [Trial(0, {}, "finished", 1.0)]) == {}


def test_what_never_varied_explains_nothing() -> None:
    fixed = [Trial(t.number, {**t.values, "y": 0.5}, t.state, t.values["x"]) for t in trials((1.0, 0.0, 0.0), 16)]
    shares = importance(SEARCH, fixed)
    assert shares["y"] == 0.0
    assert shares["x"] > 0.9
