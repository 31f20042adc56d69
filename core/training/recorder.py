"""What is plotted of each step: kept on the device, and moved in bulk, so that no step waits for it."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from core.training.engine import Taken
from core.training.meters import Meter
from core.training.protocol import Points

MOST_STEPS = 4096
MOST_BYTES = 64 * 2**20


class Recorder:
    """Gathers the losses, rates and metrics of training steps, and their means over the epoch.

    Args:
        losses: names of the losses; with several each has a series beside their weighted sum.
        meters: measured over the outputs as they came while training (dropout on, weights moving).
    """

    def __init__(self, losses: Sequence[str], meters: Sequence[Meter]) -> None:
        self._names = [*(losses if len(losses) > 1 else ())]
        self._meters = meters
        self._pairs = [(meter.pairing.output, meter.pairing.target) for meter in meters]
        self._series = [name for meter in meters for name in meter.row_names]
        self._rows: list[list[Any]] = []  # of each step: its number, rate, size, losses, outputs and targets in turn
        self._weights: list[Mapping[str, float]] = []  # of losses, where some have a schedule
        self._bytes = 0
        self._ready: dict[str, list[float]] = {}
        self._ready_steps: list[int] = []
        self._sums: dict[str, float] = {}
        self._examples = 0

    def add(self, step: int, taken: Taken, batch: Mapping[str, Tensor], size: int, rate: float) -> bool:
        """Take note of a step on `size` examples; True where so much is held that it should be read."""
        row = [step, rate, size, taken.loss.detach()]
        for name in self._names:
            row.append(taken.losses[name].detach())  # noqa: PERF401 - a list more costs more than the loop
        for output, target in self._pairs:
            given = taken.outputs[output].detach()
            row += (given, batch[target])
            self._bytes += given.nbytes
        self._rows.append(row)
        if taken.weights:
            self._weights.append(taken.weights)
        return len(self._rows) >= MOST_STEPS or self._bytes > MOST_BYTES

    def read(self) -> tuple[Points | None, tuple[int, dict[str, float]] | None]:
        """The points since the last call; and the first step whose loss was no number, with its losses, if one was."""
        if self._rows:
            self._reduce()
        if not self._ready_steps:
            return None, None
        points = Points(self._ready_steps, {**self._ready})
        self._ready, self._ready_steps = {}, []
        return points, first_bad(points, self._names)

    def means(self) -> dict[str, float]:
        """Means over the examples since `restart`: the losses, and the metrics."""
        if not self._examples:
            return {}
        found = {name: total / self._examples for name, total in self._sums.items()}
        for meter in self._meters:
            found.update(meter.values())
        return found

    def restart(self) -> None:
        """A new epoch begins."""
        self._sums, self._examples = {}, 0
        for meter in self._meters:
            meter.reset()

    def state(self) -> tuple[dict[str, Any], dict[str, Tensor]]:
        """The sums of the epoch so far (after `read`): plain values, and tensors."""
        tensors = {f"{i}.{n}": v for i, meter in enumerate(self._meters) for n, v in meter.state().items()}
        return {"sums": self._sums, "examples": self._examples}, tensors

    def load(self, state: Mapping[str, Any], tensors: Mapping[str, Tensor]) -> None:
        self._sums, self._examples = dict(state["sums"]), state["examples"]
        for index, meter in enumerate(self._meters):
            own = f"{index}."
            meter.load({n.removeprefix(own): v for n, v in tensors.items() if n.startswith(own)})

    def _reduce(self) -> None:
        """Bring what is held over in one transfer."""
        steps, rates, sizes, *held = zip(*self._rows, strict=True)
        losses, seen = held[: 1 + len(self._names)], held[1 + len(self._names) :]
        columns = [torch.stack(column) for column in losses]
        for meter, outputs, targets in zip(self._meters, seen[::2], seen[1::2], strict=True):
            rows = meter.add(torch.cat(outputs), torch.cat(targets))
            if rows is not None:
                columns += _by_step(rows, sizes)
        values = torch.stack([column.float() for column in columns]).tolist()
        names = ["loss", *self._names, *self._series]
        for name, column in zip(names, values, strict=True):
            self._ready.setdefault(f"train/{name}", []).extend(column)
        for name, column in zip(names[: 1 + len(self._names)], values, strict=False):
            total = self._sums.get(name, 0.0)
            for value, size in zip(column, sizes, strict=True):
                total += value * size
            self._sums[name] = total
        self._ready.setdefault("lr", []).extend(rates)
        for name in self._weights[0] if self._weights else ():
            self._ready.setdefault(name, []).extend(weights[name] for weights in self._weights)
        self._ready_steps += steps
        self._examples += sum(sizes)
        self._rows, self._weights, self._bytes = [], [], 0


def _by_step(rows: Tensor, sizes: Sequence[int]) -> Sequence[Tensor]:
    """The mean of each row over the examples of each step; steps of one size that follow each other are one sum."""
    runs = [(size, len(list(same))) for size, same in itertools.groupby(sizes)]
    parts = torch.split(rows, [size * count for size, count in runs], 1)
    means = [part.reshape(len(rows), count, size).mean(2) for part, (size, count) in zip(parts, runs, strict=True)]
    return (torch.cat(means, 1) if len(means) > 1 else means[0]).unbind()


def first_bad(points: Points, names: Sequence[str]) -> tuple[int, dict[str, float]] | None:
    """The first step whose loss is no number, with its losses; `names` are those that have a series of their own."""
    for index, value in enumerate(points.series["train/loss"]):
        if not math.isfinite(value):
            own = {name: points.series[f"train/{name}"][index] for name in names}
            return points.step[index], own or {"loss": value}
    return None
