"""Which part of each batch is whose.

The batches are those of one process, in its order: a batch of n examples is cut into one piece for each process, of
about n/W examples. A loss that is a mean over its piece counts by the piece's share, so that all gradients together are
that of the whole batch. A batch too small to give two examples to each is computed whole by everybody.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from core.data.batches import Batches
from core.training.computing import Batch


@dataclass(frozen=True, slots=True)
class Part:
    """One process's piece of a batch: its examples from `begin` to `end`.

    `share` is what its loss is multiplied with before the mean over all processes; `counts` how many examples it
    answers for in sums over the batch.
    """

    begin: int
    end: int
    share: float
    counts: int


def part_of(examples: int, rank: int, size: int) -> Part:
    """The piece of a batch of so many examples that belongs to `rank` of `size`."""
    if examples < 2 * size:
        return Part(0, examples, 1.0, examples if rank == 0 else 0)
    begin, end = examples * rank // size, examples * (rank + 1) // size
    return Part(begin, end, (end - begin) * size / examples, end - begin)


class Parts(Batches):
    """The batches of an epoch, of each only one process's piece."""

    rank, size = 0, 1
    part = Part(0, 0, 1.0, 0)  # that of the batch that was given last

    @classmethod
    def of(cls, batches: Batches, rank: int, size: int) -> Parts:
        """The same batches, shared. (Takes them over: they are not to be used any more.)"""
        made = cls.__new__(cls)
        made.__dict__ = batches.__dict__
        made.rank, made.size = rank, size
        return made

    def epoch(self, epoch: int, start: int = 0) -> Iterator[Batch]:
        for batch in super().epoch(epoch, start):
            examples = len(next(iter(batch.values())))
            self.part = part_of(examples, self.rank, self.size)
            yield {name: tensor[self.part.begin : self.part.end] for name, tensor in batch.items()}

    def examples_of(self, index: int) -> int:
        """How many examples the batch with this number in an epoch has."""
        return self._ends[index] - (self._ends[index - 1] if index else 0)
