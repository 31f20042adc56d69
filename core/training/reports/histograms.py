"""How weights, gradients and activations of each node are spread, sampled over the run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from core.program.program import Program
from core.training.engine import Taken
from core.training.protocol import Event, Picture
from core.training.reports.reporter import Measure
from core.training.run import Run
from core.training.signals import weights_of

BINS = 40
NUMBERS = 8192  # of each tensor at most, evenly spread
NODES = 120


class Histograms(Measure):
    """Pictures named ``histograms``: ``nodes`` maps the path of a node to ``weight``, ``gradient`` (as it was stepped
    along) and ``activation``, as far as it has them, each ``[low, high, counts, bad]``: `BINS` bins of one width from
    the least to the greatest finite number, and how many were none."""

    period: ClassVar[float] = 1.0

    def __init__(self, run: Run) -> None:
        self._run = run
        self._modules = modules(run.net, run.program)
        self._outputs: dict[str, Tensor] = {}
        self._found: dict[str, dict[str, Any]] = {}

    def take(self, step: Callable[[], Taken]) -> Taken:
        hooks = [
            module.register_forward_hook(self._seen(node)) for node, row in self._modules.items() for module in row
        ]
        try:
            taken = step()
        finally:
            for hook in hooks:
                hook.remove()
        sampled: list[tuple[str, str, Tensor]] = [(n, "activation", _sampled([t])) for n, t in self._outputs.items()]
        self._outputs = {}
        for node, row in self._modules.items():
            weights = weights_of(row)
            slopes = [w.grad for w in weights if w.grad is not None]
            sampled += [(node, "weight", _sampled(weights))] if weights else []
            sampled += [(node, "gradient", _sampled(slopes))] if slopes else []
        self._found = _histograms(sampled)
        return taken

    def tell(self) -> Iterator[Event]:
        if self._found:
            yield Picture("histograms", self._run.step + 1, {"nodes": self._found})

    def _seen(self, node: str) -> Callable[[nn.Module, Any, Any], None]:
        def look(_module: nn.Module, _inputs: Any, output: Any) -> None:
            first = output[0] if isinstance(output, tuple) else output
            if isinstance(first, Tensor) and first.is_floating_point() and first.numel():
                self._outputs[node] = _sampled([first.detach()])  # now: what follows may work in its place

        return look


def modules(net: nn.Module, program: Program) -> dict[str, list[nn.Module]]:
    """The modules of each layer, by the path of its node; every so many where there are too many nodes."""
    found = {
        placed.node: [net.get_submodule(name) for name in placed.modules]
        for placed in program.placed()
        if placed.step.layer and placed.modules
    }
    every = -(-len(found) // NODES) or 1
    return {node: row for index, (node, row) in enumerate(found.items()) if index % every == 0}


def counted(values: np.ndarray[Any, Any]) -> list[Any]:
    """``[low, high, counts, bad]`` of some numbers."""
    known = values[np.isfinite(values)]
    if not len(known):
        return [0.0, 0.0, [0] * BINS, len(values)]
    low, high = float(known.min()), float(known.max())
    width = (high - low) or 1.0
    places = ((known - low) * (BINS / width)).astype(np.int64).clip(0, BINS - 1)
    counts = np.bincount(places, minlength=BINS).tolist()
    return [float(f"{low:.5g}"), float(f"{high:.5g}"), counts, len(values) - len(known)]


def _sampled(tensors: Sequence[Tensor]) -> Tensor:
    """Some numbers of these tensors, each as likely as the next, on their device."""
    every = sum(t.numel() for t in tensors) // NUMBERS | 1  # odd, so that it does not fall into step with channels
    return torch.cat([t.detach().reshape(-1)[::every].float() for t in tensors])


def _histograms(sampled: list[tuple[str, str, Tensor]]) -> dict[str, dict[str, Any]]:
    """All in one transfer."""
    if not sampled:
        return {}
    together = torch.cat([values for _, _, values in sampled]).cpu().numpy().astype(np.float64)
    found: dict[str, dict[str, Any]] = {}
    start = 0
    for node, what, values in sampled:
        found.setdefault(node, {})[what] = counted(together[start : start + len(values)])
        start += len(values)
    return found
