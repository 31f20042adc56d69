"""Which trials are stopped before their last epoch: the pruners of `core.catalog.strategies`, as pure functions.

Each looks at the curves of all trials (`Trial.curve`: the validation metric after each epoch).
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from core.catalog.strategies import PRUNERS
from core.search.trial import Trial
from core.spec.option import picked
from core.training.search import Search

Trials: TypeAlias = Sequence[Trial]


def reason(search: Search, trial: Trial, trials: Trials, epochs: int) -> str:
    """Why a trial should end after its newest epoch; empty where it should go on. Folds are never cut short.

    `epochs` is how many a whole training has. Of `trials`, the trial itself is left out.

    Raises:
        LayerloomError: there is no such pruner, or one of its fields does not hold.
    """
    spec, settings = picked(PRUNERS, search.pruner.kind, search.pruner.params, "pruner")
    judge = _PRUNERS.get(spec.id)
    if judge is None or search.folds or not trial.curve or trial.curve[-1][0] >= epochs:
        return ""
    others = [other for other in trials if other.number != trial.number]
    return judge(_Asked(search, trial, others, epochs), settings)


class _Asked:
    """The question, with all values turned so that less is better."""

    def __init__(self, search: Search, trial: Trial, others: Trials, epochs: int) -> None:
        self.sign = 1.0 if search.direction == "min" else -1.0
        self.trial, self.others, self.epochs = trial, others, epochs
        self.epoch = trial.curve[-1][0]

    def best(self, trial: Trial, until: int) -> float | None:
        """The best value of a trial up to an epoch; None where it did not get so far."""
        if not trial.curve or trial.curve[-1][0] < until:
            return None
        return min((_worst(self.sign * value) for epoch, value in trial.curve if epoch <= until), default=math.inf)

    def at(self, trial: Trial, epoch: int) -> float | None:
        """The value of a trial at an epoch; None where it has none."""
        if len(trial.curve) >= epoch and trial.curve[epoch - 1][0] == epoch:  # nothing is missing, as a rule
            return _worst(self.sign * trial.curve[epoch - 1][1])
        return next((_worst(self.sign * value) for e, value in trial.curve if e == epoch), None)


def _worst(value: float) -> float:
    return math.inf if math.isnan(value) else value


def _median(asked: _Asked, settings: Mapping[str, Any]) -> str:
    if asked.epoch <= settings["warmup"]:
        return ""
    whole = [trial for trial in asked.others if trial.state == "finished"]
    if len(whole) < settings["startup"]:
        return ""
    values = [value for trial in whole if (value := asked.at(trial, asked.epoch)) is not None]
    best = asked.best(asked.trial, asked.epoch)
    if not values or best is None or best <= (middle := statistics.median(values)):
        return ""
    return f"After epoch {asked.epoch} it was worse than the median of the others, {asked.sign * middle:.4g}."


def _halving(asked: _Asked, settings: Mapping[str, Any], bracket: int = 0) -> str:
    """At epochs ``first * factor^k`` the best 1 / factor of all that came there go on (of fewer, the best)."""
    factor, rung = settings["factor"], settings["first"] * settings["factor"] ** bracket
    while rung < asked.epoch:
        rung *= factor
    if rung != asked.epoch or rung >= asked.epochs:
        return ""
    own = asked.best(asked.trial, rung)
    values = [value for trial in asked.others if (value := asked.best(trial, rung)) is not None]
    if own is None:
        return ""
    go_on = max(1, (len(values) + 1) // factor)
    place = 1 + sum(value < own for value in values)
    if place <= go_on:
        return ""
    return f"After epoch {asked.epoch} it was number {place} of {len(values) + 1}; the best {go_on} went on."


def _hyperband(asked: _Asked, settings: Mapping[str, Any]) -> str:
    """Halving among the trials of one bracket: trial n belongs to the n-th in turn, each of which first looks later."""
    count = 1
    while settings["first"] * settings["factor"] ** count <= asked.epochs:
        count += 1
    bracket = asked.trial.number % count
    asked.others = [trial for trial in asked.others if trial.number % count == bracket]
    return _halving(asked, settings, bracket)


_PRUNERS: Mapping[str, Callable[[_Asked, Mapping[str, Any]], str]] = {
    "median": _median,
    "halving": _halving,
    "hyperband": _hyperband,
}
