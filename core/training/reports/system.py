"""What a run costs: where the time of a step goes, and the load of the machine."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from typing import Any, ClassVar

import psutil  # type: ignore[import-untyped]
import torch

from core.training.engine import Taken
from core.training.pace import Pace
from core.training.protocol import Event, Points
from core.training.reports.reporter import Measure, Reporter
from core.training.run import Run

PARTS = ("data", "forward", "backward", "optimizer", "monitoring")
MEGABYTE = 2**20


class Timing(Measure):
    """Where the time of one step went, in milliseconds, as series ``time/data``, ``time/forward``, ``time/backward``,
    ``time/optimizer`` (with clipping and penalties); ``time/monitoring`` is its mean over the steps since the last.

    On a device that works by itself each part is waited for, so a timed step is a little longer than others.
    """

    period: ClassVar[float] = 0.5

    def __init__(self, run: Run, monitoring: Callable[[], float]) -> None:
        self._run, self._monitoring = run, monitoring
        self._spent: dict[str, float] = {}
        self._before: tuple[int, float] | None = None  # step and cost of watching at the last measurement

    def take(self, step: Callable[[], Taken]) -> Taken:
        engine = self._run.engine
        self._spent = dict.fromkeys(PARTS[1:4], 0.0)
        with ExitStack() as timed:
            timed.enter_context(self._watched(engine, "compute", "forward"))
            for trainer in engine.trainers:
                again = trainer.looks_again  # then its step computes and differentiates by itself
                timed.enter_context(self._watched(trainer, "gather", "backward"))
                timed.enter_context(self._watched(trainer, "step", "optimizer", less=("forward",) if again else ()))
            return step()

    def tell(self) -> Iterator[Event]:
        step, now, before = self._run.step + 1, self._monitoring(), self._before
        self._before = (step, now)
        watching = (now - before[1]) / max(1, step - before[0]) if before else None
        parts = {"data": self.waited, **self._spent, "monitoring": watching}
        known = {part: seconds for part, seconds in parts.items() if seconds is not None}
        series: dict[str, Sequence[float]] = {f"time/{part}": [1e3 * seconds] for part, seconds in known.items()}
        yield Points([step], series)

    def _watched(self, owner: Any, name: str, part: str, less: tuple[str, ...] = ()) -> ExitStack:
        """While it lasts, calls of a method of this one object are timed; what is `less` is timed elsewhere."""
        call, spent = getattr(owner, name), self._spent
        was_own = name in vars(owner)

        def timed(*args: Any, **kwargs: Any) -> Any:
            elsewhere, start = sum(spent[other] for other in less), self._now()
            result = call(*args, **kwargs)
            spent[part] += self._now() - start - (sum(spent[other] for other in less) - elsewhere)
            return result

        setattr(owner, name, timed)
        undo = ExitStack()
        undo.callback(lambda: setattr(owner, name, call) if was_own else delattr(owner, name))
        return undo

    def _now(self) -> float:
        if self._run.device.type == "cuda":
            torch.cuda.synchronize(self._run.device)
        return time.perf_counter()


class Load(Reporter):
    """``system/samples`` a second, ``system/memory`` of this process in MiB, ``system/cpu`` (per cent of all cores, by
    this process) and ``system/machine`` (by all); on CUDA ``system/gpu_memory`` in MiB and ``system/gpu`` in per cent,
    where NVIDIA's library tells."""

    period: ClassVar[float] = 1.0

    def __init__(self, run: Run, pace: Pace) -> None:
        self._run, self._pace = run, pace
        self._process, self._cores = psutil.Process(), psutil.cpu_count() or 1
        self._process.cpu_percent(None)
        psutil.cpu_percent(None)

    def tell(self) -> Iterator[Event]:
        values = {
            "samples": self._pace.samples_per_second,
            "memory": self._process.memory_info().rss / MEGABYTE,
            "cpu": self._process.cpu_percent(None) / self._cores,
            "machine": psutil.cpu_percent(None),
            **self._gpu(),
        }
        yield Points([self._run.step], {f"system/{name}": [float(value)] for name, value in values.items()})

    def _gpu(self) -> dict[str, float]:
        device = self._run.device
        if device.type != "cuda":
            return {}
        told = {"gpu_memory": torch.cuda.memory_reserved(device) / MEGABYTE}
        try:
            told["gpu"] = float(torch.cuda.utilization(device))
        except (ModuleNotFoundError, RuntimeError):  # NVIDIA's library for it is not there, or does not answer
            return told
        return told
