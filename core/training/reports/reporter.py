"""The interface of whoever tells something of a run now and then."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from typing import ClassVar

from core.training.engine import Taken
from core.training.protocol import Event


class Reporter(ABC):
    """Tells something of a run between two batches: never more often than its period, and only within the budget.

    Attributes:
        period: seconds between two tellings, at least; 0 for each look at the points.
        edges: whether it is also told before the first step and after the last.
        due: when it may tell next, by `time.perf_counter`; kept by `core.training.reports.reports.Reports`.
    """

    period: ClassVar[float] = 0.0
    edges: ClassVar[bool] = False
    due = 0.0
    told = False

    @abstractmethod
    def tell(self) -> Iterable[Event]:
        """What there is to tell now; the time that it takes is booked as monitoring."""


class Measure(Reporter):
    """Tells of one step what can only be seen in its course: `take` is called in place of the step, then `tell`.

    Attributes:
        waited: seconds that the batch took to come; None where something else came between.
    """

    period: ClassVar[float] = 0.25
    waited: float | None = None

    @abstractmethod
    def take(self, step: Callable[[], Taken]) -> Taken:
        """Do the step and measure it; what it computes is the same as without."""
