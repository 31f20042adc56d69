"""Magnitude pruning: the weights nearest zero are set to zero, and a branch of the run may learn on without them.

LeCun, Denker and Solla, Optimal Brain Damage, 1990; Han et al., Learning both Weights and Connections for Efficient
Neural Networks, NeurIPS 2015 (arXiv:1506.02626). The choice is that of ``torch.nn.utils.prune``: `l1_unstructured` for
each tensor by itself, `global_unstructured` over all of them together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

import torch
from safetensors.torch import save
from torch import Tensor, nn

from core.problem import LayerloomError
from core.program.module import build
from core.training.branching import Start, plant
from core.training.job import Job
from core.training.runs import RunFolder

SCOPES = ("global", "layer")
Masks: TypeAlias = dict[str, Tensor]


def prunable(net: nn.Module) -> dict[str, nn.Parameter]:
    """What may be pruned, by name: real weights of two or more dimensions that are trained; no biases and no norms."""
    return {name: p for name, p in net.named_parameters() if p.ndim > 1 and p.is_floating_point() and p.requires_grad}


def masks_of(weights: Mapping[str, Tensor], share: float, scope: str = "global") -> Masks:
    """For each tensor, 0 for the `share` of weights nearest zero and 1 for the rest, as uint8.

    ``global`` takes the smallest of all tensors together, ``layer`` the same share of each. Exactly
    ``round(share * n)`` of n weights are 0.
    """
    if scope == "layer":
        return {name: _mask(weight, share) for name, weight in weights.items()}
    whole = _mask(torch.cat([weight.detach().reshape(-1) for weight in weights.values()]), share)
    parts = torch.split(whole, [weight.numel() for weight in weights.values()])
    return {name: part.view(weight.shape) for (name, weight), part in zip(weights.items(), parts, strict=True)}


def _mask(weight: Tensor, share: float) -> Tensor:
    mask = torch.ones(weight.numel(), dtype=torch.uint8)
    least = torch.topk(weight.detach().abs().reshape(-1), round(share * weight.numel()), largest=False).indices
    mask[least] = 0
    return mask.view(weight.shape)


def sparsity(masks: Sequence[Tensor] | Mapping[str, Tensor]) -> float:
    """The share of the weights under these masks that is 0."""
    every = list(masks.values()) if isinstance(masks, Mapping) else list(masks)
    return 1.0 - sum(int(m.count_nonzero()) for m in every) / max(1, sum(m.numel() for m in every))


def prune_branch(
    run: RunFolder, folder: str | Path, weights: Mapping[str, Tensor], share: float, scope: str = "global",
    which: str = "", job: Job | None = None,
) -> RunFolder:  # fmt: skip
    """A run of the same job, or of `job`, that begins with these weights pruned, and holds them so while it trains on.

    Raises:
        LayerloomError: the share is out of range, the network has nothing to prune, or the folder cannot be made.
    """
    if not 0.0 < share < 1.0:
        raise LayerloomError(f"The share to prune is {share:g}; expected a number above 0 and below 1.", code="pruned")
    names = prunable(build(run.program))
    if not names:
        raise LayerloomError("This network has no weights to prune: no layer has a matrix of them.", code="pruned")
    masks = masks_of({name: weights[name] for name in names}, share, scope)
    begun = {name: tensor * masks[name] if name in masks else tensor for name, tensor in weights.items()}
    note = f"{sparsity(masks):.1%} of the weights pruned ({scope})"
    made = Start(_bytes(begun), note, _bytes(masks))
    return plant(run, folder, made, which=which, job=job)


def _bytes(tensors: Mapping[str, Tensor]) -> bytes:
    return save({name: t.detach().cpu().clone(memory_format=torch.contiguous_format) for name, t in tensors.items()})
