"""The learning-rate range test: a rate that rises while the network trains, and where the loss falls and breaks.

Smith: Cyclical Learning Rates for Training Neural Networks, 2015 (arXiv:1506.01186); the exponential rise and the
smoothed loss as in Gugger: How Do You Find A Good Learning Rate, 2018.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from core.problem import LayerloomError
from core.training.computing import Batch
from core.training.run import Run
from core.training.tools.copying import Told, constant, copied, unheard
from core.training.weighing import weighted_sum

LOW, HIGH, STEPS = 1e-7, 10.0, 100
SMOOTHING = 0.9  # share of the mean so far in the smoothed loss
BREAKS = 4.0  # times the least smoothed loss so far (or that far above it, where it is below 0): the loss has diverged
AT_LEAST = 10  # steps before it may have
WORTH = 0.02  # share of the loss by which it must have fallen before there is anything to suggest


@dataclass(frozen=True)
class RangeTest:
    """What a range test found.

    Attributes:
        rates, losses: what was stepped with, and the loss of the batch before that step; `smoothed` as suggestions
            read it.
        diverged: the rate at which the loss broke; None where it did not.
        steepest: the rate at which the smoothed loss falls fastest over the logarithm of the rate.
        tenth: a tenth of the rate with the least smoothed loss.
        suggestion: `tenth`; None where the loss never fell.
        verdict: a sentence for the person.
    """

    rates: tuple[float, ...]
    losses: tuple[float, ...]
    smoothed: tuple[float, ...]
    diverged: float | None
    steepest: float | None
    tenth: float | None
    suggestion: float | None
    verdict: str
    objective: int = 0

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def find_rate(
    run: Run,
    *,
    low: float = LOW,
    high: float = HIGH,
    steps: int = STEPS,
    objective: int = 0,
    told: Told = unheard,
) -> RangeTest:
    """Train a copy of the run with ``lr[k] = low * (high / low) ** (k / (steps - 1))`` until the loss breaks.

    The objective's own optimizer, accumulation, clipping and penalties are used, without its schedule; other objectives
    train as they do. The smoothed loss is ``s[k] = m[k] / (1 - b ** (k + 1))`` with ``m[k] = b m[k-1] + (1 - b) l[k]``
    and b = 0.9.

    Raises:
        LayerloomError: the range is none, there is no such objective, or a layer refuses the data.
    """
    _check(run, low, high, steps, objective)
    found: list[tuple[float, float]] = []
    smooth = _Smooth()
    with copied(run, lambda job: constant(job, objective)) as trial:
        trainer, batches = trial.engine.trainers[objective], endless(trial)
        goal = weighted_sum(trainer.objective.losses or trial.engine.weights)
        for step in range(steps):
            rate = low * (high / low) ** (step / max(1, steps - 1))
            trainer.lr = rate
            total = 0.0
            for _ in range(trainer.objective.accumulate):
                taken = trial.engine.step(next(batches), trial.step, trial.batch_of)
                total += float(goal({name: float(value.detach()) for name, value in taken.losses.items()}))
                trial.step += 1
            loss = total / trainer.objective.accumulate
            found.append((rate, loss))
            told((step + 1) / steps)
            if smooth.breaks(loss):
                break
    return read([rate for rate, _ in found], [loss for _, loss in found], objective)


def read(rates: Sequence[float], losses: Sequence[float], objective: int = 0) -> RangeTest:
    """What the losses at rising rates say."""
    smooth = _Smooth()
    broke = next((rate for rate, loss in zip(rates, losses, strict=True) if smooth.breaks(loss)), None)
    found = RangeTest(
        tuple(rates), tuple(losses), tuple(smooth.values), broke, None, None, None, _flat(broke), objective
    )
    whole = [value for value in smooth.values if math.isfinite(value)]
    least = min(range(len(whole)), key=whole.__getitem__) if whole else 0
    if not whole or whole[0] - whole[least] < WORTH * max(abs(whole[0]), 1e-12):
        return found
    steepest, tenth = rates[_steepest(rates, whole[: least + 1])], rates[least] / 10
    verdict = (
        f"The smoothed loss is least at {rates[least]:.2g}; a tenth of that, {tenth:.2g}, is the suggestion. It falls "
        f"steepest at {steepest:.2g}. "
    )
    verdict += f"At {broke:.2g} it broke." if broke else "It did not break up to the end: try a greater highest rate."
    return replace(found, steepest=steepest, tenth=tenth, suggestion=tenth, verdict=verdict)


def endless(run: Run) -> Iterator[Batch]:
    """The batches of training, epoch after epoch."""
    return itertools.chain.from_iterable(run.batches(epoch, 0) for epoch in itertools.count())


class _Smooth:
    """The smoothed loss so far."""

    def __init__(self) -> None:
        self.values: list[float] = []
        self._mean = 0.0
        self._least = math.inf

    def breaks(self, loss: float) -> bool:
        """Take in the next loss; whether it has diverged."""
        self._mean = SMOOTHING * self._mean + (1 - SMOOTHING) * loss
        value = self._mean / (1 - SMOOTHING ** (len(self.values) + 1))
        self.values.append(value)
        if not math.isfinite(value):
            return True
        self._least = min(self._least, value)
        limit = self._least + (BREAKS - 1) * abs(self._least)
        return len(self.values) >= AT_LEAST and value > limit


def _steepest(rates: Sequence[float], smoothed: Sequence[float]) -> int:
    """Where the smoothed loss falls fastest, by central differences over the logarithm of the rate."""
    if len(smoothed) < 3 or rates[0] == rates[-1]:
        return 0
    slopes = [
        (smoothed[i + 1] - smoothed[i - 1]) / math.log(rates[i + 1] / rates[i - 1]) for i in range(1, len(smoothed) - 1)
    ]
    return 1 + min(range(len(slopes)), key=slopes.__getitem__)


def _flat(broke: float | None) -> str:
    if broke is not None:
        return f"The loss never fell before it broke at {broke:.2g}: begin with a lower rate, or look at the gradients."
    return "The loss did not fall at any rate: try a greater highest rate, or see whether anything trains at all."


def _check(run: Run, low: float, high: float, steps: int, objective: int) -> None:
    if not 0 < low <= high < math.inf or steps < 2:
        raise LayerloomError(
            f"The range test needs a lowest rate above 0, a highest one that is not below it, and 2 steps or more; "
            f"received {low:g}, {high:g} and {steps}.",
            code="arguments",
        )
    if not 0 <= objective < len(run.engine.trainers):
        raise LayerloomError(
            f"The job has no objective {objective}; it has {len(run.engine.trainers)}, counted from 0.",
            code="arguments",
        )
