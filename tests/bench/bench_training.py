"""Training speed: Layerloom's loop with all its monitoring, against loops that people write or use instead.

Every rival trains the same network, on the same data held in memory, with the same batch size and Adam, on one thread;
they take turns, epoch by epoch, and the medians are compared. Layerloom also checks losses for NaN, plots every loss,
accuracy and rate, and measures F1. Budgets are those of the design: at least 1.2 x the plain loop, 1.5 x the
DataLoader loop, 2.5 x Lightning on the small MLP.
"""

from __future__ import annotations

import copy
import logging
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from statistics import median

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

from core.program.module import build
from core.program.program import Program
from core.training import devices
from core.training.loop import train
from core.training.protocol import EpochEnded, Event, Progress, encode_event
from tests import drawn, trainings

BATCH, ROUNDS = 32, 15
BUDGETS = {("mlp", "plain"): 1.2, ("cnn", "plain"): 1.2, ("mlp", "dataloader"): 1.5, ("mlp", "lightning"): 2.5}
Turn = Callable[[], float | None]  # trains one epoch; may say itself how many seconds that took


def mlp() -> Program:
    d = drawn.Drawing("Mlp")
    x, target = d.input("features", 1, 8, 8), d.target("target", dtype="int")
    x = d.layer("flatten", "flat", x)
    for name in ("first", "second"):
        x = d.layer("relu", f"relu_{name}", d.layer("linear", name, x, params={"out_features": 64}))
    logits = d.layer("linear", "logits", x, params={"out_features": 10})
    d.output(logits)
    d.loss(d.layer("cross_entropy", "loss", logits, target))
    return d.program()


def cnn() -> Program:
    d = drawn.Drawing("Cnn")
    x, target = d.input("features", 1, 8, 8), d.target("target", dtype="int")
    for index, channels in enumerate((16, 32)):
        x = d.layer("conv2d", f"conv{index}", x, params={"out_channels": channels, "kernel_size": 3})
        x = d.layer("relu", f"relu{index}", d.layer("batch_norm2d", f"norm{index}", x))
    x = d.layer("global_avg_pool", "pool", x)
    logits = d.layer("linear", "logits", x, params={"out_features": 10})
    d.output(logits)
    d.loss(d.layer("cross_entropy", "loss", logits, target))
    return d.program()


def layerloom(program: Program) -> tuple[Turn, Callable[[], float]]:
    """The loop itself, its events written out as the worker writes them; and the share that monitoring says it took."""
    job = trainings.job("digits", epochs=10_000, batch_size=BATCH, threads=0, data={})
    run = trainings.run(program, job)
    run.evaluate = lambda part: {}  # type: ignore[method-assign]  # the rivals do not validate either
    events: Iterator[Event] = train(run)
    shares = [0.0]

    def turn() -> None:
        for event in events:
            encode_event(event)
            if isinstance(event, Progress):
                shares[0] = event.monitoring
            if isinstance(event, EpochEnded):
                return

    return turn, lambda: shares[0]


def tensors() -> tuple[Tensor, Tensor]:
    run = trainings.run(mlp(), trainings.job("digits", epochs=1, data={}))
    return run.train.tensors["features"].clone(), run.train.tensors["target"].clone()


def plain(net: nn.Module, x: Tensor, y: Tensor) -> Turn:
    """What a careful person writes: tensors in memory, indexed by a permutation."""
    optimizer, loss_of = torch.optim.Adam(net.parameters()), nn.CrossEntropyLoss()
    net.train()

    def turn() -> None:
        order = torch.randperm(len(x))
        total = torch.zeros(())
        for begin in range(0, len(x), BATCH):
            rows = order[begin : begin + BATCH]
            optimizer.zero_grad()
            loss = loss_of(net(x[rows]), y[rows])
            loss.backward()
            optimizer.step()
            total += loss.detach()
        total.item()

    return turn


def dataloader(net: nn.Module, x: Tensor, y: Tensor) -> Turn:
    """The loop of the tutorials."""
    loader = DataLoader(TensorDataset(x, y), batch_size=BATCH, shuffle=True)
    optimizer, loss_of = torch.optim.Adam(net.parameters()), nn.CrossEntropyLoss()
    net.train()

    def turn() -> None:
        total = 0.0
        for features, target in loader:
            optimizer.zero_grad()
            loss = loss_of(net(features), target)
            loss.backward()
            optimizer.step()
            total += loss.item()

    return turn


def lightning(net: nn.Module, x: Tensor, y: Tensor) -> Turn:
    """Lightning's Trainer as its guide shows it, loss and accuracy logged, without checkpoints and progress bar.

    Only the epoch itself counts, not what ``fit`` does around it.
    """
    from lightning.pytorch import LightningModule, Trainer

    class Module(LightningModule):
        def __init__(self) -> None:
            super().__init__()
            self.net, self.loss_of = net, nn.CrossEntropyLoss()

        def training_step(self, batch: tuple[Tensor, Tensor], index: int) -> Tensor:
            features, target = batch
            scores = self.net(features)
            loss: Tensor = self.loss_of(scores, target)
            self.log("loss", loss)
            self.log("accuracy", (scores.argmax(1) == target).float().mean())
            return loss

        def on_train_epoch_start(self) -> None:
            self.began = time.perf_counter()

        def on_train_epoch_end(self) -> None:
            self.seconds = time.perf_counter() - self.began

        def configure_optimizers(self) -> torch.optim.Optimizer:
            return torch.optim.Adam(self.parameters())

    loader, module = DataLoader(TensorDataset(x, y), batch_size=BATCH, shuffle=True), Module()
    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    trainer = Trainer(
        max_epochs=0,
        accelerator="cpu",
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
    )

    def turn() -> float:
        assert trainer.fit_loop.max_epochs is not None
        trainer.fit_loop.max_epochs += 1
        trainer.fit(module, loader)
        return module.seconds

    return turn


def compare(name: str, program: Program) -> bool:
    """Prints the ratios; whether every budget is met."""
    x, y = tensors()
    torch.manual_seed(0)
    net = build(program)
    ours, share = layerloom(program)
    rivals = {"layerloom": ours}
    rivals |= {f.__name__: f(copy.deepcopy(net), x, y) for f in (plain, dataloader, lightning)}
    times: dict[str, list[float]] = {rival: [] for rival in rivals}
    for _ in range(ROUNDS + 1):
        for rival, turn in rivals.items():
            start = time.perf_counter()
            own = turn()
            times[rival].append(time.perf_counter() - start if own is None else own)
    steps = -(-len(x) // BATCH)
    each = {rival: median(taken[1:]) / steps for rival, taken in times.items()}
    print(f"{name}: {sum(p.numel() for p in net.parameters()):,} parameters, batch {BATCH}, one thread")
    met = True
    for rival, seconds in each.items():
        ratio, budget = seconds / each["layerloom"], BUDGETS.get((name, rival), 1.0)
        met &= ratio >= budget
        verdict = (
            ""
            if rival == "layerloom"
            else f"  {ratio:5.2f} x  (budget {budget} x{'' if ratio >= budget else ': MISSED'})"
        )
        print(f"  {rival:12} {seconds * 1e6:8.1f} us a step{verdict}")
    print(f"  monitoring   {share():8.1%} of the time (budget 2 %{'' if share() <= 0.02 else ': MISSED'})")
    return met and share() <= 0.02


def main() -> int:
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    devices.available_cores = lambda: 1  # so that nobody has more than the others
    return 0 if all([compare("mlp", mlp()), compare("cnn", cnn())]) else 1


if __name__ == "__main__":
    sys.exit(main())
