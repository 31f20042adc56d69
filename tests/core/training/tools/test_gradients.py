"""Right gradients pass whatever the layer; a wrong backward is caught and placed; kinks are told apart."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from core.program.program import Init, Program
from core.training.run import Run
from core.training.tools.gradients import check_gradients
from tests import drawn, trainings


class _Wrong(torch.autograd.Function):
    """The square, with a slope of x in place of 2 x."""

    @staticmethod
    def forward(context: Any, x: Tensor) -> Tensor:
        context.save_for_backward(x)
        return x * x

    @staticmethod
    def backward(context: Any, slope: Tensor) -> Tensor:
        (x,) = context.saved_tensors
        return slope * x


class Wrong(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        result: Tensor = _Wrong.apply(x)
        return result


def three(middle: str = "tanh") -> Program:
    d = drawn.Drawing("Three", "Three")
    x, target = d.input("features", 2), d.target("target", dtype="int")
    x = d.layer("tanh", "squash", d.layer("linear", "first", x, params={"out_features": 5}))
    x = d.layer(middle, "middle", d.layer("linear", "second", x, params={"out_features": 5}))
    logits = d.layer("linear", "third", x, params={"out_features": 2})
    d.output(logits)
    d.loss(d.layer("cross_entropy", "loss", logits, target))
    return d.program()


def broken(monkeypatch: pytest.MonkeyPatch) -> Run:
    """A run in whose network one layer's backward is wrong, in every copy that is made of it."""
    monkeypatch.setattr(nn, "Mish", Wrong)
    return trainings.run(three("mish"), trainings.job())


def test_a_wrong_backward_is_caught_and_placed(monkeypatch: pytest.MonkeyPatch) -> None:
    found = check_gradients(broken(monkeypatch))
    assert not found.right
    verdicts = {node.node: node.right for node in found.nodes}
    assert verdicts == {"first": False, "second": False, "third": True}
    assert "Wrong at first, second" in found.verdict
    assert "from second on" in found.verdict
    worst = found.nodes[1].worst
    assert worst is not None
    assert worst.difference == pytest.approx(2 * worst.autograd, rel=1e-4)
    assert json.loads(json.dumps(found.to_json()))["right"] is False


@pytest.mark.parametrize("middle", ["tanh", "gelu", "relu", "leaky_relu", "elu", "hardtanh", "dropout", "batch_norm1d"])
def test_right_gradients_pass(middle: str) -> None:
    found = check_gradients(trainings.run(three(middle), trainings.job()), samples=20)
    assert found.right, found.verdict
    assert found.nodes[0].node == "first"
    assert all(node.checked for node in found.nodes)


def test_the_weight_that_is_compared_is_that_of_the_formula() -> None:
    """A weighted sum under a squared error: dL/dw is 2/n X^T (X w - y), to the last figures."""
    d = drawn.Drawing("Sum", "Sum")
    x, target = d.input("features", 10), d.target("target", 1)
    out = d.layer("linear", "sum", x, params={"out_features": 1, "bias": False})
    d.output(out)
    d.loss(d.layer("mse_loss", "loss", out, target))
    run = trainings.run(d.program(), trainings.job("diabetes"))
    found = check_gradients(run)
    batch = {name: t[:16].double() for name, t in next(run.batches(0, 0)).items()}
    w = run.net.get_parameter("sum.weight").detach().double()
    slope = 2 / 16 * (batch["features"] @ w.T - batch["target"]).T @ batch["features"]
    worst = found.nodes[0].worst
    assert worst is not None
    assert worst.autograd == pytest.approx(float(slope[worst.index]), rel=1e-12)
    assert worst.difference == pytest.approx(float(slope[worst.index]), rel=1e-6)


def test_a_corner_is_a_kink_and_no_error() -> None:
    """With all weights 0 every unit stands exactly at the corner of its ReLU."""
    d = drawn.Drawing("Corner", "Corner")
    zero = Init("zeros", {}, "zeros", {})
    x, target = d.input("features", 2), d.target("target", dtype="int")
    x = d.layer("relu", "relu", d.layer("linear", "first", x, params={"out_features": 5}, init=zero))
    logits = d.layer("linear", "second", x, params={"out_features": 2})
    d.output(logits)
    d.loss(d.layer("cross_entropy", "loss", logits, target))
    found = check_gradients(trainings.run(d.program(), trainings.job()))
    assert found.right
    first = found.nodes[0]
    assert first.kinks > 0
    assert "at a kink" in found.verdict


def test_blocks_repeated_ones_shared_and_frozen_weights() -> None:
    resnet = drawn.resnet()
    given = trainings.job("digits", batch_size=8)
    resnet = replace(resnet, inputs=(replace(resnet.inputs[0], field="features"),))
    found = check_gradients(trainings.run(resnet, given), samples=4, examples=4)
    assert found.right, found.verdict
    assert {"stem", "stage1/conv1", "stage2/shortcut", "head"} <= {node.node for node in found.nodes}
    steps = tuple(replace(s, frozen=True) if s.node == "hidden" else s for s in drawn.mlp().steps)
    iris = check_gradients(trainings.run(replace(drawn.mlp(), steps=steps), trainings.job("iris")))
    assert [node.node for node in iris.nodes] == ["logits"]
    assert iris.frozen == ("hidden",)


def test_what_bends_gradients_on_purpose_is_named() -> None:
    found = check_gradients(trainings.run(three("gradient_reversal"), trainings.job()))
    assert not found.right
    assert "on purpose" in found.verdict


def test_the_run_stays_as_it_is() -> None:
    run = trainings.run(trainings.moons(), trainings.job())
    before, random = {n: t.clone() for n, t in run.net.state_dict().items()}, torch.get_rng_state()
    found = check_gradients(run)
    assert found.right, found.verdict
    assert all(torch.equal(t, before[n]) for n, t in run.net.state_dict().items())
    assert all(p.dtype == torch.float32 for p in run.net.parameters())
    assert torch.equal(torch.get_rng_state(), random)
