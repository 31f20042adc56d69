"""The largest batch that fits into memory, found by real steps in a process of their own: doubling, then bisection.

That process may run out of memory and die; it takes nothing with it. Imports no torch.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from math import log2
from pathlib import Path
from typing import Any, Self

import psutil  # type: ignore[import-untyped]

from core.memory import free_memory
from core.problem import LayerloomError, Problem
from core.program.codec import to_json
from core.program.program import Program
from core.training.job import Job
from core.training.launch import worker_environment

FIRST = 8  # examples of the first try
MARGIN = 0.15  # of the memory that is kept free
CLOSE = 16  # the gap is halved until it is one part in so many
PATIENCE = 20.0  # seconds a step may take before larger ones are not tried any more
LOOK = 0.02  # seconds between two looks at what the process takes


@dataclass(frozen=True)
class Try:
    """One batch size: whether it fitted, the most bytes taken, the seconds of a step."""

    size: int
    fits: bool
    peak: int = 0
    seconds: float = 0.0


@dataclass(frozen=True)
class BatchFit:
    """What was found.

    Attributes:
        fits: the largest size that was tried and fitted; 0 where not one example does.
        suggestion: the largest power of two up to it, or all examples; None where nothing fits.
        limit: bytes that the training was allowed; a `margin` of what is free is left.
        tries: in the order of their sizes.
    """

    fits: int
    suggestion: int | None
    limit: int
    device: str
    examples: int
    tries: tuple[Try, ...]
    verdict: str
    margin: float = MARGIN

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def fit_batch(
    program: Program,
    job: Job,
    base: Path | None = None,
    *,
    limit: int | None = None,
    margin: float = MARGIN,
    told: Callable[[float], None] = lambda _share: None,
) -> BatchFit:
    """Try batch sizes with real steps of the job: forward, backward, optimizer, and a batch of validation.

    Args:
        limit: bytes that may be used; by default what is free (of the machine, its container, or the GPU).
        margin: share of that which is left alone.

    Raises:
        LayerloomError: the data, the device or the design does not hold, or the process cannot start.
    """
    asked = {
        "program": to_json(program),
        "job": job.model_dump(mode="json"),
        "base": str(base) if base else None,
        "limit": limit,
        "free": free_memory(),
        "margin": margin,
    }
    with _Prober(asked) as prober:
        return _search(prober, told, margin)


def _search(prober: _Prober, told: Callable[[float], None], margin: float) -> BatchFit:
    most, tries = prober.examples, dict[int, Try]()

    def fits(size: int) -> bool:
        tries[size] = prober.probe(size)
        return tries[size].fits

    low, high = 0, 0
    size = min(FIRST, most)
    while size:
        told(0.7 * log2(1 + size) / log2(1 + most))
        if not fits(size):
            high = size
            break
        low = size
        size = min(2 * size, most) if size < most and tries[size].seconds < PATIENCE else 0
    while high and high - low > max(1, low // CLOSE):
        middle = (low + high) // 2
        if fits(middle):
            low = middle
        else:
            high = middle
        told(0.7 + 0.3 / max(1, high - low))
    told(1.0)
    suggestion = low if low == most else 2 ** int(log2(low)) if low else None
    rows = tuple(tries[size] for size in sorted(tries))
    verdict = _verdict(low, high, most, prober, rows)
    return BatchFit(low, suggestion, prober.limit, prober.device, most, rows, verdict, margin)


def _verdict(low: int, high: int, most: int, prober: _Prober, tries: tuple[Try, ...]) -> str:
    room = f"{prober.limit / 2**30:.2f} GiB on the {'GPU' if prober.device == 'cuda' else prober.device.upper()}"
    if not low:
        return f"Not even one example fits into {room}: make the network smaller, or recompute blocks."
    if low == most:
        return f"All {most:,} training examples fit into {room} in one batch."
    best = max((t for t in tries if t.fits), key=lambda t: t.size / max(t.seconds, 1e-9))
    speed = f" Most examples a second were trained with {best.size:,}."
    if not high:
        return (
            f"{low:,} examples fit into {room}; a step takes {tries[-1].seconds:.0f} s, so no more were tried.{speed}"
        )
    return f"{low:,} examples fit into {room}, {high:,} do not.{speed}"


class _Prober:
    """The process that probes; a new one whenever it has died."""

    def __init__(self, asked: Mapping[str, Any]) -> None:
        self._asked = asked
        self._process: subprocess.Popen[str] | None = None
        self.limit = self.examples = 0
        self.device = ""

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def probe(self, size: int) -> Try:
        """Try a size; a process that dies of it says no."""
        if self._process is None:
            self._start()
        assert self._process is not None
        with _Watched(self._process, self.limit if self.device != "cuda" else 0) as watched:
            answer = self._ask(str(size))
        if answer is None:
            code = self._end()
            if not watched.ended and code > 0:
                raise _died(code, self._tail)
            return Try(size, False)
        if "full" in answer:
            return Try(size, False)
        return Try(size, answer["peak"] <= self.limit, answer["peak"], answer["seconds"])

    def _start(self) -> None:
        command = [sys.executable, "-m", "core.training.tools.probing"]
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(
            command, stdin=pipe, stdout=pipe, stderr=pipe, env=worker_environment(), text=True, encoding="utf-8"
        )
        self._tail: list[str] = []
        assert self._process.stderr is not None
        self._listener = threading.Thread(target=self._tail.extend, args=(self._process.stderr,), daemon=True)
        self._listener.start()
        head = self._ask(json.dumps(self._asked))
        if head is None:
            raise _died(self._end(), self._tail)
        self.limit, self.examples, self.device = head["limit"], head["examples"], head["device"]

    def _ask(self, line: str) -> dict[str, Any] | None:
        """The answer to a line; None where the process is gone."""
        process = self._process
        assert process is not None
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(line + "\n")
            process.stdin.flush()
            said = process.stdout.readline()
        except OSError:
            return None
        answer: dict[str, Any] | None = json.loads(said) if said else None
        if answer is not None and "problem" in answer:
            raise LayerloomError(Problem.from_json(answer["problem"]))
        return answer

    def _end(self) -> int:
        """Its exit code."""
        process, self._process = self._process, None
        if process is None:
            return 0
        process.kill()
        code = process.wait()
        self._listener.join()
        for stream in (process.stdin, process.stdout, process.stderr):
            try:
                if stream is not None:
                    stream.close()
            except OSError:
                pass
        return code


class _Watched:
    """Inside, a process that takes more than a limit is ended, before the system has to choose one.

    Attributes:
        ended: that happened.
    """

    def __init__(self, process: subprocess.Popen[str], limit: int) -> None:
        self.ended = False
        self._process, self._limit = process, limit
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Self:
        if self._limit:
            self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        if self._limit:
            self._thread.join()

    def _watch(self) -> None:
        try:
            process = psutil.Process(self._process.pid)
            while not self._over.wait(LOOK):
                if process.memory_info().rss > self._limit:
                    self.ended = True
                    self._process.kill()
                    return
        except psutil.Error:  # it is gone
            return


def _died(code: int, tail: list[str]) -> LayerloomError:
    message = f"The process that tries batch sizes ended with exit code {code} before it could answer."
    return LayerloomError(message, code="worker", detail="".join(tail[-30:]))
