"""What is settled by measuring before a run begins: threads, and the layout of pictures in memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import nn

from core.training.computing import Batch
from core.training.devices import measured_threads, seconds

LAYOUT_GAIN = 1.03  # a layout that is faster by this factor is taken: unlike more threads, it costs others nothing
Trial = Callable[[bool], Callable[[], object]]  # channels last? -> a step to be timed


@dataclass(frozen=True)
class Choices:
    """What is settled by measuring or by the machine, and must stay for a run that goes on: results depend on it."""

    device: str
    threads: int
    channels_last: bool
    timings: Mapping[int, float] = field(default_factory=dict)  # seconds a step took by number of threads

    def to_json(self) -> dict[str, Any]:
        timings = {str(count): seconds for count, seconds in self.timings.items()}
        return {
            "device": self.device,
            "threads": self.threads,
            "channels_last": self.channels_last,
            "timings": timings,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Choices:
        timings = {int(count): float(seconds) for count, seconds in data.get("timings", {}).items()}
        return cls(str(data["device"]), int(data["threads"]), bool(data["channels_last"]), timings)


def choose(device: torch.device, threads: int, pictures: bool, trial: Trial) -> Choices:
    """Try the real step on copies: with one thread and more, and pictures with the channels first and last.

    Where the job fixes the threads (not 0), nothing is measured: the same job then gives the same numbers every time.
    """
    if threads or device.type != "cpu":
        return Choices(device.type, threads or torch.get_num_threads(), device.type != "cpu" and pictures)
    random = torch.get_rng_state()
    torch.set_num_threads(1)
    steps = {last: trial(last) for last in ((False, True) if pictures else (False,))}
    taken = {last: seconds(step) for last, step in steps.items()}
    last = len(taken) > 1 and taken[True] * LAYOUT_GAIN < taken[False]
    count, timings = measured_threads(steps[last])
    torch.set_rng_state(random)
    return Choices(device.type, count, last, timings)


def laid_out(net: nn.Module, last: bool) -> nn.Module:
    """The network with the channels of its pictures last in memory, where that is wanted."""
    return net.to(memory_format=torch.channels_last) if last else net  # type: ignore[call-overload]


def laid_out_batch(batch: Batch) -> Batch:
    """The batch with the channels of its pictures last in memory."""
    last = torch.channels_last
    return {name: t.contiguous(memory_format=last) if t.dim() == 4 else t for name, t in batch.items()}
