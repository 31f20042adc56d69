"""Optimizers that PyTorch lacks, and how one is made from its declaration and kept in a checkpoint."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeAlias

import torch
from torch import Tensor, nn

from core.catalog.optimizers import OPTIMIZERS
from core.training.held import is_parted, parted_as

Group: TypeAlias = dict[str, Any]


class PlainAdam(torch.optim.Optimizer):
    """Adam without bias correction, with eps inside the root.

    ``m = b1*m + (1-b1)*g;  v = b2*v + (1-b2)*g^2;  w = w - lr * m / sqrt(v + eps)``; weight_decay adds to g.
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        weight_decay: float = 0.0,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
    ) -> None:
        super().__init__(params, {"lr": lr, "weight_decay": weight_decay, "betas": betas, "eps": eps})

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        for group in self.param_groups:
            first, second = group["betas"]
            for p, gradient, state in _moving(self, group, ("exp_avg", "exp_avg_sq")):
                state["exp_avg"].lerp_(gradient, 1 - first)
                state["exp_avg_sq"].mul_(second).addcmul_(gradient, gradient, value=1 - second)
                p.addcdiv_(state["exp_avg"], (state["exp_avg_sq"] + group["eps"]).sqrt_(), value=-group["lr"])


class PlainRMSprop(torch.optim.Optimizer):
    """RMSprop with eps inside the root: ``v = alpha*v + (1-alpha)*g^2;  w = w - lr * g / sqrt(v + eps)``."""

    def __init__(
        self, params: Iterable[Any], lr: float = 1e-2, weight_decay: float = 0.0, alpha: float = 0.99, eps: float = 1e-8
    ) -> None:
        super().__init__(params, {"lr": lr, "weight_decay": weight_decay, "alpha": alpha, "eps": eps})

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        for group in self.param_groups:
            for p, gradient, state in _moving(self, group, ("square_avg",)):
                state["square_avg"].mul_(group["alpha"]).addcmul_(gradient, gradient, value=1 - group["alpha"])
                p.addcdiv_(gradient, (state["square_avg"] + group["eps"]).sqrt_(), value=-group["lr"])


def _moving(
    optimizer: torch.optim.Optimizer, group: Group, memory: Sequence[str]
) -> Iterable[tuple[Tensor, Tensor, dict[str, Any]]]:
    """The parameters of a group that have a gradient, with it (decay added) and their state."""
    for p in group["params"]:
        if p.grad is None:
            continue
        state = optimizer.state[p]
        for name in memory if not state else ():
            state[name] = torch.zeros_like(p)
        yield p, p.grad.add(p, alpha=group["weight_decay"]) if group["weight_decay"] else p.grad, state


class MuonWithAdamW(torch.optim.Optimizer):
    """PyTorch's Muon on matrices, its AdamW on everything else, as one optimizer.

    Jordan et al., 2024; `adjust_lr_fn` ``match_rms_adamw`` (Liu et al., 2025) gives both steps of one size, so that one
    learning rate serves both.
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        weight_decay: float = 0.1,
        momentum: float = 0.95,
        nesterov: bool = True,
        ns_steps: int = 5,
        adjust_lr_fn: str = "match_rms_adamw",
        eps: float = 1e-7,
        betas: tuple[float, float] = (0.9, 0.999),
    ) -> None:
        shared: dict[str, Any] = {"lr": lr, "weight_decay": weight_decay}
        own: dict[str, Any] = {
            "momentum": momentum,
            "nesterov": nesterov,
            "ns_steps": ns_steps,
            "adjust_lr_fn": adjust_lr_fn,
        }
        dummy = nn.Parameter(torch.zeros(1, 1))
        self._parts = (torch.optim.Muon([dummy], **shared, **own, eps=eps), torch.optim.AdamW([dummy], betas=betas))
        super().__init__(params, {**shared, **own, "eps": eps, "betas": betas})

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        muon, adamw = self._parts
        for part, matrices in ((muon, True), (adamw, False)):
            known, defaults = ("momentum", "nesterov", "ns_steps", "adjust_lr_fn", "eps"), part.defaults
            taken = known if matrices else ("betas",)
            part.state = self.state
            part.param_groups = [
                {
                    **defaults,
                    **{name: group[name] for name in ("lr", "weight_decay", *taken)},
                    "params": [p for p in group["params"] if (p.dim() == 2) == matrices],
                }
                for group in self.param_groups
            ]
            part.step()  # type: ignore[no-untyped-call]


UNSET_BY_OVERFLOW = (torch.optim.SGD,)  # fused, they keep a momentum of chance where the very first step overflows


def make(kind: str, groups: Sequence[Group], values: Mapping[str, Any], scaled: bool = False) -> torch.optim.Optimizer:
    """The optimizer itself, in its fused form where that exists on the device (elsewhere torch picks foreach).

    With `scaled`, its gradients are scaled, and steps on those that overflow are left out.
    """
    module, _, name = OPTIMIZERS[kind].torch.rpartition(".")
    made = getattr(importlib.import_module(module), name)
    supported = torch.utils._foreach_utils._get_fused_kernels_supported_devices()
    leaves = [leaf for group in groups for leaf in group["params"]]
    real = all(torch.is_floating_point(leaf) and leaf.device.type in supported for leaf in leaves)
    real = real and not any(is_parted(leaf) for leaf in leaves)  # PyTorch has not all of them for parts
    safe = not (scaled and issubclass(made, UNSET_BY_OVERFLOW))
    if "fused" in inspect.signature(made).parameters and real and safe:
        values = {**values, "fused": True}
    optimizer: torch.optim.Optimizer = made(list(groups), **values)
    return optimizer


def memory(optimizer: torch.optim.Optimizer) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """What an optimizer remembers: tensors named ``<leaf>.<what>`` (``<leaf>.<what>.<i>`` for rows of them), and the
    plain values."""
    tensors: dict[str, Tensor] = {}
    plain: dict[str, Any] = {}
    for leaf, own in optimizer.state_dict()["state"].items():
        for what, value in own.items():
            name = f"{leaf}.{what}"
            if isinstance(value, Tensor):
                tensors[name] = value
            elif isinstance(value, list) and any(isinstance(v, Tensor) for v in value):
                plain[name] = len(value)
                tensors.update({f"{name}.{i}": v for i, v in enumerate(value) if isinstance(v, Tensor)})
            else:
                plain[name] = value
    return tensors, plain


def remember(
    optimizer: torch.optim.Optimizer,
    leaves: Sequence[nn.Parameter],
    tensors: Mapping[str, Tensor],
    plain: Mapping[str, Any],
) -> None:
    """Give an optimizer back its `memory`. Raises ValueError where the tensors are not those of this optimizer."""
    tensors = {name: t.clone() for name, t in tensors.items()}  # well aligned: sums depend on it in the last bit
    state: dict[int, dict[str, Any]] = {}
    for name, value in plain.items():
        leaf, _, what = name.partition(".")
        rows = [tensors.get(f"{name}.{i}") for i in range(value)] if f"{name}.{0}" in tensors else value
        state.setdefault(int(leaf), {})[what] = rows
    for name, tensor in tensors.items():
        if name.rpartition(".")[0] in plain:
            continue
        leaf, _, what = name.partition(".")
        size = leaves[int(leaf)].shape if int(leaf) < len(leaves) else None
        if tensor.dim() and tensor.shape != size and tensor.numel() != sum(p.numel() for p in leaves):
            raise ValueError(f"{what} of part {leaf} has the shape {tuple(tensor.shape)}, expected {size}")
        state.setdefault(int(leaf), {})[what] = parted_as(tensor, leaves[int(leaf)]) if size is not None else tensor
    optimizer.load_state_dict({**optimizer.state_dict(), "state": state})
