"""What a case found, in plain values beside the examples that show it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from torch import Tensor

State: TypeAlias = Literal["passed", "warning", "failed", "skipped"]


@dataclass(frozen=True)
class Curve:
    """How a score (`y`) falls as something (`x`) grows."""

    label: str
    x_label: str
    x: Sequence[float]
    y: Sequence[float]


@dataclass(frozen=True)
class Finding:
    """What a case found.

    Attributes:
        sentence: what was met, with the numbers in it.
        numbers: the same for those who compute with them.
        worst: rows of the bench, the worst first.
        given: the first input of those rows as it was given, in the same order; None where it was as in the data.
        captions: a line for each of those rows.
    """

    state: State
    sentence: str
    numbers: Mapping[str, float] = field(default_factory=dict)
    worst: Sequence[int] = ()
    given: Tensor | None = None
    captions: Sequence[str] = ()
    curve: Curve | None = None
