"""Many parameters as one: on a CPU, most of a small network's step is the cost of handling each tensor by itself."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn


def flatten(parameters: Sequence[nn.Parameter]) -> nn.Parameter:
    """One flat leaf that shares its memory with `parameters`: step it, and all of them have stepped.

    Their gradients are parts of its gradient, so backward fills it; clear it with ``leaf.grad.zero_()`` (never with
    None). Each keeps its strides, ``channels_last`` included. Right for optimizers that treat each number by itself,
    as all of `core.catalog.optimizers` do. All parameters must have one dtype and one device.
    """
    first = parameters[0]
    flat = torch.empty(sum(p.numel() for p in parameters), dtype=first.dtype, device=first.device)
    grad = torch.zeros_like(flat)
    begin = 0
    for parameter in parameters:
        if not parameter.is_contiguous() and not _dense(parameter):
            parameter.data = parameter.data.contiguous()
        own = flat.as_strided(parameter.shape, parameter.stride(), begin)
        own.copy_(parameter.data)
        parameter.data = own
        parameter.grad = grad.as_strided(parameter.shape, parameter.stride(), begin)
        begin += parameter.numel()
    leaf = nn.Parameter(flat)
    leaf.grad = grad
    return leaf


def _dense(tensor: torch.Tensor) -> bool:
    """Whether its numbers fill one stretch of memory, in whatever order."""
    expected = 1
    for stride, size in sorted(zip(tensor.stride(), tensor.shape, strict=True)):
        if size != 1:
            if stride != expected:
                return False
            expected *= size
    return True
