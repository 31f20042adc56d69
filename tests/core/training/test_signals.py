"""What flows through the nodes: the numbers, that measuring changes nothing, and the alarms."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from core.program.program import Init, Program
from core.training.loop import train
from core.training.protocol import Signals
from core.training.signals import OFTEN, Alarms
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
