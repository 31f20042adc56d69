"""How far a network can be thinned: its metrics against the share of weights that are pruned, and against the bits that
each weight is left with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor, nn

from core.analysis.measuring import Gauge
from core.analysis.subject import Subject
from core.catalog.metrics import goal
from core.problem import LayerloomError
from core.training.pruning import masks_of, prunable, sparsity
from core.training.tools.copying import Told, unheard

BITS = (8, 7, 6, 5, 4, 3, 2)


@dataclass(frozen=True)
class Level:
    """What is left of the network, and what it then measures. `kept` is the share of weights that is not zero, `bits`
    those of a weight."""

    kept: float
    bits: int
    values: Mapping[str, float]


@dataclass(frozen=True)
class Thinned:
    """Levels of one way of thinning, the first being the network as it is.

    Attributes:
        metric: what the cost is measured by: the first metric, or ``loss``.
        chosen: the place of the furthest level up to which none costs more than was allowed.
        layers: what share of each layer's weights is zero at that level, by the canvas's node.
        weights: how many there are to be thinned.
    """

    levels: tuple[Level, ...]
    metric: str
    chosen: int
    weights: int
    examples: int
    layers: Mapping[str, float]

    @property
    def best(self) -> Level:
        return self.levels[self.chosen]

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def pruned(
    subject: Subject, *, part: str = "test", scope: str = "global", most: float = 0.95, steps: int = 19,
    cost: float = 0.01, examples: int = 2000, told: Told = unheard,
) -> Thinned:  # fmt: skip
    """Prune more and more of the weights by magnitude, and measure each time; the run itself stays as it is.

    Args:
        scope: ``global``: the smallest of the whole network; ``layer``: the same share of each tensor.
        most, steps: shares from 0 to `most` in so many equal steps.
        cost: what the metric may lose (see `costs`).

    Raises:
        LayerloomError: the part is empty, or there is nothing to prune.
    """
    gauge, weights = _gauged(subject, part, examples)
    levels, masks = [Level(1.0, 32, gauge.values())], []
    kept = {name: p.detach().clone() for name, p in weights.items()}
    for step in range(1, steps + 1):
        masks.append(masks_of(kept, most * step / steps, scope))
        with changed(weights, {name: kept[name] * mask for name, mask in masks[-1].items()}):
            levels.append(Level(1.0 - sparsity(masks[-1]), 32, gauge.values()))
        told(step / steps)
    metric = _metric(gauge)
    chosen = within(levels, metric, cost)
    layers = _by_layer(subject, masks[chosen - 1]) if chosen else {}
    count = sum(w.numel() for w in kept.values())
    return Thinned(tuple(levels), metric, chosen, count, len(gauge.part), layers)


def quantised(
    subject: Subject, *, part: str = "test", per_channel: bool = True, cost: float = 0.01, examples: int = 2000,
    told: Told = unheard,
) -> Thinned:  # fmt: skip
    """Round the weights to fewer and fewer bits, and measure each time; the run itself stays as it is.

    ``w ~ s clip(round(w / s), -q, q)`` with ``q = 2^(bits - 1) - 1`` and ``s = max|w| / q``, of each output channel or
    of the whole tensor; what flows stays float32.

    Raises:
        LayerloomError: the part is empty, or there is nothing to round.
    """
    gauge, weights = _gauged(subject, part, examples)
    levels = [Level(1.0, 32, gauge.values())]
    kept = {name: p.detach().clone() for name, p in weights.items()}
    for index, bits in enumerate(BITS):
        rounded = {name: fewer_bits(weight, bits, per_channel) for name, weight in kept.items()}
        with changed(weights, rounded):
            levels.append(Level(1.0, bits, gauge.values()))
        told((index + 1) / len(BITS))
    metric = _metric(gauge)
    count = sum(w.numel() for w in kept.values())
    return Thinned(tuple(levels), metric, within(levels, metric, cost), count, len(gauge.part), {})


def fewer_bits(weight: Tensor, bits: int, per_channel: bool) -> Tensor:
    """The weight as it comes back from whole numbers of so many bits (torch's fake quantization)."""
    top = 2 ** (bits - 1) - 1
    flat = weight.flatten(1) if per_channel else weight.reshape(1, -1)
    steps = flat.abs().amax(1) / top
    steps = torch.where(steps > 0, steps, torch.ones_like(steps))
    zeros = torch.zeros(len(steps), dtype=torch.int32)
    if per_channel:
        return torch.fake_quantize_per_channel_affine(weight, steps, zeros, 0, -top, top)
    return torch.fake_quantize_per_tensor_affine(weight, float(steps[0]), 0, -top, top)


def costs(before: float, after: float, metric: str) -> float:
    """What a change costs: points of a metric that is to be high, the relative rise of one that is to be low."""
    if goal(metric) == "max":
        return before - after
    return (after - before) / abs(before) if before else float(after > 0)


def within(levels: Sequence[Level], metric: str, cost: float) -> int:
    """The place of the last level before the first that costs more."""
    first = levels[0].values[metric]
    for place, level in enumerate(levels):
        value = level.values[metric]
        if not costs(first, value, metric) <= cost:  # NaN costs too much
            return place - 1
    return len(levels) - 1


@contextmanager
def changed(weights: Mapping[str, nn.Parameter], values: Mapping[str, Tensor]) -> Iterator[None]:
    """Other values for these weights, for a while."""
    kept = {name: p.detach().clone() for name, p in weights.items()}
    with torch.no_grad():
        for name, value in values.items():
            weights[name].copy_(value)
        try:
            yield
        finally:
            for name, value in kept.items():
                weights[name].copy_(value)


def _gauged(subject: Subject, part: str, examples: int) -> tuple[Gauge, dict[str, nn.Parameter]]:
    gauge = Gauge(subject, subject.part(part, examples))
    weights = prunable(gauge.net)
    if not weights:
        raise LayerloomError("This network has no weights to thin: no layer has a matrix of them.", code="weights")
    return gauge, weights


def _metric(gauge: Gauge) -> str:
    return gauge.series[1] if len(gauge.series) > 1 else "loss"


def _by_layer(subject: Subject, masks: Mapping[str, Tensor]) -> dict[str, float]:
    """The share of zeros at each node that has weights, by its path on the canvas."""
    found = {}
    for placed in subject.program.placed():
        if placed.step.layer and placed.modules and not placed.shared:
            own = [m for name, m in masks.items() if any(name.startswith(f"{module}.") for module in placed.modules)]
            if own:
                found[placed.node] = sparsity(own)
    return found
