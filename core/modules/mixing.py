"""Examples of a batch mixed with one another in training, and their answers by the same shares."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Mixup(nn.Module):
    """y = s x + (1 - s) x', x' the example at the other end of the batch (Zhang et al., 2018).

    Batches are shuffled, so that x' is any other example. s is drawn for each example from
    Beta(alpha, alpha), and is the larger of s and 1 - s: the example itself has the larger part.
    Returns the mixed examples and s, (batch,); in evaluation x itself and 1.
    """

    def __init__(self, alpha: float = 0.2) -> None:
        super().__init__()
        self.alpha = alpha

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        if not self.training or self.alpha == 0:
            return x, x.new_ones(x.shape[0])
        share = larger_share(self.alpha, x)
        wide = share.view(-1, *(1,) * (x.dim() - 1))
        return wide * x + (1 - wide) * x.flip(0), share


class CutMix(nn.Module):
    """Pastes a rectangle of the picture at the other end of the batch (Yun et al., CutMix, 2019).

    Pictures are (batch, channels, height, width). The rectangle has a part 1 - s of the area, s
    drawn as for Mixup, and stands anywhere, cut off at the border. Returns the pictures and the
    part of each that is its own, (batch,); in evaluation x itself and 1.
    """

    def __init__(self, alpha: float = 1.0) -> None:
        super().__init__()
        self.alpha = alpha

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        if not self.training or self.alpha == 0:
            return x, x.new_ones(x.shape[0])
        side = (1 - larger_share(self.alpha, x)).sqrt()
        inside = torch.ones(len(x), 1, 1, device=x.device, dtype=torch.bool)
        for length, dim in ((x.shape[2], 1), (x.shape[3], 2)):
            middle = torch.rand_like(side) * length
            place = torch.arange(length, device=x.device) + 0.5
            within = (place - middle[:, None]).abs() < side[:, None] * length / 2
            inside = inside & within.unsqueeze(3 - dim)
        own = 1 - inside.flatten(1).to(x.dtype).mean(1)
        return torch.where(inside[:, None], x.flip(0), x), own


class MixTargets(nn.Module):
    """y = s t + (1 - s) t', t' the answer at the other end of the batch, s (batch,) as Mixup or
    CutMix give it; where s is 1, as in evaluation, y = t."""

    def forward(self, target: Tensor, share: Tensor) -> Tensor:
        wide = share.to(target.dtype).view(-1, *(1,) * (target.dim() - 1))
        return wide * target + (1 - wide) * target.flip(0)


def larger_share(alpha: float, x: Tensor) -> Tensor:
    """For each example the larger of s and 1 - s, s from Beta(alpha, alpha)."""
    share = torch.distributions.Beta(alpha, alpha).sample((len(x),))
    return torch.maximum(share, 1 - share).to(x)
