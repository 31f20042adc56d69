"""The loss along the straight line from one set of weights to another.

Goodfellow, Vinyals and Saxe, Qualitatively Characterizing Neural Network Optimization Problems, ICLR 2015
(arXiv:1412.6544); the barrier after Frankle et al., Linear Mode Connectivity and the Lottery Ticket Hypothesis, ICML
2020 (arXiv:1912.05671), who measure it above the mean of both ends, which are alike there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from core.analysis.measuring import Gauge, beginning
from core.analysis.subject import Subject, moment, read_weights
from core.problem import LayerloomError
from core.training.runs import RunFolder
from core.training.tools.copying import Told, unheard

START = "start"
PARTS = ("train", "validation")


@dataclass(frozen=True)
class Between:
    """Losses at ``(1 - a) * other + a * own`` for each a of `at`: 0 are the `other` weights, 1 those looked at.

    Attributes:
        losses: by the part of the data, infinite where they are no numbers.
        barriers: by part, how far the loss rises at most above the higher end; 0 where it never does.
        distance: between both, in the norm of the trained weights.
    """

    other: str
    at: tuple[float, ...]
    losses: Mapping[str, tuple[float, ...]]
    barriers: Mapping[str, float]
    distance: float
    examples: Mapping[str, int]

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def between(
    subject: Subject, *, other: str = START, steps: int = 41, beyond: float = 0.25, examples: int = 1000,
    told: Told = unheard,
) -> Between:  # fmt: skip
    """Measure the losses of training and of validation along the line.

    Args:
        other: ``start`` (what the run began with), ``best`` or ``last``, or the folder of another run of one design.
        steps: places between the two, both included.
        beyond: how far the line goes on at both ends, as a share of what lies between.

    What normalisation remembers moves along the line too, between both ends: they are the networks themselves.

    Raises:
        LayerloomError: the other weights are not there, are of another design, or are these.
    """
    weights, name = _other(subject, other)
    gauges = {
        part: Gauge(subject, subject.part(part, examples)) for part in PARTS[:2] if subject.prepared.examples[part]
    }
    own = next(iter(gauges.values())).net.state_dict()
    if set(own) != set(weights) or any(own[n].shape != weights[n].shape for n in own):
        raise LayerloomError(f"{name} is of another design: its weights differ in name or shape.", code="weights")
    moved = {n: own[n].double() - weights[n].double() for n in own if own[n].is_floating_point()}
    distance = float(sum(d.square().sum() for n, d in moved.items())) ** 0.5
    if distance == 0:
        raise LayerloomError(f"{name} has these very weights, so nothing lies between.", code="weights")
    trained = {n for n, _ in next(iter(gauges.values())).net.named_parameters()}
    extra = round(beyond * (steps - 1))
    at = tuple(k / (steps - 1) for k in range(-extra, steps + extra))
    losses: dict[str, list[float]] = {part: [] for part in gauges}
    for index, a in enumerate(at):
        inside = min(1.0, max(0.0, a))  # what is remembered is no weight: beyond both ends it stays, or is no variance
        here = {n: weights[n].double() + (a if n in trained else inside) * d for n, d in moved.items()}
        for part, gauge in gauges.items():
            _put(gauge, here)
            losses[part].append(gauge.loss())
        told((index + 1) / len(at))
    middle = slice(extra, extra + steps)
    return Between(
        name,
        at,
        {part: tuple(found) for part, found in losses.items()},
        {part: barrier(found[middle]) for part, found in losses.items()},
        distance,
        {part: len(gauge.part) for part, gauge in gauges.items()},
    )


def barrier(losses: list[float]) -> float:
    """How far losses rise above the higher of the first and the last."""
    return max(losses) - max(losses[0], losses[-1])


def _put(gauge: Gauge, weights: Mapping[str, Tensor]) -> None:
    with torch.no_grad():
        for name, held in gauge.net.state_dict().items():
            if name in weights:
                held.copy_(weights[name])


def _other(subject: Subject, other: str) -> tuple[Mapping[str, Tensor], str]:
    if other == START:
        return beginning(subject), "The start of the run"
    if other in ("best", "last"):
        return read_weights(moment(subject.run, other).path), f"The {other} checkpoint"
    path = Path(other)
    folder = RunFolder.open(path if path.is_absolute() else subject.run.path.parent / path)
    return read_weights(moment(folder).path), f"The run {folder.title}"
