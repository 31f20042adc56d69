"""The chain rule as a product of matrices: the Jacobian of each stretch of a network, for one example.

A stretch lies between two values that every path from the input to the loss goes through, so that
``dL/dx = dL/dy[n] J[n] … J[1]`` holds for residual blocks and branches too (Goodfellow, Bengio, Courville: Deep
Learning, 2016, section 6.5.2, equation 6.46).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from core.analysis.trace.passes import Pass, Visit, together
from core.spec.shape import BATCH

NUMBERS, WHOLE = 2**16, 2**20  # of one matrix, and of all together, up to which they are computed
EXACT = 48  # sides up to which all singular values are computed; beyond, the largest is found by power iteration
TURNS = 60


@dataclass(frozen=True)
class Factor:
    """One stretch: `visits`, the last of which gives y.

    Attributes:
        jacobian: dy/dx', a row for each number of y, a column for each of what the stretch begins with.
        product: dy/dx, of all stretches so far. back: dL/dy.
    """

    visits: tuple[Visit, ...]
    jacobian: Tensor
    product: Tensor
    back: Tensor


@dataclass(frozen=True)
class Chain:
    """From `source` (the name of x) to the loss.

    Attributes:
        gradient: dL/dx as the product has it; backprop: as the way back has it. missing: why there are no factors.
    """

    source: str
    factors: tuple[Factor, ...]
    gradient: Tensor
    backprop: Tensor
    missing: str = ""

    @property
    def error(self) -> float:
        """The largest difference between both."""
        return float((self.gradient - self.backprop).abs().max())


def chain(at: Pass, answers: Collection[str] = ()) -> Chain | None:
    """The Jacobians of a graph at work, from the first value with a gradient that enters (or is made of one that has
    none, like an embedding) to the loss; None where no gradient reaches one. `answers`: values that it never begins
    with."""
    source = _source(at, answers)
    if source is None:
        return None
    name, backprop = source
    stretches, values = list(_stretches(at, name)), _Values(at)
    if not stretches:
        reason = "Every path from the input to the loss goes a way of its own: there is no chain of Jacobians."
        return Chain(name, (), torch.zeros(0), torch.zeros(0), reason)
    sizes = [len(values.flat(value)) for value in (name, *(value for _, value in stretches))]
    shapes = list(zip(sizes[1:], sizes, strict=False))
    if (
        max(m * n for m, n in shapes) > NUMBERS
        or max(sizes) * sizes[0] > NUMBERS
        or sum(m * n for m, n in shapes) > WHOLE
    ):
        rows, columns = max(shapes, key=lambda shape: shape[0] * shape[1])
        reason = (
            f"Jacobians are written out for small layers alone; the largest here has {rows:,} x {columns:,} numbers."
        )
        return Chain(name, (), torch.zeros(0), torch.zeros(0), reason)
    factors, product, begin = [], torch.eye(sizes[0], dtype=torch.float64), name
    for visits, value in stretches:
        jacobian = _jacobian(values, visits, begin, value)
        product, begin = jacobian @ product, value
        factors.append(Factor(visits, jacobian, product, values.flat(value, values.returned[value])))
    return Chain(name, tuple(factors), factors[-1].back @ product, values.flat(name, backprop))


def largest(matrix: Tensor) -> float:
    """The largest singular value: by how much the matrix stretches a vector at most."""
    if min(matrix.shape) <= EXACT:
        return float(torch.linalg.matrix_norm(matrix, 2))
    vector = torch.ones(matrix.shape[1], dtype=matrix.dtype) + torch.linspace(0, 1, matrix.shape[1], dtype=matrix.dtype)
    for _ in range(TURNS):
        vector = matrix.T @ (matrix @ vector)
        size = vector.norm()
        if not size:
            return 0.0
        vector = vector / size
    return float((matrix @ vector).norm())


class _Values:
    """What flows, by the names of values, and the first example's part of it."""

    def __init__(self, at: Pass) -> None:
        made = [(name, v, port) for v in at.visits for port, name in v.step.outputs.items() if port in v.made]
        self.made = {**at.given, **{name: v.made[port].detach() for name, v, port in made}}
        self.returned = {name: v.upstream[port] for name, v, port in made if port in v.upstream}
        types = {**{v.name: v.type for v in at.program.inputs}, **{n: v.step.output_types[p] for n, v, p in made}}
        self._batched = {name for name, type in types.items() if type.shape[:1] == (BATCH,)}

    def flat(self, name: str, tensor: Tensor | None = None) -> Tensor:
        """The numbers of a value (or of another tensor of its shape) for the first example; all where it has no part
        for each."""
        whole = self.made[name] if tensor is None else tensor
        return (whole[0] if name in self._batched else whole).reshape(-1)

    def rows(self, name: str, tensors: Tensor) -> Tensor:
        """The same for many tensors of its shape, a row each."""
        return (tensors[:, 0] if name in self._batched else tensors).reshape(len(tensors), -1)

    def units(self, name: str) -> Tensor:
        """Tensors of a value's shape, each with a one at another number of the first example."""
        whole, count = self.made[name], len(self.flat(name))
        found = torch.zeros(count, *whole.shape, dtype=torch.float64)
        (found[:, 0] if name in self._batched else found).view(count, -1).fill_diagonal_(1.0)
        return found


def _source(at: Pass, answers: Collection[str]) -> tuple[str, Tensor] | None:
    """Name and gradient of where the chain begins."""
    visits = at.visits  # with them the way back is gone, and `entered` known
    for value in at.program.inputs:
        gradient = together(at.entered.get(value.name, ()))
        if gradient is not None and value.name not in answers:
            return value.name, gradient
    first = (v for v in visits if len(v.upstream) == 1 and not v.given_gradients)
    return next(((v.step.outputs[port], gradient) for v in first for port, gradient in v.upstream.items()), None)


def _stretches(at: Pass, source: str) -> Iterator[tuple[tuple[Visit, ...], str]]:
    """What lies between two values that all paths go through, and the second of them."""
    reached, relevant = {source}, list[Visit]()
    for visit in at.visits:
        if any(visit.step.inputs[end] in reached for end in visit.given_gradients):
            relevant.append(visit)
            reached |= {visit.step.outputs[port] for port in visit.upstream}
    last: dict[str, int] = {}  # the visit that needs a value last
    for index, visit in enumerate(relevant):
        last |= dict.fromkeys((visit.step.inputs[end] for end in visit.given_gradients), index)
    last |= dict.fromkeys(at.seeds, len(relevant))
    open_values, begin = {source}, 0
    for index, visit in enumerate(relevant):
        open_values |= {visit.step.outputs[port] for port in visit.upstream}
        open_values = {value for value in open_values if last.get(value, -1) > index}
        if len(open_values) == 1 and open_values <= set(visit.step.outputs.values()):
            yield tuple(relevant[begin : index + 1]), next(iter(open_values))
            begin = index + 1


def _jacobian(values: _Values, visits: Sequence[Visit], begin: str, end: str) -> Tensor:
    """d `end` / d `begin` by the chain rule backwards through the visits, all rows at once."""
    waiting = {end: values.units(end)}
    for visit in reversed(visits):
        ports = [p for p, name in visit.step.outputs.items() if name in waiting and visit.made[p].requires_grad]
        ends = list(visit.given_gradients)
        if not ports:
            continue
        outs, upstream = [visit.made[p] for p in ports], [waiting.pop(visit.step.outputs[p]) for p in ports]
        for port, slope in zip(ends, _batched(outs, [visit.given[e] for e in ends], upstream), strict=True):
            name = visit.step.inputs[port]
            if slope is not None:
                waiting[name] = waiting[name] + slope if name in waiting else slope
    return values.rows(begin, waiting[begin]).clone()


def _batched(outs: Sequence[Tensor], given: Sequence[Tensor], upstream: Sequence[Tensor]) -> list[Tensor | None]:
    """Vector-Jacobian products of many vectors; one by one where PyTorch cannot batch a layer's way back."""
    try:
        return list(torch.autograd.grad(
            outs, given, upstream, retain_graph=True, allow_unused=True, is_grads_batched=True
        ))  # fmt: skip
    except RuntimeError:
        rows = [
            torch.autograd.grad(outs, given, [u[row] for u in upstream], retain_graph=True, allow_unused=True)
            for row in range(len(upstream[0]))
        ]
        return [None if column[0] is None else torch.stack(column) for column in zip(*rows, strict=True)]
