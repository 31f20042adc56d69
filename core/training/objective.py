"""An objective at work: the parameters that it trains, its optimizer, and the rates that its schedule sets."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from core.catalog.optimizers import OPTIMIZERS
from core.catalog.schedules import schedule
from core.problem import Fix, LayerloomError
from core.program.program import Program
from core.training.flat import flatten
from core.training.job import Objective

LIVE_LIMITS = ("clip_norm", "clip_value")


class Trainer:
    """Steps one objective's parameters along their gradients.

    Args:
        leaves: what the optimizer steps (see `leaves_by_owner`).
        index: place of the objective in the job, for messages and paths.
        steps, steps_per_epoch: length of the run, for the schedule.
    """

    def __init__(
        self, objective: Objective, index: int, leaves: Sequence[nn.Parameter], steps: int, steps_per_epoch: int
    ) -> None:
        self.objective, self.index, self.leaves = objective, index, list(leaves)
        self.values, self.schedule = _checked(objective, index, steps, steps_per_epoch)
        self.clip_norm, self.clip_value = objective.clip_norm, objective.clip_value
        self.lr: float = self.values["lr"]  # as set; `rate` is what the schedule makes of it
        self.rate = self.lr
        self.optimizer = _optimizer(objective.optimizer.kind, self.leaves, self.values)
        self._group = self.optimizer.param_groups[0]
        self._gradients = [leaf for leaf in self.leaves if leaf.grad is not None]  # parts of flat ones are kept

    def clear(self) -> None:
        """Forget the gradients of the last step."""
        if self._gradients:
            for leaf in self._gradients:
                leaf.grad.zero_()  # type: ignore[union-attr]
        else:
            self.optimizer.zero_grad(set_to_none=True)

    def step(self, done: int) -> None:
        """Clip the gradients and move the parameters; `done` steps came before."""
        if self.clip_value is not None:
            nn.utils.clip_grad_value_(self.leaves, self.clip_value)
        if self.clip_norm is not None:
            nn.utils.clip_grad_norm_(self.leaves, self.clip_norm)
        self.rate = self._group["lr"] = self.schedule.rate(self.lr, done)
        if self.schedule.spec.momentum:
            self._set_momentum(self.schedule.momentum(done))
        self.optimizer.step()

    def gradient_norm(self) -> Tensor | None:
        """The norm of all gradients of the last step (after clipping), on the device."""
        gradients = [leaf.grad for leaf in self.leaves if leaf.grad is not None]
        norms = torch._foreach_norm(gradients) if gradients else []
        return torch.linalg.vector_norm(torch.stack(list(norms))) if norms else None

    def set(self, name: str, value: Any) -> float | None:
        """Change a live setting; returns the value that now holds.

        Raises:
            ValueError: there is no such setting, or the value does not fit.
        """
        if name in LIVE_LIMITS:
            if value is not None and not (isinstance(value, int | float) and 0 < value < float("inf")):
                raise ValueError(f"{name}: expected a number above 0 or nothing, received {value!r:.40}.")
            setattr(self, name, value)
            return None if value is None else float(value)
        if name not in self.values or isinstance(self.values[name], bool | tuple):
            known = [n for n, v in self.values.items() if isinstance(v, float)]
            raise ValueError(f"{name!r:.40} cannot be changed during a run; {', '.join((*known, *LIVE_LIMITS))} can.")
        spec = OPTIMIZERS[self.objective.optimizer.kind]
        self.values = spec.values({**self.values, name: value})
        if name == "lr":
            self.lr = self.values["lr"]
        else:
            self._group[name] = self.values[name]
        return float(self.values[name])

    def live_state(self) -> dict[str, Any]:
        """The settings as they are now, for a checkpoint."""
        return {"values": self.values, "clip_norm": self.clip_norm, "clip_value": self.clip_value}

    def load_live(self, state: Mapping[str, Any]) -> None:
        for name, value in state["values"].items():
            if isinstance(value, float) and value != self.values[name]:
                self.set(name, value)
        self.clip_norm, self.clip_value = state["clip_norm"], state["clip_value"]

    def tensors(self) -> dict[str, Tensor]:
        """The optimizer's memory (momenta, squares, counts), named ``<leaf>.<what>``."""
        state = self.optimizer.state_dict()["state"]
        return {f"{i}.{n}": v for i, own in state.items() for n, v in own.items() if isinstance(v, Tensor)}

    def load_tensors(self, tensors: Mapping[str, Tensor]) -> None:
        """Raises ValueError where the tensors are not those of this optimizer."""
        state: dict[int, dict[str, Any]] = {}
        for name, tensor in tensors.items():
            leaf, _, what = name.partition(".")
            size = self.leaves[int(leaf)].shape if int(leaf) < len(self.leaves) else None
            if tensor.dim() and tensor.shape != size:
                raise ValueError(f"{what} of part {leaf} has the shape {tuple(tensor.shape)}, expected {size}")
            state.setdefault(int(leaf), {})[what] = tensor
        plain = self.optimizer.state_dict()
        self.optimizer.load_state_dict({**plain, "state": state})
        self._group = self.optimizer.param_groups[0]

    def _set_momentum(self, value: float | None) -> None:
        if value is None:
            return
        if "betas" in self._group:
            self._group["betas"] = (value, *self._group["betas"][1:])
        elif "momentum" in self._group:
            self._group["momentum"] = value


def _checked(objective: Objective, index: int, steps: int, steps_per_epoch: int) -> tuple[dict[str, Any], Any]:
    kind = objective.optimizer.kind
    try:
        if kind not in OPTIMIZERS:
            raise ValueError(f"There is no optimizer {kind!r:.40}; there are {', '.join(OPTIMIZERS)}.")
        values = OPTIMIZERS[kind].values(objective.optimizer.params)
        return values, schedule(objective.schedule, steps, steps_per_epoch)
    except ValueError as error:
        raise LayerloomError(f"Training job: objectives.{index}: {error}", code="job") from error


def _optimizer(kind: str, leaves: Sequence[nn.Parameter], values: Mapping[str, Any]) -> torch.optim.Optimizer:
    """The optimizer itself, in its fused form where that exists on the device."""
    module, _, name = OPTIMIZERS[kind].torch.rpartition(".")
    made = getattr(importlib.import_module(module), name)
    supported = torch.utils._foreach_utils._get_fused_kernels_supported_devices()
    real = all(torch.is_floating_point(leaf) for leaf in leaves)
    if "fused" in inspect.signature(made).parameters and real and leaves[0].device.type in supported:
        values = {**values, "fused": True}
    optimizer: torch.optim.Optimizer = made(leaves, **values)
    return optimizer


def trained_parameters(net: nn.Module, program: Program, objective: Objective, index: int) -> list[nn.Parameter]:
    """The parameters that an objective trains, each once, in the order of the network.

    Raises:
        LayerloomError: a node in `trains` does not exist, or nothing is left to train.
    """
    chosen = net.parameters() if not objective.trains else _under(net, program, objective.trains, index)
    wanted = {id(p) for p in chosen if p.requires_grad}
    found = [p for p in net.parameters() if id(p) in wanted]
    if not found:
        raise LayerloomError(
            f"The objective {objective.name!r:.60} has nothing to train: the design has no weights, or all are frozen.",
            code="nothing-to-train",
        )
    return found


def _under(net: nn.Module, program: Program, paths: Iterable[str], index: int) -> list[nn.Parameter]:
    found: list[nn.Parameter] = []
    for path in paths:
        modules, inside = [net], program
        for part in path.split("/"):
            step = next((s for s in inside.steps if s.node.rpartition("/")[2] == part), None)
            if step is None or not step.module:
                message = f"Training job: objectives.{index}.trains: there is no node {path!r:.60} with weights."
                fixes = (Fix("Train everything", "set_job", {"path": f"objectives.{index}.trains", "value": []}),)
                raise LayerloomError(message, code="job", received=path, fixes=fixes)
            modules = [module.get_submodule(step.module) for module in modules]
            if step.repeat > 1:
                modules = [copy for module in modules for copy in module.children()]
            inside = program.blocks.get(step.block, inside)
        found += [p for module in modules for p in module.parameters()]
    return found


def leaves_by_owner(trained: Sequence[Sequence[nn.Parameter]], flat: bool) -> list[list[nn.Parameter]]:
    """What each objective's optimizer steps.

    With `flat`, parameters that the same objectives train (and that have one dtype and device) become one leaf.
    """
    if not flat:
        return [list(parameters) for parameters in trained]
    owners: dict[int, tuple[int, ...]] = {}
    every: dict[int, nn.Parameter] = {}
    for index, parameters in enumerate(trained):
        for p in parameters:
            owners[id(p)] = (*owners.get(id(p), ()), index)
            every[id(p)] = p
    groups: dict[Any, list[nn.Parameter]] = {}
    for key, p in every.items():
        groups.setdefault((owners[key], p.dtype, p.device), []).append(p)
    leaves: list[list[nn.Parameter]] = [[] for _ in trained]
    for (owned_by, _, _), parameters in groups.items():
        leaf = flatten(parameters)
        for index in owned_by:
            leaves[index].append(leaf)
    return leaves
