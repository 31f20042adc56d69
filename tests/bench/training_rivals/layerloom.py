"""Layerloom's own loop, its events written out, into the folder of the run too, as the worker writes them."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from core.training.eventlog import EventLog
from core.training.loop import train
from core.training.protocol import EpochEnded, Progress
from core.training.throttle import Throttle
from tests import trainings
from tests.bench.training_rivals.setting import Setting, Turn, job


def layerloom(given: Setting, monitor: bool = True) -> Turn:
    run = trainings.run(given.program, job(monitor))
    run.evaluate = lambda part: {}  # type: ignore[method-assign]  # nobody validates
    given.net = run.net
    log = EventLog(Path(tempfile.mkdtemp()) / "events.jsonl")
    nobody = os.open(os.devnull, os.O_WRONLY)

    def write(lines: str) -> None:
        os.write(nobody, lines.encode())
        log.append(lines)

    throttle, events = Throttle(write), train(run)

    def turn(epochs: int) -> None:
        given.clock.start()
        for event in events:
            throttle.put(event)
            if isinstance(event, Progress):
                given.clock.monitoring = event.monitoring
            if isinstance(event, EpochEnded):
                epochs -= 1
                if not epochs:
                    break
        given.clock.stop()

    return turn


def unwatched(given: Setting) -> Turn:
    """With monitoring switched off in the job."""
    return layerloom(given, monitor=False)
