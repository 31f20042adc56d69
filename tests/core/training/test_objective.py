"""Optimizers of our own, and objectives in a run, against formulas and scikit-learn."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from core.catalog.optimizers import OPTIMIZERS
from core.training.loop import train
from core.training.optimizers import make, memory, remember
from tests import trainings

START = np.array([1.0, -2.0, 0.5, 3.0, -1.0])
CURVATURE = np.array([1.0, 3.0, 0.2, 5.0, 0.7])


def descend(kind: str, steps: int = 200, **fields: Any) -> np.ndarray[Any, Any]:
    """The quadratic ``sum(c * w^2) / 2`` in float64."""
    weights = nn.Parameter(torch.tensor(START))
    optimizer = make(kind, [{"params": [weights]}], OPTIMIZERS[kind].values(fields))
    for _ in range(steps):
        weights.grad = torch.tensor(CURVATURE) * weights.detach()
        optimizer.step()
    return weights.detach().numpy()


def test_adam_without_bias_correction_is_the_written_formula() -> None:
    w, m, v = START.copy(), np.zeros(5), np.zeros(5)
    for _ in range(200):
        g = CURVATURE * w + 0.01 * w
        m = 0.9 * m + 0.1 * g
        v = 0.99 * v + 0.01 * g**2
        w = w - 0.05 * m / np.sqrt(v + 1e-6)
    ours = descend("adam_guide", lr=0.05, betas=(0.9, 0.99), eps=1e-6, weight_decay=0.01)
    assert np.allclose(ours, w, rtol=0, atol=1e-13)
    assert np.abs(descend("adam_guide", steps=5, lr=0.05) - descend("adam", steps=5, lr=0.05)).max() > 0.1


def test_rmsprop_with_eps_inside_is_the_written_formula() -> None:
    w, v = START.copy(), np.zeros(5)
    for _ in range(200):
        g = CURVATURE * w
        v = 0.9 * v + 0.1 * g**2
        w = w - 0.01 * g / np.sqrt(v + 1e-4)
    assert np.allclose(descend("rmsprop_guide", lr=0.01, alpha=0.9, eps=1e-4), w, rtol=0, atol=1e-13)


def test_muon_steps_matrices_and_adamw_the_rest() -> None:
    torch.manual_seed(0)
    net, same = (nn.Sequential(nn.Linear(4, 6), nn.Tanh(), nn.Linear(6, 2)) for _ in range(2))
    same.load_state_dict(net.state_dict())
    groups = [{"params": [p]} for p in net.parameters()]
    ours = make("muon", groups, OPTIMIZERS["muon"].values({"lr": 0.02}))
    shared: dict[str, Any] = {"lr": 0.02, "weight_decay": 0.1}
    theirs = [
        torch.optim.Muon([p for p in same.parameters() if p.dim() == 2], adjust_lr_fn="match_rms_adamw", **shared),
        torch.optim.AdamW([p for p in same.parameters() if p.dim() != 2], **shared),
    ]
    x, y = torch.randn(16, 4), torch.randn(16, 2)
    for _ in range(8):
        for model, optimizers in ((net, [ours]), (same, theirs)):
            model.zero_grad()
            (model(x) - y).square().mean().backward()
            for optimizer in optimizers:
                optimizer.step()
    for a, b in zip(net.parameters(), same.parameters(), strict=True):
        assert torch.equal(a, b)


@pytest.mark.parametrize("search", [None, "strong_wolfe"])
def test_lbfgs_in_a_run_equals_that_of_pytorch(search: str | None) -> None:
    fields: dict[str, Any] = {"lr": 0.5, "max_iter": 6, "history_size": 5, "line_search_fn": search}
    objectives = [{"optimizer": {"kind": "lbfgs", "params": fields}}]
    job = trainings.job(epochs=8, objectives=objectives, batch_size="full", monitor=False)
    ours, theirs = (trainings.run(trainings.binary(), job) for _ in range(2))
    list(train(ours))
    net: Any = trainings.module.build(theirs.program)
    net.load_state_dict({name: value.clone() for name, value in theirs.net.state_dict().items()})
    plain: Any = torch.optim.LBFGS(net.parameters(), **fields)
    [batch] = theirs.batches(0, 0)

    def closure() -> Any:
        plain.zero_grad()
        loss: Any = net.step(batch)[1]["loss"]
        loss.backward()
        return loss

    for _ in range(8):
        plain.step(closure)
    for name, value in net.state_dict().items():
        assert torch.allclose(ours.net.state_dict()[name], value, rtol=1e-3, atol=1e-5), name


@pytest.mark.parametrize("kind", OPTIMIZERS)
def test_the_memory_of_every_optimizer_comes_back(kind: str) -> None:
    def problem() -> tuple[list[nn.Parameter], torch.optim.Optimizer, Callable[[], Any]]:
        torch.manual_seed(3)
        weights = [nn.Parameter(torch.randn(3, 2)), nn.Parameter(torch.randn(4))]
        optimizer = make(kind, [{"params": weights}], OPTIMIZERS[kind].values({}))

        def closure() -> Any:
            optimizer.zero_grad()
            loss: Any = sum(w.square().mul(3).sum() + w.cos().sum() for w in weights)
            loss.backward()
            return loss

        def step() -> None:
            closure()
            optimizer.step(closure)

        return weights, optimizer, step

    whole, _, step = problem()
    for _ in range(7):
        step()
    first, before, step = problem()
    for _ in range(4):
        step()
    second, after, step = problem()
    for mine, theirs in zip(second, first, strict=True):
        mine.data.copy_(theirs.data)
    tensors, plain = memory(before)
    remember(after, second, {name: t.clone() for name, t in tensors.items()}, plain)
    for _ in range(3):
        step()
    assert all(torch.equal(a, b) for a, b in zip(whole, second, strict=True))
