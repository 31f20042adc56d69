"""Layers that compare what arrives with learned examples, and the losses that move those."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class RBF(nn.Module):
    """Each output is a Gaussian bump around a centre of its own (Broomhead and Lowe, 1988).

    x (…, features) -> exp(-|x - c|^2 / (2 s^2)), (…, units); with `normalise` these sum to 1 (Moody
    and Darken, 1989). Where asked for, the squared distances too. Centres start as standard normal.
    """

    centres: Tensor
    log_widths: Tensor

    def __init__(
        self,
        in_features: int,
        out_features: int,
        width: float = 1.0,
        train_centres: bool = True,
        train_widths: bool = True,
        normalise: bool = False,
    ) -> None:
        super().__init__()
        self.normalise = normalise
        self._hold("centres", torch.randn(out_features, in_features), train_centres)
        self._hold("log_widths", torch.full((out_features,), width).log(), train_widths)

    def _hold(self, name: str, start: Tensor, trains: bool) -> None:
        if trains:
            self.register_parameter(name, nn.Parameter(start))
        else:
            self.register_buffer(name, start)

    def forward(self, x: Tensor, need_distances: bool = False) -> Tensor | tuple[Tensor, Tensor]:
        distances = (x.unsqueeze(-2) - self.centres).square().sum(-1)
        scores = -0.5 * distances * (-2 * self.log_widths).exp()
        y = scores.softmax(dim=-1) if self.normalise else scores.exp()
        return (y, distances) if need_distances else y


class SOM(nn.Module):
    """A grid of units, each with an example of its own (Kohonen, 1982).

    x (batch, features) -> the squared distance to each unit's example, (batch, *grid), and the index
    of the nearest one (in a flattened grid), (batch,). `SOMLoss` teaches it.
    """

    def __init__(self, features: int, grid: tuple[int, ...] = (10, 10)) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(*grid, features))
        nn.init.normal_(self.weight, std=0.1)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        rows = x.reshape(-1, *(1,) * (self.weight.dim() - 1), x.shape[1])
        distances = (rows - self.weight).square().sum(-1)
        return distances, distances.flatten(1).argmin(1)


class SOMLoss(nn.Module):
    """Half the squared distances, each weighed by how near its unit is to the winner on the grid.

    `distances` are those of `SOM`, (batch, *grid). One step of gradient descent on one example is then
    Kohonen's rule, w += lr h (x - w) with h = exp(-(grid distance to the winner)^2 / (2 sigma^2));
    with several examples it is the mean of such steps.

    With `decay`, sigma falls with the steps of training: to a third over `steps`, as
    1 / (1 + 2 t / steps), or in a straight line to 0. `fade` lets the loss, and with it the steps,
    fall alike. The count of steps is part of the state.
    """

    done: Tensor

    def __init__(
        self,
        sigma: float = 1.0,
        decay: str = "asymptotic",
        steps: int = 1000,
        fade: bool = True,
    ) -> None:
        super().__init__()
        self.sigma, self.decay, self.steps, self.fade = sigma, decay, steps, fade
        self.register_buffer("done", torch.zeros((), dtype=torch.long))

    def forward(self, distances: Tensor) -> Tensor:
        left = self._left(distances)
        flat = distances.flatten(1)
        places = self._places(distances)
        own = places[flat.argmin(1)]
        apart = (own.unsqueeze(1) - places).square().sum(2)
        near = torch.exp(-apart / (2 * (self.sigma * left).square().clamp(min=1e-12)))
        loss = 0.5 * (near * flat).sum(1).mean()
        if self.training:
            self.done += 1
        return loss * left if self.fade else loss

    def _left(self, like: Tensor) -> Tensor:
        """What the decay leaves, from 1 down."""
        passed = self.done.to(like.dtype) / self.steps
        if self.decay == "asymptotic":
            return 1 / (1 + 2 * passed)
        if self.decay == "linear":
            return (1 - passed).clamp(min=0)
        return torch.ones_like(passed)

    def _places(self, like: Tensor) -> Tensor:
        """Where each unit stands on the grid, one row each."""
        sizes = like.shape[1:]
        along = [torch.arange(size, dtype=like.dtype, device=like.device) for size in sizes]
        return torch.stack([axis.flatten() for axis in torch.meshgrid(*along, indexing="ij")], 1)
