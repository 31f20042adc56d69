"""``python -m core.training.tools.probing``: real training steps with one batch size after the other; may die of them.

Lines of JSON. In comes ``{"program", "job", "base", "limit", "free", "margin"}`` (bytes that may be used, or null for
all that are free; those that are free to a CPU), then one batch size a line. Out goes ``{"device", "limit",
"examples", "peak"}`` first (bytes that may be taken; the training examples; bytes taken so far), then for each size
``{"size", "peak", "seconds"}`` or ``{"size", "full": <what the system said>}``; or, and that is the end,
``{"problem"}``.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import sys
import threading
import time
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import torch

from core.data.prepare import Prepared, prepare
from core.problem import LayerloomError
from core.program.codec import from_json
from core.program.module import named_errors
from core.program.program import Program
from core.training.choices import Choices
from core.training.devices import choose_device
from core.training.evaluation import evaluate
from core.training.job import Job, read_job
from core.training.protocol import claim_stdout
from core.training.run import Run

FULL = ("out of memory", "can't allocate memory", "not enough memory", "cannot allocate memory")


class Probe:
    """Takes steps within a limit of memory."""

    def __init__(self, asked: dict[str, Any]) -> None:
        job = read_job(asked["job"])
        self.program: Program = from_json(asked["program"])
        self.job: Job = job.model_copy(update={"compile": False, "threads": 1, "monitor": False})
        base = Path(asked["base"]) if asked.get("base") else None
        values = (*self.program.inputs, *self.program.targets)
        self.prepared: Prepared = prepare(job.data, values, base)
        self.device = choose_device(job.device)
        self.limit = self._limited(asked["limit"], int(asked["free"]), float(asked["margin"]))

    def head(self) -> dict[str, Any]:
        examples = self.prepared.examples["train"]
        return {"device": self.device.type, "limit": self.limit, "examples": examples, "peak": self._peak()}

    def probe(self, size: int) -> dict[str, Any]:
        """Two steps (the optimizer's memory is there from the second on) and a look at validation."""
        self._forget_peak()
        try:
            with named_errors():
                seconds = self._steps(size)
        except (RuntimeError, MemoryError, LayerloomError) as error:
            text = str(error)
            if not isinstance(error, MemoryError) and not any(word in text.lower() for word in FULL):
                raise
            return {"size": size, "full": text.strip().partition("\n")[0][:300]}
        finally:
            gc.collect()
            if self.device.type == "cuda":
                torch.cuda.empty_cache()
        return {"size": size, "peak": self._peak(), "seconds": seconds}

    def _steps(self, size: int) -> float:
        choices = Choices(self.device.type, 1, self.device.type != "cpu")
        run = Run(self.program, self.job.model_copy(update={"batch_size": size}), self.prepared, choices)
        batch = next(run.batches(0, 0))
        run.engine.step(batch, 0, run.batch_of)
        self._wait()
        start = time.perf_counter()
        run.engine.step(batch, 1, run.batch_of)
        self._wait()
        seconds = time.perf_counter() - start
        held_out = run.wholes["validation"]
        if len(held_out):
            evaluate(run.net, (next(held_out.epoch(0)),), run.engine.total, run.meters, run.engine.compute)
        return seconds

    def _limited(self, limit: int | None, free: int, margin: float) -> int:
        """What may be taken, and the system told so where it listens."""
        if self.device.type == "cuda":
            free, whole = torch.cuda.mem_get_info(self.device)
            most = int(min(limit or free, free) * (1 - margin))
            torch.cuda.set_per_process_memory_fraction(most / whole, self.device)
            return most
        most = int(min(limit or free, free) * (1 - margin))
        with contextlib.suppress(ImportError, ValueError, OSError):  # Windows has no limits; the parent watches too
            import resource

            resource.setrlimit(resource.RLIMIT_DATA, (most, resource.getrlimit(resource.RLIMIT_DATA)[1]))
        return most

    def _wait(self) -> None:
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)

    def _forget_peak(self) -> None:
        if self.device.type == "cuda":
            torch.cuda.reset_peak_memory_stats(self.device)
            return
        with contextlib.suppress(OSError):
            Path("/proc/self/clear_refs").write_text("5", encoding="ascii")

    def _peak(self) -> int:
        """The most bytes that were taken at once since `_forget_peak`; where that cannot be told, since the start."""
        if self.device.type == "cuda":
            return int(torch.cuda.max_memory_reserved(self.device))
        with contextlib.suppress(OSError):
            for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
                if line.startswith("VmHWM:"):
                    return int(line.split()[1]) * 1024
        import psutil  # type: ignore[import-untyped]

        info = psutil.Process().memory_info()
        return int(getattr(info, "peak_wset", info.rss))


def main() -> None:
    """Serve until stdin closes: a step that is under way then is given up."""
    out, asked = claim_stdout(), SimpleQueue[str]()
    threading.Thread(target=_listen, args=(asked,), daemon=True).start()

    def say(answer: dict[str, Any]) -> None:
        out.write(json.dumps(answer) + "\n")
        out.flush()

    try:
        probe = Probe(json.loads(asked.get()))
        say(probe.head())
        while True:
            say(probe.probe(int(asked.get())))
    except LayerloomError as error:
        say({"problem": error.problem.to_json()})


def _listen(asked: SimpleQueue[str]) -> None:
    for line in sys.stdin:
        asked.put(line)
    os._exit(0)  # whoever asked is gone, killed perhaps; memory is not held for nobody


if __name__ == "__main__":
    main()
