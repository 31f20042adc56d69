"""What checks look at: the design as it is drawn, and the runs that were made of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from graph.document import Document


@dataclass(frozen=True)
class Trained:
    """One run: the design that it trained, and what it has measured so far, by part and name.

    `ended` tells that it came to its end, so that every part is measured.
    """

    name: str
    document: Document
    metrics: Mapping[str, Mapping[str, float]]
    ended: bool = True


@dataclass(frozen=True)
class Evidence:
    """The design as drawn, and its runs, newest first."""

    document: Document
    runs: Sequence[Trained] = ()
