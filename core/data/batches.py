"""Batches from tensors held in memory, cut by index: no Python per example, and an order that needs no saving."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from core.data.dataset import Array
from core.data.noise import draw
from core.data.transforms import Affine

GATHER_BYTES = 256 * 2**20  # below this, one gather an epoch is faster than one a batch


class Batches:
    """The examples of one part, as dictionaries of tensors on a device.

    Each epoch's order is a pure function of (seed, epoch). Every example comes exactly once an epoch; the last batch
    may be smaller, and where it would hold a single example it joins the one before it (batch normalisation cannot
    take one example).

    Args:
        arrays: name -> examples; uint8 arrays stay bytes on the device and become float32 in each batch.
        batch_size: examples a batch, or ``"full"`` for one batch of all.
        scalings: name -> the map from byte / 255, for the names that are held as uint8.
        shuffle: False keeps the order of the data (evaluation).
        drawn: name -> ``normal`` or ``uniform``, for arrays of noise that each epoch draws anew; what an epoch draws is
            a pure function of (seed, epoch) too.
        chances: the probability of each example; an epoch then takes as many as there are, drawn with replacement.
    """

    def __init__(
        self,
        arrays: Mapping[str, Array],
        batch_size: int | Literal["full"],
        *,
        seed: int = 0,
        device: torch.device | str = "cpu",
        shuffle: bool = True,
        scalings: Mapping[str, Affine] | None = None,
        drawn: Mapping[str, str] | None = None,
        chances: Array | None = None,
    ) -> None:
        self.device = torch.device(device)
        self.tensors = {name: torch.from_numpy(np.ascontiguousarray(a)).to(self.device) for name, a in arrays.items()}
        self.examples = len(next(iter(arrays.values()))) if arrays else 0
        self.seed = seed
        self.batch_size = self.examples if batch_size == "full" else min(batch_size, max(self.examples, 1))
        self._drawn = dict(drawn or {})
        self._chances = chances
        self.shuffle = shuffle and (self.batch_size < self.examples or chances is not None)
        self._ends = _ends(self.examples, self.batch_size)
        self._maps = {name: _bytes_map(affine, self.device) for name, affine in (scalings or {}).items()}
        self._gathers = sum(t.nbytes for t in self.tensors.values()) <= GATHER_BYTES

    def __len__(self) -> int:
        """Batches an epoch."""
        return len(self._ends)

    def __iter__(self) -> Iterator[dict[str, Tensor]]:
        return self.epoch(0)

    @property
    def sizes(self) -> list[int]:
        """Examples of each batch of an epoch."""
        return [end - begin for begin, end in zip([0, *self._ends], self._ends, strict=False)]

    def order(self, epoch: int) -> Tensor:
        """The rows in the order in which this epoch takes them."""
        if not self.shuffle:
            return torch.arange(self.examples, device=self.device)
        random = np.random.default_rng([self.seed, epoch])
        if self._chances is not None:
            drawn = random.choice(self.examples, self.examples, p=self._chances)
        else:
            drawn = random.permutation(self.examples)
        return torch.from_numpy(drawn).to(self.device)

    def epoch(self, epoch: int, start: int = 0) -> Iterator[dict[str, Tensor]]:
        """The batches of one epoch, from batch number `start` on (for a run that resumes within it)."""
        ends = self._ends[start:]
        begin = self._ends[start - 1] if start else 0
        self._draw(epoch)
        if not self.shuffle or self._gathers:
            held = self.tensors
            if self.shuffle:
                order = self.order(epoch)
                held = {name: tensor.index_select(0, order) for name, tensor in self.tensors.items()}
            for end in ends:
                yield {name: self._real(name, tensor[begin:end]) for name, tensor in held.items()}
                begin = end
            return
        order = self.order(epoch)
        for end in ends:
            rows = order[begin:end]
            yield {name: self._real(name, tensor.index_select(0, rows)) for name, tensor in self.tensors.items()}
            begin = end

    def take(self, rows: Tensor | list[int]) -> dict[str, Tensor]:
        """The examples of these rows, in their order."""
        index = torch.as_tensor(rows, device=self.device)
        return {name: self._real(name, tensor.index_select(0, index)) for name, tensor in self.tensors.items()}

    def _draw(self, epoch: int) -> None:
        for index, (name, kind) in enumerate(self._drawn.items()):
            shape = self.tensors[name].shape
            noise = draw(kind, np.random.default_rng([self.seed, epoch, index]), shape)
            self.tensors[name] = torch.from_numpy(noise).to(self.device)

    def _real(self, name: str, tensor: Tensor) -> Tensor:
        """Bytes become the float32 numbers that the network gets."""
        if tensor.dtype != torch.uint8:
            return tensor
        scale, shift = self._maps.get(name, (1 / 255, 0.0))
        return tensor.to(torch.float32).mul_(scale).add_(shift)


def _ends(examples: int, size: int) -> list[int]:
    ends = [*range(size, examples, size), examples] if examples else []
    if len(ends) > 1 and size > 1 and examples - ends[-2] == 1:
        del ends[-2]
    return ends


def _bytes_map(affine: Affine, device: torch.device) -> tuple[Tensor, Tensor]:
    """(scale, shift) that take a byte to ``(byte / 255 - offset) * affine.scale``."""
    scale, shift = affine.scale / 255.0, -affine.offset * affine.scale
    return tuple(torch.as_tensor(v, dtype=torch.float32, device=device) for v in (scale, shift))  # type: ignore[return-value]
