"""Weights of losses that move while training: the formula, the gradients, what is told, and that resuming is exact."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
import torch

from core.problem import LayerloomError
from core.program.program import Program
from core.training import checkpoint as files
from core.training.job import Objective
from core.training.loop import train
from core.training.protocol import Command, Finished, Points
from core.training.weighing import Weighing
from tests import drawn, trainings
from tests.core.training.test_loop import column, of, optimizer
from tests.core.training.test_steering import at_steps, change

RISE = {"kind": "constant", "warmup": {"length": 2, "unit": "epoch"}}


def two_losses() -> Program:
    """One score, compared with the target twice."""
    d = drawn.Drawing("TwoLosses", "TwoLosses")
    x, target = d.input("features", 10), d.target("target", 1)
    out = d.layer("linear", "out", d.layer("tanh", "tanh", d.layer("linear", "hidden", x, params={"out_features": 4})),
                  params={"out_features": 1})  # fmt: skip
    d.output(out)
    d.loss(d.layer("mse_loss", "squares", out, target))
    d.loss(d.layer("l1_loss", "sizes", out, target))
    return d.program()


def job(**changes: Any) -> Any:
    objective = {**optimizer("sgd", lr=0.01), "losses": {"squares": 1.0, "sizes": 3.0}, **changes}
    scaled = [{"kind": "standardise", "field": field} for field in ("features", "target")]
    return trainings.job("diabetes", objectives=[objective], epochs=4, batch_size=64, transforms=scaled)


def rise(step: int, per_epoch: int) -> float:
    return 3.0 * min(1.0, step / (2 * per_epoch))


@pytest.mark.parametrize(
    ("schedule", "formula"),
    [
        (RISE, rise),
        ({"kind": "cosine"}, lambda step, per_epoch: 1.5 * (1 + math.cos(math.pi * step / (4 * per_epoch)))),
        (
            {"kind": "step", "params": {"step_size": 2, "gamma": 0.5}},
            lambda step, per_epoch: 3.0 * 0.5 ** (step // per_epoch // 2),
        ),
    ],
)
def test_a_weight_follows_its_formula_and_the_steps_are_those_of_a_hand_written_loop(
    schedule: dict[str, Any], formula: Any
) -> None:
    given = job(loss_schedules={"sizes": schedule})
    ours, theirs = (trainings.run(two_losses(), given) for _ in range(2))
    said = list(train(ours))
    weights = column(said, "weight/sizes")
    wanted = [formula(step, ours.steps_per_epoch) for step in range(ours.steps)]
    assert weights == pytest.approx(wanted, abs=1e-12)
    assert "weight/squares" not in of(Points, said)[0].series

    net = trainings.module.build(theirs.program)
    net.load_state_dict({name: value.clone() for name, value in theirs.net.state_dict().items()})
    plain = torch.optim.SGD(net.parameters(), lr=0.01)
    for epoch in range(4):
        for index, batch in enumerate(theirs.batches(epoch, 0)):
            plain.zero_grad()
            losses = net.step(batch)[1]  # type: ignore[operator]
            weight = wanted[epoch * theirs.steps_per_epoch + index]
            (losses["squares"] + weight * losses["sizes"]).backward()
            plain.step()
    for name, value in net.state_dict().items():
        assert torch.allclose(ours.net.state_dict()[name], value, rtol=1e-5, atol=1e-6), name
    sums = [a + w * b for a, w, b in zip(*(column(said, n) for n in ("train/squares", "weight/sizes", "train/sizes")),
                                         strict=True)]  # fmt: skip
    assert column(said, "train/loss") == pytest.approx(sums, rel=1e-5)


def test_validation_is_measured_by_the_weights_as_set_so_that_epochs_compare() -> None:
    run = trainings.run(two_losses(), job(loss_schedules={"sizes": RISE}))
    before = run.evaluate("validation")
    assert before["loss"] == pytest.approx(before["squares"] + 3 * before["sizes"])
    [finished] = of(Finished, list(train(run)))
    found = finished.metrics["validation"]
    assert found["loss"] == pytest.approx(found["squares"] + 3 * found["sizes"])


def test_a_run_goes_on_to_the_same_bits_and_is_steered(tmp_path: Path) -> None:
    given, program = job(loss_schedules={"sizes": RISE}), two_losses()
    told = {7: [change("objectives.0.losses.sizes", 6.0)], 9: [change("epochs", 5)]}
    whole = trainings.run(program, given)
    said = list(train(whole, commands=at_steps(whole, {k: list(v) for k, v in told.items()})))
    weights = column(said, "weight/sizes")
    per_epoch = whole.steps_per_epoch
    assert weights[-1] == 6.0
    assert weights[3] == pytest.approx(rise(3, per_epoch))
    for at in (3, 8, 12):
        first = trainings.run(program, given)
        commands = {k: list(v) for k, v in told.items()}
        commands.setdefault(at, []).append(Command("stop"))
        before = list(train(first, folder=tmp_path, commands=at_steps(first, commands)))
        second = trainings.run(program, given)
        second.restore(files.load(tmp_path / "last"))
        rest = {k: list(v) for k, v in told.items() if k > at}
        after = list(train(second, commands=at_steps(second, rest)))
        assert [*column(before, "weight/sizes"), *column(after, "weight/sizes")] == weights
        for name, value in second.net.state_dict().items():
            assert torch.equal(value, whole.net.state_dict()[name]), (at, name)


def test_two_objectives_move_their_weights_apart() -> None:
    first = {**optimizer("sgd", lr=0.01), "trains": ["hidden"], "loss_schedules": {"sizes": {"kind": "cosine"}}}
    second = {**optimizer("sgd", lr=0.01), "trains": ["out"], "loss_schedules": {"sizes": RISE}}
    run = trainings.run(two_losses(), trainings.job("diabetes", objectives=[first, second], batch_size=64))
    said = list(train(run))
    assert column(said, "weight/sizes")[0] == 1.0
    assert column(said, "weight/sizes.1")[0] == 0.0


@pytest.mark.parametrize(
    ("schedules", "sentence"),
    [
        ({"kl": {"kind": "cosine"}}, "loss_schedules: the design has no loss 'kl'; it has squares, sizes"),
        ({"sizes": {"kind": "plateau"}}, "loss_schedules.sizes: When validation stands still is for learning rates"),
        ({"sizes": {"kind": "tide"}}, "loss_schedules.sizes: There is no schedule 'tide'"),
        ({"sizes": {"kind": "step", "params": {"gamma": "x"}}}, "loss_schedules.sizes: gamma"),
    ],
)
def test_what_does_not_fit_is_told(schedules: dict[str, Any], sentence: str) -> None:
    objective = Objective.model_validate({"loss_schedules": schedules})
    with pytest.raises(LayerloomError, match=sentence):
        Weighing({"squares": 1.0, "sizes": 1.0}, objective, 0, 100, 10)


def test_a_loss_that_the_objective_leaves_out_has_no_schedule() -> None:
    objective = Objective.model_validate({"losses": {"squares": 1.0}, "loss_schedules": {"sizes": RISE}})
    with pytest.raises(LayerloomError, match="no loss 'sizes'; it has squares"):
        Weighing({"squares": 1.0, "sizes": 1.0}, objective, 0, 100, 10)
