"""The kernels of fused optimizers, called without what PyTorch does around them."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from core.training import fused
from core.training.optimizers import make

CASES: list[tuple[str, dict[str, Any]]] = [
    ("adam", {"lr": 0.01}),
    ("adam", {"lr": 0.01, "weight_decay": 0.1, "betas": (0.8, 0.9), "eps": 1e-4}),
    ("adam", {"lr": 0.01, "amsgrad": True}),
    ("adamw", {"lr": 0.01, "weight_decay": 0.1}),
    ("sgd", {"lr": 0.1}),
    ("sgd", {"lr": 0.1, "momentum": 0.9, "weight_decay": 0.01}),
    ("sgd", {"lr": 0.1, "momentum": 0.9, "nesterov": True}),
    ("sgd", {"lr": 0.1, "momentum": 0.9, "dampening": 0.3}),
]


def optimizer(kind: str, values: dict[str, Any]) -> tuple[torch.optim.Optimizer, list[nn.Parameter]]:
    random = torch.Generator().manual_seed(0)
    weights = [nn.Parameter(torch.randn(size, generator=random)) for size in ((5, 3), (7,))]
    return make(kind, [{"params": [w]} for w in weights], values), weights


@pytest.mark.parametrize(("kind", "values"), CASES)
def test_the_numbers_are_those_of_the_optimizer(kind: str, values: dict[str, Any]) -> None:
    (ours, left), (theirs, right) = optimizer(kind, values), optimizer(kind, values)
    assert ours.param_groups[0]["fused"]
    step = fused.stepping(ours)
    for number in range(6):
        for mine, other in zip(left, right, strict=True):
            mine.grad = torch.randn(mine.shape, generator=torch.Generator().manual_seed(number))
            other.grad = mine.grad.clone()
        if number == 3:
            left[1].grad = right[1].grad = None  # what has no gradient stays as it is
            ours.param_groups[0]["lr"] = theirs.param_groups[0]["lr"] = 0.5
        step()
        theirs.step()  # type: ignore[no-untyped-call]
        assert all(torch.equal(mine, other) for mine, other in zip(left, right, strict=True))
    for mine, other in zip(left, right, strict=True):
        assert ours.state[mine].keys() == theirs.state[other].keys()
        assert all(torch.equal(ours.state[mine][name], theirs.state[other][name]) for name in ours.state[mine])


def test_momentum_that_begins_later_has_its_memory_made() -> None:
    (ours, left), (theirs, right) = optimizer("sgd", {"lr": 0.1}), optimizer("sgd", {"lr": 0.1})
    step = fused.stepping(ours)
    for number in range(4):
        for mine, other in zip(left, right, strict=True):
            mine.grad, other.grad = torch.full_like(mine, number), torch.full_like(other, number)
        for group in (*ours.param_groups, *theirs.param_groups):
            group["momentum"] = 0.9 if number > 1 else 0.0
        step()
        theirs.step()  # type: ignore[no-untyped-call]
    assert all(torch.equal(mine, other) for mine, other in zip(left, right, strict=True))


def test_others_take_their_own_step() -> None:
    made, weights = optimizer("rmsprop", {"lr": 0.1})
    assert fused.stepping(made) == made.step
    for weight in weights:
        weight.grad = torch.ones_like(weight)
    before = weights[0].clone()
    fused.stepping(made)()
    assert not torch.equal(weights[0], before)


@pytest.mark.parametrize(("kind", "values"), CASES[:1])
def test_the_kernel_alone_is_called_once_the_memory_stands(
    kind: str, values: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    made, weights = optimizer(kind, values)
    calls: list[int] = []
    plain = made.step
    monkeypatch.setattr(made, "step", lambda: calls.append(1) or plain())
    step = fused.stepping(made)
    for _ in range(3):
        for weight in weights:
            weight.grad = torch.ones_like(weight)
        step()
    assert len(calls) == 1
