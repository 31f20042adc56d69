"""Penalties, multipliers and gathered gradients, against scikit-learn and PyTorch."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from sklearn.linear_model import ElasticNet, Lasso, Ridge
from torch import nn

from core.problem import LayerloomError
from core.program.program import Program
from core.training.loop import train
from core.training.penalty import Penalty
from core.training.protocol import Points
from core.training.run import Run
from tests import drawn, trainings

STANDARD = [{"kind": "standardise", "field": name} for name in ("features", "target")]
WHOLE = {"validation": 0.0, "test": 0.0}


def line() -> Program:
    """One Linear layer on the diabetes data."""
    d = drawn.Drawing("Line", "Line")
    x, target = d.input("features", 10), d.target("target", 1)
    out = d.layer("linear", "out", x, params={"out_features": 1})
    d.output(out)
    d.loss(d.layer("mse_loss", "mse", out, target))
    return d.program()


def fitted(**objective: Any) -> tuple[Run, Any, Any]:
    """A run of full batches to its end, and the numbers that it saw."""
    job = trainings.job("diabetes", epochs=objective.pop("epochs"), batch_size="full", transforms=STANDARD,
                        objectives=[objective], monitor=False)  # fmt: skip
    job = job.model_copy(update={"data": job.data.model_copy(update={"split": type(job.data.split)(**WHOLE)})})
    run = trainings.run(line(), job)
    list(train(run))
    part = run.prepared.splits["train"]
    return run, part["features"].astype(np.float64), part["target"][:, 0].astype(np.float64)


def optimizer(kind: str, **params: Any) -> dict[str, Any]:
    return {"optimizer": {"kind": kind, "params": params}}


ISTA = {**optimizer("sgd", lr=0.1, momentum=0.9), "l1_shrinks": True, "epochs": 2500}


@pytest.mark.parametrize(
    ("objective", "rival"),
    [
        ({**optimizer("lbfgs", line_search_fn="strong_wolfe"), "epochs": 12, "l2": 0.05}, lambda n: Ridge(n * 0.05)),
        ({**ISTA, "l1": 0.2}, lambda n: Lasso(0.1, tol=1e-12)),
        ({**ISTA, "l1": 0.12, "l2": 0.04}, lambda n: ElasticNet(0.1, l1_ratio=0.6, tol=1e-12, max_iter=10_000)),
    ],
    ids=["ridge", "lasso", "elastic-net"],
)
def test_one_linear_layer_is_scikit_learns_linear_model(objective: dict[str, Any], rival: Any) -> None:
    run, x, y = fitted(**dict(objective))
    model = rival(len(x)).fit(x, y)
    weight = run.net.get_submodule("out").weight.detach().numpy()[0]  # type: ignore[union-attr, operator]
    assert np.allclose(weight, model.coef_, rtol=0, atol=2e-4)
    assert np.array_equal(weight == 0, model.coef_ == 0)
    assert run.net.state_dict()["out.bias"].item() == pytest.approx(float(model.intercept_), abs=1e-4)


def test_the_gradients_are_those_of_autograd_and_biases_are_left_alone() -> None:
    net = nn.Sequential(nn.Linear(4, 3), nn.Linear(3, 2))
    penalty = Penalty(list(net.parameters()), 0.3, 0.7, shrinks=False)
    loss = sum(0.3 * p.abs().sum() + 0.7 * p.square().sum() for p in net.parameters() if p.dim() > 1)
    assert isinstance(loss, torch.Tensor)
    assert float(penalty.value()) == pytest.approx(loss.item(), rel=1e-6)
    expected = torch.autograd.grad(loss, [net[0].weight, net[1].weight])
    for p in net.parameters():
        p.grad = torch.ones_like(p)
    penalty.add_gradients()
    assert torch.allclose(net[0].weight.grad - 1, expected[0], atol=1e-6)
    assert torch.allclose(net[1].weight.grad - 1, expected[1], atol=1e-6)
    assert torch.equal(net[0].bias.grad, torch.ones(3))


def test_the_penalty_is_plotted_and_may_be_of_single_nodes() -> None:
    given = {**optimizer("sgd", lr=0.1), "l2": 0.5, "penalised": ["score"]}
    job = trainings.job(epochs=40, objectives=[given])
    run = trainings.run(trainings.binary(), job)
    said = [e for e in train(run) if isinstance(e, Points) and "penalty" in e.series]
    assert said
    assert run.net.state_dict()["score.weight"].norm() < 0.5
    assert run.net.state_dict()["hidden.weight"].norm() > 1.0
    with pytest.raises(LayerloomError, match=r"objectives.0.penalised: there is no node 'nowhere'"):
        trainings.run(trainings.binary(), trainings.job(objectives=[{"l2": 1.0, "penalised": ["nowhere"]}]))


def test_multipliers_are_groups_of_pytorch() -> None:
    job = trainings.job(objectives=[{**optimizer("adam", lr=0.02), "rates": {"hidden": 0.1}}], monitor=False)
    ours, theirs = (trainings.run(trainings.binary(), job) for _ in range(2))
    list(train(ours))
    net: Any = trainings.module.build(theirs.program)
    net.load_state_dict({name: value.clone() for name, value in theirs.net.state_dict().items()})
    groups = [{"params": net.score.parameters(), "lr": 0.02}, {"params": net.hidden.parameters(), "lr": 0.002}]
    plain = torch.optim.Adam(groups)
    for epoch in range(job.epochs):
        for batch in theirs.batches(epoch, 0):
            plain.zero_grad()
            net.step(batch)[1]["loss"].backward()
            plain.step()
    for name, value in net.state_dict().items():
        assert torch.allclose(ours.net.state_dict()[name], value, rtol=1e-4, atol=1e-6), name


def test_a_multiplier_of_zero_leaves_a_node_as_it_was() -> None:
    run = trainings.run(trainings.binary(), trainings.job(objectives=[{"rates": {"hidden": 0}}]))
    before = {name: value.clone() for name, value in run.net.state_dict().items()}
    list(train(run))
    after = run.net.state_dict()
    assert torch.equal(before["hidden.weight"], after["hidden.weight"])
    assert not torch.equal(before["score.weight"], after["score.weight"])


def gathering(batch_size: int, accumulate: int, epochs: int = 3) -> Run:
    job = trainings.job(data={"n": 128}, batch_size=batch_size, epochs=epochs, monitor=False,
                        objectives=[{**optimizer("sgd", lr=0.1), "accumulate": accumulate}])  # fmt: skip
    job = job.model_copy(update={"data": job.data.model_copy(update={"split": type(job.data.split)(**WHOLE)})})
    run = trainings.run(trainings.binary(), job)
    list(train(run))
    return run


def test_gathered_batches_are_one_large_batch() -> None:
    small, large = gathering(16, 4), gathering(64, 1)
    for name, value in large.net.state_dict().items():
        assert torch.allclose(small.net.state_dict()[name], value, rtol=1e-5, atol=1e-6), name


def test_what_is_left_at_the_end_is_stepped_on() -> None:
    whole, short = gathering(64, 2, epochs=1), gathering(64, 1000, epochs=1)
    for name, value in whole.net.state_dict().items():
        assert torch.equal(short.net.state_dict()[name], value), name
