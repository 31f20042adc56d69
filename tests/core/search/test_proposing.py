"""The strategies against what is known of them, with a cheap function in place of a training."""

from __future__ import annotations

import itertools
import statistics
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from core.problem import LayerloomError
from core.search.proposing import propose
from core.search.space import points
from core.search.trial import Trial
from core.training.pick import Pick
from core.training.search import Choices, Range, Search
from tests.core.search.studies import small_search


def searched(search: Search, judge: Callable[[dict[str, Any]], float | None], count: int | None = None) -> list[Trial]:
    """All trials, one after the other; None from `judge` is a failure."""
    trials: list[Trial] = []
    while len(trials) < (count or search.trials) and (values := propose(search, trials)) is not None:
        result = judge(values)
        trials.append(Trial(len(trials), values, "failed" if result is None else "finished", result))
    return trials


def parabola(values: dict[str, Any]) -> float:
    return float(values["x"] - 2) ** 2


def bowl(values: dict[str, Any]) -> float:
    return float((values["x"] - 1) ** 2 + (values["y"] + 2) ** 2)


LINE = {"x": Range(low=-10, high=10)}
PLANE = {"x": Range(low=-5, high=5), "y": Range(low=-5, high=5)}


def best(strategy: str, seed: int, trials: int, variables: Any = None, judge: Any = bowl) -> float:
    search = Search(variables=variables or PLANE, strategy=Pick(kind=strategy), seed=seed, trials=trials)
    return min(float(trial.result or 0.0) for trial in searched(search, judge))


def test_tpe_comes_near_the_optimum_of_a_parabola() -> None:
    found = [best("tpe", seed, 60, LINE, parabola) for seed in range(3)]
    assert statistics.median(found) < 5e-3
    assert max(found) < 0.05


def test_a_gaussian_process_finds_the_optimum_and_beats_random_search_with_the_same_budget() -> None:
    by_gp = [best("gp", seed, 18) for seed in range(3)]
    by_chance = [best("random", seed, 18) for seed in range(3)]
    assert max(by_gp) < 1e-2
    assert statistics.median(by_gp) < 1e-3
    assert all(gp < chance for gp, chance in zip(by_gp, by_chance, strict=True))


def test_a_grid_visits_the_whole_product_once_and_hits_the_optimum() -> None:
    variables = {
        "x": Range(low=-4, high=4, step=2),
        "y": Range(low=-2, high=2, points=3),
        "k": Choices(choices=("a", None)),
    }
    for shuffled in (False, True):
        search = Search(variables=variables, strategy=Pick(kind="grid", params={"shuffled": shuffled}), trials=1)
        trials = searched(search, lambda v: bowl({**v, "x": v["x"] + 1}), count=1000)
        visited = [tuple(trial.values.values()) for trial in trials]
        product = list(itertools.product((-4.0, -2.0, 0.0, 2.0, 4.0), (-2.0, 0.0, 2.0), ("a", None)))
        assert points(search) == len(product) == len(visited)
        assert sorted(visited, key=str) == sorted(product, key=str)
        assert (visited == product) is not shuffled
        assert min(float(trial.result or 0.0) for trial in trials) == 0.0


@pytest.mark.parametrize("strategy", ["tpe", "gp", "random", "sobol", "grid"])
def test_the_same_seed_makes_the_same_trials_and_going_on_changes_nothing(strategy: str) -> None:
    search = small_search(strategy=Pick(kind=strategy, params={"startup": 4} if strategy in ("tpe", "gp") else {}))
    if strategy == "grid":
        [path, *_] = search.variables
        search = search.model_copy(
            update={"variables": {**search.variables, path: Range(low=1e-3, high=1e-1, log=True, points=3)}}
        )
    whole = searched(search, lambda v: v["node.n2.out_features"], 7)
    again = searched(search, lambda v: v["node.n2.out_features"], 7)
    assert [trial.values for trial in whole] == [trial.values for trial in again]
    assert propose(search, whole[:6]) == whole[6].values  # nothing but the trials is remembered
    if strategy in ("random", "sobol", "tpe"):
        other = search.model_copy(update={"seed": 1})
        assert propose(other, whole[:6]) != whole[6].values


@pytest.mark.parametrize("strategy", ["tpe", "random", "sobol", "gp"])
def test_nothing_is_tried_twice_and_the_search_ends_when_all_was(strategy: str) -> None:
    variables = {"x": Range(low=1, high=4, integer=True), "k": Choices(choices=(True, 1, "a"))}
    search = Search(variables=variables, strategy=Pick(kind=strategy), trials=50)
    trials = searched(search, lambda v: float(v["x"]))
    assert len(trials) == 12
    assert len({repr(trial.values) for trial in trials}) == 12


@pytest.mark.parametrize("strategy", ["tpe", "gp"])
def test_what_fails_is_avoided(strategy: str) -> None:
    """Half of the space makes no network; the optimum lies at the edge to it."""
    search = Search(variables=PLANE, strategy=Pick(kind=strategy, params={"startup": 8}), trials=24)
    trials = searched(search, lambda v: None if v["x"] < 0 else bowl(v))
    first, later = trials[:8], trials[8:]
    failed = [sum(trial.state == "failed" for trial in part) / len(part) for part in (first, later)]
    assert failed[0] > 0.2
    assert failed[1] < 0.5 * failed[0]


def test_tpe_learns_which_choice_is_good_and_goes_up_where_more_is_better() -> None:
    variables = {"k": Choices(choices=("bad", "good", "worse")), "x": Range(low=0, high=1)}
    search = Search(variables=variables, metric="accuracy", trials=40)
    trials = searched(search, lambda v: 0.5 * (v["k"] == "good") + 0.5 * v["x"])
    late = trials[20:]
    assert sum(trial.values["k"] == "good" for trial in late) >= 0.6 * len(late)  # chance: a third
    assert statistics.fmean(trial.values["x"] for trial in late) > 0.7


def test_trials_under_way_are_taken_into_account() -> None:
    """Several runs at once: what is being tried is not proposed again, and its surroundings are less attractive."""
    search = Search(variables=LINE, trials=40)
    trials = searched(search, parabola, 20)
    proposed = []
    for number in range(20, 26):
        values = propose(search, trials)
        assert values is not None
        proposed.append(values["x"])
        trials.append(Trial(number, values, "running"))
    assert len({round(x, 3) for x in proposed}) == 6


def test_without_variables_there_is_one_trial() -> None:
    assert propose(Search(folds=3), []) == {}
    assert propose(Search(folds=3), [Trial(0, {}, "finished", 1.0)]) is None


@pytest.mark.parametrize(
    ("pick", "sentence"),
    [
        (Pick(kind="magic"), "There is no strategy 'magic'; there are tpe, gp, random, sobol, grid."),
        (Pick(kind="tpe", params={"startup": 0}), "random trials first: expected a whole number from 1"),
        (Pick(kind="random", params={"x": 1}), "Random has no field x."),
    ],
)
def test_a_strategy_that_cannot_be_is_told(pick: Pick, sentence: str) -> None:
    with pytest.raises(LayerloomError) as caught:
        propose(small_search(strategy=pick), [])
    assert sentence in str(caught.value)


def test_reading_and_enumerating_need_neither_optuna_nor_torch() -> None:
    lines = (
        "import sys; from core.search.study import Study, list_studies; from core.search import proposing, pruning, "
        "protocol, importance; sys.exit(any(m in sys.modules for m in ('optuna', 'torch', 'scipy', 'sklearn')))"
    )
    assert subprocess.run([sys.executable, "-c", lines], check=False).returncode == 0
