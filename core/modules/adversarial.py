"""What a critic with a bounded slope needs."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Blend(nn.Module):
    """A place drawn evenly on the line from each example of `a` to that of `b`; in evaluation the middle.

    Gradients stop here, and the slope of what is made of it can be asked for (`GradientPenalty`).
    """

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        a, b = a.detach(), b.detach()
        if not self.training:
            return (a + b) / 2
        share = torch.rand(a.shape[0], *[1] * (a.dim() - 1), device=a.device, dtype=a.dtype)
        blend = a * share + b * (1 - share)
        return blend.requires_grad_() if torch.is_grad_enabled() else blend


class GradientPenalty(nn.Module):
    """Mean of ``(|d scores / d x| - slope)^2`` over examples (Gulrajani et al., 2017).

    `x` comes from a `Blend`, and `scores` are made of it; where they are not, their slope is 0. Where no gradients are
    kept, as in validation, the penalty is 0.
    """

    def __init__(self, slope: float = 1.0) -> None:
        super().__init__()
        self.slope = slope

    def forward(self, x: Tensor, scores: Tensor) -> Tensor:
        if not (torch.is_grad_enabled() and x.requires_grad and scores.requires_grad):
            return scores.new_zeros(())
        (slope,) = torch.autograd.grad(scores.sum(), x, create_graph=True, materialize_grads=True)
        penalty: Tensor = (slope.flatten(1).norm(dim=1) - self.slope).square().mean()
        return penalty


class EnergyDistance(nn.Module):
    """``2 |a - b| - |a - a'| - |b - b'|``, means over all pairs of examples (Szekely and Rizzo, 2013).

    It is 0 where both are one cloud of points, and grows as they part; two draws from one distribution are a little
    apart, the less the larger the batch.
    """

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        a, b = a.flatten(1), b.flatten(1)
        return 2 * self._apart(a, b) - self._apart(a, a) - self._apart(b, b)

    def _apart(self, a: Tensor, b: Tensor) -> Tensor:
        return torch.cdist(a, b, compute_mode="donot_use_mm_for_euclid_dist").mean()
