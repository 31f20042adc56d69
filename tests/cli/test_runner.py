"""The runner of a study, with workers that only say what a training would."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from core.problem import LayerloomError, Problem
from core.search.protocol import StudyChanged, TrialChanged
from core.search.study import Study
from core.training.job import Job
from core.training.protocol import Command, EpochEnded, Event, Finished, Met, Started, StateChanged, encode_event
from core.training.runs import RunFolder
from designer.searching.hands import Heard, Inbox
from designer.searching.runner import Runner
from graph.codec import encode
from graph.commands import SetJob
from tests.cli.small import iris_mlp

LR = "job.objectives.0.optimizer.params.lr"
Losses = Sequence[float]


class Player:
    """Says at once all that a training would say: `plays` gives the losses of the epochs of a job, a problem to fail
    with, a number to die with, or None to train until it is stopped."""

    def __init__(self, inbox: Inbox, plays: Callable[[Job], Losses | Problem | int | None]) -> None:
        self._inbox, self._plays = inbox, plays
        self.code: int | None = None
        self.tail = ""
        self.told: list[str] = []
        self.trains = False

    def begin(self, folder: Path, resume: bool) -> None:
        run = RunFolder.open(folder)
        plan = self._plays(run.job)
        self._say(StateChanged("preparing"), Started("", "cpu", 1, 123, 3, 1, 0, {}, ("loss",), ()))
        self.trains = plan is None
        if isinstance(plan, Problem):
            self._say(Met(plan.to_json()), StateChanged("failed", plan.message))
            self._die(1)
        elif isinstance(plan, int):
            self.tail = "Segmentation fault\n"
            self._die(plan)
        elif plan is not None:
            for epoch, loss in enumerate(plan, 1):
                self._say(EpochEnded(epoch, epoch, {"validation": {"loss": loss}}, 0.1))
            self._end("finished", plan[-1])

    def send(self, command: Command) -> None:
        self.told.append(command.name)
        if command.name == "stop" and self.trains:
            self.trains = False
            self._end("stopped", 1.0)

    def quit(self) -> None:
        self.told.append("quit")

    def kill(self) -> None:
        self.told.append("kill")

    def _end(self, state: Any, loss: float) -> None:
        self._say(StateChanged(state), Finished({"validation": {"loss": loss}, "test": {"loss": loss + 1}}, 3, 3, 2.0))

    def _die(self, code: int) -> None:
        self.code = code
        self._inbox.put(Heard(self, None))

    def _say(self, *events: Event) -> None:
        for event in events:
            self._inbox.put(Heard(self, event))


class Stage:
    """A study, its runner, the workers that it hired and the events that it told."""

    def __init__(self, folder: Path, plays: Callable[[Job], Any], job: dict[str, Any] | None = None, **search: Any):
        document = iris_mlp()
        for path, value in {"epochs": 3, **(job or {})}.items():
            SetJob(path, value).apply(document)
        rates = {LR: {"choices": [0.1, 0.2, 0.3, 0.4]}}
        SetJob("search", {"variables": rates, "strategy": {"kind": "grid"}, **search}).apply(document)
        self.study = Study.create(folder, encode(document), document.job.search, "Iris")
        self.plays = plays
        self.events: list[Event] = []
        self.players: list[Player] = []
        self.runner = self._runner()

    def _runner(self) -> Runner:
        return Runner(self.study, self._hear, hire=self._hire)

    def again(self, plays: Callable[[Job], Any]) -> None:
        """Another process goes on with the study."""
        self.plays, self.events, self.players = plays, [], []
        self.study = Study.open(self.study.path)
        self.runner = self._runner()

    def _hire(self, inbox: Inbox) -> Player:
        self.players.append(Player(inbox, self.plays))
        return self.players[-1]

    def _hear(self, event: Event) -> None:
        self.events.append(event)

    def states(self) -> list[str]:
        return [trial.state for trial in self.study.trials]


def rate(job: Job) -> float:
    return float(job.objectives[0].optimizer.params["lr"])


def falling(job: Job) -> Losses:
    """The nearer to 0.3, the better."""
    return [1.0, 0.5, abs(rate(job) - 0.3)]


def test_one_worker_trains_every_trial_and_the_best_is_known(tmp_path: Path) -> None:
    stage = Stage(tmp_path / "study", falling)
    stage.runner.work()
    assert stage.states() == ["finished"] * 4
    assert [trial.result for trial in stage.study.trials] == pytest.approx([0.2, 0.1, 0.0, 0.1])
    assert stage.study.best is not None
    assert stage.study.best.values == {LR: 0.3}
    assert stage.study.best.metrics["test"]["loss"] == 1.0
    assert (stage.study.trials[0].seconds, stage.study.trials[0].parameters) == (2.0, 123)
    assert stage.study.state() == "finished"
    assert len(stage.players) == 1
    assert stage.players[0].told == ["quit"]
    assert stage.study.importance == {LR: 1.0}
    assert not stage.study.lock.held()


@pytest.mark.parametrize("parallel", [1, 2, 3])
def test_so_many_train_at_once_and_no_more(tmp_path: Path, parallel: int) -> None:
    stage = Stage(tmp_path / "study", lambda job: None, parallel=parallel)
    stage.runner.inbox.put(Command("stop"))
    stage.runner.work()
    assert len(stage.players) == parallel == len(stage.study.trials)
    assert stage.states() == ["waiting"] * parallel
    assert stage.study.state() == "stopped"


def test_trials_that_were_under_way_come_first_when_it_goes_on(tmp_path: Path) -> None:
    stage = Stage(tmp_path / "study", lambda job: None, parallel=2)
    stage.runner.inbox.put(Command("stop"))
    stage.runner.work()
    stage.again(falling)
    stage.runner.work()
    assert stage.states() == ["finished"] * 4
    changes = [
        e.trial["number"] for e in stage.events if isinstance(e, TrialChanged) and e.trial["state"] == "finished"
    ]
    assert sorted(changes) == [0, 1, 2, 3]
    assert sorted(changes[:2]) == [0, 1]


def test_a_run_that_ended_unseen_counts_without_being_trained_again(tmp_path: Path) -> None:
    stage = Stage(tmp_path / "study", lambda job: None)
    stage.runner.inbox.put(Command("stop"))
    stage.runner.work()
    run = RunFolder.open(stage.study.folders(0)[0])
    for epoch, loss in enumerate((0.9, 0.8, 0.7), 1):
        run.events.append(encode_event(EpochEnded(epoch, epoch, {"validation": {"loss": loss}}, 0.1)))
    run.write("result", {"state": "finished", "metrics": {"validation": {"loss": 0.7}}, "seconds": 4.0})
    stage.again(falling)
    stage.runner.work()
    first = stage.study.trials[0]
    assert (first.state, first.result, first.seconds, first.curve) == (
        "finished", 0.7, 4.0, ((1, 0.9), (2, 0.8), (3, 0.7)),
    )  # fmt: skip
    assert stage.states() == ["finished"] * 4


def test_folds_are_averaged_and_one_that_fails_fails_the_trial(tmp_path: Path) -> None:
    stage = Stage(tmp_path / "mean", lambda job: [float(job.data.split.fold)], {"epochs": 1}, folds=4, variables={})
    stage.runner.work()
    [trial] = stage.study.trials
    assert (trial.result, trial.deviation) == (1.5, pytest.approx(math.sqrt(5 / 3)))
    assert [curve[0][1] for curve in trial.curves] == [0.0, 1.0, 2.0, 3.0]
    assert trial.metrics["test"]["loss"] == 2.5

    def breaks(job: Job) -> Any:
        return Problem("memory", "The memory is used up.") if job.data.split.fold == 1 and rate(job) == 0.2 else [0.5]

    stage = Stage(tmp_path / "broken", breaks, folds=3, parallel=2)
    stage.runner.work()
    assert stage.states() == ["finished", "failed", "finished", "finished"]
    assert stage.study.trials[1].message == "The memory is used up."


def test_a_worker_that_dies_fails_its_trial_and_another_is_hired(tmp_path: Path) -> None:
    stage = Stage(tmp_path / "study", lambda job: -11 if rate(job) == 0.2 else falling(job))
    stage.runner.work()
    assert stage.states() == ["finished", "failed", "finished", "finished"]
    message = stage.study.trials[1].message
    assert message == "The training process ended without a word (exit code -11). Segmentation fault"
    assert len(stage.players) == 2


def test_a_loss_that_is_no_number_is_a_failure(tmp_path: Path) -> None:
    stage = Stage(tmp_path / "study", lambda job: [math.nan] * 3 if rate(job) > 0.3 else falling(job))
    stage.runner.work()
    assert stage.states() == ["finished"] * 3 + ["failed"]
    assert stage.study.trials[3].message == "The training diverged: loss is no finite number."
    assert stage.study.best is not None
    assert stage.study.best.number == 2


def test_what_a_worker_says_after_it_was_told_to_end_does_not_count(tmp_path: Path) -> None:
    """So two studies with the same seed are the same, however fast their workers obey."""
    plays: Callable[[Job], Losses] = lambda job: [rate(job), rate(job), 0.0]  # noqa: E731
    pruner = {"kind": "halving", "params": {"first": 2, "factor": 2}}
    stage = Stage(tmp_path / "study", plays, pruner=pruner)
    stage.runner.work()
    assert stage.states() == ["finished", "pruned", "pruned", "pruned"]
    assert stage.study.trials[1].curve == ((1, 0.2), (2, 0.2))
    assert stage.study.trials[1].result == 0.2
    assert stage.study.trials[1].message == "After epoch 2 it was number 2 of 2; the best 1 went on."


def test_when_every_training_fails_alike_the_study_ends(tmp_path: Path) -> None:
    stage = Stage(tmp_path / "study", lambda job: Problem("data.file", "There is no file x.csv."))
    with pytest.raises(LayerloomError, match=r"The first 3 trials failed alike: There is no file x\.csv\."):
        stage.runner.work()
    assert stage.states() == ["failed"] * 3
    assert stage.study.state() == "failed"
    assert stage.study.message.startswith("The first 3 trials failed alike")


def test_when_no_values_make_a_network_that_is_told(tmp_path: Path) -> None:
    layers = {"node.n3.layer": {"choices": ["max_pool2d", "avg_pool2d", "max_pool3d", "conv2d", "conv3d"]}}
    stage = Stage(tmp_path / "study", falling, variables=layers)
    with pytest.raises(LayerloomError, match="No trial came to a result"):
        stage.runner.work()
    assert stage.states() == ["failed"] * 5
    assert stage.players == []


@pytest.mark.parametrize("code", ["disk-full", "permission"])
def test_a_disk_that_refuses_ends_the_study_and_keeps_the_trial(tmp_path: Path, code: str) -> None:
    trouble = Problem(code, "Could not write to /x/events.jsonl: the disk is full.")
    stage = Stage(tmp_path / "study", lambda job: trouble if rate(job) == 0.2 else falling(job))
    with pytest.raises(LayerloomError, match="the disk is full"):
        stage.runner.work()
    assert stage.states() == ["finished", "waiting"]
    assert stage.study.state() == "failed"
    stage.again(falling)
    stage.runner.work()
    assert stage.states() == ["finished"] * 4


def test_a_folder_that_cannot_be_written_ends_the_study_with_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = Stage(tmp_path / "study", falling)
    real = stage.study.write

    def refuses(what: str, settle: bool = False, **values: Any) -> None:
        if what == "ended":
            (stage.study.path / "journal.jsonl").unlink()
            (stage.study.path / "journal.jsonl").mkdir()
        real(what, settle, **values)

    monkeypatch.setattr(stage.study, "write", refuses)
    with pytest.raises(LayerloomError, match=r"Could not write to .*journal\.jsonl: it is a folder, not a file"):
        stage.runner.work()
    last = stage.events[-1]
    assert isinstance(last, StudyChanged)
    assert last.state == "failed"
    assert "it is a folder" in last.message


def test_the_first_trial_is_the_design_where_its_values_are_among_those_that_vary(tmp_path: Path) -> None:
    rates = {LR: {"low": 1e-3, "high": 1e-1}, "node.n4.bias": {"choices": [False, True]}}
    stage = Stage(tmp_path / "in", falling, variables=rates, strategy={"kind": "random"}, trials=3)
    stage.runner.work()
    first, *others = stage.study.trials
    assert dict(first.values) == {LR: 0.03, "node.n4.bias": True}  # the bias stands at its default
    assert [trial.is_design for trial in stage.study.trials] == [True, False, False]
    assert all(trial.values[LR] != 0.03 for trial in others)
    for folder, more in (
        ("out", {"variables": {LR: {"low": 0.1, "high": 1.0}}}),
        ("no", {"variables": rates, "from_design": False}),
    ):
        stage = Stage(tmp_path / folder, falling, strategy={"kind": "random"}, trials=2, **more)
        stage.runner.work()
        assert not any(trial.is_design for trial in stage.study.trials)


def test_only_the_best_keep_their_weights_where_that_is_wanted(tmp_path: Path) -> None:
    def saves(job: Job) -> Losses:
        for path in (stage.study.path / "trials").iterdir():
            if not (path / "was_saved").exists():
                (path / "checkpoints").mkdir()
                (path / "was_saved").touch()
        return falling(job)

    stage = Stage(tmp_path / "study", saves, keep=2)
    stage.runner.work()
    left = [(trial.runs[0] / "checkpoints").exists() for trial in stage.study.trials]
    assert [trial.number for trial in stage.study.ranked[:2]] == [2, 1]
    assert left == [False, True, True, False]
    assert stage.states() == ["finished"] * 4


def test_a_training_that_something_else_stopped_fails(tmp_path: Path) -> None:
    stage = Stage(tmp_path / "study", lambda job: None if rate(job) == 0.1 else falling(job))
    stage.runner._hire = lambda inbox: _Stopped(inbox, stage)
    stage.runner.work()
    assert stage.states() == ["failed", "finished", "finished", "finished"]
    assert stage.study.trials[0].message == "Its training was stopped by something else than the study."


class _Stopped(Player):
    def __init__(self, inbox: Inbox, stage: Stage) -> None:
        super().__init__(inbox, stage.plays)

    def begin(self, folder: Path, resume: bool) -> None:
        super().begin(folder, resume)
        if self._plays(RunFolder.open(folder).job) is None:
            self._end("stopped", 1.0)


def test_threads_are_shared_out_and_the_data_is_found_where_it_was(tmp_path: Path) -> None:
    stage = Stage(tmp_path / "study", falling, {"threads": 0}, parallel=2)
    stage.runner.work()
    jobs = [RunFolder.open(trial.runs[0]).job for trial in stage.study.trials]
    assert {job.threads for job in jobs} == {max(1, (os.cpu_count() or 1) // 2)}
    assert RunFolder.open(stage.study.trials[0].runs[0]).title == "Iris, trial 0"
