"""Events on their way out: gathered for a twentieth of a second, so that watching a run costs it next to nothing."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from itertools import groupby

from core.training.protocol import EpochEnded, Event, Looked, Picture, Points, Progress, Signals, encode_event

INTERVAL = 0.05
SEEN = (Picture, Signals, Looked)


class Throttle:
    """Writes events as lines, at most one batch each `interval` seconds.

    `Points` of the same series become one event of longer columns; of `Progress`, `Signals`, and each kind of
    `Picture`, only the newest goes out; ends of epochs keep their place among the points. Any other event goes
    out at once, after all that came before it.

    Args:
        write: takes whole lines; called from the thread that puts events.
        show: takes signals, pictures and `Looked`, which only those who watch want, where these go another way.
    """

    def __init__(
        self,
        write: Callable[[str], None],
        interval: float = INTERVAL,
        clock: Callable[[], float] = time.monotonic,
        show: Callable[[str], None] | None = None,
    ) -> None:
        self._write, self._interval, self._clock = write, interval, clock
        self._show = show or write
        self._held: list[Event] = []
        self._open: dict[frozenset[str], list[Points]] = {}  # since the last end of an epoch, by their series
        self._newest: dict[str, Event] = {}
        self._due = -float("inf")

    def put(self, event: Event) -> None:
        match event:
            case Points():
                self._gather(event)
            case Progress() | Signals():
                self._newest[event.type] = event
            case Picture():
                self._newest[f"picture/{event.name}"] = event
            case EpochEnded():
                self._close_points()
                self._held.append(event)
            case _:
                self.flush(event)
                return
        if self._clock() >= self._due:
            self.flush()

    def flush(self, *last: Event) -> None:
        """Write what is held, then `last`."""
        self._close_points()
        events = [*self._held, *self._newest.values(), *last]
        self._held, self._newest = [], {}
        self._due = self._clock() + self._interval
        for seen, part in groupby(events, lambda event: self._show != self._write and isinstance(event, SEEN)):
            (self._show if seen else self._write)("".join(map(encode_event, part)))

    def _gather(self, event: Points) -> None:
        self._open.setdefault(frozenset(event.series), []).append(event)

    def _close_points(self) -> None:
        self._held += [_joined(parts) for parts in self._open.values()]
        self._open = {}


def _joined(parts: list[Points]) -> Points:
    if len(parts) == 1:
        return parts[0]
    series: dict[str, Sequence[float]] = {}
    for name in parts[0].series:
        series[name] = [value for part in parts for value in part.series[name]]
    return Points([step for part in parts for step in part.step], series)
