"""Worker processes that train one run after the other."""

from __future__ import annotations

import collections
import contextlib
import subprocess
import threading
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import Protocol, TypeAlias

from core.training.launch import started, worker_command
from core.training.protocol import Command, Event, decode_event, encode_command

TAIL_LINES = 20
PATIENCE = 20.0  # seconds in which a worker that is told to end has to


@dataclass(frozen=True, slots=True)
class Heard:
    """What a worker said; None: it is gone."""

    hand: Hand
    event: Event | None


Inbox: TypeAlias = "SimpleQueue[Heard | Command]"


class Hand(Protocol):
    """Who trains. What it says is put into the inbox; it must be ended by `quit` or `kill`, which wait for that."""

    def begin(self, folder: Path, resume: bool) -> None: ...

    def send(self, command: Command) -> None:
        """One that is gone hears nothing; that it is gone is told by the inbox."""

    @property
    def code(self) -> int | None:
        """The exit status of one that is gone."""

    @property
    def tail(self) -> str:
        """The last lines that it wrote to stderr."""

    def quit(self) -> None:
        """Ask it to end, and end it where it does not."""

    def kill(self) -> None:
        """End it now."""


class Worker:
    """A process of `core.training.worker`."""

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox
        self._tail: collections.deque[str] = collections.deque(maxlen=TAIL_LINES)
        self._process = started(worker_command(again=True))
        self._threads = [threading.Thread(target=target, daemon=True) for target in (self._listen, self._keep_tail)]
        for thread in self._threads:
            thread.start()

    def begin(self, folder: Path, resume: bool) -> None:
        self.send(Command("run", {"folder": str(folder), "resume": resume}))

    def send(self, command: Command) -> None:
        assert self._process.stdin
        with contextlib.suppress(OSError, ValueError):
            self._process.stdin.write(encode_command(command))
            self._process.stdin.flush()

    @property
    def code(self) -> int | None:
        return self._process.poll()

    @property
    def tail(self) -> str:
        return "".join(self._tail)

    def quit(self) -> None:
        self.send(Command("quit"))
        assert self._process.stdin
        with contextlib.suppress(OSError):
            self._process.stdin.close()
        try:
            self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
        self._close()

    def kill(self) -> None:
        self._process.kill()
        self._close()

    def _close(self) -> None:
        self._process.wait()
        for thread in self._threads:
            thread.join()
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            with contextlib.suppress(OSError):
                if pipe:
                    pipe.close()

    def _listen(self) -> None:
        assert self._process.stdout
        for line in self._process.stdout:
            try:
                event = decode_event(line)
            except (ValueError, TypeError):
                self._tail.append(line)
                continue
            if event is not None:
                self._inbox.put(Heard(self, event))
        self._process.wait()
        self._inbox.put(Heard(self, None))

    def _keep_tail(self) -> None:
        assert self._process.stderr
        self._tail.extend(self._process.stderr)
