"""Layerloom's own loop, its events written out, into the folder of the run too, as the worker writes them."""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path
from unittest.mock import patch

from core.training.eventlog import EventLog
from core.training.loop import train
from core.training.protocol import EpochEnded, Progress
from core.training.throttle import Throttle
from tests import trainings
from tests.bench.training_rivals.setting import Setting, Turn, job


def layerloom(given: Setting, monitor: bool = True) -> Turn:
    """What is due by the clock (signals, pictures, progress) is due by that of its own turns."""
    run = trainings.run(given.program, job(monitor))
    run.evaluate = lambda part: {}  # type: ignore[method-assign]  # nobody validates
    given.net, clock = run.net, given.clock
    folder = Path(tempfile.mkdtemp())
    log, nobody = EventLog(folder / "events.jsonl"), os.open(os.devnull, os.O_WRONLY)

    def write(lines: str) -> None:
        os.write(nobody, lines.encode())
        log.append(lines)

    patch.object(time, "perf_counter", clock.now).start()  # for the rest of this process
    throttle, events = Throttle(write, clock=clock.now), train(run, folder=folder / "checkpoints")

    def turn(epochs: int) -> None:
        clock.start()
        for event in events:
            throttle.put(event)
            if isinstance(event, Progress):
                clock.watching = event.monitoring * clock.now()  # it began when the clock did
            if isinstance(event, EpochEnded):
                epochs -= 1
                if not epochs:
                    break
        clock.stop()

    return turn


def unwatched(given: Setting) -> Turn:
    """With monitoring switched off in the job."""
    return layerloom(given, monitor=False)
