"""Mixtures of experts."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn


class MixtureOfExperts(nn.Module):
    """Small networks side by side; a gate says how much each counts (Jacobs et al., 1991).

    x (…, features) -> sum over experts of gate[e] (V[e] relu(W[e] x + b[e]) + c[e]), (…, features), and
    the gates, (…, experts): a softmax of which only the `top_k` largest are kept (Shazeer et al., 2017;
    Fedus et al., 2021). All experts are computed, so a small `top_k` saves no time: it learns and shows
    what a sparse mixture does.
    """

    def __init__(
        self,
        features: int,
        experts: int = 4,
        hidden: int = 64,
        top_k: int | None = None,
    ) -> None:
        super().__init__()
        self.experts, self.top_k = experts, top_k
        self.gate = nn.Linear(features, experts, bias=False)
        self.hidden = nn.Linear(features, experts * hidden)  # all W and b, one below the other
        self.out = nn.Linear(experts * hidden, features, bias=False)  # all V, side by side
        self.bias = nn.Parameter(torch.zeros(experts, features))
        bound = 1 / math.sqrt(hidden)
        nn.init.uniform_(self.out.weight, -bound, bound)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        gates = self.gate(x).softmax(dim=-1)
        if self.top_k is not None:
            best = gates.topk(self.top_k, dim=-1)
            gates = torch.zeros_like(gates).scatter(-1, best.indices, best.values)
        each = self.hidden(x).relu().reshape(*gates.shape, -1)
        weighed = (gates.unsqueeze(-1) * each).flatten(-2)
        return self.out(weighed) + gates @ self.bias, gates
