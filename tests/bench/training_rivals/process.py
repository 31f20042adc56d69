"""A rival at work in its own process, waiting for its turn."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from statistics import median
from typing import Any

from tests.bench.training_rivals.table import PLAIN, Times

ROOT = Path(__file__).parents[3]
TRIES = 5


class Process:
    """Starts the rival; `turn` lets it train, and adds its times.

    Raises:
        RuntimeError: it died; what it wrote last is the message.
    """

    def __init__(self, rival: str, network: str, threads: int) -> None:
        self.name = rival
        module = "tests.bench.training_rivals.measure"
        command = [sys.executable, "-W", "ignore", "-m", module, rival, network, str(threads)]
        self._process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        self._answer()

    def turn(self, epochs: int, times: Times | None = None) -> None:
        assert self._process.stdin
        self._process.stdin.write(f"{epochs}\n")
        self._process.stdin.flush()
        told = self._answer()
        if times is not None:
            times.wall.append(told["wall"])
            times.cpu.append(told["cpu"])
            times.watching.append(told["watching"])

    def end(self, times: Times) -> None:
        """Ask how far it came."""
        assert self._process.stdin
        self._process.stdin.close()
        told = self._answer()
        times.loss, times.threads = told["loss"], told["threads"]

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdout, self._process.stderr):
            assert pipe
            pipe.close()

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout
        line = self._process.stdout.readline()
        if not line:
            assert self._process.stderr
            last = (self._process.stderr.read().strip().splitlines() or ["no message"])[-1]
            raise RuntimeError(f"{self.name} ended: {last}")
        told: dict[str, Any] = json.loads(line)
        return told


def best_threads(network: str) -> int:
    """As many as make the plain loop fastest by the clock on the wall: it is tried with 1, 2, 4 … cores."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    best, fastest, count = 1, float("inf"), 1
    while count <= cores:
        process = Process(PLAIN, network, count)
        times = Times()
        try:
            for _ in range(TRIES):
                process.turn(1, times)
        finally:
            process.close()
        taken = median(times.wall)
        if taken >= fastest:
            break
        best, fastest, count = count, taken, count * 2
    return best
