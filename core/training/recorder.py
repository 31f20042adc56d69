"""What is plotted of each step: kept on the device, and moved in bulk, so that no step waits for it."""

from __future__ import annotations

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
        self._rows = [name for meter in meters for name in meter.row_names]
        self._steps: list[int] = []
        self._rates: list[float] = []
        self._taken: list[list[Tensor]] = []
        self._seen: list[tuple[Tensor, ...]] = []
        self._size = self._bytes = 0
        self._ready: dict[str, list[float]] = {}
        self._ready_steps: list[int] = []
        self._sums: dict[str, float] = {}
        self._examples = 0

    def add(self, step: int, taken: Taken, batch: Mapping[str, Tensor], size: int, rate: float) -> bool:
        """Take note of a step on `size` examples; True where so much is held that it should be read."""
        if size != self._size and self._steps:
            self._reduce()
        self._size = size
        self._steps.append(step)
        self._rates.append(rate)
        self._taken.append([taken.loss.detach(), *(taken.losses[name].detach() for name in self._names)])
        if self._meters:
            row: list[Tensor] = []
            for meter in self._meters:
                output, target = taken.outputs[meter.pairing.output].detach(), batch[meter.pairing.target]
                row += (output, target)
                self._bytes += output.nbytes
            self._seen.append(tuple(row))
        return len(self._steps) >= MOST_STEPS or self._bytes > MOST_BYTES

    def read(self) -> tuple[Points | None, tuple[int, dict[str, float]] | None]:
        """The points since the last call; and the first step whose loss was no number, with its losses, if one was."""
        if self._steps:
            self._reduce()
        if not self._ready_steps:
            return None, None
        points = Points(self._ready_steps, {**self._ready})
        self._ready, self._ready_steps = {}, []
        return points, _first_bad(points, self._names)

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
        """Bring what is held, all of batches of one size, over in one transfer."""
        columns = [torch.stack(column) for column in zip(*self._taken, strict=True)]
        for index, meter in enumerate(self._meters):
            output, target = (torch.cat([row[2 * index + i] for row in self._seen]) for i in (0, 1))
            rows = meter.add(output, target)
            if rows is not None:
                columns += list(rows.view(len(rows), len(self._steps), -1).mean(2))
        values = torch.stack([column.float() for column in columns]).tolist()
        names = ["loss", *self._names, *self._rows]
        for name, column in zip(names, values, strict=True):
            self._ready.setdefault(f"train/{name}", []).extend(column)
        for name, column in zip(names[: 1 + len(self._names)], values, strict=False):
            total = self._sums.get(name, 0.0)
            for value in column:
                total += value * self._size
            self._sums[name] = total
        self._ready.setdefault("lr", []).extend(self._rates)
        self._ready_steps += self._steps
        self._examples += self._size * len(self._steps)
        self._steps, self._rates, self._taken, self._seen, self._bytes = [], [], [], [], 0


def _first_bad(points: Points, names: Sequence[str]) -> tuple[int, dict[str, float]] | None:
    for index, value in enumerate(points.series["train/loss"]):
        if not math.isfinite(value):
            own = {name: points.series[f"train/{name}"][index] for name in names}
            return points.step[index], own or {"loss": value}
    return None
