"""Good networks learn a batch by heart; those that were broken on purpose do not, and the reason is named."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from core.catalog.families import default_catalog
from core.problem import LayerloomError
from core.program.program import Init, Program
from core.training.job import Job
from core.training.tools.overfit import overfit
from graph import storage
from graph.lower import lower
from tests import drawn, trainings

EXAMPLES = Path(__file__).parents[4] / "assets" / "examples"


def job(**more: Any) -> Job:
    return trainings.job(objectives=[{"optimizer": {"kind": "adam", "params": {"lr": 0.01}}, **more}])


def iris(**more: Any) -> Job:
    return trainings.job("iris", objectives=[{"optimizer": {"kind": "adam", "params": {"lr": 0.01}}, **more}])


def test_a_network_that_holds_together_learns_eight_examples_by_heart() -> None:
    found = overfit(trainings.run(drawn.mlp(), iris()))
    assert found.passed
    assert found.losses[-1] <= max(1e-3, 0.01 * found.losses[0])
    assert (found.metrics["accuracy"], found.examples, found.reasons) == (1.0, 8, ())
    assert len(found.losses) < 1000
    assert json.loads(json.dumps(found.to_json()))["passed"] is True


def test_what_hinders_is_left_out_and_the_run_stays_as_it_is() -> None:
    """Units dropped, a penalty and a decay would keep the loss up."""
    hindered = job(l2=0.1, schedule={"kind": "cosine"}, optimizer={"kind": "adamw", "params": {"lr": 0.01}})
    run = trainings.run(trainings.moons(), hindered)
    before, random = {n: t.clone() for n, t in run.net.state_dict().items()}, torch.get_rng_state()
    found = overfit(run)
    assert found.passed
    assert all(torch.equal(t, before[n]) for n, t in run.net.state_dict().items())
    assert torch.equal(torch.get_rng_state(), random)
    assert all(module.training for module in run.net.modules())


def disturbed() -> Program:
    """Digits, moved and erased at random, with noise and most units dropped: no two batches are alike."""
    d = drawn.Drawing("Disturbed", "Disturbed")
    x, target = d.input("features", 1, 8, 8), d.target("target", dtype="int")
    x = d.layer("random_erasing", "erase", d.layer("random_affine", "move", x), params={"p": 1.0, "size": 1.0})
    x = d.layer("gaussian_noise", "noise", d.layer("flatten", "flat", x), params={"std": 5.0})
    x = d.layer("relu", "relu", d.layer("linear", "hidden", x, params={"out_features": 32}))
    logits = d.layer("linear", "logits", d.layer("dropout", "drop", x, params={"p": 0.9}), params={"out_features": 10})
    d.output(logits)
    d.loss(d.layer("cross_entropy", "loss", logits, target))
    return d.program()


def test_noise_and_random_changes_of_examples_are_left_out() -> None:
    given = trainings.job("digits", objectives=[{"optimizer": {"kind": "adam", "params": {"lr": 0.01}}}])
    found = overfit(trainings.run(disturbed(), given), steps=400)
    assert found.passed
    assert found.losses == overfit(trainings.run(disturbed(), given), steps=400).losses


def frozen_but_one() -> Program:
    """All that decides is frozen; what trains is a bias of the output that cannot tell examples apart."""
    whole = drawn.mlp()
    steps = tuple(replace(s, frozen=True) if s.node in ("hidden", "logits") else s for s in whole.steps)
    return replace(whole, steps=steps)


def dead() -> Program:
    """A ReLU behind weights that make everything negative."""
    d = drawn.Drawing("Dead", "Dead")
    x, target = d.input("features", 4), d.target("target", dtype="int")
    low = Init("constant", {"val": -1.0}, "constant", {"val": -1.0})
    x = d.layer("relu", "relu", d.layer("linear", "hidden", x, params={"out_features": 8}, init=low))
    logits = d.layer("linear", "logits", x, params={"out_features": 3, "bias": False})
    d.output(logits)
    d.loss(d.layer("cross_entropy", "loss", logits, target))
    return d.program()


def squashed() -> Program:
    """Numbers in the hundreds are asked of a sigmoid."""
    d = drawn.Drawing("Squashed", "Squashed")
    x, target = d.input("features", 10), d.target("target", 1)
    x = d.layer("tanh", "tanh", d.layer("linear", "hidden", x, params={"out_features": 16}))
    out = d.layer("sigmoid", "squash", d.layer("linear", "out", x, params={"out_features": 1}))
    d.output(out)
    d.loss(d.layer("mse_loss", "mse", out, target))
    return d.program()


def test_a_learning_rate_of_nearly_nothing_fails() -> None:
    none = iris(optimizer={"kind": "adam", "params": {"lr": 1e-12}})
    found = overfit(trainings.run(drawn.mlp(), none), steps=200)
    assert not found.passed
    assert "hardly moved" in found.reasons[0]


def test_multipliers_of_zero_fail() -> None:
    found = overfit(trainings.run(drawn.mlp(), iris(rates={"hidden": 0.0, "logits": 0.0})), steps=100)
    assert not found.passed
    assert found.moved == 0.0


def test_everything_frozen_is_refused_as_a_training_would_be() -> None:
    with pytest.raises(LayerloomError, match="nothing to train"):
        overfit(trainings.run(frozen_but_one(), iris()))


def test_what_is_dead_fails_and_is_named() -> None:
    found = overfit(trainings.run(dead(), iris()), steps=200)
    assert not found.passed
    assert any("No weight has a gradient" in reason for reason in found.reasons)
    assert any("answers the same to every example" in reason for reason in found.reasons)


def test_an_output_that_cannot_reach_its_targets_fails_and_is_named() -> None:
    given = trainings.job("diabetes", objectives=[{"optimizer": {"kind": "adam", "params": {"lr": 0.01}}}])
    found = overfit(trainings.run(squashed(), given), steps=300)
    assert not found.passed
    assert any("an activation at the end keeps it there" in reason for reason in found.reasons)


def test_a_rate_that_is_far_too_high_fails() -> None:
    wild = trainings.job("diabetes", objectives=[{"optimizer": {"kind": "sgd", "params": {"lr": 50.0}}}])
    found = overfit(trainings.run(trainings.regression(), wild), steps=200)
    assert not found.passed
    assert "too high" in found.reasons[0]


def test_too_few_steps_ask_for_more() -> None:
    found = overfit(trainings.run(drawn.mlp(), iris()), steps=40)
    assert not found.passed
    assert "still falling" in found.reasons[0]


def test_two_objectives_learn_together() -> None:
    both = trainings.job("iris", objectives=[
        {"trains": ["hidden"], "optimizer": {"kind": "adam", "params": {"lr": 0.01}}},
        {"trains": ["logits"], "optimizer": {"kind": "adam", "params": {"lr": 0.01}}, "split": "validation"},
    ])  # fmt: skip
    assert overfit(trainings.run(drawn.mlp(), both)).passed


def test_objectives_with_losses_of_their_own_are_told_of() -> None:
    """A GAN's losses do not go to 0; what is given besides noise is a class."""
    document, _ = storage.load(EXAMPLES / "conditional_gan.loom", default_catalog())
    given = document.job.model_copy(update={"threads": 1})
    found = overfit(trainings.run(lower(document), given), steps=3)
    assert "as in a GAN" in found.verdict
    assert "as in a GAN" not in overfit(trainings.run(drawn.mlp(), iris()), steps=3).verdict
