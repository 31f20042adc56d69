"""Weights of a network that has grown: it computes what it computed, and has more to learn with.

Net2Net (Chen, Goodfellow and Shlens, ICLR 2016, arXiv:1511.05641). New layers begin as the identity; copied units share
out the weights of whoever reads them. The paper halves these and adds noise to tell copies apart; here the shares are
drawn, which tells them apart and leaves the answers exact.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import save
from torch import Tensor

from core.problem import LayerloomError
from core.program.carrying import Moved
from core.program.growth import widening
from core.program.module import build
from core.program.program import Program
from core.training.branching import Start, plant
from core.training.runs import RunFolder

SPREAD = 0.5


@dataclass(frozen=True)
class Growth:
    """What was done to the drawing: the layer at `wider` has got `to` units, or the layers at `added` are new and the
    first of them is to begin as the identity."""

    wider: str = ""
    to: int = 0
    added: tuple[str, ...] = ()
    seed: int = 0
    spread: float = SPREAD


def grown(old: Program, new: Program, weights: Mapping[str, Tensor], growth: Growth) -> dict[str, Tensor]:
    """The weights of the new network, which computes what the old one computes.

    Raises:
        LayerloomError: the networks differ in more than the growth, or it cannot be done (see `widening`).
    """
    state = dict(weights)
    if growth.wider:
        state = moved(state, widening(old, growth.wider, growth.to, growth.seed), growth.seed, growth.spread)
    fresh = build(new).state_dict()
    found = dict(_renamed(old, new, state))
    for node in growth.added:
        found.update(_begun(new, node, fresh, is_identity=node == growth.added[0]))
    wrong = sorted(
        {*found.keys() ^ fresh.keys(), *(n for n in found.keys() & fresh.keys() if found[n].shape != fresh[n].shape)}
    )
    if wrong:
        raise LayerloomError(
            f"The network differs from that of the run in more than what grows ({wrong[0]}). Grow the design that was "
            "trained: open it from the run.",
            code="grow",
        )
    return found


def moved(
    state: Mapping[str, Tensor], every: Sequence[Moved], seed: int = 0, spread: float = SPREAD
) -> dict[str, Tensor]:
    """The tensors with their units copied, and their readers' weights shared out among the copies.

    Of m copies each gets ``1 / m + e``, e drawn with deviation `spread` for each weight by itself, summing to 0.
    """
    draw = torch.Generator().manual_seed(seed)
    found = dict(state)
    for one in every:
        origin = torch.tensor(one.origin)
        tensor = found[one.tensor].index_select(one.axis, origin)
        if one.shares:
            tensor = tensor * _shares(tensor, one.axis, origin, spread, draw).to(tensor.dtype)
        found[one.tensor] = tensor
    return found


def _shares(tensor: Tensor, axis: int, origin: Tensor, spread: float, draw: torch.Generator) -> Tensor:
    """For each weight its share of the old one; along the axis, those of one origin sum to 1."""
    along = torch.randn(tensor.movedim(axis, 0).shape, generator=draw, dtype=torch.float64) * spread
    count = torch.bincount(origin)[origin].double().view(-1, *[1] * (tensor.ndim - 1))
    summed = torch.zeros((int(origin.max()) + 1, *along.shape[1:]), dtype=torch.float64).index_add_(0, origin, along)
    apart = torch.where(count > 1, along - summed[origin] / count, torch.zeros((), dtype=torch.float64))
    return (1.0 / count + apart).movedim(0, axis)


def _renamed(old: Program, new: Program, state: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
    """The tensors by the names that the new program gives their layers."""
    now = {placed.node: placed.modules for placed in new.placed() if not placed.shared}
    names = {
        before: after
        for placed in old.placed()
        if not placed.shared and placed.step.layer
        for before, after in zip(placed.modules, now.get(placed.node, ()), strict=False)
    }
    found = {}
    for name, tensor in state.items():
        module = next((m for m in names if name.startswith(f"{m}.")), None)
        found[name if module is None else f"{names[module]}{name.removeprefix(module)}"] = tensor
    return found


def _begun(new: Program, node: str, fresh: Mapping[str, Tensor], *, is_identity: bool) -> dict[str, Tensor]:
    """The tensors of a new layer, as they begin by themselves, or as the identity."""
    modules = next((placed.modules for placed in new.placed() if placed.node == node), ())
    own = {name: fresh[name] for name in fresh for module in modules if name.startswith(f"{module}.")}
    return {name: _identity(tensor) for name, tensor in own.items()} if is_identity else own


def _identity(tensor: Tensor) -> Tensor:
    """A bias of zeros; a square matrix of ones on the diagonal, at the middle of the window of a convolution."""
    made = torch.zeros_like(tensor)
    if tensor.ndim > 1:
        middle = made
        for size in reversed(tensor.shape[2:]):
            middle = middle.select(-1, size // 2)
        middle.copy_(torch.eye(len(tensor)))
    return made


def grow_branch(
    run: RunFolder, folder: str | Path, program: Program, design: str, weights: Mapping[str, Tensor], growth: Growth,
    which: str = "",
) -> RunFolder:  # fmt: skip
    """A run of the same job and the grown network, which begins with what the run has learned.

    Raises:
        LayerloomError: see `grown`; or the folder cannot be made.
    """
    state = grown(run.program, program, weights, growth)
    note = f"a layer wider, {growth.to} units" if growth.wider else "a layer deeper"
    data = save({name: t.detach().clone(memory_format=torch.contiguous_format) for name, t in state.items()})
    return plant(run, folder, Start(data, note, program=program, design=design), which=which)
