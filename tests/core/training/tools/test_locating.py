"""The first bad number is found where it was made: the node, the operation, the step, the way out."""

from __future__ import annotations

from queue import SimpleQueue
from typing import Any

import pytest
import torch

from core.problem import LayerloomError, Problem
from core.program.program import Init, Program
from core.training.job import Job
from core.training.loop import train
from core.training.protocol import Changed, Command
from core.training.run import Run
from core.training.tools.watching import Watch
from tests import drawn, trainings


def net(layer: str, before: str = "relu", start: Init | None = None, **params: Any) -> Program:
    """Iris: a layer that breaks stands between two that do not."""
    d = drawn.Drawing("Odd", "Odd")
    x, target = d.input("features", 4), d.target("target", dtype="int")
    h = d.layer(before, "before", d.layer("linear", "hidden", x, params={"out_features": 8}, init=start))
    odd = d.layer(layer, "odd", *([h, h] if layer == "divide" else [h]), params=params, label="Odd one")
    logits = d.layer("linear", "logits", odd, params={"out_features": 3})
    d.output(logits)
    d.loss(d.layer("cross_entropy", "loss", logits, target))
    return d.program()


def trouble(program: Program, job: Job) -> Problem:
    """What ends the training."""
    with pytest.raises(LayerloomError) as caught:
        for _ in train(trainings.run(program, job)):
            pass
    return caught.value.problem


def sgd(rate: float, source: str = "diabetes", **more: Any) -> Job:
    return trainings.job(source, objectives=[{"optimizer": {"kind": "sgd", "params": {"lr": rate}}}], **more)


ZERO = Init("zeros", {}, "zeros", {})


@pytest.mark.parametrize(
    ("program", "says"),
    [
        (net("power", exponent=-1.0), "Odd one: a power of 0 that is infinite"),
        (net("divide"), "Odd one: a division by 0"),
        (net("power", "tanh", exponent=0.5), "Odd one: a root of a negative number"),
        (net("power", "tanh", ZERO, exponent=0.5), "Odd one: the slope of the root at 0 is infinite"),
    ],
    ids=["power", "divide", "root", "backward"],
)
def test_the_node_the_operation_and_the_way_out(program: Program, says: str) -> None:
    found = trouble(program, trainings.job("iris"))
    assert found.code == "diverged"
    assert found.node == "odd"
    assert found.message.startswith(says)
    assert "in epoch 1, at step 1." in found.message
    assert "small number" in found.message or "at 0 or above" in found.message
    assert not found.fixes  # a lower learning rate would not help


def test_inside_blocks_repeated_ones_too() -> None:
    inner = drawn.Drawing("Inner", path="block")
    inner.output(inner.layer("power", "root", inner.input("x", 4), params={"exponent": 0.5}))
    d = drawn.Drawing("Outer")
    x, target = d.input("features", 4), d.target("target", dtype="int")
    x = d.layer("linear", "first", x, params={"out_features": 4})
    x = d.block("Inner", inner.program(), "block", x, repeat=2)
    logits = d.layer("linear", "logits", x, params={"out_features": 3})
    d.output(logits)
    d.loss(d.layer("cross_entropy", "loss", logits, target))
    assert trouble(d.program(), trainings.job("iris")).node == "block/root"


def first_bad_step(run: Run) -> int:
    """By a plain loop over the same run: the first step (from 1) whose loss or weights are no number."""
    for epoch in range(1000):
        for batch in run.batches(epoch, 0):
            taken = run.engine.step(batch, run.step)
            run.step += 1
            weights = all(bool(torch.isfinite(p).all()) for p in run.net.parameters())
            if not weights or not bool(torch.isfinite(taken.loss)):
                return run.step
    raise AssertionError


@pytest.mark.parametrize("rate", [3.0, 10.0, 30.0])
def test_the_step_is_the_first_one_that_broke(rate: float) -> None:
    job = sgd(rate, epochs=500)
    expected = first_bad_step(trainings.run(trainings.regression(), job))
    found = trouble(trainings.regression(), job)
    assert f"at step {expected}." in found.message
    assert "runs away" in found.message
    assert [fix.action for fix in found.fixes] == ["set_job", "set_job"]
    assert found.node in ("mse", "out", "hidden")


def test_a_step_that_is_far_too_long_is_told_of_the_layer_whose_weights_it_broke() -> None:
    found = trouble(trainings.moons(), sgd(1e38, "moons"))
    assert found.node in ("hidden", "logits", "norm")
    assert "learning rate" in found.message


def test_a_hole_in_the_data_is_told_at_the_input() -> None:
    run = trainings.run(drawn.mlp(), trainings.job("iris"))
    run.train.tensors["features"][17, 2] = torch.inf
    with pytest.raises(LayerloomError) as caught:
        list(train(run))
    found = caught.value.problem
    assert found.node == "features"
    assert found.received == "1 infinite"
    assert "1 example of the batch" in found.message


@pytest.mark.parametrize(
    "more",
    [
        {"precision": "bf16"},
        {"average": 0.9},
        {"balance": "sampling"},
        {"recompute": ["hidden"]},
        {"objectives": [{"accumulate": 3}]},
        {"objectives": [{"trains": ["hidden"]}, {"trains": ["logits"]}]},
        {"objectives": [{"schedule": {"kind": "plateau"}}]},
    ],
    ids=str,
)
def test_jobs_of_many_kinds(more: dict[str, Any]) -> None:
    assert trouble(net("power", "tanh", ZERO, exponent=0.5), trainings.job("iris", **more)).node == "odd"


def test_settings_made_while_it_runs_are_those_of_the_steps_that_are_taken_again() -> None:
    commands: SimpleQueue[Command] = SimpleQueue()
    commands.put(Command("set", {"path": "objectives.0.lr", "value": 1e38}))
    run = trainings.run(trainings.regression(), sgd(1e-4))
    seen: list[Any] = []
    with pytest.raises(LayerloomError) as caught:
        seen.extend(train(run, commands=commands))
    assert any(isinstance(event, Changed) for event in seen)
    assert "1e+38" in caught.value.problem.message
    assert caught.value.problem.node


def test_masks_of_minus_infinity_are_no_trouble_until_nothing_is_left() -> None:
    run = trainings.run(net("softmax", dim=-1), trainings.job("iris"))
    scores = torch.zeros(2, 3, requires_grad=True)
    with Watch() as watch:  # nothing here comes from a node, so nothing is told of
        scores.masked_fill(torch.tensor([[True, False, False], [True, True, True]]), -torch.inf).softmax(-1)
    assert watch.breaks == []
    with Watch() as watch:
        run.engine.step(next(run.batches(0, 0)), 0)
    assert watch.breaks == []


def test_a_sound_training_keeps_its_numbers_and_its_end() -> None:
    runs = [trainings.run(trainings.moons(dropout=False), trainings.job(epochs=2)) for _ in range(2)]
    list(train(runs[0]))
    for epoch in range(2):
        for batch in runs[1].batches(epoch, 0):
            runs[1].engine.step(batch, runs[1].step)
            runs[1].step += 1
    for one, other in zip(runs[0].net.parameters(), runs[1].net.parameters(), strict=True):
        assert torch.equal(one, other)
