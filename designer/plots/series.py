"""A series of points of any length in bounded memory, drawn as an honest min-max envelope.

Points are gathered in buckets of `stride` neighbours, each kept as (first step, least, greatest, mean). The stride is 1
until `CAPACITY` points have come, so that every point is exact; then neighbours are merged in pairs and the stride
doubles. No extreme is ever lost: a spike of one point still shows in a series of ten million.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

CAPACITY = 1 << 16
COARSE = 16  # buckets that are merged ahead of time, for views of the whole
Steps = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Envelope:
    """What to draw for a range: at `x`, the mean of the points there, between `low` and `high`."""

    x: Steps
    low: Floats
    high: Floats
    mean: Floats

    @property
    def is_exact(self) -> bool:
        """Every point stands for itself."""
        return bool(np.array_equal(self.low, self.high, equal_nan=True))

    def thinned(self, most: int) -> Envelope:
        """The same in at most about `most` buckets."""
        group = max(1, -(-len(self.x) // max(1, most)))
        steps, columns = _merged(self.x, np.stack((self.low, self.high, self.mean)), group, keep_rest=True)
        return Envelope(steps, *columns)


class Series:
    """Values at rising steps. Steps that do not rise are dropped (a resumed run repeats a few)."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._capacity = capacity
        self._steps: Steps = np.empty(1024, np.int64)
        self._columns: Floats = np.empty((3, 1024))  # low, high, mean
        self._size = 0
        self._stride = 1
        self._pending_steps: Steps = np.empty(0, np.int64)
        self._pending: Floats = np.empty(0)
        self._coarse: tuple[Steps, Floats] = (np.empty(0, np.int64), np.empty((3, 0)))
        self.count = 0
        self.last_step = -1
        self.last_value = float("nan")

    @property
    def bytes(self) -> int:
        """Memory that the points take."""
        own = (self._steps, self._columns, self._pending_steps, self._pending, *self._coarse)
        return sum(array.nbytes for array in own)

    def append(self, steps: Steps, values: Floats) -> None:
        """Add points in the order of their steps."""
        fresh = steps > self.last_step
        if not fresh.all():
            steps, values = steps[fresh], values[fresh]
        if not len(steps):
            return
        self.count += len(steps)
        self.last_step, self.last_value = int(steps[-1]), float(values[-1])
        self._pending_steps = np.concatenate((self._pending_steps, steps))
        self._pending = np.concatenate((self._pending, values))
        self._settle()

    def cut(self, step: int) -> None:
        """Forget the points after `step`: a run goes on from there. A bucket that reaches past it goes whole."""
        keep = int(np.searchsorted(self._steps[: self._size], step, side="right"))
        if keep < self._size or (len(self._pending) and self._pending_steps[-1] > step):
            self._size = max(0, keep - 1) if keep < self._size and self._stride > 1 else keep
            self._forget_groups()
            self._pending = self._pending[self._pending_steps <= step]
            self._pending_steps = self._pending_steps[self._pending_steps <= step]
            steps, columns = self._all()
            self.last_step = int(steps[-1]) if len(steps) else -1
            self.last_value = float(columns[2, -1]) if len(steps) else float("nan")

    def window(self, start: float, stop: float, most: int) -> Envelope:
        """The points with start <= step <= stop and one neighbour on either side, in at most about `most` buckets."""
        steps, columns = self._steps[: self._size], self._columns[:, : self._size]
        first = max(0, int(np.searchsorted(steps, start)) - 1)
        last = min(len(steps), int(np.searchsorted(steps, stop, side="right")) + 1)
        if last - first > COARSE * most:  # so many that the ready-made groups are fine enough
            steps, columns = self._grouped(first, last)
        else:
            steps, columns = steps[first:last], columns[:, first:last]
        rest, values = self._rest(start, stop) if last == self._size else (steps[:0], columns[:, :0])
        if len(rest):
            steps, columns = np.concatenate((steps, rest)), np.concatenate((columns, values), axis=1)
        return Envelope(steps, *columns).thinned(most)

    def whole(self, most: int = 2000) -> Envelope:
        return self.window(-np.inf, np.inf, most)

    def _settle(self) -> None:
        """Move whole buckets out of the pending points, doubling the stride where they would not fit."""
        while True:
            buckets = len(self._pending) // self._stride
            if self._size + buckets <= self._capacity:
                break
            self._halve()
        taken = buckets * self._stride
        if taken:
            raw = np.broadcast_to(self._pending[:taken], (3, taken))
            steps, columns = _merged(self._pending_steps[:taken], raw, self._stride)
            self._put(steps, columns)
            self._pending_steps, self._pending = self._pending_steps[taken:], self._pending[taken:]

    def _put(self, steps: Steps, columns: Floats) -> None:
        size = self._size + len(steps)
        if size > len(self._steps):
            room = min(self._capacity, max(size, 2 * len(self._steps)))
            self._steps = np.concatenate((self._steps[: self._size], np.empty(room - self._size, np.int64)))
            self._columns = np.concatenate((self._columns[:, : self._size], np.empty((3, room - self._size))), axis=1)
        self._steps[self._size : size] = steps
        self._columns[:, self._size : size] = columns
        self._size = size

    def _halve(self) -> None:
        """Merge buckets in pairs; an odd one at the end stays as it is."""
        self._stride *= 2
        even = self._size - self._size % 2
        steps, columns = _merged(self._steps[:even], self._columns[:, :even], 2)
        self._steps[: len(steps)], self._columns[:, : len(steps)] = steps, columns
        if even < self._size:
            self._steps[len(steps)] = self._steps[even]
            self._columns[:, len(steps)] = self._columns[:, even]
        self._size = len(steps) + self._size % 2
        self._forget_groups()

    def _grouped(self, first: int, last: int) -> tuple[Steps, Floats]:
        """Buckets `first` to `last` in groups of `COARSE`, those at the ends whole."""
        known = len(self._coarse[0]) * COARSE
        fresh = (self._size - known) // COARSE * COARSE
        if fresh:
            part = slice(known, known + fresh)
            steps, columns = _merged(self._steps[part], self._columns[:, part], COARSE)
            old_steps, old = self._coarse
            self._coarse = np.concatenate((old_steps, steps)), np.concatenate((old, columns), axis=1)
        steps, columns = self._coarse
        begin, end = first // COARSE, min(-(-last // COARSE), len(steps))
        left = slice(end * COARSE, max(last, end * COARSE))
        steps = np.concatenate((steps[begin:end], self._steps[left]))
        return steps, np.concatenate((columns[:, begin:end], self._columns[:, left]), axis=1)

    def _rest(self, start: float, stop: float) -> tuple[Steps, Floats]:
        """What waits to fill a bucket, within a range, as one bucket."""
        if not len(self._pending):
            return self._steps[:0], self._columns[:, :0]
        raw = np.broadcast_to(self._pending, (3, len(self._pending)))
        steps, columns = _merged(self._pending_steps, raw, self._stride, keep_rest=True)
        first = max(0, int(np.searchsorted(steps, start)) - 1)
        last = min(len(steps), int(np.searchsorted(steps, stop, side="right")) + 1)
        return steps[first:last], columns[:, first:last]

    def _all(self) -> tuple[Steps, Floats]:
        steps, columns = self._steps[: self._size], self._columns[:, : self._size]
        rest, values = self._rest(-np.inf, np.inf)
        return np.concatenate((steps, rest)), np.concatenate((columns, values), axis=1)

    def _forget_groups(self) -> None:
        self._coarse = (np.empty(0, np.int64), np.empty((3, 0)))


def _merged(steps: Steps, columns: Floats, group: int, *, keep_rest: bool = False) -> tuple[Steps, Floats]:
    """Neighbours gathered `group` at a time: first step, least low, greatest high, mean of means; a NaN beside numbers
    does not count."""
    if group == 1:
        return steps, np.asarray(columns)
    starts = np.arange(0, len(steps) if keep_rest else len(steps) // group * group, group)
    if not len(starts):
        return steps[:0], columns[:, :0]
    end = len(steps) if keep_rest else int(starts[-1]) + group
    low = np.fmin.reduceat(columns[0, :end], starts)
    high = np.fmax.reduceat(columns[1, :end], starts)
    known = np.isfinite(columns[2, :end])
    mean = np.add.reduceat(np.where(known, columns[2, :end], 0.0), starts)
    counts = np.add.reduceat(known.astype(np.float64), starts)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = mean / counts
    return steps[starts], np.stack((low, high, mean))
