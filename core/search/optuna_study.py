"""A study as Optuna knows it: made anew in memory from the trials whenever it is asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import optuna
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from optuna.trial import FrozenTrial, TrialState, create_trial

from core.search.trial import Trial
from core.training.search import Choices, Search, Variable

optuna.logging.set_verbosity(optuna.logging.ERROR)


def study(search: Search, trials: Sequence[Trial], sampler: optuna.samplers.BaseSampler) -> optuna.Study:
    """All trials, in order. One that failed counts as the worst of all and as not allowed, so that its surroundings
    are avoided; one that was pruned counts with what it had reached."""
    made = optuna.create_study(sampler=sampler, direction="minimize" if search.direction == "min" else "maximize")
    known = [trial.result for trial in trials if trial.result is not None]
    worst = (max(known) if search.direction == "min" else min(known)) if known else 0.0
    has_failed = any(trial.state == "failed" for trial in trials)
    made.add_trials([_frozen(search, trial, worst, has_failed) for trial in trials])
    return made


def distributions(search: Search) -> dict[str, BaseDistribution]:
    return {path: _distribution(variable) for path, variable in search.variables.items()}


def values(search: Search, params: Mapping[str, Any]) -> dict[str, Any]:
    """The values that Optuna's parameters stand for (choices go by their index)."""
    return {path: _value(variable, params[path]) for path, variable in search.variables.items()}


def _frozen(search: Search, trial: Trial, worst: float, has_failed: bool) -> FrozenTrial:
    params = {path: _param(variable, trial.values[path]) for path, variable in search.variables.items()}
    fixed: dict[str, Any] = {"params": params, "distributions": distributions(search)}
    if not trial.has_ended:
        return create_trial(state=TrialState.RUNNING, **fixed)
    failed = trial.state == "failed" or trial.result is None
    constraints = {"fails": 1.0 if failed else -1.0} if has_failed else None
    return create_trial(value=worst if failed else trial.result, constraints=constraints, **fixed)


def _distribution(variable: Variable) -> BaseDistribution:
    if isinstance(variable, Choices):
        return CategoricalDistribution(range(len(variable.choices)))
    low, high = variable.low, variable.high
    if variable.step:
        high = max(variable.grid())
    if variable.integer:
        return IntDistribution(int(low), int(high), log=variable.log, step=int(variable.step or 1))
    return FloatDistribution(low, high, log=variable.log, step=variable.step)


def _param(variable: Variable, value: Any) -> Any:
    if isinstance(variable, Choices):
        return variable.index(value)
    return int(value) if variable.integer else float(value)


def _value(variable: Variable, param: Any) -> Any:
    if isinstance(variable, Choices):
        return variable.choices[param]
    return variable.clean(param) if variable.step else param
