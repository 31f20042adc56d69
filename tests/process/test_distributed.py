"""Several processes on this machine against one: the same curves, the same checkpoints, and a life after a death."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest
import torch
from safetensors.torch import load_file

from core.program.program import Program
from core.training.launch import Machines, worker_command, worker_environment
from core.training.protocol import Command, EpochEnded, Event, Finished, Met, Points, decode_event, encode_command
from core.training.runs import RunFolder
from tests import trainings
from tests.process.logging import trained

CLOSE = 1e-4  # relative: of losses and metrics after some epochs, and of the weights


def losses(folder: Path) -> list[float]:
    events = [e for e in RunFolder.open(folder).events if isinstance(e, Points) and "train/loss" in e.series]
    assert [step for e in events for step in e.step] == list(range(1, 1 + sum(len(e.step) for e in events)))
    return [loss for e in events for loss in e.series["train/loss"]]


def epochs(folder: Path) -> list[Mapping[str, Mapping[str, float]]]:
    return [e.metrics for e in RunFolder.open(folder).events if isinstance(e, EpochEnded)]


def weights(folder: Path) -> dict[str, torch.Tensor]:
    return load_file(folder / "checkpoints" / "last" / "weights.safetensors")


def make(folder: Path, program: Program, source: str, processes: int, **changes: Any) -> Path:
    return trainings.folder(folder, program, trainings.job(source, processes=processes, **changes)).path


def same(one: Path, several: Path) -> None:
    """The curves and weights of two runs are close."""
    assert losses(several) == pytest.approx(losses(one), rel=CLOSE)
    for left, right in zip(epochs(one), epochs(several), strict=True):
        for part in left:
            assert right[part] == pytest.approx(left[part], rel=CLOSE), part
    for name, value in weights(one).items():
        torch.testing.assert_close(weights(several)[name], value, rtol=CLOSE, atol=1e-5)


def both(tmp_path: Path, program: Program, source: str, **changes: Any) -> tuple[Path, Path]:
    folders = [make(tmp_path / str(n), program, source, n, **changes) for n in (1, 2)]
    for folder in folders:
        trained(folder)
    return folders[0], folders[1]


def test_two_processes_reach_the_curve_of_one(tmp_path: Path) -> None:
    """Batches of odd sizes, a short last one, accumulation, clipping, decay, penalty, schedule, average of weights."""
    changes = {"accumulate": 2, "clip_norm": 5.0, "l2": 1e-3}
    job = {"epochs": 4, "batch_size": 33, "average": 0.9, "transforms": [{"kind": "standardise", "field": "target"}]}
    one, two = both(tmp_path, trainings.regression(), "diabetes", objectives=[trainings.objective(**changes)], **job)
    same(one, two)
    state = RunFolder.open(two)
    assert state.state() == "finished"
    assert state.environment()["choices"]["threads"] == 1


@pytest.mark.slow
def test_objectives_of_their_own(tmp_path: Path) -> None:
    two = [
        {"name": "hidden", "trains": ["hidden"], "optimizer": {"kind": "sgd", "params": {"lr": 1e-4}}},
        {"name": "out", "trains": ["out"], "optimizer": {"kind": "adam"}, "split": "validation", "clip_value": 1.0},
    ]
    same(*both(tmp_path / "two", trainings.regression(), "diabetes", objectives=two, epochs=3))


@pytest.mark.slow
def test_lbfgs_looks_again_in_all_processes(tmp_path: Path) -> None:
    """Its first iterations: later ones magnify rounding, in one process too."""
    lbfgs = {"optimizer": {"kind": "lbfgs", "params": {"lr": 0.1, "max_iter": 4}}, "l2": 1e-3}
    scaled = [{"kind": "standardise", "field": name} for name in ("features", "target")]
    changes = {"objectives": [lbfgs], "batch_size": "full", "epochs": 3, "transforms": scaled}
    same(*both(tmp_path, trainings.regression(), "diabetes", **changes))


@pytest.mark.slow
def test_stopped_and_resumed_it_ends_with_the_bits_of_an_undisturbed_run(tmp_path: Path) -> None:
    """Dropout too: each process goes on with its own random numbers."""
    whole = make(tmp_path / "whole", trainings.moons(), "moons", 2, epochs=200)
    trained(whole)
    folder = make(tmp_path / "run", trainings.moons(), "moons", 2, epochs=200)
    with going(folder) as process:
        until(process, lambda e: isinstance(e, EpochEnded))
        tell(process, "stop")
        assert ended(process) == 0
    assert RunFolder.open(folder).state() == "stopped"
    assert 0 < RunFolder.open(folder).status().step < 200 * 9
    trained(folder, resume=True)
    left, right = weights(folder), weights(whole)
    assert all(torch.equal(left[name], right[name]) for name in right)
    assert losses(folder) == losses(whole)


@pytest.mark.slow
@pytest.mark.parametrize("victim", ["0", "1"])
def test_killing_a_process_starts_all_again_from_the_last_checkpoint(tmp_path: Path, victim: str) -> None:
    changes = {"epochs": 50, "checkpoint_seconds": 0.2}
    folder = make(tmp_path / "run", trainings.regression(), "diabetes", 2, **changes)
    with going(folder) as process:
        until(process, lambda e: e.type == "saved")
        os.kill(rank_of(process, victim), signal.SIGKILL)
        finished = until(process, lambda e: isinstance(e, Finished))
        assert ended(process) == 0
    assert isinstance(finished, Finished)
    assert finished.steps == 50 * 20
    alone = make(tmp_path / "alone", trainings.regression(), "diabetes", 2, **changes)
    trained(alone)
    assert losses(folder) == losses(alone)
    assert all(torch.equal(weights(folder)[name], value) for name, value in weights(alone).items())


@pytest.mark.slow
def test_machines_that_share_a_folder_train_together(tmp_path: Path) -> None:
    """Two launchers on this machine, with one process each."""
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        port = probe.getsockname()[1]
    folder = make(tmp_path / "run", trainings.regression(), "diabetes", 1, epochs=2)
    machines = Machines(2, f"localhost:{port}", processes=1, restarts=0)
    pipe, none = subprocess.PIPE, subprocess.DEVNULL
    started = [
        subprocess.Popen(
            worker_command(folder, False, machines), env=worker_environment(), stdin=none, stdout=pipe, stderr=none,
            text=True,
        )
        for _ in range(2)
    ]  # fmt: skip
    heard = [[decode_event(line) for line in process.communicate(timeout=120)[0].splitlines()] for process in started]
    assert [process.returncode for process in started] == [0, 0]
    assert all(isinstance(events[-1], Finished) for events in heard)
    assert sorted(any(isinstance(e, Points) for e in events) for events in heard) == [False, True]
    alone = make(tmp_path / "alone", trainings.regression(), "diabetes", 1, epochs=2)
    trained(alone)
    same(alone, folder)


@pytest.mark.slow
def test_what_cannot_be_shared_is_told_once_and_ends_the_run(tmp_path: Path) -> None:
    folder = make(tmp_path / "run", trainings.regression(), "diabetes", 2, batch_size=1)
    with going(folder) as process:
        met = until(process, lambda e: isinstance(e, Met))
        assert ended(process) == 1
    assert isinstance(met, Met)
    assert "a batch of 1 cannot be shared by 2 processes" in met.problem["message"]
    assert RunFolder.open(folder).state() == "failed"


def test_a_death_after_the_end_begins_nothing_again(tmp_path: Path) -> None:
    """A follower that crashes while it takes leave makes the launcher start all of them again."""
    folder = make(tmp_path / "run", trainings.regression(), "diabetes", 1, epochs=1)
    trained(folder)
    before = (folder / "events.jsonl").read_bytes()
    restarted = {"TORCHELASTIC_RUN_ID": "x", "TORCHELASTIC_RESTART_COUNT": "1", "TORCHELASTIC_MAX_RESTARTS": "3"}
    for rank in ("0", "1"):
        assert trained(folder, **restarted, RANK=rank, WORLD_SIZE="2", LOCAL_RANK=rank, LOCAL_WORLD_SIZE="2",
                       GROUP_RANK="0") == []  # fmt: skip
    assert (folder / "events.jsonl").read_bytes() == before
    assert RunFolder.open(folder).state() == "finished"


@contextmanager
def going(folder: Path) -> Iterator[subprocess.Popen[str]]:
    pipe = subprocess.PIPE
    process = subprocess.Popen(
        worker_command(folder), env=worker_environment(), stdin=pipe, stdout=pipe, stderr=pipe, text=True
    )
    try:
        yield process
    finally:
        for child in psutil.Process(process.pid).children(recursive=True) if process.poll() is None else ():
            child.kill()
        process.kill()
        process.communicate()


def until(process: subprocess.Popen[str], fits: Any) -> Event:
    assert process.stdout
    deadline = time.monotonic() + 120
    for line in process.stdout:
        event = decode_event(line)
        assert time.monotonic() < deadline
        if event is not None and fits(event):
            return event
    raise AssertionError(process.stderr.read() if process.stderr else "")


def ended(process: subprocess.Popen[str]) -> int:
    """The exit status. What it still says is read: a pipe that nobody empties would hold it up."""
    assert process.stdout
    reader = threading.Thread(target=process.stdout.read, daemon=True)
    reader.start()
    status = process.wait(60)
    reader.join(10)
    return status


def tell(process: subprocess.Popen[str], name: str, **given: Any) -> None:
    assert process.stdin
    process.stdin.write(encode_command(Command(name, given)))
    process.stdin.flush()


def rank_of(process: subprocess.Popen[str], rank: str) -> int:
    for child in psutil.Process(process.pid).children(recursive=True):
        if child.environ().get("RANK") == rank and "core.training.worker" in " ".join(child.cmdline()):
            return child.pid
    raise AssertionError(json.dumps([c.cmdline() for c in psutil.Process(process.pid).children(recursive=True)]))
