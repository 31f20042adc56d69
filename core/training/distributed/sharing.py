"""What makes the networks of several processes one: gradients that are means over all of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from core.problem import LayerloomError
from core.program.program import Program, Step
from core.training.computing import Batch, Compute, in_precision
from core.training.distributed.parts import Parts
from core.training.distributed.ranks import Ranks
from core.training.objective import Trainer
from core.training.run import Run


class _Step(nn.Module):
    """The network's step as a module's forward pass, which is what DistributedDataParallel wraps."""

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net

    def forward(self, batch: Batch) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        return cast(Compute, self.net.step)(batch)


def share(run: Run, ranks: Ranks) -> Parts:
    """Make a run that was built alike in every process one of many; returns the batches that it now takes.

    With one objective the network is wrapped in DistributedDataParallel. Several objectives compute several times a
    step, each for some of the weights, and L-BFGS as often as it likes: their gradients are averaged explicitly, before
    penalties and clipping.

    Raises:
        LayerloomError: a loss of the design cannot be shared (code ``processes``).
    """
    _check_losses(run.program, ranks.size)
    if run.job.sharding == "none":
        _replicate(run)
    return run.share(lambda batches: Parts.of(batches, ranks.rank, ranks.size))


def _replicate(run: Run) -> None:
    engine = run.engine
    wraps = engine.simple and not engine.trainers[0].looks_again
    if wraps:
        devices = [run.device] if run.device.type == "cuda" else None
        wrapped = DistributedDataParallel(
            _Step(run.net),
            device_ids=devices,
            forward_sync_buffers=False,
            find_unused_parameters=True,  # nodes may be frozen while it runs, and some may lead to no loss
        )
        engine.compute = in_precision(cast(Compute, wrapped), run.job.precision, run.device)
    for trainer in engine.trainers:
        trainer.shared = Averaging(trainer, len(trainer.leaves) if wraps else 0)


class Averaging:
    """The mean over all processes, of the gradients of one objective and of its loss.

    Args:
        known: how many of its leaves DistributedDataParallel averages already; later ones were thawed meanwhile.
    """

    def __init__(self, trainer: Trainer, known: int) -> None:
        self._trainer, self._known = trainer, known

    def gradients(self) -> None:
        for leaf in self._trainer.leaves[self._known :]:
            if leaf.grad is not None:
                _average(leaf.grad)

    def loss(self, loss: Tensor) -> Tensor:
        loss = loss.detach().clone()
        _average(loss)
        return loss


def _average(tensor: Tensor) -> None:
    dist.all_reduce(tensor)
    tensor /= dist.get_world_size()


def _check_losses(program: Program, size: int) -> None:
    for step in _steps(program):
        if step.params.get("reduction") == "sum":
            raise LayerloomError(
                f"{step.label or 'A loss'} sums over the batch; shared by {size} processes there is no one sum. Let it "
                "average.",
                code="processes",
                node=step.node,
                received="sum",
            )


def _steps(program: Program) -> Iterator[Step]:
    yield from program.steps
    for block in program.blocks.values():
        yield from _steps(block)
