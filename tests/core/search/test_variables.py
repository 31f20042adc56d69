"""Ranges and choices: which values they hold, how shares of them are drawn, what a grid visits."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest

from core.problem import LayerloomError
from core.training.job import Job, read_job
from core.training.search import Choices, Range, Search

SHARES = np.linspace(0.0, 1.0, 2001)


@pytest.mark.parametrize(
    "variable",
    [
        Range(low=-2.0, high=3.0),
        Range(low=1e-5, high=1e-1, log=True),
        Range(low=8, high=64, step=8, integer=True),
        Range(low=0.0, high=1.0, step=0.1),
        Range(low=3, high=9, integer=True),
        Range(low=1, high=256, log=True, integer=True),
        Range(low=0.5, high=0.5),
        Choices(choices=("a", 2, None, True, {"kind": "sgd"})),
    ],
)
def test_every_share_gives_a_value_that_the_variable_holds(variable: Range | Choices) -> None:
    values = [variable.at(float(share)) for share in SHARES]
    assert all(variable.holds(value) for value in values)
    assert all(0.0 <= variable.place(value) <= 1.0 for value in values)
    assert json.loads(json.dumps(values)) == values


def test_the_ends_are_reached_and_equal_shares_are_equally_likely() -> None:
    log = Range(low=1e-4, high=1.0, log=True)
    assert (log.at(0.0), log.at(1.0)) == (pytest.approx(1e-4), 1.0)
    assert log.at(0.5) == pytest.approx(1e-2)
    assert log.place(1e-3) == pytest.approx(0.25)
    steps = [Range(low=0, high=3, step=1, integer=True).at(float(share)) for share in SHARES[:-1]]
    assert {value: steps.count(value) for value in set(steps)} == {0: 500, 1: 500, 2: 500, 3: 500}
    whole = [Range(low=1, high=4, integer=True).at(float(share)) for share in SHARES]
    assert all(abs(whole.count(value) - 500) <= 2 for value in (1, 2, 3, 4))


def test_whole_numbers_on_a_logarithmic_range_follow_their_ratio() -> None:
    """A draw rounds log-uniform numbers from 0.5 to 4.5, so n has the share log((n + 0.5) / (n - 0.5)) / log 9."""
    drawn = [Range(low=1, high=4, log=True, integer=True).at(float(share)) for share in SHARES]
    for n in (1, 2, 3, 4):
        expected = math.log((n + 0.5) / (n - 0.5)) / math.log(9)
        assert drawn.count(n) / len(SHARES) == pytest.approx(expected, abs=2e-3)


@pytest.mark.parametrize(
    ("variable", "grid"),
    [
        (Range(low=0, high=1, step=0.25), (0.0, 0.25, 0.5, 0.75, 1.0)),
        (Range(low=0, high=0.35, step=0.1), (0.0, 0.1, 0.2, 0.3)),
        (Range(low=0.1, high=0.7, step=0.1), (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7)),
        (Range(low=1e-3, high=1e-1, log=True, points=3), (1e-3, 1e-2, 1e-1)),
        (Range(low=1, high=4, integer=True, log=True, points=10), (1, 2, 3, 4)),
        (Range(low=2, high=5, integer=True), (2, 3, 4, 5)),
        (Range(low=0, high=1), ()),
        (Choices(choices=("a", "b")), ("a", "b")),
    ],
)
def test_a_grid_lists_the_values(variable: Range | Choices, grid: tuple[Any, ...]) -> None:
    assert variable.grid() == grid
    assert all(variable.holds(value) for value in grid)


def test_one_and_true_are_different_choices() -> None:
    choices = Choices(choices=(1, True, 0, False))
    assert [choices.index(value) for value in (1, True, 0, False)] == [0, 1, 2, 3]
    assert not Range(low=0, high=2).holds(True)
    with pytest.raises(ValueError, match="'x' is none of the choices"):
        choices.index("x")


@pytest.mark.parametrize(
    ("variable", "sentence"),
    [
        ({"low": 2, "high": 1}, "the range ends at 1, below its beginning 2"),
        ({"low": 0, "high": 1, "log": True}, "a logarithmic range begins above 0, not at 0"),
        ({"low": 1, "high": 2, "log": True, "step": 0.1}, "a range is logarithmic or has a step, not both"),
        ({"low": 0.5, "high": 2, "integer": True}, "a range of whole numbers has whole ends and a whole step"),
        ({"low": 1}, "search.variables.x.range.high: Field required"),
        ({"choices": []}, "search.variables.x.choices.choices: Tuple should have at least 1 item"),
        ({"choices": ["a", "a"]}, "the choice 'a' stands there twice"),
        ({"low": 1, "high": math.inf}, "finite number"),
    ],
)
def test_what_cannot_be_a_variable_is_told(variable: dict[str, Any], sentence: str) -> None:
    with pytest.raises(LayerloomError) as caught:
        read_job({"search": {"variables": {"x": variable}}})
    assert sentence in str(caught.value)


def test_a_search_survives_the_file_and_is_empty_at_first() -> None:
    assert Job().search.is_empty
    given = {
        "variables": {"job.batch_size": {"choices": [16, "full"]}, "node.n2.p": {"low": 0.0, "high": 0.5}},
        "metric": "accuracy",
        "folds": 3,
    }
    search = read_job({"search": given}).search
    assert read_job({"search": search.model_dump(mode="json")}).search == search
    assert search.direction == "max"
    assert Search(metric="loss").direction == Search(metric="rmse").direction == "min"
    assert Search(metric="accuracy", mode="min").direction == "min"
    with pytest.raises(LayerloomError, match=r"expected 0 .* or 2 folds and more"):
        read_job({"search": {"folds": 1}})


def test_one_value_may_go_to_several_places() -> None:
    search = Search(variables={"node.a.p": Range(low=0, high=1, also=("node.b.p", "node.c.p"))})
    assert search.spread({"node.a.p": 0.5}) == {"node.a.p": 0.5, "node.b.p": 0.5, "node.c.p": 0.5}
