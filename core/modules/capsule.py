"""Capsules: vectors whose length says how surely something is there (Sabour, Frosst and Hinton, 2017)."""

from __future__ import annotations

import torch
import torch.nn.functional as F  # noqa: N812 - as everybody calls it
from torch import Tensor, nn


def squash(x: Tensor) -> Tensor:
    """Keeps the direction of each vector (last dimension) and takes its length n to n^2 / (1 + n^2)."""
    square = x.square().sum(-1, keepdim=True)
    return x * square / (1 + square) / (square + 1e-12).sqrt()


class Squash(nn.Module):
    """Takes the length n of each vector (last dimension) to n^2 / (1 + n^2), below 1."""

    def forward(self, x: Tensor) -> Tensor:
        return squash(x)


class PrimaryCapsules(nn.Module):
    """A convolution whose channels are read as vectors, one for each type and place.

    (batch, channels, height, width) -> (batch, types x rows x columns, size), squashed.
    """

    def __init__(
        self,
        in_channels: int,
        types: int = 8,
        size: int = 8,
        kernel_size: int = 9,
        stride: int = 2,
    ) -> None:
        super().__init__()
        self.types, self.size = types, size
        self.conv = nn.Conv2d(in_channels, types * size, kernel_size, stride)

    def forward(self, x: Tensor) -> Tensor:
        y = self.conv(x).flatten(2)
        vectors = y.reshape(y.shape[0], self.types, self.size, y.shape[2]).transpose(2, 3)
        return squash(vectors.flatten(1, 2))


class Capsules(nn.Module):
    """Capsules that capsules below vote for; votes that agree are listened to more (routing by agreement).

    x (batch, in_capsules, in_size) -> the capsules, (batch, capsules, size), and how each one below
    divides its vote, (batch, in_capsules, capsules), summing to 1.
    """

    def __init__(
        self,
        in_capsules: int,
        in_size: int,
        capsules: int,
        size: int = 16,
        routing: int = 3,
    ) -> None:
        super().__init__()
        self.routing = routing
        self.weight = nn.Parameter(torch.empty(in_capsules, capsules, size, in_size))
        nn.init.normal_(self.weight, std=0.1)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        below, capsules, size, _ = self.weight.shape
        votes = x.transpose(0, 1) @ self.weight.flatten(1, 2).mT  # one product for each below
        votes = votes.transpose(0, 1).reshape(-1, below, capsules, size)
        agreement = torch.zeros_like(votes[..., 0])
        shares = agreement.softmax(dim=2)
        y = squash((shares.unsqueeze(3) * votes).sum(1))
        for _ in range(self.routing - 1):
            agreement = agreement + (votes * y.unsqueeze(1)).sum(3)
            shares = agreement.softmax(dim=2)
            y = squash((shares.unsqueeze(3) * votes).sum(1))
        return y, shares


class CapsuleMask(nn.Module):
    """Keeps one capsule and sets the others to 0, then flattens: what a decoder reconstructs from.

    Keeps the capsule of `target` (class indices, or one-hot rows), else the longest.
    """

    def forward(self, x: Tensor, target: Tensor | None = None) -> Tensor:
        if target is None:
            target = x.square().sum(2).argmax(1)
        kept = target if target.dim() == 2 else F.one_hot(target, x.shape[1])
        return (x * kept.unsqueeze(2).to(x.dtype)).flatten(1)
