"""The process of a study with real trainings: what it tells and hears, and what kills of all kinds leave."""

from __future__ import annotations

import collections
import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from core.data.sources import load
from core.data.split import split
from core.search.protocol import STUDY_EVENTS, StudyChanged, TrialChanged, TrialEpoch
from core.search.study import Study
from core.search.trial import Trial
from core.training.launch import study_command, worker_environment
from core.training.protocol import Command, Event, Met, decode_event, encode_command
from core.training.runs import RunFolder
from graph.codec import encode
from graph.commands import SetJob
from tests.cli.small import iris_mlp

LR = "job.objectives.0.optimizer.params.lr"
RATES = {LR: {"low": 1e-3, "high": 1e-1, "log": True}}
LONG = {"epochs": 1_000_000}


class Process:
    """A process of a study and what it says."""

    def __init__(self, study: Study) -> None:
        self.study = study
        self.process = subprocess.Popen(
            study_command(study.path),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**worker_environment(), "OMP_NUM_THREADS": "1"},
            text=True,
        )
        self.events: list[Event] = []

    def tell(self, name: str, **arguments: Any) -> None:
        assert self.process.stdin
        self.process.stdin.write(encode_command(Command(name, arguments)))
        self.process.stdin.flush()

    def until(self, fits: Callable[[Event], bool]) -> Event:
        assert self.process.stdout
        for line in self.process.stdout:
            event = decode_event(line, STUDY_EVENTS)
            assert event is not None, line
            self.events.append(event)
            if fits(event):
                return event
        raise AssertionError(f"ended after {self.events[-3:]}: {self.process.stderr and self.process.stderr.read()}")

    def rest(self) -> int:
        """Read to the end; the exit status."""
        assert self.process.stdout
        self.events += filter(None, (decode_event(line, STUDY_EVENTS) for line in self.process.stdout))
        code = self.process.wait(timeout=60)
        self.study.refresh()
        return code

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            if pipe:
                pipe.close()


@pytest.fixture
def begin() -> Iterator[Callable[[Study], Process]]:
    """Starts processes, and ends what is left of them."""
    started: list[Process] = []

    def start(study: Study) -> Process:
        started.append(Process(study))
        return started[-1]

    yield start
    for process in started:
        process.close()


def study(folder: Path, variables: Any = None, job: dict[str, Any] | None = None, **search: Any) -> Study:
    """A study of the small network for iris."""
    document = iris_mlp()
    for path, value in {"epochs": 2, "metrics": ["accuracy"], **(job or {})}.items():
        SetJob(path, value).apply(document)
    strategy = {"strategy": {"kind": "random"}, "trials": 3}
    SetJob("search", {"variables": RATES if variables is None else variables, **strategy, **search}).apply(document)
    return Study.create(folder, encode(document), document.job.search, "Iris")


def plain(trials: list[Trial]) -> list[Any]:
    return [(t.number, dict(t.values), t.state, t.result, t.curves) for t in trials]


def ended(journal: Path) -> list[int]:
    entries = [json.loads(line) for line in journal.read_text().splitlines()]
    return [entry["trial"] for entry in entries if entry["what"] == "ended"]


def test_a_study_is_carried_out_killed_and_gone_on_with_as_if_nothing_had_been(
    tmp_path: Path, begin: Callable[[Study], Process]
) -> None:
    """The process is killed in its third trial; in the end every trial has been made once, and all are those of a study
    with the same seed that nobody disturbed."""
    given: dict[str, Any] = {"trials": 4, "metric": "accuracy", "job": {"epochs": 40}}
    whole = study(tmp_path / "whole", **given)
    process = begin(whole)
    assert process.rest() == 0
    assert whole.state() == "finished"
    assert [trial.state for trial in whole.trials] == ["finished"] * 4
    for trial in whole.trials:
        run = RunFolder.open(trial.runs[0])
        result = run.result()
        assert result is not None
        assert trial.result == result["metrics"]["validation"]["accuracy"]
        assert run.job.objectives[0].optimizer.params["lr"] == trial.values[LR]
        assert run.job.search.is_empty
        assert [epoch for epoch, _ in trial.curve] == list(range(1, 41))
    assert whole.best is not None
    assert whole.best.result == max(trial.result or 0.0 for trial in whole.trials)

    broken = study(tmp_path / "broken", **given)
    process = begin(broken)
    process.until(lambda e: isinstance(e, TrialEpoch) and e.number == 2)
    process.process.send_signal(signal.SIGKILL)
    process.rest()
    assert broken.state() == "interrupted"
    assert begin(broken).rest() == 0
    assert ended(broken.path / "journal.jsonl") == [0, 1, 2, 3]
    assert plain(broken.trials) == plain(whole.trials)


@pytest.mark.slow
def test_folds_are_trained_in_turn_and_judged_by_their_mean(tmp_path: Path, begin: Callable[[Study], Process]) -> None:
    made = study(tmp_path / "study", variables={}, folds=3, parallel=2)
    assert begin(made).rest() == 0
    [trial] = made.trials
    runs = [RunFolder.open(path) for path in trial.runs]
    losses = [run.result()["metrics"]["validation"]["loss"] for run in runs]  # type: ignore[index]
    assert trial.result == pytest.approx(sum(losses) / 3)
    assert trial.deviation == pytest.approx((sum((x - sum(losses) / 3) ** 2 for x in losses) / 2) ** 0.5)
    assert [run.job.data.split.fold for run in runs] == [0, 1, 2]
    assert {run.job.data.split.folds for run in runs} == {3}
    assert [len(curve) for curve in trial.curves] == [2, 2, 2]
    data = load(runs[0].job.data.source)
    parts = [set(split(data, run.job.data.split)["validation"]) for run in runs]
    assert sum(map(len, parts)) == len(parts[0] | parts[1] | parts[2])


@pytest.mark.slow
def test_values_that_make_no_network_fail_their_trial_alone(tmp_path: Path, begin: Callable[[Study], Process]) -> None:
    variables = {"node.n3.layer": {"choices": ["relu", "max_pool2d", "tanh"]}}
    made = study(tmp_path / "study", variables, strategy={"kind": "grid"})
    assert begin(made).rest() == 0
    assert [trial.state for trial in made.trials] == ["finished", "failed", "finished"]
    assert "2D" in made.trials[1].message or "pool" in made.trials[1].message.lower()
    assert made.trials[1].runs == ()
    assert made.state() == "finished"


@pytest.mark.slow
def test_bad_trials_are_pruned_and_what_they_reached_is_kept(tmp_path: Path, begin: Callable[[Study], Process]) -> None:
    variables = {LR: {"choices": [0.05, 1e-7, 2e-7]}}
    made = study(
        tmp_path / "study",
        variables,
        {"epochs": 3000},
        strategy={"kind": "grid"},
        pruner={"kind": "halving", "params": {"first": 3, "factor": 2}},
    )
    process = begin(made)
    process.until(lambda e: isinstance(e, TrialEpoch) and e.epoch == 10)
    process.tell("prune", trial=0)  # by hand: the good one has learned enough
    assert process.rest() == 0
    good, *bad = made.trials
    assert (good.state, good.message) == ("pruned", "It was ended by hand.")
    assert len(good.curve) >= 10
    for trial in bad:
        assert trial.state == "pruned"
        assert trial.message.startswith("After epoch 3 it was number ")
        assert [epoch for epoch, _ in trial.curve] == [1, 2, 3]
        assert trial.result == min(value for _, value in trial.curve)
        assert RunFolder.open(trial.runs[0]).state() == "stopped"


@pytest.mark.slow
def test_a_study_pauses_goes_on_stops_and_is_extended(tmp_path: Path, begin: Callable[[Study], Process]) -> None:
    made = study(tmp_path / "study", None, LONG, trials=1)
    process = begin(made)
    process.until(lambda e: isinstance(e, TrialEpoch))
    process.tell("pause")
    process.until(lambda e: isinstance(e, StudyChanged) and e.state == "paused")
    made.refresh()
    assert made.state() == "paused"
    process.tell("resume")
    process.until(lambda e: isinstance(e, StudyChanged) and e.state == "running")
    process.tell("extend", trials=4)
    told = process.until(lambda e: isinstance(e, StudyChanged) and e.planned == 4)
    assert isinstance(told, StudyChanged)
    process.tell("stop")
    assert process.rest() == 0
    assert (made.state(), made.planned) == ("stopped", 4)
    assert [trial.state for trial in made.trials] == ["waiting"]
    assert RunFolder.open(made.trials[0].runs[0]).can_resume


@pytest.mark.slow
def test_a_closed_stdin_stops_it_and_leaves_no_process(tmp_path: Path, begin: Callable[[Study], Process]) -> None:
    made = study(tmp_path / "study", None, LONG, parallel=2)
    process = begin(made)
    seen: set[int] = set()
    process.until(lambda e: isinstance(e, TrialEpoch) and (seen.add(e.number) or len(seen) == 2))  # type: ignore[func-returns-value]
    assert process.process.stdin
    process.process.stdin.close()
    process.process.stdin = None
    assert process.rest() == 0
    assert made.state() == "stopped"
    assert not any(RunFolder.open(path).lock.held() for trial in made.trials for path in trial.runs)


@pytest.mark.slow
def test_a_worker_that_dies_fails_its_trial_and_the_study_goes_on(
    tmp_path: Path, begin: Callable[[Study], Process]
) -> None:
    made = study(tmp_path / "study", None, {"epochs": 3000}, trials=2)
    process = begin(made)
    process.until(lambda e: isinstance(e, TrialEpoch))
    os.kill(int((made.folders(0)[0] / "lock").read_text()), signal.SIGKILL)
    process.until(lambda e: isinstance(e, TrialEpoch) and e.number == 1)
    process.tell("prune", trial=1)
    assert process.rest() == 0
    assert [trial.state for trial in made.trials] == ["failed", "pruned"]
    assert "ended without a word (exit code -9)" in made.trials[0].message


@pytest.mark.slow
def test_what_every_trial_would_meet_ends_the_study_with_its_sentence(
    tmp_path: Path, begin: Callable[[Study], Process]
) -> None:
    unmeasured = study(tmp_path / "metric", metric="f1")
    process = begin(unmeasured)
    assert process.rest() == 1
    [met] = [event for event in process.events if isinstance(event, Met)]
    assert met.problem["message"].startswith("The search is judged by f1, but validation measures loss, accuracy.")
    assert unmeasured.state() == "failed"
    assert unmeasured.message == met.problem["message"]

    source = {"kind": "csv", "params": {"path": "nowhere.csv"}}
    gone = study(tmp_path / "gone", None, {"data.source": source}, trials=20)
    assert begin(gone).rest() == 1
    assert gone.message.startswith("No trial came to a result. ")
    assert gone.message.endswith(gone.trials[0].message)


def test_two_processes_cannot_have_one_study(tmp_path: Path, begin: Callable[[Study], Process]) -> None:
    made = study(tmp_path / "study")
    made.lock.claim()
    process = begin(made)
    assert process.rest() == 1
    [met] = [event for event in process.events if isinstance(event, Met)]
    assert "is already going on in another process" in met.problem["message"]
    made.lock.release()


@pytest.mark.slow
def test_what_is_told_is_what_is_written(tmp_path: Path, begin: Callable[[Study], Process]) -> None:
    made = study(tmp_path / "study", parallel=2)
    process = begin(made)
    assert process.rest() == 0
    changes = collections.defaultdict(list)
    for event in process.events:
        if isinstance(event, TrialChanged):
            changes[event.trial["number"]].append(event.trial)
    for trial in made.trials:
        assert [change["state"] for change in changes[trial.number]] == ["waiting", "running", "finished"]
        assert changes[trial.number][-1] == json.loads(json.dumps(trial.to_json()))
    assert [e.state for e in process.events if isinstance(e, StudyChanged)] == ["running", "finished"]


@pytest.mark.slow
def test_no_trial_begins_when_the_time_is_over(tmp_path: Path, begin: Callable[[Study], Process]) -> None:
    made = study(tmp_path / "study", timeout=1e-3, trials=50)
    assert begin(made).rest() == 0
    assert len(made.trials) <= 1
    assert made.state() == "finished"
    assert time.time() - made.created < 60
