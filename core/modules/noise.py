"""Layers that act in training only: noise, sampling, and gradients that turn round."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn


class GaussianNoise(nn.Module):
    """Adds normal noise of deviation `std` in training; in evaluation nothing happens."""

    def __init__(self, std: float = 0.1) -> None:
        super().__init__()
        self.std = std

    def forward(self, x: Tensor) -> Tensor:
        return x + self.std * torch.randn_like(x) if self.training else x


class MaskingNoise(nn.Module):
    """Sets a share `p` of the values to 0 in training, the rest unscaled (Vincent et al., 2008)."""

    def __init__(self, p: float = 0.3) -> None:
        super().__init__()
        self.p = p

    def forward(self, x: Tensor) -> Tensor:
        return x * (torch.rand_like(x) >= self.p) if self.training else x


class Reparameterise(nn.Module):
    """Draws z from a Gaussian so that gradients reach its mean and log-variance (Kingma, 2013).

    z = mu + exp(logvar / 2) e, e standard normal; in evaluation z is the mean.
    """

    def forward(self, mu: Tensor, logvar: Tensor) -> Tensor:
        return mu + (0.5 * logvar).exp() * torch.randn_like(mu) if self.training else mu


class _Reverse(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, strength: float) -> Tensor:
        ctx.strength = strength
        return x.view_as(x)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None]:
        return -ctx.strength * grads[0], None


class GradientReversal(nn.Module):
    """Lets values through and multiplies gradients by -strength (Ganin and Lempitsky, 2015)."""

    def __init__(self, strength: float = 1.0) -> None:
        super().__init__()
        self.strength = strength

    def forward(self, x: Tensor) -> Tensor:
        turned: Tensor = _Reverse.apply(x, self.strength)  # type: ignore[no-untyped-call]
        return turned
