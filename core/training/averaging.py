"""Exponential moving average of the weights (Polyak, Juditsky, 1992; Tarvainen, Valpola, 2017)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from core.training.held import held, parted_as


class Average:
    """``a = decay * a + (1 - decay) * w`` after each step, starting with the weights after the first one.

    Args:
        leaves: what is averaged, each once; those that are not trained need none.
        shown: whether the averages are what is validated, saved and exported.
    """

    def __init__(self, leaves: Sequence[nn.Parameter], decay: float, shown: bool) -> None:
        self.leaves: list[Tensor] = list({id(leaf): leaf for leaf in leaves}.values())
        self.decay, self.is_shown = decay, shown
        self.values = [leaf.detach().clone() for leaf in self.leaves]
        self.begun = False

    @torch.no_grad()
    def update(self) -> None:
        """Take in the weights as they are after a step."""
        if self.begun:
            torch._foreach_lerp_(_held(self.values), _held(self.leaves), 1.0 - self.decay)
        else:
            _copy(self.values, self.leaves)
            self.begun = True

    def extend(self, leaves: Sequence[nn.Parameter]) -> None:
        """Average these too, from what they are now."""
        self.leaves += leaves
        self.values += [leaf.detach().clone() for leaf in leaves]

    @contextmanager
    def shown(self) -> Iterator[None]:
        """Inside, the network holds the averages, where they are what is shown."""
        if not (self.is_shown and self.begun):
            yield
            return
        kept = [leaf.detach().clone() for leaf in self.leaves]
        self.settle()
        try:
            yield
        finally:
            with torch.no_grad():
                _copy(self.leaves, kept)

    @torch.no_grad()
    def settle(self) -> None:
        """The network takes the averages for good."""
        if self.begun:
            _copy(self.leaves, self.values)

    def state(self) -> dict[str, Tensor]:
        """The averages, and the weights as they are beside them; for a checkpoint."""
        if not self.begun:
            return {}
        own = {f"average.{i}": value for i, value in enumerate(self.values)}
        return {**own, **{f"weights.{i}": leaf.detach() for i, leaf in enumerate(self.leaves)}}

    @torch.no_grad()
    def load(self, state: Mapping[str, Tensor]) -> None:
        """Take back a `state`, the network's weights included. Raises KeyError where one is missing."""
        if not state:
            return
        for i, (value, leaf) in enumerate(zip(self.values, self.leaves, strict=True)):
            value.copy_(parted_as(state[f"average.{i}"], value))
            leaf.copy_(parted_as(state[f"weights.{i}"], leaf))
        self.begun = True


def _copy(to: Sequence[Tensor], values: Sequence[Tensor]) -> None:
    torch._foreach_copy_(_held(to), _held(values))


def _held(tensors: Sequence[Tensor]) -> list[Tensor]:
    return [held(tensor) for tensor in tensors]
