"""Tensors of which each of several processes may hold a part: torch's DTensors, as `fully_shard` makes of weights.

Every function leaves an ordinary tensor as it is.
"""

from __future__ import annotations

from typing import cast

from torch import Tensor


def is_parted(tensor: Tensor) -> bool:
    """Whether this process holds only a part of it."""
    return hasattr(tensor, "to_local")


def held(tensor: Tensor) -> Tensor:
    """The numbers that lie in this process; memory is shared, gradients are not followed."""
    return cast(Tensor, tensor.detach().to_local()) if is_parted(tensor) else tensor  # type: ignore[attr-defined]


def whole(tensor: Tensor) -> Tensor:
    """All of it, from all processes: each of them has to call, in the same order."""
    return cast(Tensor, tensor.detach().full_tensor()) if is_parted(tensor) else tensor  # type: ignore[attr-defined]


def parted_as(tensor: Tensor, like: Tensor) -> Tensor:
    """Of a whole tensor, what this process is to hold where it holds `like`; nothing is sent."""
    if not is_parted(like) or tensor.dim() == 0:
        return tensor
    from torch.distributed.tensor import DTensor, distribute_tensor

    parted = cast(DTensor, like)
    return distribute_tensor(tensor.to(like.device), parted.device_mesh, parted.placements, src_data_rank=None)
