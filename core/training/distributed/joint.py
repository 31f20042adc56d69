"""Runs of which each process holds a replica, or only a part of the weights.

A replica (`Joint`) is looked at by the leader alone. Where the weights are shared out (`Sharded`), whatever computes
with them takes all processes: a method that the leader calls is called by the others too.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import torch.distributed as dist
from torch import Tensor, nn
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import fully_shard, register_fsdp_forward_method

from core.catalog.families import default_catalog
from core.data.prepare import Prepared
from core.problem import LayerloomError, Problem, Severity
from core.program.program import Program
from core.training.checkpoint import Checkpoint
from core.training.choices import Choices
from core.training.distributed.ranks import Ranks
from core.training.held import held, whole
from core.training.job import Job
from core.training.run import Run

_NORMS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)
_ROWS = (nn.Sequential, nn.ModuleList)


class Joint(Run):
    """A run of several processes, built alike in each. Arguments and errors are those of `Run`."""

    def __init__(self, ranks: Ranks, program: Program, job: Job, prepared: Prepared, choices: Choices | None) -> None:
        self.ranks = ranks
        super().__init__(program, job, prepared, choices)
        self.notes += comparing(self.program)
        if self.device.type != "cuda" and any(isinstance(module, _NORMS) for module in self.net.modules()):
            self.notes.append(_apart(ranks.size))

    def _placed(self, net: nn.Module) -> nn.Module:
        if self.device.type == "cuda":
            net = nn.SyncBatchNorm.convert_sync_batchnorm(net)  # type: ignore[no-untyped-call]
        return self._spread(net)

    def _spread(self, net: nn.Module) -> nn.Module:
        return net.to(self.device)


class Sharded(Joint):
    """A run whose weights, gradients and memory of the optimizer are shared out over the processes (FSDP2).

    Each layer or block of the main design is gathered when it is computed and let go after that; of blocks in a row,
    each by itself; solvers of differential equations, which compute their block many times, for the whole step.
    """

    def __init__(self, ranks: Ranks, program: Program, job: Job, prepared: Prepared, choices: Choices | None) -> None:
        super().__init__(ranks, program, job, prepared, choices)
        self.boundary = self.monitor = None  # they look at single weights
        counts: list[Any] = [None] * ranks.size
        dist.all_gather_object(counts, sum(held(p).numel() for p in self.net.parameters()))
        self.notes.append(_shared_out(sum(p.numel() for p in self.net.parameters()), counts))

    def _spread(self, net: nn.Module) -> nn.Module:
        _check_layers(self.program)
        mesh = init_device_mesh(self.device.type, (self.ranks.size,))
        often = {step.module for step in self.program.steps if step.solver is not None}
        for module in _units(net, often):
            fully_shard(module, mesh=mesh)
        fully_shard(net, mesh=mesh)
        register_fsdp_forward_method(net, "step")
        return net

    # -- what all processes do when the leader does it

    def evaluate(self, part: str) -> dict[str, float]:
        self._together("evaluate", part)
        return super().evaluate(part)

    def answer(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        self._together("answer", *(value.cpu() for value in inputs))
        return super().answer(*(value.to(self.device) for value in inputs))

    def keep_best(self) -> None:
        self._together("keep_best")
        super().keep_best()

    def finish(self, best: bool) -> bool:
        self._together("finish", best)
        return super().finish(best)

    def checkpoint(self) -> Checkpoint:
        """All of it in the leader; what the others return is empty."""
        made = super().checkpoint()
        self._together("checkpoint")
        return self._gathered(made)

    def best_checkpoint(self) -> Checkpoint | None:
        if self.best_weights is None:
            return None
        self._together("best_checkpoint")
        return self._gathered(Checkpoint(self.best_weights, state=self.best.state()))

    def shown_checkpoint(self) -> Checkpoint:
        self._together("shown_checkpoint")
        return self._gathered(super().shown_checkpoint())

    # -- what each finds of its own part, and the leader of all

    def finite(self) -> bool:
        return all((super().finite(), *self._others("finite")))

    def gradient_norm(self) -> float | None:
        norms = [norm for norm in (super().gradient_norm(), *self._others("gradient_norm")) if norm is not None]
        return math.hypot(*norms) if norms else None

    def penalty(self, index: int) -> float:
        return math.fsum((super().penalty(index), *self._others("penalty", index)))

    def _together(self, name: str, *arguments: Any) -> None:
        if self.ranks.leads:
            self.ranks.command("together", name, arguments)

    def _others(self, name: str, *arguments: Any) -> list[Any]:
        return self.ranks.ask("own", name, arguments) if self.ranks.leads else []

    def _gathered(self, made: Checkpoint) -> Checkpoint:
        weights, training = self._whole(made.weights), self._whole(made.training)
        return Checkpoint(weights, training, made.state, self._whole(made.best) if made.best is not None else None)

    def _whole(self, tensors: Any) -> dict[str, Tensor]:
        """Gathered one after the other, and kept in the leader's main memory alone."""
        found: dict[str, Tensor] = {}
        for name in sorted(tensors):
            tensor = whole(tensors[name])
            if self.ranks.leads:
                found[name] = tensor.cpu()
        return found


def _units(net: nn.Module, often: set[str]) -> Iterator[nn.Module]:
    """What is gathered as one: the modules of the main class that have weights; of rows, those in them."""
    for name, module in net.named_children():
        if isinstance(module, _ROWS):
            yield from _units(module, set())
        elif name not in often and any(True for _ in module.parameters()):
            yield module


def comparing(program: Program) -> Iterator[Problem]:
    """What to know of losses that are no mean over the examples of a batch."""
    catalog = default_catalog()
    for _, step in program.walk():
        why, spec = "", catalog.get(step.layer)
        if spec is not None and spec.compares:
            why = "looks at all rows of a batch together"
        elif step.params.get("class_weights") and step.params.get("reduction") == "mean":
            why = "divides by the weights of the classes in a batch"
        if why:
            message = (
                f"{step.label or step.name} {why}; each process has a part of the batch, so the numbers are not quite "
                "those of one process."
            )
            yield Problem("processes", message, step.node, severity=Severity.HINT)


def _check_layers(program: Program) -> None:
    for _, step in program.walk():
        if step.layer == "gradient_penalty":
            raise LayerloomError(
                f"{step.label or 'A gradient penalty'} differentiates twice, which weights that are shared out do not "
                "allow. Set sharding to none.",
                code="processes",
                node=step.node,
            )


def _apart(size: int) -> Problem:
    message = (
        f"On a CPU, batch normalisation sees only its own process's part of each batch, one in {size}, so the numbers "
        "are not quite those of one process. The running means that are kept are those of the first."
    )
    return Problem("processes", message, severity=Severity.HINT)


def _shared_out(weights: int, counts: list[int]) -> Problem:
    message = (
        f"The {weights:,} weights are shared out: each of the {len(counts)} processes holds {min(counts):,} to "
        f"{max(counts):,} of them."
    )
    return Problem("sharding", message, severity=Severity.HINT)
