"""Time spent in training itself: by the clock on the wall, and by the processor."""

from __future__ import annotations

import time

_wall, _cpu = time.perf_counter, time.process_time


class Clock:
    """Counts between `start` and `stop`, as often as they come."""

    def __init__(self) -> None:
        self.wall = self.cpu = self._past = 0.0
        self._begun: tuple[float, float] | None = None
        self.watching = self._watched = 0.0  # seconds that a rival says it has spent on watching

    def start(self) -> None:
        self._begun = (_wall(), _cpu())

    def stop(self) -> None:
        assert self._begun
        wall, cpu = _wall() - self._begun[0], _cpu() - self._begun[1]
        self.wall, self.cpu, self._past = self.wall + wall, self.cpu + cpu, self._past + cpu
        self._begun = None

    def take(self) -> dict[str, float]:
        """Seconds since the last call."""
        taken = {"wall": self.wall, "cpu": self.cpu, "watching": self.watching - self._watched}
        self.wall, self.cpu, self._watched = 0.0, 0.0, self.watching
        return taken

    def now(self) -> float:
        """A clock to live by for a rival that looks at the time: that of the processor within its own turns."""
        return self._past + (_cpu() - self._begun[1] if self._begun else 0.0)
