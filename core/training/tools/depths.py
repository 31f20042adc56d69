"""What flows forward and back through the layers of a network before it has learned anything, layer by layer."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from core.catalog import activation, attention, convolution, linear, recurrent
from core.catalog.families import default_catalog
from core.catalog.spreads import law, own_law
from core.program.calls import parameter_names
from core.program.module import named_errors
from core.program.program import Init, Placed, Program
from core.spec.layer import Given, Role
from core.training.computing import Batch
from core.training.run import Run
from core.training.tools.copying import plain, undisturbed

WEIGHTED = (linear.CATEGORY, convolution.CATEGORY, recurrent.CATEGORY, attention.CATEGORY)  # layers that are started
EXAMPLES = 256
FLAT = 0.02  # slope of an activation below which a number is at rest: tanh beyond 2.6, sigmoid beyond 3.9
LAYERS = 400  # that are told of


@dataclass(frozen=True)
class Depth:
    """One layer at the start, in the order of computation.

    Attributes:
        copy: which of several copies of the node, from 0. weighted: whether it is one that is started.
        forward: standard deviation of what it gives; varies: how much of it the examples make, from 0 (every example
            gives the same) to 1.
        reached: whether the loss depends on it; gradient: root mean square of the loss's gradient there.
        weight, expected: standard deviation of its largest matrix, measured and by the formula.
        rest, dead: of an activation, the share of numbers whose slope is below 0.02, and of units for which all are.
    """

    node: str
    label: str
    copy: int
    weighted: bool
    forward: float | None
    varies: float | None
    reached: bool
    gradient: float | None
    weight: float | None
    expected: float | None
    rest: float | None
    dead: float | None


@dataclass(frozen=True)
class _Call:
    """One call of a layer's module."""

    placed: Placed
    copy: int
    module: nn.Module
    given: Tensor | None
    made: tuple[Tensor, ...]


def measured(run: Run, program: Program, draw: int, normal: bool) -> tuple[list[Depth], float]:
    """Every layer in the order of computation, and the loss."""
    with undisturbed(), named_errors():
        job = plain(run.job)
        trial = Run(program, job.model_copy(update={"seed": job.seed + draw}), run.prepared)
        trial.net.train()
        batch = {name: value[:EXAMPLES] for name, value in next(trial.batches(0, 0)).items()}
        with _calls(trial) as calls:
            losses = trial.engine.compute(_normal(program, batch) if normal else batch)[1]
        loss = trial.engine.total(losses)
        calls = calls[:LAYERS]
        tensors = [tensor for call in calls for tensor in call.made if tensor.requires_grad]
        slopes = torch.autograd.grad(loss, tensors, allow_unused=True) if loss.requires_grad and tensors else ()
        gradients = {id(tensor): slope for tensor, slope in zip(tensors, slopes, strict=False) if slope is not None}
        found = [
            _depth(trial, call, [gradients[id(tensor)] for tensor in call.made if id(tensor) in gradients])
            for call in calls
        ]
        return found, float(loss.detach())


def _normal(program: Program, batch: Batch) -> Batch:
    entering = {value.name for value in program.inputs}
    return {n: torch.randn_like(v) if n in entering and v.is_floating_point() else v for n, v in batch.items()}


@contextmanager
def _calls(trial: Run) -> Iterator[list[_Call]]:
    """Fills while it lasts, in the order of computation: layers that give real numbers, losses left out."""
    catalog, found = default_catalog(), list[_Call]()
    hooks = []

    def listener(placed: Placed, copy: int) -> Any:
        def look(module: nn.Module, inputs: Sequence[Any], output: Any) -> None:
            together = output if isinstance(output, tuple) else (output,)
            given = inputs[0] if inputs and isinstance(inputs[0], Tensor) else None
            made = tuple(t for t in together if isinstance(t, Tensor) and t.is_floating_point() and t.dim() > 1)
            if made:
                found.append(_Call(placed, copy, module, given, made))

        return look

    for placed in trial.program.placed():
        spec = catalog.get(placed.step.layer)
        own = spec is not None and spec.role is Role.LAYER and not placed.shared  # a shared one is heard at its owner
        for copy, name in enumerate(placed.modules if own else ()):
            hooks.append(trial.net.get_submodule(name).register_forward_hook(listener(placed, copy)))
    try:
        yield found
    finally:
        for hook in hooks:
            hook.remove()


def _depth(trial: Run, call: _Call, gradients: Sequence[Tensor]) -> Depth:
    step, spec = call.placed.step, default_catalog()[call.placed.step.layer]
    measured, expected = _weight(call) if spec.category in WEIGHTED else (None, None)
    rest, dead = _rest(call) if spec.category == activation.CATEGORY and "dim" not in spec.param else (None, None)
    label = trial.engine.labels.get(call.placed.node, step.label or step.name)
    first = call.made[0].detach().double()
    forward = _finite(first.std(correction=0))
    return Depth(
        call.placed.node,
        f"{label}, copy {call.copy + 1}" if len(call.placed.modules) > 1 else label,
        call.copy,
        measured is not None,
        forward,
        _varies(first, forward),
        bool(gradients),
        _finite(_root_mean_square(gradients)) if gradients else None,
        measured,
        expected,
        rest,
        dead,
    )


def _root_mean_square(tensors: Sequence[Tensor]) -> Tensor:
    return torch.cat([tensor.double().reshape(-1) for tensor in tensors]).square().mean().sqrt()


def _varies(made: Tensor, whole: float | None) -> float | None:
    return _finite(made.var(0, correction=0).mean().sqrt() / whole) if whole else None


def _weight(call: _Call) -> tuple[float | None, float | None]:
    """The standard deviation of the largest matrix, measured and by the formula."""
    step, spec = call.placed.step, default_catalog()[call.placed.step.layer]
    shapes = spec.weights(Given(step.input_types, step.params)) if spec.weights else {}
    held = {name: p for name, p in call.module.named_parameters() if p.dim() > 1 and name in shapes}
    if not held:
        return None, None
    name = max(held, key=lambda key: held[key].numel())
    init = step.init or Init()
    chosen = init.weight != "default" and name in parameter_names(spec, step)[0]
    known = law(init.weight, init.weight_params, shapes[name]) if chosen else own_law(spec, shapes, name)
    return _finite(held[name].detach().double().std(correction=0)), known.std if known else None


def _rest(call: _Call) -> tuple[float | None, float | None]:
    """How much of an activation passes hardly any gradient: of its numbers, and of its units for all examples."""
    if call.given is None or call.made[0].shape != call.given.shape:
        return None, None
    x = call.given.detach().requires_grad_()
    with torch.enable_grad():
        [slope] = torch.autograd.grad(call.module(x).sum(), [x])
    still = slope.abs() < FLAT
    by_unit = still.movedim(1 if still.dim() >= 4 else -1, 0).flatten(1)
    return float(still.double().mean()), float(by_unit.all(1).double().mean())


def _finite(value: Tensor) -> float | None:
    number = float(value)
    return number if math.isfinite(number) else None
