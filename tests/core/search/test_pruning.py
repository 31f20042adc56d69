"""The pruners: the median against Optuna's, successive halving against a count by hand."""

from __future__ import annotations

import numpy as np
import optuna
import pytest
from optuna.trial import TrialState, create_trial

from core.problem import LayerloomError
from core.search.pruning import reason
from core.search.trial import Trial
from core.training.pick import Pick
from core.training.search import Range, Search

EPOCHS = 9


def learned(number: int, values: list[float], state: str = "finished") -> Trial:
    curve = tuple(enumerate(values, 1))
    return Trial(number, {"x": 0.0}, state, values[-1], curves=(curve,))  # type: ignore[arg-type]


def search(kind: str, metric: str = "loss", **params: int) -> Search:
    variables = {"x": Range(low=0, high=1)}
    return Search(variables=variables, pruner=Pick(kind=kind, params=params), metric=metric)


@pytest.mark.parametrize("metric", ["loss", "accuracy"])
def test_the_median_decides_as_optunas_does(metric: str) -> None:
    random = np.random.default_rng(5)
    wish = search("median", metric, startup=3, warmup=2)
    theirs = optuna.pruners.MedianPruner(n_startup_trials=3, n_warmup_steps=3)  # counts steps from 0
    direction = "minimize" if metric == "loss" else "maximize"
    worse = 1.5 if metric == "loss" else -1.5
    decisions = []
    for _ in range(60):
        done = [learned(n, list(random.normal(0, 1, 8))) for n in range(int(random.integers(1, 7)))]
        own = learned(len(done), list(random.normal(worse, 1, int(random.integers(1, 9)))), "running")
        study = optuna.create_study(direction=direction)
        for trial in (*done, own):
            state = TrialState.COMPLETE if trial.state == "finished" else TrialState.RUNNING
            value = trial.result if state == TrialState.COMPLETE else None
            steps = dict(trial.curve)
            study.add_trial(create_trial(state=state, value=value, intermediate_values=steps))
        expected = theirs.prune(study, study.trials[-1])
        assert bool(reason(wish, own, [*done, own], 100)) == expected
        decisions.append(bool(expected))
    assert 5 < sum(decisions) < 55


def test_halving_lets_the_best_third_go_on_at_each_rung() -> None:
    wish = search("halving", first=1, factor=3)
    others = [learned(n, [float(n)]) for n in range(5)]  # at epoch 1 these reached 0, 1, 2, 3 and 4
    assert reason(wish, learned(9, [0.5], "running"), others, EPOCHS) == ""  # second of six: two go on
    told = reason(wish, learned(9, [1.5], "running"), others, EPOCHS)
    assert told == "After epoch 1 it was number 3 of 6; the best 2 went on."
    assert reason(wish, learned(9, [1.5, 9.0], "running"), others, EPOCHS) == ""  # epoch 2 is no rung
    assert reason(wish, learned(9, [1.5, 9.0, 9.0], "running"), others, EPOCHS) == ""  # the first that came to epoch 3
    third = [*others, learned(7, [0.1, 0.1, 0.1])]
    assert reason(wish, learned(9, [1.5, 9.0, 9.0], "running"), third, EPOCHS)  # its best, 1.5, is behind 0.1
    assert reason(wish, learned(9, [5.0] * EPOCHS, "running"), third, EPOCHS) == ""  # it has ended by itself


def test_hyperband_judges_within_a_bracket_only() -> None:
    wish = search("hyperband", first=1, factor=3)  # 9 epochs: brackets that first look at 1, 3 and 9
    good = [learned(n, [0.0] * 3) for n in range(1, 9)]
    assert reason(wish, learned(9, [1.0], "running"), good, EPOCHS)  # bracket 0, with trials 3 and 6
    assert reason(wish, learned(10, [1.0], "running"), good, EPOCHS) == ""  # bracket 1 first looks at epoch 3
    assert reason(wish, learned(10, [1.0] * 3, "running"), good, EPOCHS)
    assert reason(wish, learned(11, [1.0] * 3, "running"), good, EPOCHS) == ""  # bracket 2 never looks


def test_numbers_that_are_none_are_the_worst() -> None:
    wish = search("halving")
    assert reason(wish, learned(1, [float("nan")], "running"), [learned(0, [3.0])], EPOCHS)
    assert reason(wish, learned(1, [3.0], "running"), [learned(0, [float("nan")])], EPOCHS) == ""


def test_folds_are_never_cut_short_and_none_prunes_nothing() -> None:
    others = [learned(n, [0.0]) for n in range(6)]
    bad = learned(9, [9.0], "running")
    assert reason(search("halving"), bad, others, EPOCHS)
    assert reason(search("halving").model_copy(update={"folds": 3}), bad, others, EPOCHS) == ""
    assert reason(search("none"), bad, others, EPOCHS) == ""


def test_a_pruner_that_cannot_be_is_told() -> None:
    with pytest.raises(LayerloomError, match="There is no pruner 'axe'; there are none, median, halving, hyperband"):
        reason(search("axe"), learned(0, [1.0]), [], EPOCHS)
    with pytest.raises(LayerloomError, match="Median: epochs first: expected a whole number from 0"):
        reason(search("median", warmup=-1), learned(0, [1.0]), [], EPOCHS)
