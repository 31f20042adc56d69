"""What a network still does when a share of it is destroyed: the fault tolerance that neural networks are known for."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from statistics import fmean, stdev
from typing import Any, TypeAlias

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.modules.conv import _ConvNd, _ConvTransposeNd

from core.analysis.measuring import Gauge
from core.analysis.subject import Subject
from core.problem import LayerloomError
from core.program.program import Program, Step
from core.training.tools.copying import Told, unheard

ENOUGH = 1e-9
Names: TypeAlias = set[str]


@dataclass(frozen=True)
class Level:
    """What a share of damage did, over all repeats: of each series the mean, the standard deviation (over n - 1) and
    both ends."""

    share: float
    mean: Mapping[str, float]
    deviation: Mapping[str, float]
    low: Mapping[str, float]
    high: Mapping[str, float]


@dataclass(frozen=True)
class Damage:
    """`levels` begin with the network as it is.

    Attributes:
        metric: the first one of which chance is known, else the first that is measured, or ``loss``.
        chance: what an answer that ignores the input reaches; None where that is not known for the metric.
        half: the share of damage that takes half of what the metric is better than chance; None where it never does, or
            where chance is not known.
        parts: how many weights or units there are to be hit.
    """

    levels: tuple[Level, ...]
    metric: str
    chance: float | None
    half: float | None
    what: str
    how: str
    parts: int
    examples: int

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    def kept(self, level: Level) -> float | None:
        """The share of its lead over chance that the network keeps; None where chance is not known, or not beaten."""
        base = self.levels[0].mean[self.metric]
        if self.chance is None or base - self.chance < ENOUGH:
            return None
        return (level.mean[self.metric] - self.chance) / (base - self.chance)


def damage(
    subject: Subject, *, part: str = "test", what: str = "weights", how: str = "zero", most: float = 0.9,
    steps: int = 9, repeats: int = 5, strength: float = 1.0, examples: int = 2000, seed: int = 0,
    told: Told = unheard,
) -> Damage:  # fmt: skip
    """Destroy ever more of a network, and measure it each time; the run itself stays as it is.

    Args:
        what: ``weights``: single ones, drawn in each tensor of two or more dimensions (no biases, no norms) by
            themselves, as `torch.nn.utils.prune.random_unstructured` draws; ``units``: whole filters of linear layers
            and convolutions with their biases, drawn layer by layer; those that give an output are spared.
        how: ``zero`` them, or add ``noise``: `strength` standard deviations of the tensor's weights.
        most, steps: shares from 0 to `most` in so many equal steps.
        repeats: draws, each of its own seed. Within one, what a smaller share has hit a larger one hits too.

    Raises:
        LayerloomError: the part is empty, or there is nothing to hit.
    """
    gauge = Gauge(subject, subject.part(part, examples))
    victims = VICTIMS[what](gauge)
    if not victims:
        raise LayerloomError(
            f"This network has no {what} to damage: it has no layer of weights"
            f"{' before its outputs' if what == 'units' else ''}.",
            code="weights",
        )
    shares = [most * k / steps for k in range(1, steps + 1)]
    found: list[list[dict[str, float]]] = [[gauge.values()]]
    found += [[] for _ in shares]
    for repeat in range(repeats):
        draw = torch.Generator().manual_seed(seed + repeat)
        orders = [torch.rand(victim.count, generator=draw) for victim in victims]
        others = [victim.noise(draw, strength) if how == "noise" else victim.zeros for victim in victims]
        for k, share in enumerate(shares):
            for victim, order, instead in zip(victims, orders, others, strict=True):
                victim.hit(order, share, instead)
            found[k + 1].append(gauge.values())
            for victim in victims:
                victim.mend()
            told((repeat * steps + k + 1) / (repeats * steps))
    levels = tuple(_level(share, rows) for share, rows in zip([0.0, *shares], found, strict=True))
    chances = {name: _chance(subject, gauge, name) for name in gauge.series}
    known = next((name for name, value in chances.items() if value is not None), "")
    metric = known or gauge.series[min(1, len(gauge.series) - 1)]
    chance = chances[metric]
    made = Damage(levels, metric, chance, None, what, how, sum(v.count for v in victims), len(gauge.part))
    return replace(made, half=_half(made))


class Victim:
    """Tensors that are hit together, unit by unit along `axis` (None: number by number)."""

    def __init__(self, tensors: list[Tensor], axis: int | None) -> None:
        self._tensors, self._axis = tensors, axis
        self._kept = [t.detach().clone() for t in tensors]
        self.zeros = [torch.zeros(()) for _ in tensors]
        self.count = tensors[0].numel() if axis is None else tensors[0].shape[axis]

    def noise(self, generator: torch.Generator, strength: float) -> list[Tensor]:
        """For all of it, of `strength` standard deviations of the (first) tensor."""
        spread = float(self._kept[0].std(correction=0)) * strength
        return [t + spread * torch.randn(t.shape, generator=generator) for t in self._kept]

    def hit(self, order: Tensor, share: float, instead: list[Tensor]) -> None:
        """Give the share of the parts that comes first in an order other values."""
        hit = torch.zeros(self.count, dtype=torch.bool)
        hit[torch.topk(order, round(share * self.count)).indices] = True
        with torch.no_grad():
            for tensor, other in zip(self._tensors, instead, strict=True):
                tensor.copy_(torch.where(self._mask(hit, tensor), other, tensor))

    def mend(self) -> None:
        with torch.no_grad():
            for tensor, kept in zip(self._tensors, self._kept, strict=True):
                tensor.copy_(kept)

    def _mask(self, hit: Tensor, tensor: Tensor) -> Tensor:
        if self._axis is None:
            return hit.view(tensor.shape)
        axis = self._axis if tensor.ndim > 1 else 0
        return hit.view([-1 if i == axis else 1 for i in range(tensor.ndim)])


def _weights(gauge: Gauge) -> list[Victim]:
    return [Victim([p], None) for p in gauge.net.parameters() if p.ndim >= 2 and p.is_floating_point()]


def _units(gauge: Gauge) -> list[Victim]:
    spared = heads(gauge.program, gauge.net)
    return [
        Victim([module.weight, *([] if module.bias is None else [module.bias])], _axis(module))
        for name, module in gauge.net.named_modules()
        if _has_units(module) and name not in spared
    ]


VICTIMS: Mapping[str, Callable[[Gauge], list[Victim]]] = {"weights": _weights, "units": _units}


def heads(program: Program, net: nn.Module) -> Names:
    """The modules with units whose answers reach an output through no other such module, by their dotted paths."""
    found: Names = set()
    _walk(program, program, "", {result.value for result in program.outputs}, net, found)
    return found


def _walk(whole: Program, inside: Program, prefix: str, wanted: Names, net: nn.Module, found: Names) -> Names:
    """Go back from the `wanted` values; returns those that were met on the way."""
    for step in reversed(inside.steps):
        if wanted.isdisjoint(step.outputs.values()):
            continue
        if step.block:
            wanted |= _through(whole, step, prefix, net, found)
        elif step.module and _has_units(net.get_submodule(prefix + step.module)):
            found.add(prefix + step.module)
        else:
            wanted |= set(step.inputs.values())
    return wanted


def _through(whole: Program, step: Step, prefix: str, net: nn.Module, found: Names) -> Names:
    """The same through a block, from its last copy to its first; what outside of it leads to an output."""
    block = whole.blocks[step.block]
    ends = {result.value for result in block.outputs}
    entered = True
    for copy in reversed(range(step.repeat)):
        path = f"{prefix}{step.module}." + (f"{copy}." if step.repeat > 1 else "")
        met = _walk(whole, block, path, set(ends), net, found) if entered else set()
        entered = any(value.name in met for value in block.inputs)
    return {step.inputs[v.port] for v in block.inputs if entered and v.name in met and v.port in step.inputs}


def _has_units(module: nn.Module) -> bool:
    return isinstance(module, nn.Linear | _ConvNd) and not (isinstance(module, _ConvTransposeNd) and module.groups > 1)


def _axis(module: nn.Module) -> int:
    return 1 if isinstance(module, _ConvTransposeNd) else 0


def _level(share: float, rows: list[dict[str, float]]) -> Level:
    def of(told: Callable[[list[float]], float]) -> dict[str, float]:
        return {name: told([row[name] for row in rows]) for name in rows[0]}

    return Level(share, of(fmean), of(lambda v: stdev(v) if len(v) > 1 else 0.0), of(min), of(max))


def _chance(subject: Subject, gauge: Gauge, metric: str) -> float | None:
    """What the best answer that ignores the input reaches, where that is known: of the first pairing."""
    kind = metric.rpartition("/")[2]
    if kind == "r2":
        return 0.0
    if kind != "accuracy":
        return None
    pairing = subject.pairings[0]
    target = np.asarray(gauge.part.arrays[pairing.target])
    labels = target.argmax(-1) if pairing.encoding == "one_hot" else target
    _, counts = np.unique(labels.ravel(), return_counts=True)
    return float(counts.max() / counts.sum())


def _half(found: Damage) -> float | None:
    """Where the mean first falls below half of the lead over chance, between the levels along a straight line."""
    kept = list(_leads(found))
    for (a, above), (b, below) in itertools.pairwise(kept):
        if above >= 0.5 > below:
            return a + (b - a) * (above - 0.5) / (above - below)
    return None


def _leads(found: Damage) -> Iterator[tuple[float, float]]:
    for level in found.levels:
        kept = found.kept(level)
        if kept is not None:
            yield level.share, kept
