"""What flows through the nodes: the numbers, that measuring changes nothing, and the alarms."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch

from core.program.program import Init, Program
from core.training.loop import train
from core.training.protocol import Picture, Signals
from core.training.reports.flow import Flow
from core.training.signals import OFTEN, Alarms, Monitor
from tests import drawn, trainings
from tests.core.training.test_loop import of, optimizer


def test_the_numbers_are_those_of_the_step() -> None:
    run = trainings.run(trainings.binary(), trainings.job(objectives=[optimizer("sgd", lr=0.5)]))
    before = {name: value.clone() for name, value in run.net.state_dict().items()}
    batch = next(iter(run.batches(0, 0)))
    net: Any = run.net
    with torch.no_grad():
        hidden = net.tanh(net.hidden(batch["features"]))
    assert run.monitor is not None
    _, nodes = run.monitor.take(lambda: run.engine.step(batch, 0))
    assert nodes["tanh"]["activation"] == pytest.approx(hidden.square().mean().sqrt().item(), rel=1e-5)
    assert nodes["tanh"]["dead"] == 0
    moved = [run.net.state_dict()[f"score.{n}"] - before[f"score.{n}"] for n in ("weight", "bias")]
    step = torch.cat([m.reshape(-1) for m in moved])
    size = torch.cat([before[f"score.{n}"].reshape(-1) for n in ("weight", "bias")])
    count = step.numel() ** 0.5
    assert nodes["score"]["gradient"] == pytest.approx(step.norm().item() / 0.5 / count, rel=1e-4)
    assert nodes["score"]["update"] == pytest.approx((step.norm() / size.norm()).item(), rel=0.2)


def test_measuring_changes_nothing() -> None:
    plain, watched = (
        trainings.run(trainings.moons(), trainings.job(epochs=2, monitor=on, objectives=[optimizer("adam")]))
        for on in (False, True)
    )
    torch.manual_seed(5)
    list(train(plain))
    torch.manual_seed(5)
    said = list(train(watched))
    for name, value in plain.net.state_dict().items():
        assert torch.equal(watched.net.state_dict()[name], value)
    assert not of(Signals, said) or of(Signals, said)[0].nodes["hidden"].keys() >= {"gradient", "update", "activation"}


def deep(activation: str, init: Init | None = None) -> Program:
    d = drawn.Drawing("Deep", "Deep")
    x, target = d.input("features", 2), d.target("target", dtype="int")
    for index in range(12):
        x = d.layer("linear", f"linear{index}", x, params={"out_features": 16}, init=init)
        x = d.layer(activation, f"act{index}", x)
    logits = d.layer("linear", "logits", x, params={"out_features": 2})
    d.output(logits)
    d.loss(d.layer("cross_entropy", "loss", logits, target))
    return d.program()


def alarms(program: Program, prepare: Any = lambda net: None) -> list[Any]:
    run = trainings.run(program, trainings.job(objectives=[optimizer("sgd", lr=1e-4)]))
    prepare(run.net)
    found, watch = [], Alarms()
    assert run.monitor is not None
    for epoch in range(OFTEN + 1):
        for batch in run.batches(epoch, 0):
            nodes = run.monitor.take(lambda batch=batch: run.engine.step(batch, 0))[1]  # type: ignore[misc]
            found += watch.look(nodes, run.engine.labels)
    return found


def test_a_chain_of_sigmoids_vanishes_and_is_told_once() -> None:
    [problem] = alarms(deep("sigmoid"))
    assert (problem.code, problem.node) == ("vanishing", "linear0")
    assert "ReLU in place of sigmoid" in problem.message


def test_a_healthy_net_raises_nothing() -> None:
    assert alarms(deep("relu", Init(weight="kaiming_uniform"))) == []
    assert alarms(trainings.moons()) == []


def test_dead_units_and_explosions_are_told() -> None:
    def kill(net: Any) -> None:
        net.linear3.bias.data.fill_(-100.0)

    found = alarms(deep("relu"), kill)
    assert ("dead", "act3") in {(p.code, p.node) for p in found}

    def blow(net: Any) -> None:
        for p in net.parameters():
            p.data.mul_(20)

    [problem] = [p for p in alarms(deep("relu"), blow) if p.code == "exploding"]
    assert problem.fixes[0].args == {"path": "objectives.0.clip_norm", "value": 1.0}


def sigmoids(depth: int) -> Program:
    """A chain of sigmoids of one unit each, all weights 1."""
    d = drawn.Drawing("Chain", "Chain")
    x, target = d.input("features", 1), d.target("target", 1)
    for index in range(depth):
        x = d.layer("linear", f"linear{index}", x, params={"out_features": 1})
        x = d.layer("sigmoid", f"act{index}", x)
    d.output(x)
    d.loss(d.layer("mse_loss", "loss", x, target))
    return d.program()


@pytest.mark.parametrize("depth", [2, 5, 10])
def test_through_a_chain_of_sigmoids_at_most_a_quarter_is_left_at_each(depth: int) -> None:
    net: Any = trainings.module.build(sigmoids(depth))
    for parameter in net.parameters():
        parameter.data.fill_(1.0 if parameter.dim() > 1 else 0.0)
    batch = {"features": torch.zeros(1, 1), "target": torch.zeros(1, 1)}  # the first weight's own gradient is 0
    _, nodes = Monitor(net, sigmoids(depth)).take(lambda: net.step(batch)[1]["loss"].backward())
    scales = [nodes[f"linear{index}"]["gradient"] for index in range(depth)]
    assert next(iter(nodes)) == "linear0", "in the order of depth"
    assert 0 < scales[0] / scales[-1] <= 0.25 ** (depth - 1)
    value, slope = 0.0, 1.0
    for _ in range(depth):  # the chain rule by hand, from the input on: d out / d z0
        value = 1 / (1 + math.exp(-value))
        slope *= value * (1 - value)
    assert scales[0] * math.sqrt(2) == pytest.approx(2 * value * slope, rel=1e-4)


@pytest.mark.parametrize("limit", [1e-3, 0.05, 1e3])
def test_after_clipping_the_norm_is_the_least_of_both(limit: float) -> None:
    norms = []
    for clip in (None, limit):
        run = trainings.run(
            trainings.binary(), trainings.job(objectives=[{**optimizer("sgd", lr=1.0), "clip_norm": clip}])
        )
        before = [p.detach().clone() for p in run.net.parameters()]
        run.engine.step(next(iter(run.batches(0, 0))), 0)
        moved = [p.detach() - old for p, old in zip(run.net.parameters(), before, strict=True)]
        norms.append(torch.cat([m.reshape(-1) for m in moved]).norm().item())
    assert norms[1] == pytest.approx(min(norms[0], limit), rel=1e-3)


def test_the_flow_is_a_picture_too_in_the_order_of_depth() -> None:
    run = trainings.run(deep("relu"), trainings.job())
    assert run.monitor is not None
    flow = Flow(run, run.monitor)
    flow.take(lambda: run.engine.step(next(iter(run.batches(0, 0))), 0))
    signals, picture, *_ = flow.tell()
    assert isinstance(signals, Signals)
    assert isinstance(picture, Picture)
    assert (picture.name, picture.step) == ("flow", 1)
    assert list(picture.data["gradient"]) == [*(f"linear{index}" for index in range(12)), "logits"]
    for node, scale in picture.data["gradient"].items():
        assert scale == pytest.approx(signals.nodes[node]["gradient"], rel=1e-3)
