"""What a unit would like to see: an input that its answer is greatest for, found by following the gradient.

Erhan et al., Visualizing Higher-Layer Features of a Deep Network, 2009; with the decay of Simonyan, Vedaldi and
Zisserman, Deep Inside Convolutional Networks, 2013 (arXiv:1312.6034).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from core.analysis.subject import Subject
from core.analysis.upstream import Upstream
from core.data.looks import looks, span
from core.problem import LayerloomError

EXAMPLES, POINTS, PACE = 256, 100, 0.03  # of the range of the data, a step


def wished(
    subject: Subject, split: str, node: str, unit: int = 0, steps: int = 300, decay: float = 0.1,
    smooth: float = 5.0, seed: int = 0,
) -> dict[str, Any]:  # fmt: skip
    """Begin with the mean example and a little noise, and climb ``answer(x) - decay mean(u^2) - smooth rough(u)``
    within the range that each number has in the training part; u is (x - mean) / range, and rough the mean square of
    the differences between neighbours of pictures and series. A unit is as in `core.analysis.unit`.

    Keys: those of `Subject.heading`; ``node``, ``unit``, ``units``; ``look`` and ``begun``: the input that was found
    and the mean example, as `core.data.looks.looks` has them; ``value`` of the unit there, its value ``before`` at the
    mean example and ``best`` among 256 examples; ``course``: up to 100 values on the way, by ``at``, their steps.

    Raises:
        LayerloomError: no one real input leads to the node, or it has no such unit (codes ``node``, ``unit``).
    """
    upstream = Upstream(subject, node)
    known = upstream.given(subject.part("train", EXAMPLES))
    low, high, mean = known.amin(0), known.amax(0), known.mean(0)
    draw = torch.Generator().manual_seed(seed)
    units = _answers(upstream(mean[None])).shape[1]
    if not 0 <= unit < units:
        raise LayerloomError(f"There is no unit {unit} here; they are 0 to {units - 1}.", code="unit")
    reach = high - low
    x = (mean + 0.05 * reach * torch.randn(mean.shape, generator=draw)).clamp(low, high)
    worth = _Worth(upstream, unit, mean, reach, decay, smooth)
    found, way = _climbed(x, worth, steps, low, high)
    name = upstream.input
    shown = looks(subject.prepared.inverse(name, torch.stack((found, mean)).numpy()), span(subject.prepared, name))
    every = max(1, -(-steps // POINTS))
    return {
        **subject.heading(subject.part(split, 1)),
        "node": node,
        "unit": unit,
        "units": units,
        "look": shown[0],
        "begun": shown[1],
        "value": float(_answers(upstream(found[None]))[0, unit]),
        "before": float(_answers(upstream(mean[None]))[0, unit]),
        "best": float(_answers(upstream(known))[:, unit].max()),
        "course": way[::every],
        "at": list(range(0, steps, every)),
    }


def _answers(value: Tensor) -> Tensor:
    """(examples, units): of places, the greatest."""
    by_unit = value.movedim(1 if value.dim() >= 4 else -1, 1)
    return by_unit.flatten(2).amax(2) if value.dim() > 2 else by_unit


@dataclass(frozen=True)
class _Worth:
    """What an input is worth, and what of it is the unit's answer."""

    upstream: Upstream
    unit: int
    mean: Tensor
    reach: Tensor
    decay: float
    smooth: float

    def __call__(self, x: Tensor) -> tuple[Tensor, Tensor]:
        value = _answers(self.upstream(x[None]))[0, self.unit]
        moved = (x - self.mean) / self.reach.clamp(min=1e-12)
        return value - self.decay * moved.square().mean() - self.smooth * _rough(moved), value


def _climbed(x: Tensor, worth: _Worth, steps: int, low: Tensor, high: Tensor) -> tuple[Tensor, list[float]]:
    """The input of most worth on the way, and the unit's answers there."""
    way: list[float] = []
    best, found = -torch.inf, x
    x = x.clone().requires_grad_()
    climber = torch.optim.Adam([x], lr=1.0)
    for _ in range(steps):
        height, value = worth(x)
        way.append(float(value.detach()))
        if float(height.detach()) > best:
            best, found = float(height.detach()), x.detach().clone()
        (slope,) = torch.autograd.grad(height, x)
        x.grad = -slope
        before = x.detach().clone()
        climber.step()
        with torch.no_grad():  # Adam's steps are about 1: each number moves by its own range
            x.copy_((before + PACE * worth.reach * (x - before)).clamp(low, high))
    return found, way


def _rough(values: Tensor) -> Tensor:
    """The mean square of the differences between neighbours, over every direction but the channels."""
    ways = range(1, values.dim())
    return torch.stack([values.diff(dim=way).square().mean() for way in ways]).sum() if ways else values.new_zeros(())
