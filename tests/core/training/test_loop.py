"""The loop: equal to a hand-written one, steered by commands, resumed to the same bits."""

from __future__ import annotations

import random
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from core.catalog.optimizers import OPTIMIZERS
from core.catalog.schedules import curve
from core.problem import LayerloomError
from core.program.program import Program
from core.training import checkpoint as files
from core.training.job import Job
from core.training.loop import train
from core.training.protocol import (
    Changed,
    Command,
    EpochEnded,
    Event,
    Finished,
    Met,
    Picture,
    Points,
    Progress,
    Started,
    StateChanged,
)
from core.training.run import Run
from tests import drawn, trainings

STANDARD = [{"kind": "standardise", "field": name} for name in ("features", "target")]


def events(program: Program, job: Job, **more: Any) -> list[Event]:
    return list(train(trainings.run(program, job), **more))


def of(kind: type[Event], said: list[Event]) -> list[Any]:
    return [event for event in said if isinstance(event, kind)]


def column(said: list[Event], name: str) -> list[float]:
    return [value for event in of(Points, said) if name in event.series for value in event.series[name]]


def optimizer(kind: str, **params: Any) -> dict[str, Any]:
    return {"optimizer": {"kind": kind, "params": params}}


VARIANTS = {
    "sgd": {"lr": 0.05, "momentum": 0.9, "nesterov": True, "weight_decay": 1e-3},
    "adam": {"lr": 0.01, "weight_decay": 1e-3, "amsgrad": True},
    "adamw": {"lr": 0.01},
    "rmsprop": {"lr": 0.005, "momentum": 0.5, "centered": True},
    "adagrad": {"lr": 0.05, "lr_decay": 0.01},
    "nadam": {"lr": 0.01, "weight_decay": 1e-3, "decoupled_weight_decay": True},
    "radam": {"lr": 0.01},
    "adadelta": {"lr": 1.0, "rho": 0.8},
}


@pytest.mark.parametrize("clip", [{}, {"clip_norm": 0.1}, {"clip_value": 0.01}])
@pytest.mark.parametrize("kind", VARIANTS)
def test_training_equals_a_hand_written_loop(kind: str, clip: dict[str, float]) -> None:
    job = trainings.job(objectives=[{**optimizer(kind, **VARIANTS[kind]), **clip}], monitor=False)
    ours, theirs = (trainings.run(trainings.binary(), job) for _ in range(2))
    list(train(ours))
    net: Any = trainings.module.build(theirs.program)
    net.load_state_dict({name: value.clone() for name, value in theirs.net.state_dict().items()})
    made = getattr(torch.optim, OPTIMIZERS[kind].torch.rpartition(".")[2])
    plain = made(net.parameters(), **VARIANTS[kind])
    for epoch in range(job.epochs):
        for batch in theirs.batches(epoch, 0):
            plain.zero_grad()
            net.step(batch)[1]["loss"].backward()
            if "clip_norm" in clip:
                nn.utils.clip_grad_norm_(net.parameters(), clip["clip_norm"])
            if "clip_value" in clip:
                nn.utils.clip_grad_value_(net.parameters(), clip["clip_value"])
            plain.step()
    for name, value in net.state_dict().items():
        assert torch.allclose(ours.net.state_dict()[name], value, rtol=1e-4, atol=1e-6), name


def test_the_rates_are_those_of_the_preview() -> None:
    given = {"schedule": {"kind": "one_cycle", "params": {"pct_start": 0.4}}, **optimizer("adam", lr=0.02)}
    job = trainings.job(objectives=[given])
    said = events(trainings.moons(), job)
    [started] = of(Started, said)
    steps = started.steps_per_epoch * job.epochs
    assert column(said, "lr") == curve(job.objectives[0].schedule, 0.02, steps, started.steps_per_epoch)


def test_epochs_tell_means_and_full_evaluations() -> None:
    said = events(trainings.moons(), trainings.job(epochs=2))
    [started] = of(Started, said)
    first, _ = of(EpochEnded, said)
    losses = column(said, "train/loss")[: started.steps_per_epoch]
    sizes = [16] * (started.examples["train"] // 16)
    sizes += [rest] if (rest := started.examples["train"] % 16) else []
    assert first.metrics["train"]["loss"] == pytest.approx(
        sum(v * n for v, n in zip(losses, sizes, strict=True)) / sum(sizes)
    )
    assert first.metrics["validation"].keys() == {"loss", "accuracy", "f1"}
    [finished] = of(Finished, said)
    assert finished.metrics["test"].keys() == {"loss", "accuracy", "f1"}
    assert finished.metrics["validation"] == of(EpochEnded, said)[-1].metrics["validation"]


@pytest.mark.parametrize("batch_size", [1, 7, 64, "full"])
def test_any_batch_size(batch_size: int | str) -> None:
    program = trainings.binary()
    [started] = of(Started, events(program, trainings.job(epochs=1, batch_size=batch_size)))
    expected = {1: 140, 7: 20, 64: 3, "full": 1}
    assert started.steps_per_epoch == expected[batch_size]


def test_regression_learns_and_counts_in_the_units_of_the_data() -> None:
    job = trainings.job("diabetes", epochs=30, transforms=STANDARD, objectives=[optimizer("adam", lr=0.005)])
    [finished] = of(Finished, events(trainings.regression(), job))
    assert finished.metrics["train"]["r2"] > 0.5
    assert 30 < finished.metrics["test"]["mae"] < 60


def test_convolutions_learn_with_channels_first_and_last() -> None:
    job = trainings.job("digits", epochs=6, objectives=[optimizer("adam", lr=0.02)])
    from core.training.choices import Choices

    for last in (False, True):
        run = trainings.run(trainings.digits(), job, Choices("cpu", 1, last))
        [finished] = of(Finished, list(train(run)))
        assert finished.metrics["test"]["accuracy"] > 0.4


def test_early_stopping_restores_the_best_weights() -> None:
    stopping = {"enabled": True, "patience": 3, "metric": "loss"}
    job = trainings.job(epochs=500, stopping=stopping, objectives=[optimizer("adam", lr=0.3)])
    said = events(trainings.moons(), job)
    [finished] = of(Finished, said)
    epochs = of(EpochEnded, said)
    best = min(epochs, key=lambda e: e.metrics["validation"]["loss"])
    assert (finished.stopped_early, finished.weights, finished.best_epoch) == (True, "best", best.epoch)
    assert len(epochs) == best.epoch + 3
    assert finished.metrics["validation"] == best.metrics["validation"]


def test_early_stopping_on_an_unknown_series_is_refused() -> None:
    with pytest.raises(LayerloomError, match="watches 'auc', which this run does not measure; it has loss, accuracy"):
        events(trainings.moons(), trainings.job(stopping={"enabled": True, "metric": "auc"}))


def test_pictures_show_the_boundary_in_the_units_of_the_data() -> None:
    for program in (trainings.moons(), trainings.binary()):
        job = trainings.job(transforms=STANDARD[:1], epochs=1)
        first, *_, last = [p for p in of(Picture, events(program, job)) if p.name == "boundary"]
        size = first.data["size"]
        assert len(first.data["values"]) == size * size
        assert all(0 <= v <= 1 for v in last.data["values"])
        xs = [x for x, _, _ in first.data["points"]]
        assert first.data["x"][0] < min(xs) < max(xs) < first.data["x"][1]
        assert max(xs) > 1.5  # moons reach to 2, standardised they would not
        assert "points" not in last.data
    others = of(Picture, events(trainings.regression(), trainings.job("diabetes", epochs=1)))
    assert "boundary" not in {picture.name for picture in others}


def test_commands_are_obeyed_between_batches() -> None:
    commands: SimpleQueue[Command] = SimpleQueue()
    run = trainings.run(trainings.moons(), trainings.job(epochs=1000))
    going = train(run, commands=commands)
    for event in going:
        if isinstance(event, EpochEnded):
            break
    for command in (
        Command("pause"),
        Command("set", {"path": "objectives.0.clip_norm", "value": 2.0}),
        Command("set", {"path": "objectives.0.optimizer.params.lr", "value": 0.5}),
        Command("set", {"path": "objectives.7.lr", "value": 0.5}),
        Command("set", {"path": "objectives.0.amsgrad", "value": True}),
        Command("nonsense"),
        Command("resume"),
        Command("stop", {"reason": "Enough."}),
    ):
        commands.put(command)
    said = list(going)
    assert [e.state for e in of(StateChanged, said)] == ["paused", "running", "stopping", "stopped"]
    assert [(e.path, e.value) for e in of(Changed, said)] == [("objectives.0.clip_norm", 2.0), ("objectives.0.lr", 0.5)]
    told = [e.problem["message"] for e in of(Met, said)]
    assert "no setting 'objectives.7.lr'" in told[0]
    assert "'amsgrad' cannot be changed during a run; lr, weight_decay" in told[1]
    assert run.engine.trainers[0].lr == 0.5
    assert run.step == run.steps_per_epoch
    assert of(StateChanged, said)[-1].message == "Enough."


def test_progress_reports_pace_and_the_cost_of_watching() -> None:
    said = events(trainings.moons(), trainings.job(epochs=60))
    last = of(Progress, said)[-1]
    assert 0 < last.step <= last.total
    assert last.samples_per_second > 0
    assert last.seconds_left >= 0
    assert 0 < last.monitoring < 1
    assert column(said, "grad_norm")


def gan() -> Program:
    """A generator that learns to please a critic, and a critic that learns to tell it from the data."""
    d = drawn.Drawing("Gan")
    x, target = d.input("features", 2), d.target("target", 1)
    fake = d.layer("linear", "generator", x, params={"out_features": 2})
    score = d.layer("linear", "critic", fake, params={"out_features": 1})
    d.output(score)
    d.loss(d.layer("bce_with_logits", "critic_loss", score, target))
    d.loss(d.layer("mse_loss", "generator_loss", fake, x), weight=0.5)
    made = d.program()
    return trainings.replace(made, targets=(trainings.replace(made.targets[0], encoding="binary"),))


def test_each_objective_trains_its_own_nodes_and_losses() -> None:
    objectives = [
        {"name": "critic", "trains": ["critic"], "losses": {"critic_loss": 1.0}, **optimizer("sgd", lr=0.1)},
        {"name": "generator", "trains": ["generator"], "losses": {"generator_loss": 1.0}, "every": 1000},
    ]
    run = trainings.run(gan(), trainings.job(objectives=objectives, epochs=5))
    before = {name: value.clone() for name, value in run.net.state_dict().items()}
    going = train(run)
    said = list(going)
    after = run.net.state_dict()
    assert not torch.equal(before["critic.weight"], after["critic.weight"])
    moved = (after["generator.weight"] - before["generator.weight"]).abs()
    assert torch.allclose(moved, torch.full_like(moved, 1e-3), rtol=0.01)  # Adam's first step, and no other
    critic, generator, total = (column(said, f"train/{n}") for n in ("critic_loss", "generator_loss", "loss"))
    assert critic[-1] < critic[0]
    assert total == pytest.approx([c + 0.5 * g for c, g in zip(critic, generator, strict=True)], rel=1e-5)


def test_an_objective_may_step_on_validation() -> None:
    objectives = [{"trains": ["critic"]}, {"trains": ["generator"], "split": "validation"}]
    run = trainings.run(gan(), trainings.job(objectives=objectives, epochs=2))
    before = run.net.state_dict()["generator.weight"].clone()
    [finished] = of(Finished, list(train(run)))
    assert finished.steps == 2 * run.steps_per_epoch
    assert not torch.equal(before, run.net.state_dict()["generator.weight"])


def test_two_objectives_may_train_the_same_weights() -> None:
    objectives = [{"losses": {"critic_loss": 1.0}}, {"losses": {"generator_loss": 1.0}, "trains": ["generator"]}]
    run = trainings.run(gan(), trainings.job(objectives=objectives, epochs=2))
    assert [len(trainer.leaves) for trainer in run.engine.trainers] == [2, 1]
    said = list(train(run))
    assert of(Finished, said)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"objectives": [{"trains": ["nothing"]}]}, "there is no node 'nothing' with weights"),
        ({"objectives": [{"losses": {"hinge": 1.0}}]}, "the design has no loss 'hinge'; it has loss"),
        ({"objectives": [optimizer("adamm")]}, "objectives.0: There is no optimizer 'adamm'; there are sgd, adam"),
        ({"objectives": [optimizer("adam", lr=-1)]}, "learning rate: expected a number above 0"),
        ({"device": "mps"}, "asks for the device mps, but this machine's PyTorch .* finds none; it has .*cpu"),
    ],
)
def test_what_does_not_fit_is_told(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(LayerloomError, match=message):
        events(trainings.moons(), trainings.job(**changes))


def test_a_design_without_loss_is_told() -> None:
    d = drawn.Drawing("Lossless")
    d.output(d.layer("linear", "out", d.input("features", 2), params={"out_features": 1}))
    with pytest.raises(LayerloomError, match="no loss, so there is nothing to minimise"):
        events(d.program(), trainings.job())


def test_threads_are_chosen_by_measuring_and_the_choice_is_kept() -> None:
    job = trainings.job(threads=0)
    run = trainings.run(trainings.digits(), trainings.job("digits", threads=0))
    assert run.choices.threads in run.choices.timings
    assert run.choices.threads >= 1
    fresh = trainings.run(trainings.moons(), trainings.job())
    tried = trainings.run(trainings.moons(), job)
    torch.set_num_threads(1)
    for name, value in fresh.net.state_dict().items():
        assert torch.equal(value, tried.net.state_dict()[name])  # the trial left no trace


# -- going on


def ended(run: Run) -> dict[str, Tensor]:
    saved = run.checkpoint()
    return {**saved.weights, **{n: t for n, t in saved.training.items() if not n.startswith("recorder")}}


STATEFUL = {
    "adam": trainings.objective(clip_norm=1.0),
    "momentum": {**optimizer("sgd", lr=0.02, momentum=0.9), "schedule": {"kind": "step", "params": {"step_size": 2}}},
    "cycle": {**optimizer("rmsprop"), "schedule": {"kind": "one_cycle", "params": {"cycle_momentum": True}}},
    "adagrad": optimizer("adagrad", lr_decay=0.1),
    "nadam": {**optimizer("nadam"), "warmup": {"length": 20}, "l1": 1e-4, "l2": 1e-3, "rates": {"hidden": 0.5}},
    "muon": {**optimizer("muon", lr=0.01), "accumulate": 3},
    "lbfgs": optimizer("lbfgs", lr=0.1, max_iter=3, history_size=4),
    "plateau": {**optimizer("adam"), "schedule": {"kind": "plateau", "params": {"patience": 0, "factor": 0.5}}},
}
EXTRAS: dict[str, dict[str, Any]] = {
    "nadam": {"average": 0.95},
    "muon": {"average": 0.9, "average_shown": False, "balance": "sampling"},
    "plateau": {"balance": "smote"},
    "adagrad": {"precision": "bf16", "recompute": ["dropout"]},
}


@pytest.mark.parametrize("kind", STATEFUL)
def test_a_run_goes_on_to_the_same_bits_from_any_step(kind: str, tmp_path: Path) -> None:
    stopping = {"enabled": True, "patience": 4, "metric": "accuracy", "restore_best": True}
    job = trainings.job(epochs=8, objectives=[STATEFUL[kind]], stopping=stopping, **EXTRAS.get(kind, {}))
    whole = trainings.run(trainings.moons(), job)
    told = list(train(whole))
    expected, chance = ended(whole), random.Random(1)
    for _ in range(4):
        at = chance.randrange(1, of(Finished, told)[0].steps)
        commands: SimpleQueue[Command] = SimpleQueue()
        first = trainings.run(trainings.moons(), job)
        step, first.engine.step = first.engine.step, None  # type: ignore[method-assign]

        def until(
            batch: Any, done: int, others: Any = None, *, step: Any = step, at: int = at, q: Any = commands
        ) -> Any:
            if done + 1 == at:
                q.put(Command("stop"))
            return step(batch, done, others)

        first.engine.step = until  # type: ignore[method-assign]
        list(train(first, folder=tmp_path, commands=commands))
        assert first.step == at
        torch.manual_seed(99)
        second = trainings.run(trainings.moons(), job)
        second.restore(files.load(tmp_path / "last"))
        rest = list(train(second))
        for name, value in ended(second).items():
            assert torch.equal(value, expected[name]), name
        assert of(Finished, rest)[0].metrics == of(Finished, told)[0].metrics
        assert of(EpochEnded, rest)[-1].metrics == of(EpochEnded, told)[-1].metrics


def test_a_live_setting_outlives_the_process(tmp_path: Path) -> None:
    commands: SimpleQueue[Command] = SimpleQueue()
    run = trainings.run(trainings.moons(), trainings.job())
    for command in (Command("set", {"path": "objectives.0.lr", "value": 0.125}), Command("stop")):
        commands.put(command)
    list(train(run, folder=tmp_path, commands=commands))
    other = trainings.run(trainings.moons(), trainings.job())
    other.restore(files.load(tmp_path / "last"))
    assert other.engine.trainers[0].lr == 0.125


def test_a_checkpoint_of_another_design_is_refused(tmp_path: Path) -> None:
    list(train(trainings.run(trainings.moons(), trainings.job(epochs=1)), folder=tmp_path))
    other = trainings.run(trainings.binary(), trainings.job(epochs=1))
    with pytest.raises(LayerloomError, match="does not belong to this design and job"):
        other.restore(files.load(tmp_path / "last"))


def test_a_loss_that_is_no_number_keeps_the_last_good_checkpoint(tmp_path: Path) -> None:
    commands: SimpleQueue[Command] = SimpleQueue()
    commands.put(Command("save"))
    run = trainings.run(trainings.regression(), trainings.job("diabetes", epochs=50))
    going = train(run, folder=tmp_path, commands=commands)
    assert any(event.type == "saved" for event in going)
    commands.put(Command("set", {"path": "objectives.0.lr", "value": 1e30}))
    with pytest.raises(LayerloomError, match="the training runs away") as caught:
        list(going)
    assert (caught.value.problem.code, caught.value.problem.node) == ("diverged", "out")
    assert "The loss mse became" in caught.value.problem.detail
    weights = load_file(tmp_path / "last" / "weights.safetensors")
    assert all(torch.isfinite(value).all() for value in weights.values())
