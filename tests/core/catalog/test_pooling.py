"""Global average pooling is a mean, in its gradients too, and leaves pictures in the layout that they have."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from core.program.module import build
from core.program.program import Program
from tests import drawn


def pooled(*shape: int) -> Program:
    d = drawn.Drawing("Pooled")
    d.output(d.layer("global_avg_pool", "pool", d.input("x", *shape)))
    return d.program()


@pytest.mark.parametrize("shape", [(3, 7), (3, 5, 4), (3, 2, 4, 3)])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_the_numbers_are_those_of_the_mean(shape: tuple[int, ...], dtype: torch.dtype) -> None:
    net: Any = build(pooled(*shape))
    ours = (torch.randn(6, *shape) * 10).to(dtype).requires_grad_()
    theirs = ours.detach().clone().requires_grad_()
    weights = torch.randn(6, 3).to(dtype)
    found, expected = net(ours), theirs.mean(tuple(range(2, theirs.dim())))
    assert torch.equal(found, expected)
    (found * weights).sum().backward()
    (expected * weights).sum().backward()
    assert torch.equal(ours.grad, theirs.grad)


def test_the_gradient_of_pictures_leaves_their_layout_alone() -> None:
    net: Any = build(pooled(3, 5, 4))
    x = torch.randn(6, 3, 5, 4).contiguous(memory_format=torch.channels_last).requires_grad_()
    net(torch.relu(x)).sum().backward()
    assert x.grad is not None
    assert x.grad.is_contiguous(memory_format=torch.channels_last)
