"""A run on another machine: ``ssh`` is a script that runs what it is told in a home of its own."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import tarfile
import time
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from core.problem import LayerloomError
from core.training import parcel
from core.training.launch import Host, worker_command, worker_environment
from core.training.protocol import Command, EpochEnded, Event, Met, decode_event, encode_command
from core.training.remote import Remote
from core.training.runs import RunFolder
from tests import trainings
from tests.process.ssh import stand_in


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return stand_in(tmp_path, monkeypatch)


def begin(folder: Path, host: str = "away", resume: bool = False) -> subprocess.Popen[str]:
    pipe = subprocess.PIPE
    command = worker_command(folder, resume, Host(host, sys.executable))
    return subprocess.Popen(command, env=worker_environment(), stdin=pipe, stdout=pipe, stderr=pipe, text=True)


def rest(process: subprocess.Popen[str]) -> list[Event]:
    """What is said to the end; until then stdin stays open."""
    assert process.stdout
    try:
        lines = list(process.stdout)
        _, errors = process.communicate(timeout=30)
    finally:
        process.kill()
    assert lines, errors
    return [event for line in lines if (event := decode_event(line)) is not None]


def until(process: subprocess.Popen[str], kind: type[Event]) -> None:
    assert process.stdout
    for line in process.stdout:
        if isinstance(decode_event(line), kind):
            return
    raise AssertionError(process.stderr.read() if process.stderr else "")


def weights(folder: Path) -> dict[str, torch.Tensor]:
    return load_file(folder / "checkpoints" / "last" / "weights.safetensors")


def test_it_trains_there_and_all_that_it_leaves_is_here(home: Path, tmp_path: Path) -> None:
    table = tmp_path / "designs" / "points.csv"
    table.parent.mkdir()
    table.write_text("a,b,kind\n" + "".join(f"{i % 7},{i % 5},{'xy'[i % 2]}\n" for i in range(60)))
    columns = {"path": "points.csv", "target": "kind"}
    job = trainings.job("csv", epochs=2, data=columns, logs=["tensorboard"])
    made = RunFolder.create(tmp_path / "run", trainings.moons(), job, "{}", "Test", base=table.parent)
    events = rest(begin(made.path))
    assert [e.type for e in events][-2:] == ["state", "finished"], [e for e in events if isinstance(e, Met)]
    [there] = (home / ".layerloom" / "runs").iterdir()
    assert (there / "data" / "points.csv").read_text() == table.read_text()
    assert made.state() == "finished"
    assert len(list(made.events)) == len([e for e in events if e.type not in ("picture", "signals")])
    assert {"metrics", "state"} <= set(made.result() or {})
    assert list((made.path / "tensorboard").glob("*tfevents*"))
    assert made.preparation()
    assert all(torch.equal(weights(made.path)[name], value) for name, value in weights(there).items())


@pytest.mark.slow
def test_stopped_through_stdin_and_gone_on_with_it_ends_with_the_same_bits(home: Path, tmp_path: Path) -> None:
    job = trainings.job(epochs=400)
    made = trainings.folder(tmp_path / "run", trainings.moons(), job)
    process = begin(made.path)
    until(process, EpochEnded)
    assert process.stdin
    process.stdin.write(encode_command(Command("stop")))
    process.stdin.flush()
    rest(process)
    assert made.state() == "stopped"
    assert 0 < made.status().step < 400 * 9
    rest(begin(made.path, resume=True))
    assert made.state() == "finished"
    assert [e.epoch for e in made.events if isinstance(e, EpochEnded)] == list(range(1, 401))
    alone = trainings.folder(tmp_path / "alone", trainings.moons(), job)
    subprocess.run(
        worker_command(alone.path), env=worker_environment(), stdin=subprocess.DEVNULL, capture_output=True, check=True
    )
    assert all(torch.equal(weights(made.path)[name], value) for name, value in weights(alone.path).items())


def test_a_broken_connection_is_told_with_how_to_go_on_and_the_run_there_saves(home: Path, tmp_path: Path) -> None:
    made = trainings.folder(tmp_path / "run", trainings.moons(), trainings.job(epochs=3000))
    process = begin(made.path)
    until(process, EpochEnded)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    [path] = (home / ".layerloom" / "runs").iterdir()
    there = RunFolder.open(path)
    deadline = time.monotonic() + 60
    while there.last_state() != "stopped" and time.monotonic() < deadline:
        time.sleep(0.1)
    assert there.last_state() == "stopped"
    assert made.state() == "interrupted"


def test_a_host_that_is_not_there_is_told_in_its_own_words(home: Path, tmp_path: Path) -> None:
    made = trainings.folder(tmp_path / "run", trainings.moons(), trainings.job(epochs=1))
    process = begin(made.path, "nowhere")
    [met] = [e for e in rest(process) if isinstance(e, Met)]
    assert met.problem["message"].startswith("The run could not be copied to nowhere: ssh: Could not resolve hostname")
    assert process.returncode == 1


@pytest.mark.parametrize("host", ["", "-oProxyCommand=evil", "two words"])
def test_what_is_no_host_never_reaches_ssh(host: str) -> None:
    with pytest.raises(LayerloomError, match="is no host"):
        Remote(host, "x", "python3")


def test_what_comes_back_stays_in_the_folder(tmp_path: Path) -> None:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as tar:
        info = tarfile.TarInfo("../outside")
        tar.addfile(info, io.BytesIO())
    stream.seek(0)
    (tmp_path / "run").mkdir()
    with pytest.raises(LayerloomError, match="damaged"):
        parcel.unpack(stream, tmp_path / "run")
    assert not (tmp_path / "outside").exists()


def test_data_that_are_missing_are_told_before_anything_is_copied(home: Path, tmp_path: Path) -> None:
    made = trainings.folder(tmp_path / "run", trainings.moons(), trainings.job("csv", data={"path": "none.csv"}))
    [met] = [e for e in rest(begin(made.path)) if isinstance(e, Met)]
    assert "There is no file" in met.problem["message"]
    assert json.dumps("none.csv")[1:-1] in met.problem["message"]
