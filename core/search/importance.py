"""How much each variable matters: functional analysis of variance over the results of a study.

A forest of regression trees is fitted to the results; the share of a variable is the part of the forest's variance over
the whole space that the variable explains by itself (Hutter, Hoos, Leyton-Brown: An Efficient Approach for Assessing
Hyperparameter Importance, ICML 2014). Optuna's implementation is used.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from core.search.trial import Trial
from core.training.search import Search

LEAST = 4  # results, below which nothing is told
MOST = 300  # results that the forest is fitted to, taken evenly


def importance(search: Search, trials: Sequence[Trial]) -> dict[str, float]:
    """Path -> share, the largest first; they add up to 1. Empty where too few whole trials (`LEAST`) have results, or
    all results are the same."""
    ended = [t for t in trials if t.state == "finished" and t.result is not None and math.isfinite(t.result)]
    every = max(1, math.ceil(len(ended) / MOST))
    whole = [replace(trial, number=number) for number, trial in enumerate(ended[::every])]
    varied = {path for path in search.variables if len({repr(trial.values[path]) for trial in whole}) > 1}
    if len(whole) < LEAST or not varied or len({trial.result for trial in whole}) < 2:
        return {}
    from optuna.importance import FanovaImportanceEvaluator, get_param_importances
    from optuna.samplers import RandomSampler

    from core.search.optuna_study import study

    told = study(search, whole, RandomSampler(seed=0))
    found = get_param_importances(told, evaluator=FanovaImportanceEvaluator(seed=0), params=sorted(varied))
    shares = {path: float(found.get(path, 0.0)) for path in search.variables}
    return dict(sorted(shares.items(), key=lambda item: -item[1]))
