"""Monitoring and edge cases on the command line: tables, JSON, exit codes, watching."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from core.training.runs import RunFolder
from designer import cli_monitor
from tests.core.analysis.drift.towns import People, trained, write

Layerloom = Callable[..., Any]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    return trained(tmp_path_factory.mktemp("towns"))


def test_drift_is_told_by_the_exit_code_and_in_a_table(layerloom: Layerloom, run: RunFolder, tmp_path: Path) -> None:
    calm = layerloom("monitor", run.path, write(tmp_path / "calm.csv", People().lines(300, 4)))
    assert calm.code == 0
    assert "No drift" in calm.out
    said = layerloom("monitor", run.path, write(tmp_path / "moved.csv", People(shift=5).lines(300, 4)))
    assert said.code == 1
    assert "income has drifted" in said.out
    assert "Kolmogorov-Smirnov" in said.out
    assert "Live accuracy" in said.out
    assert "Batch of 32" in said.out


def test_the_whole_report_is_json(layerloom: Layerloom, run: RunFolder, tmp_path: Path) -> None:
    path = write(tmp_path / "new.csv", People(shift=5).lines(450, 4))
    found = layerloom("monitor", run.path, path, "--window", "150", "--alpha", "0.05", "--json").json
    assert found["alpha"] == 0.05
    assert len(found["windows"]) == 3
    quiet = layerloom("monitor", run.path, path, "--least-psi", "99", "--json")
    assert {alert["about"] for alert in quiet.json["alerts"]} <= {"accuracy"}


def test_windows_have_a_table_of_their_own(layerloom: Layerloom, run: RunFolder, tmp_path: Path) -> None:
    for day in (1, 2):
        write(tmp_path / f"day{day}.csv", People(shift=6.0 * (day - 1)).lines(200, day))
    said = layerloom("monitor", run.path, tmp_path)
    assert "most changed" in said.out
    assert "day2.csv: income has drifted" in said.out


def test_wrong_inputs_are_one_sentence(layerloom: Layerloom, run: RunFolder, tmp_path: Path) -> None:
    said = layerloom("monitor", run.path, write(tmp_path / "a.csv", ["1,2"], "a,b"))
    assert said.code == 2
    assert "has none of the columns" in said.err
    assert layerloom("monitor", tmp_path, tmp_path).code == 2


def test_watching_tells_what_has_come_and_ends_by_its_alarm(
    layerloom: Layerloom, run: RunFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path / "grows.csv", ["broken"], "a,b")
    turns = [
        lambda: write(path, People().lines(200, 4)),
        lambda: None,
        lambda: write(path, People(shift=6).lines(200, 4)),
    ]

    def sleep(_seconds: float) -> None:
        if not turns:
            raise KeyboardInterrupt
        turns.pop(0)()

    monkeypatch.setattr(cli_monitor.time, "sleep", sleep)
    said = layerloom("monitor", run.path, path, "--watch", "--json")
    reports = [json.loads(line) for line in said.out.splitlines()]
    assert [report["alarm"] for report in reports] == [False, True], "once for each change"
    assert "line 2" in said.err, "what does not hold yet is told, and looked at again"
    assert said.code == 1


def test_edge_cases_of_a_run(layerloom: Layerloom, run: RunFolder) -> None:
    said = layerloom("edge-cases", run.path, "--examples", "60")
    assert said.code == 0
    assert "NaN in an input" in said.out
    assert "passed" in said.out
    found = layerloom("edge-cases", run.path, "--examples", "60", "--part", "validation", "--json").json
    assert (found["split"], found["examples"]) == ("validation", 60)
