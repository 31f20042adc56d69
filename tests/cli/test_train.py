"""``layerloom train`` with the real worker process: it ends, resumes, stops by Ctrl+C, outlives its worker."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from core.training.protocol import Progress, Started, decode_event
from core.training.runs import RunFolder

Run = Callable[..., Any]


def start(*words: str | Path) -> subprocess.Popen[str]:
    """The command line in a process of its own, in its own group so that signals reach nobody else."""
    return subprocess.Popen(
        [sys.executable, "-m", "designer.cli", *map(str, words)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def events(process: subprocess.Popen[str]) -> Iterator[Any]:
    assert process.stdout
    for line in process.stdout:
        if "event" in json.loads(line):
            yield decode_event(line)


def test_train_ends_with_the_metrics_of_every_split(layerloom: Run, design: Path, tmp_path: Path) -> None:
    said = layerloom(
        "train", design, "--run", tmp_path / "run", "--epochs", "4", "--set", "hidden.out_features=8", "--json"
    )
    assert said.code == 0
    last = said.last
    assert last["state"] == "finished"
    assert set(last["metrics"]) == {"train", "validation", "test"}
    assert all(0 < metrics["accuracy"] <= 1 for metrics in last["metrics"].values())
    assert last["epochs"] == 4
    [started] = [e for e in map(decode_event, said.out.splitlines()[:-1]) if isinstance(e, Started)]
    assert started.parameters == 4 * 8 + 8 + 8 * 3 + 3
    folder = RunFolder.open(tmp_path / "run")
    assert folder.job.epochs == 4
    assert folder.status().state == "finished"
    listed = layerloom("runs", tmp_path, "--json").json
    assert [(run["title"], run["state"]) for run in listed] == [("Iris", "finished")]
    words = layerloom("runs", tmp_path)
    assert "finished" in words.out
    again = layerloom("train", design, "--run", tmp_path / "run")
    assert again.code == 2
    assert "not empty" in again.err


def test_train_tells_people_how_it_goes(layerloom: Run, design: Path, tmp_path: Path) -> None:
    said = layerloom("train", design, "--run", tmp_path / "run", "--epochs", "2")
    assert said.code == 0
    for text in ("131 parameters on cpu", "epoch 2", "validation", "Finished after 2 epochs", "The run is in"):
        assert text in said.out


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("scores.out_features=2", "Cross entropy"),
        ("lr=fast", "expected a number above 0.0, received 'fast'"),
        ("optimizer=lion", "there is no 'lion'; there are sgd, adam"),
        ("data.transforms.0.params.per=row", "Standardise: per: expected one of auto"),
        ("data.split.test=0.9", "take 105% of the data, so nothing is left to train on"),
    ],
)
def test_what_does_not_hold_does_not_train(
    layerloom: Run, design: Path, tmp_path: Path, setting: str, words: str
) -> None:
    said = layerloom("train", design, "--run", tmp_path / "run", "--set", setting)
    assert said.code == 1
    assert words in said.err
    assert not (tmp_path / "run").exists()


def test_more_scores_than_classes_is_a_warning(layerloom: Run, design: Path, tmp_path: Path) -> None:
    settings = ("--epochs", "1", "--set", "scores.out_features=5", "--json")
    said = layerloom("train", design, "--run", tmp_path / "run", *settings)
    assert said.code == 0
    assert "warning: Cross entropy: the data has 3 classes, but input has 5 scores" in said.err
    assert 0 <= said.last["metrics"]["test"]["f1"] <= 1


@pytest.mark.skipif(sys.platform == "darwin", reason="may have the device")
@pytest.mark.parametrize("machine", [True, False])
def test_a_run_that_fails_says_why_once(layerloom: Run, design: Path, tmp_path: Path, machine: bool) -> None:
    said = layerloom("train", design, "--run", tmp_path / "run", "--device", "mps", *(["--json"] if machine else []))
    assert said.code == 1
    assert "asks for the device mps" in said.err
    assert said.err.count("\n") == 1
    if machine:
        assert said.last["state"] == "failed"
        assert said.last["problems"][-1]["severity"] == "error"
    else:
        assert "mps" not in said.out


@pytest.fixture
def endless(design: Path, tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], Path]]:
    """A run that would go on for a long time, and its folder; yielded when it trains."""
    folder = tmp_path / "run"
    process = start("train", design, "--run", folder, "--epochs", "100000", "--json")
    next(event for event in events(process) if isinstance(event, Progress))
    yield process, folder
    process.kill()
    process.communicate()


@pytest.mark.skipif(sys.platform == "win32", reason="sends POSIX signals")
def test_ctrl_c_stops_politely_and_keeps_the_run(endless: tuple[subprocess.Popen[str], Path]) -> None:
    process, folder = endless
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    last = json.loads(out.splitlines()[-1])
    assert process.returncode == 130
    assert last["state"] == "stopped"
    assert "the run is kept" in err
    assert "Traceback" not in err
    opened = RunFolder.open(folder)
    assert opened.status().state == "stopped"
    assert opened.can_resume
    resumed = start("train", "--run", folder, "--resume", "--json")
    started = next(event for event in events(resumed) if isinstance(event, Started))
    resumed.send_signal(signal.SIGINT)
    resumed.communicate(timeout=30)
    assert started.start_step == last["steps"] > 0
    assert resumed.returncode == 130


@pytest.mark.skipif(sys.platform == "win32", reason="sends POSIX signals")
def test_a_killed_worker_is_told_with_the_way_on(endless: tuple[subprocess.Popen[str], Path]) -> None:
    process, folder = endless
    [worker] = _children(process.pid)
    os.kill(worker, signal.SIGKILL)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 1
    assert f"layerloom train --run {folder} --resume" in err
    assert RunFolder.open(folder).status().state == "interrupted"


def _children(pid: int) -> list[int]:
    import psutil

    return [child.pid for child in psutil.Process(pid).children()]


def test_logs_are_asked_for_by_name(layerloom: Run, design: Path, tmp_path: Path) -> None:
    said = layerloom("train", design, "--run", tmp_path / "run", "--epochs", "1", "--log", "tensorboard")
    assert said.code == 0
    assert RunFolder.open(tmp_path / "run").job.logs == ("tensorboard",)
    assert list((tmp_path / "run" / "tensorboard").glob("*tfevents*"))
    wrong = layerloom("train", design, "--run", tmp_path / "other", "--log", "excel")
    assert wrong.code == 2
    assert "logs" in wrong.err
    assert "excel" in wrong.err
