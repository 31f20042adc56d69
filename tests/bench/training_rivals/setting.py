"""What everyone is given: the same data, first weights and order of the examples."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Sampler, TensorDataset

from core.data.batches import Batches
from core.data.prepare import prepare
from core.program.module import build, seed_everything
from core.program.program import Program
from core.training.job import Job
from tests import trainings
from tests.bench.training_rivals.clock import Clock
from tests.bench.training_rivals.networks import Network

BATCH, SEED = 32, 0
RATE = 1e-3  # Adam's default

Turn = Callable[[int], None]  # trains so many epochs; the setting's clock runs while it does


class Shuffle(Sampler[int]):
    """Goes through the examples in the order of Layerloom's epochs, each a permutation drawn in memory."""

    def __init__(self, batches: Batches) -> None:
        self._batches = batches
        self._epoch = 0

    def order(self) -> Tensor:
        """The rows of the next epoch."""
        self._epoch += 1
        return self._batches.order(self._epoch - 1)

    def __iter__(self) -> Iterator[int]:
        yield from self.order().tolist()

    def __len__(self) -> int:
        return self._batches.examples


@dataclass
class Setting:
    """One network to be trained by one rival; `net` is the one written by hand."""

    program: Program
    net: nn.Module
    x: Tensor
    y: Tensor
    shuffle: Shuffle
    clock: Clock = field(default_factory=Clock)

    def loader(self) -> DataLoader[tuple[Tensor, ...]]:
        return DataLoader(TensorDataset(self.x, self.y), batch_size=BATCH, sampler=self.shuffle)

    def adam(self) -> torch.optim.Optimizer:
        """As everyone makes it."""
        return torch.optim.Adam(self.net.parameters(), lr=RATE)

    def steps(self) -> int:
        """An epoch's."""
        return -(-len(self.x) // BATCH)

    def final_loss(self) -> float:
        """Over all training examples, in evaluation mode: how far the training came."""
        return mean_loss(self.net, self.x, self.y)


def mean_loss(net: nn.Module, x: Tensor, y: Tensor) -> float:
    net.eval()
    with torch.no_grad():
        loss = nn.functional.cross_entropy(net(x), y).item()
    net.train()
    return loss


def job(monitor: bool) -> Job:
    """Digits, in batches of 32, by Adam."""
    return trainings.job(
        "digits",
        epochs=100_000,
        batch_size=BATCH,
        threads=0,
        data={},
        seed=SEED,
        monitor=monitor,
        checkpoint_seconds=1e9,
    )


def setting(network: Network) -> Setting:
    program = network.drawn()
    prepared = prepare(job(True).data, (*program.inputs, *program.targets))
    batches = Batches(prepared.splits["train"], BATCH, seed=SEED)
    seed_everything(SEED)
    weights = build(program).state_dict().values()
    net = network.by_hand()
    net.load_state_dict(dict(zip(net.state_dict(), weights, strict=True)))
    net.train()
    return Setting(program, net, batches.tensors["features"], batches.tensors["target"], Shuffle(batches))
