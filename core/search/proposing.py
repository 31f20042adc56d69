"""Which values to try next: the strategies of `core.catalog.strategies`.

A proposal is a pure function of the search, the number of the trial and the trials so far. So nothing but the journal
has to be kept for a study to go on as if it had never been interrupted. Optuna is imported for `tpe` and `gp` alone.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from core.catalog.strategies import STRATEGIES
from core.search.space import point, points
from core.search.trial import Trial
from core.spec.option import picked
from core.training.search import Search

if TYPE_CHECKING:
    from optuna.samplers import BaseSampler

Values: TypeAlias = dict[str, Any]
Trials: TypeAlias = Sequence[Trial]
ATTEMPTS = 20  # at values that were not tried yet


def propose(search: Search, trials: Trials) -> Values | None:
    """The values of the next trial; None where all that there is has been tried.

    Training is repeatable, so values that were tried are not proposed again.

    Raises:
        LayerloomError: there is no such strategy, or one of its fields does not hold.
    """
    _, settings = picked(STRATEGIES, search.strategy.kind, search.strategy.params, "strategy")
    if not search.variables:
        return None if trials else {}
    every = points(search)
    if every is not None:
        return point(search, len(trials), settings["shuffled"]) if len(trials) < every else None
    return _new(search, trials, settings)


def _new(search: Search, trials: Trials, settings: Mapping[str, Any]) -> Values | None:
    """What the strategy says, asked again (with other random numbers) while it repeats itself; then anything new."""
    tried = {_key(trial.values) for trial in trials}
    left = _finite(search)
    if left is not None and len(tried) >= left:
        return None
    ask = _STRATEGIES[search.strategy.kind]
    for attempt in range(ATTEMPTS):
        values = ask(search, trials, settings, attempt)
        if _key(values) not in tried:
            return values
    for attempt in range(ATTEMPTS, 100 * ATTEMPTS):
        values = _random(search, trials, settings, attempt)
        if _key(values) not in tried:
            return values
    return None


def _finite(search: Search) -> int | None:
    """How many different trials there can be; None where a variable takes any number."""
    sizes = [variable.count() for variable in search.variables.values()]
    return None if None in sizes else math.prod(size for size in sizes if size is not None)


def _key(values: Mapping[str, Any]) -> str:
    return repr(sorted(values.items()))


def _generator(search: Search, number: int, attempt: int) -> np.random.Generator:
    return np.random.default_rng((search.seed, number, attempt))


def _random(search: Search, trials: Trials, settings: Mapping[str, Any], attempt: int) -> Values:
    shares = _generator(search, len(trials), attempt).random(len(search.variables))
    return _at(search, shares)


def _sobol(search: Search, trials: Trials, settings: Mapping[str, Any], attempt: int) -> Values:
    if attempt:
        return _random(search, trials, settings, attempt)
    from scipy.stats import qmc

    sequence = qmc.Sobol(len(search.variables), scramble=True, rng=np.random.default_rng(search.seed))
    if trials:
        sequence.fast_forward(len(trials))
    return _at(search, sequence.random(1)[0])


def _at(search: Search, shares: Sequence[float] | np.ndarray) -> Values:
    return {path: v.at(float(share)) for (path, v), share in zip(search.variables.items(), shares, strict=True)}


def _tpe(search: Search, trials: Trials, settings: Mapping[str, Any], attempt: int) -> Values:
    from optuna.samplers import TPESampler

    sampler = TPESampler(
        n_startup_trials=settings["startup"],
        n_ei_candidates=settings["candidates"],
        multivariate=settings["joint"],
        constant_liar=True,
        seed=_seed(search, len(trials), attempt),
    )
    return _asked(search, trials, sampler)


def _gp(search: Search, trials: Trials, settings: Mapping[str, Any], attempt: int) -> Values:
    if sum(trial.has_ended for trial in trials) < settings["startup"]:
        return _sobol(search, trials, settings, attempt)
    from optuna.samplers import GPSampler

    sampler = GPSampler(n_startup_trials=1, seed=_seed(search, len(trials), attempt))
    return _asked(search, trials, sampler)


def _asked(search: Search, trials: Trials, sampler: BaseSampler) -> Values:
    from core.search.optuna_study import distributions, study, values

    told = study(search, trials, sampler)
    return values(search, told.ask(distributions(search)).params)


def _seed(search: Search, number: int, attempt: int) -> int:
    return int(_generator(search, number, attempt).integers(2**31))


_STRATEGIES: Mapping[str, Callable[[Search, Trials, Mapping[str, Any], int], Values]] = {
    "tpe": _tpe,
    "gp": _gp,
    "random": _random,
    "sobol": _sobol,
}
