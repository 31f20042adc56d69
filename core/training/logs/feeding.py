"""The worker's side of the logs: a process for each, told of nothing but the end."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from queue import Empty, SimpleQueue

from core.problem import Problem, Severity
from core.training.logs.known import LOGS
from core.training.protocol import Event, Met, decode_event
from core.training.runs import RunFolder

PATIENCE = 30.0  # seconds that logs may take to come to their end after the run


class Logs:
    """The logs of one run in this worker. Begin when the event log stands at `step`, and before it grows."""

    def __init__(self, folder: RunFolder, names: Sequence[str], step: int) -> None:
        path = folder.events.path
        size = path.stat().st_size if path.exists() else 0
        self._news: SimpleQueue[Event] = SimpleQueue()
        self._processes = [self._start(folder, name, step, size) for name in dict.fromkeys(names)]

    def news(self) -> Iterator[Event]:
        """What the logs have met since the last call: warnings."""
        with contextlib.suppress(Empty):
            while True:
                yield self._news.get_nowait()

    def close(self) -> None:
        """Let them take in what is left. One that takes too long goes on by itself, and ends when it is done."""
        deadline = time.monotonic() + PATIENCE
        for process, _ in self._processes:
            assert process.stdin
            with contextlib.suppress(BrokenPipeError):
                process.stdin.close()
        for _, watch in self._processes:
            watch.join(max(0.0, deadline - time.monotonic()))

    def _start(
        self, folder: RunFolder, name: str, step: int, size: int
    ) -> tuple[subprocess.Popen[str], threading.Thread]:
        command = [sys.executable, "-m", "core.training.logs.feed", str(folder.path), name, str(step), str(size)]
        pipe = subprocess.PIPE
        process = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, encoding="utf-8", errors="replace")
        watch = threading.Thread(target=self._watch, args=(process, name), name=f"log {name}", daemon=True)
        watch.start()
        return process, watch

    def _watch(self, process: subprocess.Popen[str], name: str) -> None:
        assert process.stdout
        with process.stdout:
            for line in process.stdout:
                event = decode_event(line)
                if event is not None:
                    self._news.put(event)
        code = process.wait()
        if code:
            message = (
                f"The log for {LOGS[name].label} broke off (exit code {code}); the run itself goes on. "
                "The log of the run says more."
            )
            self._news.put(Met(Problem("log", message, severity=Severity.WARNING).to_json()))
