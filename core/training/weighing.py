"""The weights of the losses that one objective minimises, and how they move: closed formulas of the step."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, TypeAlias

from core.catalog.schedules import Schedule, schedule
from core.problem import LayerloomError
from core.training.job import Objective

Goal: TypeAlias = Callable[[Mapping[str, Any]], Any]


class Weighing:
    """What each loss weighs in one objective.

    Args:
        known: every loss of the design with its own weight; the objective takes them where it names none.
        index: place of the objective in the job, for messages.
        steps, steps_per_epoch: length of the run, for the schedules.

    Attributes:
        weights: as they are set; what a schedule makes of them for a step is `at`.
        plain: the sum of the losses, each times its weight as set: what validation is measured by, so that epochs
            compare whatever the schedules do.

    Raises:
        LayerloomError: the objective names a loss that the design lacks, or a schedule does not hold.
    """

    def __init__(
        self, known: Mapping[str, float], objective: Objective, index: int, steps: int, steps_per_epoch: int
    ) -> None:
        self._index = index
        self._check(known, objective.losses, "losses")
        self.weights = dict(objective.losses) or dict(known)
        self._check(self.weights, objective.loss_schedules, "loss_schedules")
        self._schedules = {
            name: _planned(objective, name, index, steps, steps_per_epoch) for name in objective.loss_schedules
        }
        self.plain = weighted_sum(self.weights)

    @property
    def scheduled(self) -> tuple[str, ...]:
        """The losses whose weight moves."""
        return tuple(self._schedules)

    def at(self, done: int) -> dict[str, float]:
        """The weights of the step after `done` steps."""
        planned = self._schedules
        return {n: planned[n].rate(w, done) if n in planned else w for n, w in self.weights.items()}

    def goal(self, done: int) -> Goal:
        """What the step after `done` steps minimises."""
        return weighted_sum(self.at(done)) if self._schedules else self.plain

    def set(self, name: str, weight: Any) -> float:
        """Give a loss another weight. Raises ValueError where there is no such loss, or the weight is wrong."""
        if name not in self.weights:
            known = ", ".join(self.weights)
            raise ValueError(f"objectives.{self._index} minimises no loss {name!r:.60}; it has {known}.")
        if isinstance(weight, bool) or not isinstance(weight, int | float) or not 0 <= weight < math.inf:
            raise ValueError(f"The weight of a loss: expected a number of 0 or more, received {weight!r:.40}.")
        self.weights[name] = float(weight)
        self.plain = weighted_sum(self.weights)
        return float(weight)

    def lengthen(self, steps: int) -> None:
        """The run has so many steps now."""
        self._schedules = {name: replace(planned, steps=steps) for name, planned in self._schedules.items()}

    def _check(self, known: Mapping[str, float], named: Mapping[str, Any], field: str) -> None:
        unknown = sorted(set(named) - set(known))
        if unknown:
            raise LayerloomError(
                f"Training job: objectives.{self._index}.{field}: the design has no loss {unknown[0]!r:.60}; it has "
                f"{', '.join(known)}.",
                code="job",
                received=unknown[0],
            )


def weighted_sum(weights: Mapping[str, float]) -> Goal:
    """The sum of the named losses, each times its weight."""
    weights = dict(weights)
    if len(weights) == 1:
        [(name, weight)] = weights.items()
        return (lambda losses: losses[name]) if weight == 1 else (lambda losses: losses[name] * weight)
    return lambda losses: sum(losses[name] * weight for name, weight in weights.items())


def _planned(objective: Objective, name: str, index: int, steps: int, steps_per_epoch: int) -> Schedule:
    pick = objective.loss_schedules[name]
    try:
        planned = schedule(pick, steps, steps_per_epoch, pick.warmup)
        if planned.spec.follows:
            raise ValueError(f"{planned.spec.label} is for learning rates; a weight follows the step alone.")
    except ValueError as error:
        raise LayerloomError(f"Training job: objectives.{index}.loss_schedules.{name}: {error}", code="job") from error
    return planned
