"""Points and means over what all processes computed, although each has seen only its part."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from core.training.distributed.parts import Parts, part_of
from core.training.distributed.ranks import Ranks
from core.training.protocol import Points
from core.training.recorder import Recorder, first_bad

Bad = tuple[int, dict[str, float]]


class Gathering(Recorder):
    """The leader's recorder. What the followers have recorded it takes over when it is read, so that theirs are empty
    again. It may be read only while they listen."""

    ranks: Ranks
    parts: Parts

    @classmethod
    def of(cls, recorder: Recorder, ranks: Ranks, parts: Parts) -> Gathering:
        """The same recorder, gathering. (Takes it over: the other is not to be used any more.)"""
        made = cls.__new__(cls)
        made.__dict__ = recorder.__dict__
        made.ranks, made.parts = ranks, parts
        return made

    def read(self) -> tuple[Points | None, Bad | None]:
        own, _ = super().read()
        others: list[Points | None] = self.ranks.ask("points")
        if own is None:
            return None, None
        points = self._merged(own, others)
        return points, first_bad(points, self._names)

    def means(self) -> dict[str, float]:
        self._take_over()
        return super().means()

    def state(self) -> tuple[dict[str, Any], dict[str, Tensor]]:
        """The sums of the epoch so far, of all; and the random numbers of each follower."""
        self._take_over()
        plain, tensors = super().state()
        for rank, states in enumerate(self.ranks.ask("random"), start=1):
            tensors.update({random_name(rank, device): state for device, state in states.items()})
        return plain, tensors

    def _take_over(self) -> None:
        for plain, tensors in self.ranks.ask("sums"):
            self._examples += plain["examples"]
            for name, total in plain["sums"].items():
                self._sums[name] = self._sums.get(name, 0.0) + total
            for index, meter in enumerate(self._meters):
                own = f"{index}."
                meter.join({n.removeprefix(own): t for n, t in tensors.items() if n.startswith(own)})

    def _merged(self, own: Points, others: Sequence[Points | None]) -> Points:
        """Means over the whole batches; what has no mean, such as a rate, is the leader's."""
        places = [{step: i for i, step in enumerate(p.step)} if p else {} for p in others]
        series = {name: list(values) for name, values in own.series.items()}
        for row, step in enumerate(own.step):
            examples = self.parts.examples_of((step - 1) % len(self.parts))
            pieces = [
                (points, at[step], part_of(examples, rank, self.ranks.size).counts / examples)
                for rank, (points, at) in enumerate(zip(others, places, strict=True), start=1)
                if points is not None and step in at
            ]
            rest = 1.0 - sum(share for _, _, share in pieces)
            for name, values in series.items():
                if pieces and name.startswith("train/"):
                    values[row] = values[row] * rest + sum(p.series[name][i] * share for p, i, share in pieces)
        return Points(own.step, {**series})


def random_name(rank: int, device: str) -> str:
    """Under which name a recorder's state holds the random numbers of a follower."""
    return f"random.{rank}.{device}"


def on_cpu(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """As they travel from process to process."""
    return {name: tensor.detach().to("cpu", copy=True) for name, tensor in tensors.items()}


def seed_apart(seed: int, rank: int) -> None:
    """Let each process draw masks of its own."""
    torch.manual_seed(seed + 1_000_003 * rank)
