"""What an examination works on, and the fields that many of them have. Imports no torch."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from core.spec.params import Choice

if TYPE_CHECKING:
    from core.analysis.subject import Subject
    from core.training.runs import RunFolder

PARTS = ("test", "validation", "train")
PART = Choice(
    "part",
    "test",
    PARTS,
    label="examples of",
    doc="On which part of the data.",
    labels=dict(zip(PARTS, PARTS, strict=True)),
)  # a field of most examinations


@dataclass(frozen=True)
class Examined:
    """What an examination works on; `which` weights: ``best``, ``last``, or empty for those that the run ended with."""

    run: RunFolder
    which: str = ""

    @cached_property
    def subject(self) -> Subject:
        """The network with its weights and data. Raises LayerloomError where there are no weights, or no data."""
        from core.analysis.subject import Subject, moment

        return Subject(self.run, moment(self.run, self.which))
