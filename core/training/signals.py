"""What flows through a network while it trains: measured in the course of one step, now and then."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from core.problem import Fix, Problem, Severity
from core.program.program import Program
from core.training.symptoms import symptoms

T = TypeVar("T")
ENOUGH = 16  # numbers of a unit that tell whether it is dead
OFTEN = 3  # measurements in a row that it takes to say so


class Monitor:
    """Measures, by the path of a node:

    - ``gradient``, ``weight``: root mean square of its gradients as they were stepped along, and of its weights
    - ``update``: norm of the step's change of its weights by that of the weights
    - ``activation``: root mean square of what it gives; ``dead``: share of its units (axis 1) that gave only zeros
    """

    def __init__(self, net: nn.Module, program: Program) -> None:
        self._modules = modules_of(net, program)

    def take(self, step: Callable[[], T]) -> tuple[T, dict[str, dict[str, float]]]:
        """Do a training step and measure it; what it computes is the same as without."""
        before = {node: weights_of(modules) for node, modules in self._modules.items()}
        kept = {node: [w.detach().clone() for w in weights] for node, weights in before.items() if weights}
        outputs: dict[str, Tensor] = {}
        with heard(self._modules, outputs.__setitem__):
            done = step()
        found = {node: _of_output(output) for node, output in outputs.items()}
        for node, old in kept.items():
            found.setdefault(node, {}).update(_of_weights(before[node], old))
        names = [(node, name) for node, values in found.items() for name in values]
        numbers = torch.stack([found[node][name].float() for node, name in names]).tolist() if names else []
        result: dict[str, dict[str, float]] = {}
        for (node, name), number in zip(names, numbers, strict=True):
            result.setdefault(node, {})[name] = number
        return done, result


class Alarms:
    """Tells once of each node where measurements have been bad several times in a row."""

    def __init__(self) -> None:
        self._bad: Counter[tuple[str, str]] = Counter()
        self._told: set[tuple[str, str]] = set()

    def look(self, nodes: Mapping[str, Mapping[str, float]], labels: Mapping[str, str]) -> list[Problem]:
        """The problems that these measurements bring to light; `labels` names nodes for people."""
        now = symptoms(nodes)
        self._bad = Counter({key: self._bad[key] + 1 for key in now})
        fresh = [key for key, count in self._bad.items() if count >= OFTEN and key not in self._told]
        self._told.update(fresh)
        return [_problem(code, node, labels.get(node, node), now[code, node]) for code, node in fresh]


def _problem(code: str, node: str, label: str, value: float) -> Problem:
    clip = Fix("Clip gradients at norm 1", "set_job", {"path": "objectives.0.clip_norm", "value": 1.0})
    texts = {
        "vanishing": f"Gradients vanish: those of {label} are {value:.1g} times the largest, so it hardly learns. ReLU "
        "in place of sigmoid or tanh, normalisation, or skip connections carry them further.",
        "exploding": f"Gradients explode: those of {label} have the scale {value:.3g}. Clip them, or lower the "
        "learning rate.",
        "dead": f"{value:.0%} of the units of {label} give nothing but zeros, so they learn nothing. Lower the "
        "learning rate, or take an activation with a slope below zero (Leaky ReLU, GELU).",
    }
    fixes = (clip,) if code == "exploding" else ()
    return Problem(code, texts[code], node, severity=Severity.WARNING, received=f"{value:.3g}", fixes=fixes)


def modules_of(net: nn.Module, program: Program) -> dict[str, list[nn.Module]]:
    """The modules of each layer that has some, by the path of its node."""
    return {
        placed.node: [net.get_submodule(name) for name in placed.modules]
        for placed in program.placed()
        if placed.step.layer and placed.modules
    }


@contextmanager
def heard(modules: Mapping[str, Sequence[nn.Module]], take: Callable[[str, Tensor], object]) -> Iterator[None]:
    """While it lasts, `take` gets the path of a node and what it gives (of several the first, real numbers alone), at
    once: what follows may work in its place."""

    def listener(node: str) -> Callable[[nn.Module, Any, Any], None]:
        def look(_module: nn.Module, _inputs: Any, output: Any) -> None:
            first = output[0] if isinstance(output, tuple) else output
            if isinstance(first, Tensor) and first.is_floating_point() and first.numel():
                take(node, first.detach())

        return look

    hooks = [module.register_forward_hook(listener(node)) for node, row in modules.items() for module in row]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()


def weights_of(modules: list[nn.Module]) -> list[nn.Parameter]:
    return [p for module in modules for p in module.parameters() if p.requires_grad]


def _of_output(output: Tensor) -> dict[str, Tensor]:
    flat = output.float()
    found = {"activation": flat.square().mean().sqrt()}
    if flat.dim() > 1 and flat.shape[1] > 1 and flat.numel() >= ENOUGH * flat.shape[1]:
        other = [axis for axis in range(flat.dim()) if axis != 1]
        found["dead"] = (flat.abs().amax(other) == 0).float().mean()
    return found


def _of_weights(weights: list[nn.Parameter], old: list[Tensor]) -> dict[str, Tensor]:
    count = sum(w.numel() for w in weights)
    size = torch.stack([w.detach().float().square().sum() for w in weights]).sum()
    moved = torch.stack([(w.detach() - o).float().square().sum() for w, o in zip(weights, old, strict=True)]).sum()
    slopes = [w.grad.float().square().sum() for w in weights if w.grad is not None]
    found = {"weight": (size / count).sqrt(), "update": (moved / size.clamp_min(1e-30)).sqrt()}
    return {**found, "gradient": (torch.stack(slopes).sum() / count).sqrt()} if slopes else found
