"""The step of a fused optimizer on a CPU without what PyTorch does around its kernel.

Hooks, records, groups by device and copies of settings cost three to ten times as much as the kernel does on the
weights of a small network. The kernel is PyTorch's and so is its memory: the numbers are those of
``optimizer.step()``, and checkpoints do not tell which way was taken.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import torch
from torch import Tensor

Settings: TypeAlias = Mapping[str, Any]
State: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True)
class Kernel:
    """How an optimizer moves one tensor: ``move(weights, gradient, state, settings)``.

    `keeps` tells how many values its state must hold before, by its settings.
    """

    move: Callable[[Tensor, Tensor, State, Settings], None]
    keeps: Callable[[Settings], int]


def stepping(optimizer: torch.optim.Optimizer) -> Callable[[], object]:
    """What does the same as ``optimizer.step``, by its kernel alone wherever that is known."""
    kernel = KERNELS.get(type(optimizer))
    if kernel is None:
        return optimizer.step
    move, keeps = kernel.move, kernel.keeps

    def step() -> None:
        moves = []
        for group in optimizer.param_groups:
            least = keeps(group) if group["fused"] else math.inf
            for leaf in group["params"]:
                if leaf.grad is not None:
                    state = optimizer.state.get(leaf, {})
                    if len(state) < least or leaf.device.type != "cpu":
                        optimizer.step()  # makes the memory where there is none yet
                        return
                    moves.append((leaf.detach(), leaf.grad, state, group))
        for each in moves:
            move(*each)

    return step


def _adam(leaf: Tensor, gradient: Tensor, state: State, group: Settings) -> None:
    kernel = torch._fused_adamw_ if group["decoupled_weight_decay"] else torch._fused_adam_
    highest = [state["max_exp_avg_sq"]] if group["amsgrad"] else []
    state["step"].add_(1)
    kernel(
        [leaf],
        [gradient],
        [state["exp_avg"]],
        [state["exp_avg_sq"]],
        highest,
        [state["step"]],
        lr=group["lr"],
        beta1=group["betas"][0],
        beta2=group["betas"][1],
        weight_decay=group["weight_decay"],
        eps=group["eps"],
        amsgrad=group["amsgrad"],
        maximize=group["maximize"],
    )


def _sgd(leaf: Tensor, gradient: Tensor, state: State, group: Settings) -> None:
    torch._fused_sgd_(
        [leaf],
        [gradient],
        [state["momentum_buffer"]] if group["momentum"] else [],
        weight_decay=group["weight_decay"],
        momentum=group["momentum"],
        lr=group["lr"],
        dampening=group["dampening"],
        nesterov=group["nesterov"],
        maximize=group["maximize"],
        is_first_step=False,
    )


_ADAM = Kernel(_adam, lambda settings: 4 if settings["amsgrad"] else 3)
KERNELS: Mapping[type, Kernel] = {
    torch.optim.Adam: _ADAM,
    torch.optim.AdamW: _ADAM,
    torch.optim.SGD: Kernel(_sgd, lambda settings: 1 if settings["momentum"] else 0),
}
