"""How the learning rate moves during a run: closed formulas in plain Python.

The loop sets the rate from these very formulas, so the window's preview is what happens, and resuming needs no state.
One alone, `plateau`, answers to what validation tells: it has a state (`Plateau`), and its preview shows what holds as
long as nothing stands still. Each schedule counts in the unit that its field `advance` names, steps or epochs; fields
are named as PyTorch's.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, TypeAlias

from core.catalog.metrics import goal
from core.spec.option import OptionSpec
from core.spec.param import Param
from core.spec.params import Bool, Choice, Float, Int, Ints, Text
from core.training.job import Pick, Warmup

NO_WARMUP = Warmup()
# (fields, learning rate that was set, count, total) -> value: `count` of `total` units are done
Rule: TypeAlias = Callable[[Mapping[str, Any], float, int, int], float]


@dataclass(frozen=True)
class ScheduleSpec(OptionSpec):
    """A schedule: `rate` gives the learning rate; `momentum`, where present, the momentum (Adam: the first beta).

    `follows`: the rate is also divided by what a `Plateau` of the same fields decides at the ends of epochs.
    """

    rate: Rule = lambda fields, lr, count, total: lr
    momentum: Callable[[Mapping[str, Any], int, int], float | None] | None = None
    follows: bool = False


@dataclass(frozen=True, slots=True)
class Schedule:
    """A schedule of one run of `steps` steps, `steps_per_epoch` to the epoch (the last epoch may be shorter).

    For the first `warmup` steps the rate rises in a straight line from `start_factor` of what the schedule begins with;
    the schedule itself begins after them, and has the rest of the run.
    """

    spec: ScheduleSpec
    fields: Mapping[str, Any]
    steps: int
    steps_per_epoch: int
    warmup: int = 0
    start_factor: float = 1.0

    def rate(self, lr: float, step: int) -> float:
        """The learning rate of the step after `step` steps, where `lr` is what the optimizer was given."""
        rate = self.spec.rate(self.fields, lr, *self._count(step))
        if step < self.warmup:
            return rate * (self.start_factor + (1.0 - self.start_factor) * step / self.warmup)
        return rate

    def momentum(self, step: int) -> float | None:
        """The momentum of that step; None where the schedule leaves it alone."""
        return self.spec.momentum(self.fields, *self._count(step)) if self.spec.momentum else None

    def _count(self, step: int) -> tuple[int, int]:
        step, steps = max(0, step - self.warmup), max(1, self.steps - self.warmup)
        if self.fields.get("advance") == "epoch":
            return step // self.steps_per_epoch, -(-steps // self.steps_per_epoch)
        return step, steps


@dataclass(slots=True)
class Plateau:
    """Lowers the learning rate where a series has stopped getting better; decides as PyTorch's ReduceLROnPlateau.

    `rate` is the learning rate now; call `epoch_ended` with the watched value.
    """

    fields: Mapping[str, Any]
    rate: float
    best: float | None = None
    bad: int = 0  # epochs without a better value
    cooling: int = 0  # epochs of rest that are left

    def epoch_ended(self, value: float) -> None:
        fields = self.fields
        if self._better(value):
            self.best, self.bad = value, 0
        else:
            self.bad += 1
        if self.cooling > 0:
            self.cooling, self.bad = self.cooling - 1, 0
        if self.bad > fields["patience"]:
            lower = max(self.rate * fields["factor"], fields["min_lr"])
            self.rate = lower if self.rate - lower > fields["eps"] else self.rate
            self.cooling, self.bad = fields["cooldown"], 0

    def _better(self, value: float) -> bool:
        if self.best is None:
            return not math.isnan(value)
        sign = 1.0 if goal(self.fields["metric"]) == "max" else -1.0
        threshold: float = sign * self.fields["threshold"]
        limit = self.best + (threshold * self.best if self.fields["threshold_mode"] == "rel" else threshold)
        return sign * value > sign * limit

    def state(self) -> dict[str, Any]:
        return {name: value for name, value in asdict(self).items() if name != "fields"}

    def load(self, state: Mapping[str, Any]) -> None:
        self.rate, self.best = state["rate"], state["best"]
        self.bad, self.cooling = state["bad"], state["cooling"]


def schedule(pick: Pick, steps: int, steps_per_epoch: int, warmup: Warmup = NO_WARMUP) -> Schedule:
    """The picked schedule for a run. Raises ValueError where the kind or a field is unknown or a value does not fit."""
    if pick.kind not in SCHEDULES:
        raise ValueError(f"There is no schedule {pick.kind!r:.40}; there are {', '.join(SCHEDULES)}.")
    spec = SCHEDULES[pick.kind]
    steps, steps_per_epoch = max(1, steps), max(1, steps_per_epoch)
    rise = warmup.length * (steps_per_epoch if warmup.unit == "epoch" else 1)
    return Schedule(spec, spec.values(pick.params), steps, steps_per_epoch, rise, warmup.start_factor)


def curve(pick: Pick, lr: float, steps: int, steps_per_epoch: int, warmup: Warmup = NO_WARMUP) -> list[float]:
    """The learning rate of every step of a run, exactly as it will be. Raises ValueError as `schedule`."""
    rate = schedule(pick, steps, steps_per_epoch, warmup).rate
    return [rate(lr, step) for step in range(steps)]


def _step(fields: Mapping[str, Any], lr: float, count: int, total: int) -> float:
    return float(lr * fields["gamma"] ** (count // fields["step_size"]))


def _multi_step(fields: Mapping[str, Any], lr: float, count: int, total: int) -> float:
    return float(lr * fields["gamma"] ** sum(1 for milestone in fields["milestones"] if milestone <= count))


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
        "Step decay",
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
        "multi_step",
        "Steps at milestones",
        "Multiplies the learning rate by gamma at each of the epochs (or steps) that are named.",
        (
            Ints("milestones", (10, 15), min=1, doc="Where the rate falls: 30, 60, 80."),
            Float("gamma", 0.1, min=0.0, above=True, doc="What the rate is multiplied by at each milestone."),
            _advance("epoch"),
        ),
        formula="lr(t) = lr * gamma ^ (number of milestones <= t)",
        torch="torch.optim.lr_scheduler.MultiStepLR",
        rate=_multi_step,
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
    ScheduleSpec(
        "plateau",
        "When validation stands still",
        "Multiplies the learning rate by factor where the watched series has not got better for more than patience "
        "epochs. When that happens cannot be known before; it is kept in checkpoints.",
        (
            Text("metric", "loss", doc="The validation series that is watched; training's where nothing validates."),
            Float("factor", 0.1, min=0.0, max=0.9999, above=True, doc="What the rate is multiplied by."),
            Int("patience", 10, min=0, doc="Epochs without a better value that are waited."),
            Float("threshold", 1e-4, min=0.0, label="smallest gain", advanced=True, doc="Less than this is no gain."),
            Choice(
                "threshold_mode",
                "rel",
                choices=("rel", "abs"),
                advanced=True,
                labels={"rel": "share of the best", "abs": "difference"},
                doc="What the smallest gain means.",
            ),
            Int("cooldown", 0, min=0, advanced=True, doc="Epochs after a fall in which nothing is counted."),
            Float("min_lr", 0.0, min=0.0, label="lowest rate", doc="The rate never falls below."),
            Float("eps", 1e-8, min=0.0, advanced=True, doc="A fall smaller than this is not made."),
        ),
        formula="lr = max(lr * factor, min_lr) after more than patience epochs without a gain",
        torch="torch.optim.lr_scheduler.ReduceLROnPlateau",
        follows=True,
    ),
)

SCHEDULES: Mapping[str, ScheduleSpec] = {spec.id: spec for spec in _SPECS}
