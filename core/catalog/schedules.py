"""How the learning rate moves during a run: closed formulas in plain Python.

The loop sets the rate from these very formulas, so the window's preview is what happens, and resuming needs no state.
Each schedule counts in the unit that its field `advance` names, steps or epochs; fields are named as PyTorch's.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from core.spec.option import OptionSpec
from core.spec.param import Param
from core.spec.params import Bool, Choice, Float, Int
from core.training.job import Pick

# (fields, learning rate that was set, count, total) -> value: `count` of `total` units are done
Rule: TypeAlias = Callable[[Mapping[str, Any], float, int, int], float]


@dataclass(frozen=True)
class ScheduleSpec(OptionSpec):
    """A schedule: `rate` gives the learning rate; `momentum`, where present, the momentum (Adam: the first beta)."""

    rate: Rule = lambda fields, lr, count, total: lr
    momentum: Callable[[Mapping[str, Any], int, int], float | None] | None = None


@dataclass(frozen=True, slots=True)
class Schedule:
    """A schedule of one run of `steps` steps, `steps_per_epoch` to the epoch (the last epoch may be shorter)."""

    spec: ScheduleSpec
    fields: Mapping[str, Any]
    steps: int
    steps_per_epoch: int

    def rate(self, lr: float, step: int) -> float:
        """The learning rate of the step after `step` steps, where `lr` is what the optimizer was given."""
        return self.spec.rate(self.fields, lr, *self._count(step))

    def momentum(self, step: int) -> float | None:
        """The momentum of that step; None where the schedule leaves it alone."""
        return self.spec.momentum(self.fields, *self._count(step)) if self.spec.momentum else None

    def _count(self, step: int) -> tuple[int, int]:
        if self.fields.get("advance") == "epoch":
            return step // self.steps_per_epoch, -(-self.steps // self.steps_per_epoch)
        return step, self.steps


def schedule(pick: Pick, steps: int, steps_per_epoch: int) -> Schedule:
    """The picked schedule for a run. Raises ValueError where the kind or a field is unknown or a value does not fit."""
    if pick.kind not in SCHEDULES:
        raise ValueError(f"There is no schedule {pick.kind!r:.40}; there are {', '.join(SCHEDULES)}.")
    spec = SCHEDULES[pick.kind]
    return Schedule(spec, spec.values(pick.params), max(1, steps), max(1, steps_per_epoch))


def curve(pick: Pick, lr: float, steps: int, steps_per_epoch: int) -> list[float]:
    """The learning rate of every step of a run, exactly as it will be. Raises ValueError as `schedule`."""
    rate = schedule(pick, steps, steps_per_epoch).rate
    return [rate(lr, step) for step in range(steps)]


def _step(fields: Mapping[str, Any], lr: float, count: int, total: int) -> float:
    return float(lr * fields["gamma"] ** (count // fields["step_size"]))


def _exponential(fields: Mapping[str, Any], lr: float, count: int, total: int) -> float:
    return float(lr * fields["gamma"] ** count)


def _cosine(fields: Mapping[str, Any], lr: float, count: int, total: int) -> float:
    return _between(lr, fields["eta_min"], count / (fields["T_max"] or total))


def _warm_restarts(fields: Mapping[str, Any], lr: float, count: int, total: int) -> float:
    period, factor = fields["T_0"], fields["T_mult"]
    if factor == 1:
        count %= period
    while count >= period:
        count, period = count - period, period * factor
    return _between(lr, fields["eta_min"], count / period)


def _one_cycle(fields: Mapping[str, Any], lr: float, count: int, total: int) -> float:
    low = lr / fields["div_factor"]
    return _phase(fields, count, total, (low, lr, low, low / fields["final_div_factor"]))


def _one_cycle_momentum(fields: Mapping[str, Any], count: int, total: int) -> float | None:
    if not fields["cycle_momentum"]:
        return None
    high, low = fields["max_momentum"], fields["base_momentum"]
    return _phase(fields, count, total, (high, low, high, high))


def _phase(fields: Mapping[str, Any], count: int, total: int, levels: tuple[float, float, float, float]) -> float:
    """Up from the first level to the second, then to the last: through the third where the cycle has three phases."""
    start, top, middle, end = levels
    rise = fields["pct_start"] * total - 1.0
    phases = [(rise, start, top), (total - 1.0, top, end)]
    if fields["three_phase"]:
        phases[1:] = [(2.0 * rise, top, middle), (total - 1.0, middle, end)]
    begin = 0.0
    for until, first, last in phases:
        if count <= until or until == phases[-1][0]:
            share = (count - begin) / (until - begin) if until != begin else 1.0
            if fields["anneal_strategy"] == "linear":
                return first + (last - first) * share
            return _between(first, last, share)
        begin = until
    raise AssertionError("the last phase ends with the run")


def _between(first: float, last: float, share: float) -> float:
    """Half a cosine from `first` (share 0) to `last` (share 1)."""
    return last + (first - last) * (1.0 + math.cos(math.pi * share)) / 2.0


def _advance(default: str) -> Param:
    return Choice(
        "advance",
        default,
        choices=("step", "epoch"),
        labels={"step": "after every step", "epoch": "after every epoch"},
        doc="What the schedule counts: steps (batches) or epochs.",
    )


_ETA_MIN = Float("eta_min", 0.0, min=0.0, label="lowest rate", doc="Where the learning rate ends.")

_ONE_CYCLE_FIELDS: tuple[Param, ...] = (
    Float("pct_start", 0.3, min=0.0, max=1.0, label="share that rises", doc="Share of the run that rises."),
    Choice("anneal_strategy", "cos", choices=("cos", "linear"), labels={"cos": "cosine"}, doc="Shape of the curve."),
    Float("div_factor", 25.0, min=1.0, doc="The run starts at the learning rate divided by this."),
    Float("final_div_factor", 1e4, min=1.0, doc="It ends at its start divided by this."),
    Bool("three_phase", False, advanced=True, doc="Come back to the start before falling to the end."),
    Bool("cycle_momentum", False, advanced=True, doc="Move momentum (Adam: the first beta) against the rate."),
    Float("base_momentum", 0.85, min=0.0, max=0.999, advanced=True, when=("cycle_momentum", (True,))),
    Float("max_momentum", 0.95, min=0.0, max=0.999, advanced=True, when=("cycle_momentum", (True,))),
)

_SPECS = (
    ScheduleSpec("constant", "Constant", "The learning rate stays as it is.", formula="lr(t) = lr"),
    ScheduleSpec(
        "step",
        "Step",
        "Multiplies the learning rate by gamma at regular intervals.",
        (
            Int("step_size", 10, min=1, label="interval", doc="How many epochs (or steps) one stair is long."),
            Float("gamma", 0.1, min=0.0, above=True, doc="What the rate is multiplied by at each stair."),
            _advance("epoch"),
        ),
        formula="lr(t) = lr * gamma ^ floor(t / step_size)",
        torch="torch.optim.lr_scheduler.StepLR",
        rate=_step,
    ),
    ScheduleSpec(
        "exponential",
        "Exponential",
        "Multiplies the learning rate by gamma after every epoch (or step).",
        (Float("gamma", 0.95, min=0.0, above=True, doc="What the rate is multiplied by."), _advance("epoch")),
        formula="lr(t) = lr * gamma ^ t",
        torch="torch.optim.lr_scheduler.ExponentialLR",
        rate=_exponential,
    ),
    ScheduleSpec(
        "cosine",
        "Cosine",
        "Falls along half a cosine, by default over the whole run.",
        (
            Int("T_max", None, min=1, optional=True, label="length", doc="How long the fall takes; empty: the run."),
            _ETA_MIN,
            _advance("step"),
        ),
        formula="lr(t) = eta_min + (lr - eta_min) * (1 + cos(pi * t / T_max)) / 2",
        source="Loshchilov, Hutter: SGDR: Stochastic gradient descent with warm restarts, ICLR 2017",
        torch="torch.optim.lr_scheduler.CosineAnnealingLR",
        rate=_cosine,
    ),
    ScheduleSpec(
        "warm_restarts",
        "Cosine with warm restarts",
        "Falls along half a cosine, jumps back up, and falls again, each time over a longer stretch if wanted.",
        (
            Int("T_0", 10, min=1, label="first length", doc="How many epochs (or steps) the first fall takes."),
            Int("T_mult", 1, min=1, label="growth", doc="Each fall is this many times as long as the one before."),
            _ETA_MIN,
            _advance("epoch"),
        ),
        formula="lr(t) = eta_min + (lr - eta_min) * (1 + cos(pi * t_i / T_i)) / 2,  T_i = T_0 * T_mult ^ i",
        source="Loshchilov, Hutter: SGDR: Stochastic gradient descent with warm restarts, ICLR 2017",
        torch="torch.optim.lr_scheduler.CosineAnnealingWarmRestarts",
        rate=_warm_restarts,
    ),
    ScheduleSpec(
        "one_cycle",
        "One cycle",
        "Rises to the learning rate, then falls far below it, over the whole run; counts steps.",
        _ONE_CYCLE_FIELDS,
        formula="lr / div_factor -> lr -> lr / (div_factor * final_div_factor)",
        source="Smith, Topin: Super-convergence: very fast training of neural networks, 2018",
        torch="torch.optim.lr_scheduler.OneCycleLR",
        rate=_one_cycle,
        momentum=_one_cycle_momentum,
    ),
)

SCHEDULES: Mapping[str, ScheduleSpec] = {spec.id: spec for spec in _SPECS}
