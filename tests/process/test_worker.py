"""The worker as a process: its protocol, and what its death leaves."""

from __future__ import annotations

import contextlib
import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from core.training.launch import worker_command, worker_environment
from core.training.protocol import (
    Changed,
    Command,
    EpochEnded,
    Event,
    Finished,
    Met,
    Picture,
    Points,
    Ready,
    Signals,
    Started,
    StateChanged,
    decode_event,
    encode_command,
)
from core.training.runs import RunFolder, StatusKeeper, list_runs
from tests import trainings

LONG = {"epochs": 100_000, "checkpoint_seconds": 1000.0}


class Worker:
    """A worker and what it says."""

    def __init__(self, folder: Path | None = None, resume: bool = False) -> None:
        self.process = subprocess.Popen(
            worker_command(folder, resume),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=worker_environment(),
            text=True,
        )
        self.events: list[Event] = []

    def tell(self, name: str, **arguments: Any) -> None:
        assert self.process.stdin
        self.process.stdin.write(encode_command(Command(name, arguments)))
        self.process.stdin.flush()

    def until(self, fits: Callable[[Event], bool]) -> Event:
        """Read on to the first event that fits; fails at the end of the worker."""
        assert self.process.stdout
        for line in self.process.stdout:
            event = decode_event(line)
            assert event is not None, line
            self.events.append(event)
            if fits(event):
                return event
        raise AssertionError(f"ended after {self.events[-3:]}")

    def state(self, state: str) -> StateChanged:
        event = self.until(lambda e: isinstance(e, StateChanged) and e.state == state)
        assert isinstance(event, StateChanged)
        return event

    def rest(self) -> int:
        """Read to the end; the exit status."""
        with contextlib.suppress(AssertionError):
            self.until(lambda _: False)
        return self.process.wait(30)

    def of(self, kind: type[Event]) -> list[Any]:
        return [e for e in self.events if isinstance(e, kind)]


@contextlib.contextmanager
def worker(folder: Path | None = None, resume: bool = False) -> Iterator[Worker]:
    made = Worker(folder, resume)
    try:
        yield made
    finally:
        made.process.kill()
        made.process.wait(30)
        for pipe in (made.process.stdin, made.process.stdout, made.process.stderr):
            assert pipe
            with contextlib.suppress(BrokenPipeError):
                pipe.close()


def weights(folder: Path, which: str = "last") -> dict[str, torch.Tensor]:
    return load_file(folder / "checkpoints" / which / "weights.safetensors")


def same(left: dict[str, torch.Tensor], right: dict[str, torch.Tensor]) -> bool:
    return left.keys() == right.keys() and all(torch.equal(left[name], right[name]) for name in left)


def test_a_run_says_all_that_it_does_and_leaves_a_whole_folder(tmp_path: Path) -> None:
    made = trainings.folder(tmp_path / "run", trainings.moons(), trainings.job(epochs=4))
    assert made.state() == "new"
    with worker(made.path) as process:
        assert process.rest() == 0
        assert [e.state for e in process.of(StateChanged)] == ["preparing", "running", "finished"]
        assert isinstance(process.events[-1], Finished)
    [started] = process.of(Started)
    assert (started.epochs, started.start_step, started.threads) == (4, 0, 1)
    assert [e.epoch for e in process.of(EpochEnded)] == [1, 2, 3, 4]
    steps = [step for e in process.of(Points) if "train/loss" in e.series for step in e.step]
    assert steps == list(range(1, 4 * started.steps_per_epoch + 1))
    assert made.state() == "finished"
    result = made.result()
    assert result is not None
    assert result["metrics"].keys() == {"train", "validation", "test"}
    assert made.environment()["choices"]["threads"] == 1
    assert made.weights() == made.path / "checkpoints" / "last" / "weights.safetensors"
    logged = [type(e) for e in process.events if not isinstance(e, Picture | Signals)]  # those are in the films
    assert [type(e) for e in made.events] == logged
    [row] = list_runs(tmp_path)
    assert (row.state, row.title, row.metrics) == ("finished", "Test", result["metrics"])


def test_stdout_is_the_protocol_alone_and_prints_go_to_the_log(tmp_path: Path) -> None:
    path = trainings.folder(tmp_path / "run", trainings.moons(), trainings.job(epochs=1)).path
    code = (
        "import sys, os; from core.training import start, worker; real = start.start\n"
        "def loud(*a): print('chatter'); os.system('echo more'); return real(*a)\n"
        f"start.start = loud; sys.exit(worker.main([{str(path)!r}]))"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, env=worker_environment(), capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert all(json.loads(line)["v"] == 1 for line in done.stdout.splitlines())
    assert (path / "log.txt").read_text().split() == ["chatter", "more"]


def test_a_warm_worker_waits_and_then_trains(tmp_path: Path) -> None:
    path = trainings.folder(tmp_path / "run", trainings.moons(), trainings.job(epochs=2)).path
    with worker() as process:
        process.until(lambda e: isinstance(e, Ready))
        process.tell("run", folder=str(path), resume=False)
        assert process.rest() == 0
    assert RunFolder.open(path).state() == "finished"


def test_a_warm_worker_quits_when_told_and_when_left_alone() -> None:
    with worker() as process:
        process.until(lambda e: isinstance(e, Ready))
        process.tell("quit")
        assert process.rest() == 0
    with worker() as process:
        process.until(lambda e: isinstance(e, Ready))
        assert process.process.stdin
        process.process.stdin.close()
        assert process.rest() == 0


def test_pause_set_save_resume_stop(tmp_path: Path) -> None:
    made = trainings.folder(tmp_path / "run", trainings.moons(), trainings.job(**LONG))
    with worker(made.path) as process:
        process.state("running")
        process.until(lambda e: isinstance(e, Points))
        process.tell("pause")
        process.state("paused")
        assert made.state() == "paused"
        process.tell("set", path="objectives.0.lr", value=0.25)
        changed = process.until(lambda e: isinstance(e, Changed))
        process.tell("set", path="objectives.0.lr", value=-1)
        met = process.until(lambda e: isinstance(e, Met))
        process.tell("save")
        process.until(lambda e: e.type == "saved" and e.path.endswith("last"))  # type: ignore[attr-defined]
        process.tell("resume")
        process.state("running")
        after = process.until(lambda e: isinstance(e, Points) and "lr" in e.series)
        process.tell("stop")
        assert process.rest() == 0
    assert isinstance(changed, Changed)
    assert (changed.path, changed.value) == ("objectives.0.lr", 0.25)
    assert isinstance(met, Met)
    assert "above 0" in met.problem["message"]
    assert isinstance(after, Points)
    assert after.series["lr"][-1] == 0.25
    assert process.of(StateChanged)[-1].state == "stopped"
    assert made.state() == "stopped"


def test_a_closed_stdin_saves_and_stops(tmp_path: Path) -> None:
    made = trainings.folder(tmp_path / "run", trainings.moons(), trainings.job(**LONG))
    with worker(made.path) as process:
        process.until(lambda e: isinstance(e, EpochEnded))
        assert process.process.stdin
        process.process.stdin.close()
        assert process.rest() == 0
    assert process.of(StateChanged)[-1].state == "stopped"
    assert "is gone" in made.status().message
    assert made.can_resume


def test_sigterm_saves_and_stops(tmp_path: Path) -> None:
    made = trainings.folder(tmp_path / "run", trainings.moons(), trainings.job(**LONG))
    with worker(made.path) as process:
        process.until(lambda e: isinstance(e, EpochEnded))
        process.process.send_signal(signal.SIGTERM)
        assert process.rest() == 0
    assert made.state() == "stopped"
    assert made.can_resume


def test_one_worker_to_a_run(tmp_path: Path) -> None:
    made = trainings.folder(tmp_path / "run", trainings.moons(), trainings.job(**LONG))
    with worker(made.path) as first:
        first.state("running")
        with worker(made.path, resume=True) as second:
            assert second.rest() == 1
        [met] = second.of(Met)
        assert f"already going on in another process (process {first.process.pid})" in met.problem["message"]
        first.tell("stop")
        assert first.rest() == 0
    assert made.state() == "stopped"


def test_what_is_wrong_is_said_in_a_sentence(tmp_path: Path) -> None:
    with worker(tmp_path) as process:
        assert process.rest() == 1
    [met] = process.of(Met)
    assert "is not the folder of a run" in met.problem["message"]
    lost = trainings.folder(tmp_path / "lost", trainings.moons(), trainings.job(metrics=["acuracy"]))
    with worker(lost.path) as process:
        assert process.rest() == 1
    [met] = process.of(Met)
    assert "no metric 'acuracy'" in met.problem["message"]
    assert (lost.state(), lost.status().message) == ("failed", met.problem["message"])


def test_a_diverging_run_names_the_layer_and_keeps_the_last_good_checkpoint(tmp_path: Path) -> None:
    bad = {"optimizer": {"kind": "sgd", "params": {"lr": 1e30}}}
    made = trainings.folder(tmp_path / "run", trainings.regression(), trainings.job("diabetes", objectives=[bad]))
    with worker(made.path) as process:
        assert process.rest() == 1
    [met] = process.of(Met)
    assert met.problem["code"] == "diverged"
    assert met.problem["node"] == "out"
    assert "in epoch 1, at step 2." in met.problem["message"]
    assert "lower the learning rate (now 1e+30) or clip the gradients" in met.problem["message"]
    assert [fix["action"] for fix in met.problem["fixes"]] == ["set_job", "set_job"]
    assert not (made.checkpoints / "last").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="limits of a process are a matter of POSIX")
def test_a_full_disk_ends_the_run_with_a_sentence_and_a_readable_folder(tmp_path: Path) -> None:
    made = trainings.folder(tmp_path / "run", trainings.moons(), trainings.job(epochs=100_000, checkpoint_seconds=0.05))
    code = (
        "import resource, signal, sys; from core.training import worker\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000))\n"
        f"sys.exit(worker.main([{str(made.path)!r}]))"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, env=worker_environment(), capture_output=True, text=True, timeout=60)
    assert done.returncode == 1, done.stderr
    told = [decode_event(line) for line in done.stdout.splitlines()]
    [met] = [event for event in told if isinstance(event, Met)]
    assert (met.problem["code"], ".jsonl: it is larger than" in met.problem["message"]) == ("disk-full", True)
    assert isinstance(told[-1], StateChanged)
    assert told[-1].state == "failed"
    assert made.state() == "failed"
    assert weights(made.path)
    assert list(made.events)
    assert made.can_resume


@pytest.mark.parametrize(
    ("state", "resume", "message"),
    [("finished", True, "has finished; there is nothing left"), ("stopped", False, "has already begun. Resume it")],
)
def test_a_run_is_begun_once_and_finished_once(tmp_path: Path, state: Any, resume: bool, message: str) -> None:
    made = trainings.folder(tmp_path / "run", trainings.moons(), trainings.job())
    StatusKeeper(made).follow(StateChanged(state))
    with worker(made.path, resume) as process:
        assert process.rest() == 1
    [met] = process.of(Met)
    assert message in met.problem["message"]
    assert made.state() == state  # what is told of the run itself stays true
