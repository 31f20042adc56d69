"""Time spent in training itself: by the clock on the wall, and by the processor."""

from __future__ import annotations

import time


class Clock:
    """Counts between `start` and `stop`, as often as they come."""

    def __init__(self) -> None:
        self.wall = self.cpu = 0.0
        self.monitoring = 0.0  # the share of its time that a rival says it spends on watching

    def start(self) -> None:
        self._wall, self._cpu = time.perf_counter(), time.process_time()

    def stop(self) -> None:
        self.wall += time.perf_counter() - self._wall
        self.cpu += time.process_time() - self._cpu

    def take(self) -> tuple[float, float]:
        """Seconds since the last call: wall and processor."""
        taken, self.wall, self.cpu = (self.wall, self.cpu), 0.0, 0.0
        return taken
