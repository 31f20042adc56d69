"""The tools that work on a run, by name, like `core.training.tools.table`. Imports no torch before one is run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from core.spec.params import Choice
from core.training.tools.tool import Tool

if TYPE_CHECKING:
    from core.analysis.subject import Subject
    from core.training.runs import RunFolder

PART = Choice(
    "part", "test", ("test", "validation", "train"), label="examples of", doc="On which part of the data."
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


_EXAMS: tuple[Tool[Examined], ...] = ()
EXAMS: Mapping[str, Tool[Examined]] = {tool.id: tool for tool in _EXAMS}
