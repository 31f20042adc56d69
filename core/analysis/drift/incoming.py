"""New inputs as every reader gives them: what is compared, and what the network is fed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from core.analysis.drift.traits import Traits
from core.data.dataset import Array


@dataclass(frozen=True)
class Incoming:
    """A window of new inputs.

    Attributes:
        name: of the file, or of the rows of it.
        traits: what is compared, as the reference has it.
        fields: as those of the training data; rows that are not `usable` hold fillings there.
        usable: which examples can be fed to the network.
        answered: which of them come with a target, by target field; none where the file has no such column.
        notes: sentences about what was met and is no drift.
        faults: sentences about what breaks the form of the data, with the trait (or nothing) that it is about.
    """

    name: str
    traits: Traits
    fields: Mapping[str, Array]
    usable: Array
    answered: Mapping[str, Array] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    faults: tuple[tuple[str, str], ...] = ()

    def __len__(self) -> int:
        return len(self.usable)

    def rows(self, chosen: Array, name: str) -> Incoming:
        """Some of the examples, under a name of their own."""
        return replace(
            self,
            name=name,
            traits={title: trait.rows(chosen) for title, trait in self.traits.items()},
            fields={title: values[chosen] for title, values in self.fields.items()},
            usable=self.usable[chosen],
            answered={title: mask[chosen] for title, mask in self.answered.items()},
        )

    def windows(self, size: int) -> list[Incoming]:
        """Windows of `size` rows in their order; a last one of less than half joins the one before it. All at once
        where `size` is 0."""
        if not size or len(self) < 1.5 * size:
            return [self]
        starts = list(range(0, len(self), size))
        if len(self) - starts[-1] < size / 2:
            starts.pop()
        ends = [*starts[1:], len(self)]
        return [
            self.rows(np.arange(start, end), f"{self.name}, rows {start + 1:,} to {end:,}")
            for start, end in zip(starts, ends, strict=True)
        ]
