"""Layers over graphs: nodes with features, and who is joined to whom."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class GraphConv(nn.Module):
    """Each node takes in its neighbours' features, mixed by one matrix (Kipf and Welling, 2017).

    x (batch, nodes, features), adjacency (batch, nodes, nodes), a weight for each edge, 0 where
    there is none -> A (x W^T) + b. `normalise`: ``symmetric``, D^-1/2 A D^-1/2; ``mean``, D^-1 A;
    ``sum``, A as it is. `self_loops` joins each node to itself first.
    """

    def __init__(
        self,
        in_features: int,
        out_features: int,
        normalise: str = "symmetric",
        self_loops: bool = True,
        bias: bool = True,
    ) -> None:
        super().__init__()
        self.normalise, self.self_loops = normalise, self_loops
        self.linear = nn.Linear(in_features, out_features, bias=False)
        self.bias = nn.Parameter(torch.zeros(out_features)) if bias else None

    def forward(self, x: Tensor, adjacency: Tensor) -> Tensor:
        if self.self_loops:
            nodes = torch.eye(x.shape[1], dtype=x.dtype, device=x.device)
            adjacency = adjacency + nodes
        degree = adjacency.sum(2, keepdim=True)
        joined = degree > 0  # nothing flows to or from a node that has no edge
        degree = degree.clamp(min=1e-12)
        if self.normalise == "symmetric":
            root = degree.rsqrt() * joined
            adjacency = root * adjacency * root.mT
        elif self.normalise == "mean":
            adjacency = adjacency / degree
        y: Tensor = adjacency @ self.linear(x)
        return y if self.bias is None else y + self.bias
