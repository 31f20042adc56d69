"""Clients of the worker protocol: processes that the window starts, talks to and, if it must, kills."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from PySide6.QtCore import QObject, QProcess, QProcessEnvironment, QTimer, Signal

from core.problem import Problem
from core.training.launch import Host, worker_command, worker_environment
from core.training.protocol import EVENTS, Command, Event, Ready, Reply, decode_event, encode_command

POLITE_MS, TERMINATE_MS = 8_000, 2_000
TAIL = 4_000  # characters of the process's own words that an outcome quotes


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a process ended. `asked`: this side wanted it to."""

    what: str
    code: int
    crashed: bool
    asked: bool
    tail: str = ""

    @property
    def was_successful(self) -> bool:
        return self.asked or (not self.crashed and self.code == 0)

    def __str__(self) -> str:
        if self.asked:
            return f"{self.what} was stopped."
        if self.crashed:
            return f"{self.what} was killed by the system or by signal {self.code}."
        return f"{self.what} ended with exit code {self.code}."


class Worker(QObject):
    """One process that speaks the protocol on its standard streams.

    Signals: `received` (each decoded event), `ended` (an `Outcome`, exactly once for each start).
    """

    received = Signal(object)
    ended = Signal(object)
    kinds: ClassVar[Mapping[str, type[Event]]] = EVENTS  # that it knows

    def __init__(self, what: str, command: list[str], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.what = what
        self.is_ready = False
        self._asked = False
        self._rest = b""
        self._tail = ""
        self._process = QProcess(self)
        self._process.setProgram(command[0])
        self._process.setArguments(command[1:])
        self._process.setProcessEnvironment(_environment())
        self._process.readyReadStandardOutput.connect(self._read)
        self._process.readyReadStandardError.connect(self._read_errors)
        self._process.finished.connect(self._finished)
        self._process.errorOccurred.connect(self._failed)

    @property
    def is_alive(self) -> bool:
        return self._process.state() != QProcess.ProcessState.NotRunning

    @property
    def pid(self) -> int:
        return int(self._process.processId())

    def start(self) -> None:
        self._process.start()

    def send(self, command: Command) -> None:
        """Say something to the process; a process that is gone hears nothing."""
        if self.is_alive:
            self._process.write(encode_command(command).encode())

    def quit(self) -> None:
        """Ask it to end; terminate it after a while, then kill it. Returns at once."""
        if self.is_alive:
            self._asked = True
            self.send(Command("quit"))
            self._process.closeWriteChannel()
            QTimer.singleShot(POLITE_MS, self._process, self._process.terminate)
            QTimer.singleShot(POLITE_MS + TERMINATE_MS, self._process, self._process.kill)

    def wait_or_kill(self, seconds: float) -> None:
        """Wait until it is gone; kill it when the time is over. For the closing of the window alone."""
        if self.is_alive and not self._process.waitForFinished(int(seconds * 1000)):
            self.kill()

    def kill(self) -> None:
        """End it now, and wait until it is gone (milliseconds)."""
        if self.is_alive:
            self._asked = True
            self._process.kill()
            self._process.waitForFinished(TERMINATE_MS)

    def _read(self) -> None:
        data = self._rest + bytes(self._process.readAllStandardOutput().data())
        *lines, self._rest = data.split(b"\n")
        for line in lines:
            self._take(line.decode("utf-8", "replace"))

    def _take(self, line: str) -> None:
        try:
            event = decode_event(line, self.kinds)
        except (ValueError, TypeError):
            self._tail = (self._tail + line + "\n")[-TAIL:]
            return
        self.is_ready = self.is_ready or isinstance(event, Ready)
        if event is not None:
            self.received.emit(event)

    def _read_errors(self) -> None:
        text = bytes(self._process.readAllStandardError().data()).decode("utf-8", "replace")
        self._tail = (self._tail + text)[-TAIL:]

    def _finished(self, code: int, status: QProcess.ExitStatus) -> None:
        self._read()
        self._read_errors()
        crashed = status == QProcess.ExitStatus.CrashExit
        self.ended.emit(Outcome(self.what, code, crashed, self._asked, self._tail))

    def _failed(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart:
            self.ended.emit(Outcome(self.what, -1, False, False, self._process.errorString()))


class RunClient(Worker):
    """A process for one run. Started warm (heavy imports done, waiting), it is handed a folder with `begin`."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__("The training process", worker_command(), parent)

    def begin(self, folder: Path, *, resume: bool = False, host: Host | None = None) -> None:
        """Train the run in `folder`, on another machine if one is given; may be called before the process is ready."""
        elsewhere = {"host": host.name, "python": host.python} if host else {}
        self.send(Command("run", {"folder": str(folder), "resume": resume, **elsewhere}))


class AssistantClient(Worker):
    """The one warm process that answers what needs heavy libraries."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__("The assistant process", [sys.executable, "-m", "designer.assistant"], parent)
        self._next = 1
        self._waiting: dict[int, Callable[[Any, Problem | None], None]] = {}
        self.received.connect(self._answer)
        self.ended.connect(self._gone)

    def request(self, name: str, args: dict[str, Any], then: Callable[[Any, Problem | None], None]) -> None:
        """Ask; `then(result, problem)` is called once, one of the two being None. A dead process is started anew."""
        if not self.is_alive:
            self.start()
        self._waiting[self._next] = then
        self.send(Command("request", {"id": self._next, "name": name, "args": args}))
        self._next += 1

    def _answer(self, event: Event) -> None:
        if isinstance(event, Reply) and (then := self._waiting.pop(event.id, None)) is not None:
            then(event.result, Problem.from_json(event.problem) if event.problem else None)

    def _gone(self, outcome: Outcome) -> None:
        waiting, self._waiting = self._waiting, {}
        problem = Problem("assistant", f"{outcome} Its answer is lost; try again.", detail=outcome.tail)
        for then in waiting.values():
            then(None, problem)


def _environment() -> QProcessEnvironment:
    environment = QProcessEnvironment.systemEnvironment()
    for name, value in worker_environment().items():
        environment.insert(name, value)
    return environment
