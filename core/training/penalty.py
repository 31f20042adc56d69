"""Penalties on the size of weights: ``l1 * sum |w| + l2 * sum w^2``, both together the elastic net."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from core.training.held import held

NAMES = ("l1", "l2")


class Penalty:
    """What is added to an objective for the size of its weights; biases and scales of norms are left alone.

    The gradients are the closed formulas ``l1 * sign(w) + 2 * l2 * w``. With `shrinks`, L1 is taken instead as a
    shrinking of each weight by ``rate * l1`` after the step, never past zero (proximal gradient: Daubechies, Defrise,
    De Mol, 2004): weights then become exactly zero. With SGD that reaches the very minimum;
    its momentum is reckoned in.

    Args:
        parameters: all that the objective may penalise; those of one dimension or none are passed over.

    Attributes:
        weights: those that are penalised.
    """

    def __init__(self, parameters: Sequence[nn.Parameter], l1: float, l2: float, shrinks: bool) -> None:
        self.l1, self.l2, self.shrinks = l1, l2, shrinks
        self.weights = [p for p in parameters if p.dim() > 1]

    def __bool__(self) -> bool:
        return bool((self.l1 or self.l2) and self.weights)

    def value(self) -> Tensor | float:
        """The penalty of the weights that this process holds, as they are now, on their device; 0.0 without any."""
        if not self:
            return 0.0
        with torch.no_grad():
            flat = torch.cat([held(w).detach().reshape(-1) for w in self.weights])
            return self.l1 * flat.abs().sum() + self.l2 * flat.square().sum()

    def add_gradients(self) -> None:
        """Add the penalties' gradients to those of the weights that have one."""
        if not self:
            return
        moving = [w for w in self.weights if w.grad is not None and w.requires_grad]
        gradients = [w.grad for w in moving if w.grad is not None]
        weights = [w.detach() for w in moving]
        if self.l2 and moving:
            torch._foreach_add_(gradients, weights, alpha=2.0 * self.l2)
        if self.l1 and not self.shrinks and moving:
            torch._foreach_add_(gradients, torch._foreach_sign(weights), alpha=self.l1)

    def shrink(self, rate: float) -> None:
        """The proximal step of L1, where it is taken as such; `rate` is how far one unit of gradient carries."""
        if not (self.shrinks and self.l1):
            return
        for weight in self.weights:
            if weight.requires_grad:
                weight.data.copy_(torch.nn.functional.softshrink(weight.data, rate * self.l1))

    def set(self, name: str, value: Any) -> float:
        """Change ``l1`` or ``l2``. Raises ValueError where the value does not fit."""
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < float("inf"):
            raise ValueError(f"{name}: expected a number of 0 or more, received {value!r:.40}.")
        setattr(self, name, float(value))
        return float(value)
