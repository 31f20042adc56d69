"""Where a run computes: the device, and how many threads."""

from __future__ import annotations

import os
import time
from collections.abc import Callable

import torch

from core.problem import Fix, LayerloomError

PATIENCE = 0.04  # seconds spent on timing one way to compute a step
GAIN = 1.1  # what is tried must be faster by this factor to be chosen


def choose_device(name: str) -> torch.device:
    """The device of a job: ``auto`` takes the best that is there.

    Raises:
        LayerloomError: the device is missing; the text says what there is.
    """
    present = [*(["cuda"] if torch.cuda.is_available() else []), *(["mps"] if _has_mps() else []), "cpu"]
    if name == "auto":
        return torch.device(present[0])
    if name not in present:
        there = ", ".join(present)
        raise LayerloomError(
            f"The job asks for the device {name}, but this machine's PyTorch ({torch.__version__}) finds none; "
            f"it has {there}.",
            code="device",
            expected=name,
            received=there,
            fixes=(Fix("Use the best device there is", "set_job", {"path": "device", "value": "auto"}),),
        )
    return torch.device(name)


def _has_mps() -> bool:
    return bool(torch.backends.mps.is_available())


def available_cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def measured_threads(step: Callable[[], object], most: int | None = None) -> tuple[int, dict[int, float]]:
    """How many threads make `step` fastest, and the seconds that it took with each number that was tried.

    Doubles the number as long as that pays: on small networks, and on busy machines, one thread is often the fastest
    by far. `torch.set_num_threads` is left at the choice.
    """
    most = available_cores() if most is None else most
    times: dict[int, float] = {}
    best = count = 1
    while count <= most:
        torch.set_num_threads(count)
        times[count] = seconds(step)
        if count > 1 and times[count] * GAIN > times[best]:
            break
        best, count = count, count * 2
    torch.set_num_threads(best)
    return best, times


def seconds(step: Callable[[], object]) -> float:
    """How long a step takes when nothing disturbs it: the shortest of a few, after one that does not count."""
    step()
    taken: list[float] = []
    end = time.perf_counter() + PATIENCE
    while len(taken) < 3 or (len(taken) < 25 and time.perf_counter() < end):
        start = time.perf_counter()
        step()
        taken.append(time.perf_counter() - start)
        if taken[-1] > 1.0:
            break
    return min(taken)
