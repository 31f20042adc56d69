"""The gradient check: what autograd says of single weights against central differences, in double precision.

``(L(w + h) - L(w - h)) / 2h`` (e.g. Goodfellow, Bengio, Courville: Deep Learning, 2016, section 11.5).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor, nn

from core.catalog.families import default_catalog
from core.problem import LayerloomError, listed
from core.training.computing import Batch
from core.training.run import Run
from core.training.tools.copying import Told, copied, trained_layers, unheard
from core.training.weighing import weighted_sum

SAMPLES, EXAMPLES, SEED = 10, 16, 0
STEP = 1e-5  # of a weight, or of 1 for smaller ones
FINER = (1e-1, 1e-2)  # what the step is multiplied by where both sides do not agree with autograd
TOLERANCE = 1e-5  # relative error of a right gradient
ROUNDING = 16 * torch.finfo(torch.float64).eps  # of the loss: what a difference of two may be off by
LEANING = 1e-3  # relative difference of the slopes on both sides that makes a kink


@dataclass(frozen=True)
class Weight:
    """One weight that was moved: its place, both gradients, their relative error, and whether a kink lies there."""

    parameter: str
    index: tuple[int, ...]
    autograd: float
    difference: float
    error: float
    kink: bool = False


@dataclass(frozen=True)
class NodeCheck:
    """A node's weights that were checked. `error` is the greatest one of those without a kink; `right` as `TOLERANCE`
    has it; `worst` the weight that it is of."""

    node: str
    label: str
    checked: int
    kinks: int
    error: float
    right: bool
    worst: Weight | None


@dataclass(frozen=True)
class GradientCheck:
    """What the check found, node by node from the input to the loss. `loss` is that of the batch."""

    nodes: tuple[NodeCheck, ...]
    right: bool
    verdict: str
    loss: float
    examples: int
    frozen: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def check_gradients(
    run: Run, *, samples: int = SAMPLES, examples: int = EXAMPLES, seed: int = SEED, told: Told = unheard
) -> GradientCheck:
    """Compare both gradients of the (weighted) loss of one batch, for up to `samples` weights of each node.

    Half of them are those with the greatest gradients, half are drawn. Random layers draw the same numbers every time,
    and what a layer remembers (running means) is put back each time, so that the loss is a function of the weights.
    A weight at which the loss has a corner (ReLU at 0, the ends of max pooling) has slopes that differ on both sides;
    autograd may take any between them, so it counts as a kink and no error.

    Raises:
        LayerloomError: the network cannot compute in double precision, or there is nothing to check.
    """
    with copied(run) as trial:
        subject = _Subject(trial, examples, seed)
        found = [layer for layer in trained_layers(trial) if layer[1]]
        if not found:
            raise LayerloomError("There are no weights whose gradients could be checked.", code="nothing-to-train")
        loss, slopes = subject.autograd()
        nodes = []
        for done, (placed, named) in enumerate(found):
            rows = [row for name, p in named for row in subject.weights(name, p, slopes[name], samples, len(named))]
            label = run.engine.labels.get(placed.node, placed.node)
            nodes.append(_judged(placed.node, label, rows))
            told((done + 1) / len(found))
    frozen = tuple(placed.node for placed in run.program.placed() if placed.step.frozen)
    right = all(node.right for node in nodes)
    return GradientCheck(tuple(nodes), right, _verdict(run, nodes, right), loss, subject.examples, frozen)


class _Subject:
    """The loss of one batch as a function of the weights, in double precision."""

    def __init__(self, run: Run, examples: int, seed: int) -> None:
        self.net = run.net.double()
        self.net.zero_grad(set_to_none=True)
        self._buffers = {name: buffer.clone() for name, buffer in self.net.named_buffers()}
        self._goal = weighted_sum(run.engine.weights)
        self._seed = seed
        batch: Batch = {name: value[: max(2, examples)] for name, value in next(run.batches(0, 0)).items()}
        self.batch = {name: t.double() if t.is_floating_point() else t for name, t in batch.items()}
        self.examples = len(next(iter(batch.values())))
        self._random = torch.Generator().manual_seed(seed)

    def loss(self) -> Tensor:
        """The same every time that the weights are."""
        torch.manual_seed(self._seed)
        with torch.no_grad():
            for name, buffer in self.net.named_buffers():
                buffer.copy_(self._buffers[name])
        _, losses = self.net.step(self.batch)  # type: ignore[operator]
        total: Tensor = self._goal(losses)
        return total

    def autograd(self) -> tuple[float, dict[str, Tensor]]:
        """The loss, and its gradients by the name of the parameter."""
        loss = self.loss()
        loss.backward()  # type: ignore[no-untyped-call]
        value = float(loss.detach())
        self._noise = ROUNDING * max(1e-12, abs(value))
        every = self.net.named_parameters(remove_duplicate=False)
        return value, {n: torch.zeros_like(p) if p.grad is None else p.grad.detach().clone() for n, p in every}

    def weights(self, name: str, p: nn.Parameter, slopes: Tensor, samples: int, parts: int) -> Iterator[Weight]:
        """Some of a parameter's weights, compared; a node of several parameters shares its samples among them."""
        for place in self._places(slopes, max(2, -(-samples // parts))):
            index = tuple(int(i) for i in torch.unravel_index(torch.tensor(place), p.shape))
            yield self._compared(name, p, index, float(slopes[index]))

    def _places(self, slopes: Tensor, count: int) -> list[int]:
        flat = slopes.reshape(-1).abs()
        if len(flat) <= count:
            return list(range(len(flat)))
        great = flat.topk(count // 2).indices.tolist()
        drawn = torch.randperm(len(flat), generator=self._random)[:count].tolist()
        return list(dict.fromkeys([*great, *drawn]))[:count]

    def _compared(self, name: str, p: nn.Parameter, index: tuple[int, ...], autograd: float) -> Weight:
        step = STEP * max(1.0, abs(float(p[index].detach())))
        difference, left, right = self._differences(p, index, step)
        first = Weight(name, index, autograd, difference, self._error(autograd, difference, step))
        if first.error <= TOLERANCE:
            return first
        for factor in FINER:
            finer, left, right = self._differences(p, index, step * factor)
            if self._error(autograd, finer, step * factor) <= TOLERANCE:
                return Weight(name, index, autograd, finer, self._error(autograd, finer, step * factor), kink=True)
        slack = max(LEANING * max(abs(left), abs(right)), 2 * self._noise / (step * FINER[-1]))
        return Weight(name, index, autograd, difference, first.error, kink=abs(left - right) > slack)

    def _differences(self, p: nn.Parameter, index: tuple[int, ...], step: float) -> tuple[float, float, float]:
        """The central difference, and those to the left and to the right."""
        kept = p.detach()[index].clone()
        values = []
        for move in (-step, 0.0, step):
            p.data[index] = kept + move
            values.append(float(self.loss().detach()))  # with its graph: some losses are made of gradients
        p.data[index] = kept
        low, middle, high = values
        return (high - low) / (2 * step), (middle - low) / step, (high - middle) / step

    def _error(self, autograd: float, difference: float, step: float) -> float:
        """Relative to the greater one; what rounding may do to a difference of two losses is no error."""
        size = max(abs(autograd), abs(difference), self._noise / (step * TOLERANCE))
        return abs(autograd - difference) / size


def _judged(node: str, label: str, rows: Sequence[Weight]) -> NodeCheck:
    smooth = [row for row in rows if not row.kink]
    worst = max(smooth, key=lambda row: row.error, default=None)
    error = worst.error if worst else 0.0
    return NodeCheck(node, label, len(rows), len(rows) - len(smooth), error, error <= TOLERANCE, worst)


def _verdict(run: Run, nodes: Sequence[NodeCheck], right: bool) -> str:
    checked, kinks = sum(node.checked for node in nodes), sum(node.kinks for node in nodes)
    at = f", {kinks} of them at a kink" if kinks else ""
    if right:
        worst = max(node.error for node in nodes)
        return f"Right: {checked} weights{at}; the greatest relative error is {worst:.1e}."
    wrong = [node.label for node in nodes if not node.right]
    told = f"Wrong at {listed(wrong)}. "
    after = next((node.label for node in reversed(nodes) if not node.right), "")
    told += f"What is computed from {after} on does not give the gradient of what it computes"
    catalog, labels = default_catalog(), run.engine.labels
    turned = [labels.get(p.node, p.node) for p in run.program.placed() if p.step.layer and catalog[p.step.layer].bends]
    return f"{told}; {', '.join(turned)} does so on purpose." if turned else f"{told}."
