"""Writes one log of a run, in a process of its own: ``python -m core.training.logs.feed FOLDER LOG STEP BYTES``.

It follows the event log until its stdin closes, which the worker's death does too; then it takes in what is left,
and ends. STEP is where the run begins or goes on, BYTES how long the event log was then. Trouble that a person
can do something about is one event on stdout; any other ends the process with a traceback.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO

from core.problem import LayerloomError, Severity
from core.training.films import SIGNALS, Films
from core.training.lock import Lock
from core.training.logs.known import LOGS
from core.training.logs.logger import About, Logger, fresh, histograms, rows
from core.training.protocol import (
    FINAL,
    Event,
    Met,
    Picture,
    Progress,
    Signals,
    StateChanged,
    decode_event,
    encode_event,
)
from core.training.runs import RunFolder

LOOK, LOOK_FILMS = 0.25, 2.0  # seconds between two looks at the event log, and at the films
HISTOGRAMS = "histograms"
PATIENCE = 60.0  # seconds
CHUNK = 1 << 22


class Feed:
    """Takes events from the log of a run to a logger."""

    def __init__(self, folder: RunFolder, logger: Logger, step: int, begin: int) -> None:
        self._path, self._logger, self._step, self._begin = folder.events.path, logger, step, begin
        self._known: Mapping[str, int] = logger.begin(About.of(folder), step)
        self._read, self._rest = 0, b""
        self._state = "interrupted"
        self._films, self._next_films = Seen(folder.films), 0.0

    def follow(self, ended: threading.Event) -> None:
        """Until `ended` is set and all that stands in the log has been taken."""
        while not self._path.exists() and not ended.wait(LOOK):
            pass
        if not self._path.exists():
            return
        with self._path.open("rb") as file:
            while True:
                last = ended.is_set()
                for event in self._events(file):
                    self._take(event)
                if last or time.monotonic() >= self._next_films:
                    self._take_films()
                self._logger.settle()
                if last:
                    break
                ended.wait(LOOK)
        self._logger.finish(self._state)

    def _events(self, file: BinaryIO) -> Iterator[Event]:
        while data := file.read(CHUNK):
            *lines, self._rest = (self._rest + data).split(b"\n")
            for line in lines:
                event = _decoded(line)
                is_past = self._read < self._begin
                self._read += len(line) + 1
                if event is None or (is_past and isinstance(event, Progress) and event.step > self._step):
                    continue  # told of steps that are taken again
                yield event

    def _take_films(self) -> None:
        for frame in self._films.fresh(SIGNALS):
            self._take(frame)
        for frame in self._films.fresh(HISTOGRAMS):
            if isinstance(frame, Picture):
                for tag, spread in histograms(frame):
                    if frame.step > self._known.get(tag, -1):
                        self._logger.spread(tag, frame.step, spread)
        self._next_films = time.monotonic() + LOOK_FILMS

    def _take(self, event: Event) -> None:
        if isinstance(event, StateChanged):
            self._state = event.state if event.state in FINAL else "interrupted"
        for given in rows(event):
            for part in fresh(given, self._known):
                self._logger.write(part)


class Seen:
    """Which frames of films have been seen."""

    def __init__(self, films: Films) -> None:
        self._films = films
        self._last: dict[str, int] = {}

    def fresh(self, name: str) -> Iterator[Picture | Signals]:
        """The frames since the last call; a film that is just being rewritten is looked at another time."""
        reel = self._films.reel(name)
        try:
            for index, step in enumerate(reel.steps):
                if step > self._last.get(name, -1):
                    frame = reel.frame(index)
                    self._last[name] = step
                    yield frame
        except LayerloomError:
            return


def main(arguments: Sequence[str]) -> int:
    """Write one log; returns the exit status."""
    folder, name, step, begin = arguments
    sys.modules["torch"] = None  # type: ignore[assignment]  # tensorboardX would load it, and needs it for nothing here
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)  # meant for the run; its end is the end of this
    if hasattr(os, "nice"):
        os.nice(10)
    ended = threading.Event()
    threading.Thread(target=_listen, args=(ended,), daemon=True).start()
    out = os.dup(1)
    os.dup2(2, 1)  # what libraries print goes to the log of the run
    run = RunFolder.open(Path(folder))
    lock = Lock(run.path / f"log-{name}.lock")
    try:
        lock.claim(PATIENCE)  # that of a killed worker may still be taking in what was left
        Feed(run, LOGS[name].make(), int(step), int(begin)).follow(ended)
    except LayerloomError as error:
        problem = LayerloomError(str(error), code=error.problem.code, severity=Severity.WARNING).problem
        os.write(out, encode_event(Met(problem.to_json())).encode())
    return 0


def _listen(ended: threading.Event) -> None:
    while os.read(0, 1 << 12):
        pass
    ended.set()


def _decoded(line: bytes) -> Event | None:
    try:
        return decode_event(line.decode()) if line.strip() else None
    except (ValueError, TypeError):
        return None  # a line that a kill cut short


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
