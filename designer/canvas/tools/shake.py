"""Whether the mouse is being shaken: left and right and left again, quickly."""

from __future__ import annotations

import time
from collections import deque

STROKE = 14.0  # pixels that a stroke is long at least
STROKES, WITHIN = 4, 0.9  # so many turns in so many seconds


class Shake:
    """Fed with the mouse's way across; says once when it was shaken."""

    def __init__(self, x: float) -> None:
        self._turn, self._last, self._side = x, x, 0
        self._turns: deque[float] = deque(maxlen=STROKES)

    def feed(self, x: float, now: float | None = None) -> bool:
        now = time.monotonic() if now is None else now
        side = (x > self._last) - (x < self._last)
        if side and side != self._side:
            if self._side and abs(self._last - self._turn) >= STROKE:
                self._turns.append(now)
            self._turn, self._side = self._last, side
        self._last = x
        if len(self._turns) == STROKES and self._turns[-1] - self._turns[0] <= WITHIN:
            self._turns.clear()
            return True
        return False
