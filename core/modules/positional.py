"""Where in the sequence: positional encodings and a class token."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn


class PositionalEncoding(nn.Module):
    """Adds to step t a vector that stands for t.

    Fixed, it is sin(t w), cos(t w) with w falling from 1 to 1 / 10000 (Vaswani et al., 2017); learned, it trains like
    any weight. Sequences may have up to `max_length` steps.
    """

    table: Tensor

    def __init__(self, features: int, max_length: int = 512, learned: bool = False) -> None:
        super().__init__()
        if learned:
            self.table = nn.Parameter(torch.empty(max_length, features))
            nn.init.normal_(self.table, std=0.02)
        else:
            rates = torch.exp(torch.arange(0, features, 2) * (-math.log(10000.0) / features))
            angles = torch.arange(max_length).unsqueeze(1) * rates
            waves = torch.stack((angles.sin(), angles.cos()), dim=2).flatten(1)
            self.register_buffer("table", waves[:, :features], persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.table[: x.shape[1]]


class ClassToken(nn.Module):
    """Puts one learned step in front of every sequence (Dosovitskiy et al., 2021)."""

    def __init__(self, features: int) -> None:
        super().__init__()
        self.token = nn.Parameter(torch.zeros(1, 1, features))

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat((self.token.expand(x.shape[0], -1, -1), x), dim=1)
