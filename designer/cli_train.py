"""Training from the command line: a real worker process, followed event by event."""

from __future__ import annotations

import collections
import contextlib
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import IO, Any, Protocol

from core.problem import Problem, Severity
from core.training.launch import Host, Machines, started, worker_command
from core.training.protocol import Command, Event, Finished, Met, StateChanged, decode_event, encode_command
from designer.cli_output import DESIGN, INTERRUPTED, Failed

TAIL_LINES = 30


class Listener(Protocol):
    """Told of every event of a run, and of Ctrl+C."""

    def heard(self, event: Event) -> None: ...

    def stopping(self) -> None: ...


@dataclass
class Ending:
    """How a run ended. `state` is the last one that the worker told; `finished` its final metrics."""

    folder: Path
    state: str = "preparing"
    finished: Finished | None = None
    problems: list[Problem] = field(default_factory=list)
    asked_to_stop: bool = False
    code: int = 0
    tail: str = ""

    @property
    def exit_code(self) -> int:
        if self.finished is None or self.state == "failed":
            return DESIGN
        return INTERRUPTED if self.asked_to_stop else 0

    def to_json(self) -> dict[str, Any]:
        """The last line of ``train --json``."""
        done = self.finished
        return {
            "run": str(self.folder),
            "state": self.state,
            "metrics": done.metrics if done else {},
            "epochs": done.epochs if done else None,
            "steps": done.steps if done else None,
            "seconds": done.seconds if done else None,
            "best_epoch": done.best_epoch if done else None,
            "stopped_early": bool(done and done.stopped_early),
            "problems": [problem.to_json() for problem in self.problems],
        }

    def check(self) -> None:
        """Raises Failed where the run did not come to its end, with the reason and the way on."""
        if self.finished is not None and self.state != "failed":
            return
        errors = [p for p in self.problems if p.severity == Severity.ERROR]
        if errors:
            raise Failed(errors[-1])
        way = f"Go on with `layerloom train --run {self.folder} --resume`."
        raise Failed(
            f"The training process ended without finishing (exit code {self.code}). {way}",
            code="worker",
            detail=self.tail,
        )


def follow_run(folder: Path, resume: bool, listener: Listener, place: Machines | Host | None = None) -> Ending:
    """Train the run in `folder` in a worker process until it ends, at another `place` where one is given.

    Ctrl+C asks the worker to stop after the batch and to save; a second Ctrl+C ends the process.
    """
    ending = Ending(folder)
    process = started(worker_command(folder, resume, place))
    assert process.stdin
    assert process.stdout
    assert process.stderr
    tail: collections.deque[str] = collections.deque(maxlen=TAIL_LINES)
    errors = threading.Thread(target=tail.extend, args=(process.stderr,), daemon=True)
    errors.start()
    try:
        with interrupts(lambda: _stop(process, ending, listener)):
            for event in _events(process.stdout, tail):
                _take(event, ending)
                listener.heard(event)
            ending.code = process.wait()
    finally:
        process.kill()  # no effect on one that has ended
        process.wait()
        errors.join()
        for pipe in (process.stdin, process.stdout, process.stderr):
            with contextlib.suppress(BrokenPipeError):
                pipe.close()
    ending.tail = "".join(tail)
    return ending


def _events(lines: IO[str], tail: collections.deque[str]) -> Iterator[Event]:
    for line in lines:
        try:
            event = decode_event(line)
        except (ValueError, TypeError):
            tail.append(line)
            continue
        if event is not None:
            yield event


def _take(event: Event, ending: Ending) -> None:
    match event:
        case StateChanged():
            ending.state = event.state
        case Finished():
            ending.finished = event
        case Met():
            ending.problems.append(Problem.from_json(event.problem))
        case _:
            pass


def _stop(process: subprocess.Popen[str], ending: Ending, listener: Listener) -> None:
    """Ask politely; end the process when asked again."""
    if ending.asked_to_stop:
        process.terminate()
        return
    ending.asked_to_stop = True
    listener.stopping()
    assert process.stdin
    with contextlib.suppress(BrokenPipeError, ValueError):
        process.stdin.write(encode_command(Command("stop")))
        process.stdin.flush()


@contextlib.contextmanager
def interrupts(act: Callable[[], None]) -> Iterator[None]:
    """Ctrl+C (and a polite kill) calls `act` instead of raising. Elsewhere than in the main thread nothing changes."""

    def handler(number: int, frame: FrameType | None) -> None:
        act()

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    former = {number: signal.signal(number, handler) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, previous in former.items():
            signal.signal(number, previous)
