"""Runs in a worker process, followed to their end or killed, for tests of what their logs hold."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from core.training.launch import worker_command, worker_environment
from core.training.logs.logger import rows
from core.training.protocol import Event, Met, decode_event
from core.training.runs import RunFolder

Series = dict[str, list[tuple[int, np.float32]]]


def trained(folder: Path, resume: bool = False, **variables: str) -> list[Event]:
    """Train to the end; what the worker said."""
    done = subprocess.run(
        worker_command(folder, resume),
        env={**worker_environment(), **variables},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr
    return [event for line in done.stdout.splitlines() if (event := decode_event(line)) is not None]


def killed(folder: Path, when: Callable[[], bool]) -> None:
    """Train until `when` holds, then kill the worker with signal 9."""
    process = subprocess.Popen(
        worker_command(folder), env=worker_environment(), stdin=subprocess.PIPE, stdout=subprocess.DEVNULL
    )
    assert process.stdin
    try:
        deadline = time.monotonic() + 60
        while not when():
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.02)
    finally:
        process.kill()
        process.wait(30)
        process.stdin.close()


def told(folder: Path) -> Series:
    """What the event log of a run holds, by tag, in the precision of TensorBoard."""
    found: Series = {}
    for event in RunFolder.open(folder).events:
        for steps, columns in rows(event):
            for tag, values in columns.items():
                found.setdefault(tag, []).extend(zip(steps, map(np.float32, values), strict=True))
    return found


def warnings(events: list[Event]) -> list[str]:
    return [str(event.problem["message"]) for event in events if isinstance(event, Met)]
