"""How weights, gradients and activations of each node are spread, sampled over the run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from core.training.engine import Taken
from core.training.protocol import Event, Picture
from core.training.reports.reporter import Measure
from core.training.run import Run
from core.training.signals import heard, modules_of, weights_of

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
        self._modules = _thinned(modules_of(run.net, run.program))
        self._found: dict[str, dict[str, Any]] = {}

    def take(self, step: Callable[[], Taken]) -> Taken:
        outputs: dict[str, Tensor] = {}
        with heard(self._modules, lambda node, output: outputs.update({node: _sampled([output])})):
            taken = step()
        sampled = [(node, "activation", output) for node, output in outputs.items()]
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


def _thinned(modules: Mapping[str, list[nn.Module]]) -> dict[str, list[nn.Module]]:
    """Every so many of the nodes, where there are too many."""
    every = -(-len(modules) // NODES) or 1
    return {node: row for index, (node, row) in enumerate(modules.items()) if index % every == 0}


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
