"""Axes of a picture of trials: where a value lies between the ends, and which words stand beside it. No Qt."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from designer.figures.marks import ticks
from designer.plots.readout import number

MARGIN = 0.5  # of a step that a choice keeps from the ends


@dataclass(frozen=True)
class Axis:
    """One quantity. With `words`, values are the words themselves, at equal distances; else numbers from `low` to
    `high`, or their logarithms."""

    title: str
    low: float = 0.0
    high: float = 1.0
    is_log: bool = False
    words: tuple[str, ...] = ()

    def place(self, value: Any) -> float:
        """From 0, the lower end, to 1; NaN where the value has no place here."""
        if self.words:
            if str(value) not in self.words:
                return math.nan
            return (self.words.index(str(value)) + MARGIN) / len(self.words)
        if isinstance(value, str) or value is None or not math.isfinite(value) or (self.is_log and value <= 0):
            return math.nan
        low, high = self._scaled(self.low), self._scaled(self.high)
        return (self._scaled(value) - low) / (high - low) if high > low else 0.5

    def value(self, place: float) -> float | str:
        """What stands at a place from 0 to 1."""
        if self.words:
            return self.words[min(len(self.words) - 1, max(0, int(place * len(self.words))))]
        low, high = self._scaled(self.low), self._scaled(self.high)
        found = low + place * (high - low)
        return 10.0**found if self.is_log else found

    def ticks(self, most: int) -> list[tuple[float, str]]:
        """Places and words at the axis, from the lower end up."""
        if self.words:
            every = max(1, math.ceil(len(self.words) / max(1, most)))
            return [(self.place(word), word) for word in self.words[::every]]
        if self.high <= self.low:
            return [(0.5, number(self.low))]
        values = self._decades(most) if self.is_log else ticks(self.low, self.high, most)
        return [(self.place(value), _tick(value)) for value in values]

    def told(self, value: Any) -> str:
        """A value in the words of the axis."""
        return value if isinstance(value, str) else "–" if value is None else _value(value)

    def _scaled(self, value: float) -> float:
        return math.log10(value) if self.is_log else value

    def _decades(self, most: int) -> list[float]:
        """Powers of ten; where there are few, their doubles and fivefolds too."""
        low, high = self._scaled(self.low) - 1e-9, self._scaled(self.high) + 1e-9
        powers = range(math.floor(low), math.ceil(high) + 1)
        for factors in ((1, 2, 5), (1, 3), (1,)):
            found = [float(f"{f}e{power}") for power in powers for f in factors]
            found = [value for value in found if low <= math.log10(value) <= high]
            if 2 <= len(found) <= most:
                return found
        tens = [10.0**power for power in powers if low <= power <= high]
        return tens[:: max(1, math.ceil(len(tens) / max(1, most)))] if len(tens) > 1 else [self.low, self.high]


def spanning(title: str, values: Sequence[Any], *, is_log: bool = False) -> Axis:
    """An axis over what is there; over nothing, from 0 to 1."""
    known = [value for value in values if isinstance(value, int | float) and math.isfinite(value)]
    if not known:
        return Axis(title)
    low, high = min(known), max(known)
    room = 0.04 * (high - low) or 0.05 * abs(high) or 0.5
    if is_log and low > 0:
        return Axis(title, low, high if high > low else low * 2, is_log=True)
    return Axis(title, low - room, high + room)


def _value(value: Any) -> str:
    return str(value) if isinstance(value, bool) or not isinstance(value, int | float) else number(value)


def _tick(value: float) -> str:
    return f"{value:.3g}".replace("e-0", "e-").replace("e+0", "e")
