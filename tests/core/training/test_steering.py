"""Live steering, stepping and branching: what is said, what happens, and that resuming gives the same bits."""

from __future__ import annotations

from pathlib import Path
from queue import SimpleQueue
from typing import Any

import pytest
import torch

from core.problem import LayerloomError
from core.training import checkpoint as files
from core.training.branching import branch
from core.training.live import differences
from core.training.loop import train
from core.training.protocol import Changed, Command, Finished, Met, Points, StateChanged
from core.training.run import Run
from core.training.search import Search
from core.training.start import start
from tests import drawn, trainings
from tests.core.training.test_loop import of, optimizer


def at_steps(run: Run, told: dict[int, list[Command]]) -> SimpleQueue[Command]:
    """Give these commands before the batches with these numbers."""
    commands: SimpleQueue[Command] = SimpleQueue()
    step = run.engine.step

    def tell(batch: Any, done: int, others: Any = None) -> Any:
        for command in told.pop(done + 1, ()):
            commands.put(command)
        return step(batch, done, others)

    run.engine.step = tell  # type: ignore[method-assign]
    return commands


def change(path: str, value: Any) -> Command:
    return Command("set", {"path": path, "value": value})


def two_stage(frozen: bool = False) -> Any:
    """A trunk with batch norm and dropout, and a head."""
    d = drawn.Drawing("Two", "Two")
    x, target = d.input("features", 2), d.target("target", dtype="int")
    x = d.layer("linear", "trunk", x, params={"out_features": 8}, frozen=frozen)
    x = d.layer("batch_norm1d", "norm", x, frozen=frozen)
    x = d.layer("dropout", "dropout", d.layer("relu", "relu", x), params={"p": 0.1})
    logits = d.layer("linear", "head", x, params={"out_features": 2})
    d.output(logits)
    d.loss(d.layer("cross_entropy", "loss", logits, target))
    return d.program()


STEERED = {
    3: [change("objectives.0.lr", 0.02), change("nodes.dropout.p", 0.4)],
    6: [change("nodes.trunk.frozen", 1), change("nodes.norm.frozen", 1), change("objectives.0.l2", 1e-3)],
    12: [change("objectives.0.losses.loss", 0.5), change("epochs", 5)],
    20: [change("nodes.trunk.frozen", 0), change("objectives.0.weight_decay", 0.1)],
}


@pytest.mark.parametrize("frozen", [False, True])
@pytest.mark.parametrize("kind", ["adam", "muon"])
def test_a_steered_run_goes_on_to_the_same_bits(kind: str, frozen: bool, tmp_path: Path) -> None:
    schedule = {"kind": "cosine", "params": {}}
    job = trainings.job(epochs=4, objectives=[{**optimizer(kind, lr=0.01), "schedule": schedule}], average=0.9)
    program = two_stage(frozen)
    whole = trainings.run(program, job)
    told = {step: list(commands) for step, commands in STEERED.items() if not (frozen and step == 6)}
    said = list(train(whole, commands=at_steps(whole, {k: list(v) for k, v in told.items()})))
    assert not of(Met, said)
    assert [c.path for c in of(Changed, said)] == [c.args["path"] for row in told.values() for c in row]
    assert of(Finished, said)[0].epochs == 5
    for at in (4, 13, 25):
        first = trainings.run(program, job)
        commands = {k: list(v) for k, v in told.items()}
        commands.setdefault(at, []).append(Command("stop"))
        list(train(first, folder=tmp_path, commands=at_steps(first, commands)))
        second = trainings.run(program, job)
        second.restore(files.load(tmp_path / "last"))
        assert second.step == at
        list(train(second, commands=at_steps(second, {k: list(v) for k, v in told.items() if k > at})))
        for name, value in second.net.state_dict().items():
            assert torch.equal(value, whole.net.state_dict()[name]), (at, name)


def test_what_is_frozen_stays_bit_for_bit_statistics_included() -> None:
    run = trainings.run(two_stage(), trainings.job(epochs=3, objectives=[optimizer("adam", lr=0.05, weight_decay=0.1)]))
    seen: dict[str, torch.Tensor] = {}

    def look(batch: Any, done: int, others: Any = None, step: Any = run.engine.step) -> Any:
        if done == 6:
            seen.update({n: v.clone() for n, v in run.net.state_dict().items() if not n.startswith("head")})
        return step(batch, done, others)

    run.engine.step = look  # type: ignore[method-assign]
    commands = at_steps(run, {5: [change("nodes.trunk.frozen", True), change("nodes.norm.frozen", True)]})
    list(train(run, commands=commands))
    assert seen.keys() == {n for n in run.net.state_dict() if not n.startswith("head")}
    for name, value in seen.items():
        assert torch.equal(run.net.state_dict()[name], value), name


def test_an_unfrozen_trunk_learns() -> None:
    run = trainings.run(two_stage(frozen=True), trainings.job(epochs=3))
    before = {name: value.clone() for name, value in run.net.state_dict().items()}
    list(train(run, commands=at_steps(run, {4: [change("nodes.trunk.frozen", 0), change("nodes.norm.frozen", 0)]})))
    for name in ("trunk.weight", "norm.weight", "norm.running_mean"):
        assert not torch.equal(run.net.state_dict()[name], before[name])


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("epochs", 0, "epochs: 1 have begun already, so expected 1 or more"),
        ("epochs", 2.5, "expected a whole number"),
        ("nodes.dropout.p", 2, "expected a number from 0 to 1"),
        ("nodes.head.p", 0.1, "has no dropout"),
        ("nodes.relu.frozen", 1, "has no weights"),
        ("objectives.0.losses.other", 1, "minimises no loss 'other'; it has loss"),
        ("objectives.0.losses.loss", -1, "expected a number of 0 or more"),
        ("objectives.0.l1", -1, "l1: expected a number of 0 or more"),
        ("colour", 1, "There is no setting 'colour'"),
    ],
)
def test_what_cannot_be_steered_is_told(path: str, value: Any, message: str) -> None:
    run = trainings.run(two_stage(), trainings.job())
    said = list(train(run, commands=at_steps(run, {2: [change(path, value)]})))
    [met] = of(Met, said)
    assert message in met.problem["message"]
    assert met.problem["severity"] == "warning"


def test_not_everything_can_be_frozen() -> None:
    run = trainings.run(trainings.binary(), trainings.job())
    commands = at_steps(run, {2: [change("nodes.hidden.frozen", 1), change("nodes.score.frozen", 1)]})
    said = list(train(run, commands=commands))
    [met] = of(Met, said)
    assert "Something must be left to train" in met.problem["message"]


def test_a_paused_run_takes_single_steps() -> None:
    run = trainings.run(trainings.binary(), trainings.job(epochs=1))
    commands = at_steps(run, {2: [Command("pause"), Command("step"), Command("step"), Command("resume")]})
    said = list(train(run, commands=commands))
    states = [e.state for e in of(StateChanged, said)]
    assert states == ["running", "paused", "paused", "paused", "running", "finished"]
    pauses = [i for i, e in enumerate(said) if isinstance(e, StateChanged) and e.state == "paused"]
    between = [e.step for e in said[pauses[0] : pauses[1]] if isinstance(e, Points) and "train/loss" in e.series]
    assert between == [[3]]
    assert of(Finished, said)[0].steps == run.steps


def test_differences_of_designs_are_what_a_run_is_told() -> None:
    old, new = two_stage(), two_stage(frozen=True)
    job = trainings.job(objectives=[optimizer("adam", lr=0.01)])
    other = trainings.job(objectives=[{**optimizer("adam", lr=0.02), "clip_norm": 1.0}], epochs=9)
    assert differences(job, old, job, old) == []
    found = differences(job, old, other, new)
    expected = {"epochs": 9.0, "objectives.0.lr": 0.02, "objectives.0.clip_norm": 1.0}
    assert dict(found) == {**expected, "nodes.trunk.frozen": 1.0, "nodes.norm.frozen": 1.0}


def test_a_branch_goes_on_exactly_and_may_be_steered(tmp_path: Path) -> None:
    job = trainings.job(epochs=4, objectives=[optimizer("adam", lr=0.01)])
    folder = trainings.folder(tmp_path / "a", two_stage(), job)
    run, _ = start(folder, resume=False)
    list(train(run, folder=folder.checkpoints, commands=at_steps(run, {7: [Command("stop")]})))
    same = branch(folder, tmp_path / "b")
    hotter = branch(folder, tmp_path / "c", job=trainings.job(epochs=6, objectives=[optimizer("adam", lr=0.1)]))
    whole = trainings.run(two_stage(), job)
    list(train(whole))
    going, step = start(same, resume=True)
    assert (step, same.state()) == (7, "stopped")
    list(train(going))
    for name, value in whole.net.state_dict().items():
        assert torch.equal(going.net.state_dict()[name], value), name
    steered, _ = start(hotter, resume=True)
    [finished] = of(Finished, list(train(steered)))
    assert (finished.epochs, steered.engine.trainers[0].lr) == (6, 0.1)
    searching = job.model_copy(update={"search": Search(folds=3)})  # what a study varies is no matter of the run
    assert branch(folder, tmp_path / "e", job=searching).job == job
    with pytest.raises(LayerloomError, match="keeps its batch_size; to change that, branch with the weights only"):
        branch(folder, tmp_path / "d", job=trainings.job(epochs=4, batch_size=8))


def test_a_branch_of_the_weights_begins_anew(tmp_path: Path) -> None:
    folder = trainings.folder(tmp_path / "a", two_stage(), trainings.job(epochs=2))
    run, _ = start(folder, resume=False)
    list(train(run, folder=folder.checkpoints))
    made = branch(folder, tmp_path / "b", weights_only=True, job=trainings.job(epochs=1, batch_size=8))
    fresh, step = start(made, resume=True)
    assert step == 0
    for name, value in files.load(folder.checkpoints / "last").weights.items():
        assert torch.equal(fresh.net.state_dict()[name], value)
    with pytest.raises(LayerloomError, match="no checkpoint 'best' to branch from"):
        branch(trainings.folder(tmp_path / "e", two_stage(), trainings.job()), tmp_path / "f", which="best")
