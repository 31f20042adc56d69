"""The studio with real worker processes: train, pause, stop, death by kill -9, resume, export by the assistant."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from core.catalog import datasets
from core.catalog.families import default_catalog
from core.problem import Problem, Severity
from core.training.job import Pick
from core.training.launch import Host
from core.training.runs import RunFolder
from designer.canvas.model import SceneModel
from designer.session import Notice, Session
from designer.studio import Studio
from designer.workers import AssistantClient
from graph.commands import AddNode, Connect, ReplaceLayer, SetJob, SetParam
from graph.document import Document
from graph.records import Node
from tests.process.ssh import stand_in

CHAIN = ("input", "linear", "tanh", "linear", "output")


@pytest.fixture
def session() -> Session:
    """Spirals, through a net of 16 hidden units."""
    session = Session(Document(default_catalog()))
    for index, layer in enumerate((*CHAIN, "target", "cross_entropy")):
        params = {"out_features": 16 if index == 1 else 2} if layer == "linear" else {}
        session.do(AddNode(Node(f"n{index}", layer, params=params, x=200.0 * index)))
    for index in range(len(CHAIN) - 1):
        session.do(Connect(f"n{index}", "y", f"n{index + 1}", "x"))
    session.do(Connect("n3", "y", "n6", "input"))
    session.do(Connect("n5", "y", "n6", "target"))
    signature = datasets.signature(Pick(kind="spirals"))
    assert signature is not None
    session.do(SetJob("data.source", {"kind": "spirals"}))
    session.do(SetJob("data.signature", signature.model_dump(mode="json")))
    session.do(SetJob("threads", 1))
    session.do(SetJob("epochs", 5))
    return session


@pytest.fixture
def notices(session: Session) -> list[Notice]:
    told: list[Notice] = []
    session.noticed.connect(told.append)
    return told


def _wait_for(qtbot: QtBot, session: Session, *states: str) -> None:
    qtbot.waitUntil(lambda: session.run.state in states, timeout=60_000)


def test_a_run_is_followed_to_its_end(qtbot: QtBot, session: Session, studio: Studio, notices: list[Notice]) -> None:
    session.run.requested.emit("train")
    assert session.run.state == "preparing"
    qtbot.waitUntil(lambda: bool(notices), timeout=60_000)
    record = studio.record
    assert record is not None
    assert record.finished is not None
    assert record.started is not None
    assert session.run.state == "finished"
    assert record.series["train/loss"].count == 5 * record.started.steps_per_epoch
    assert record.epochs["validation/accuracy"].count == 5
    assert set(record.finished.metrics) == {"train", "validation", "test"}
    assert record.pictures["boundary"].data["points"]
    assert notices[0].done
    assert "test" in notices[0].problem.message

    studio.show(record.folder)  # read from disk, the run looks the same
    again = studio.record
    assert again is not None
    assert again is not record
    assert again.state == "finished"
    assert again.series["train/loss"].whole().mean.tolist() == record.series["train/loss"].whole().mean.tolist()


def test_a_killed_worker_is_told_and_its_run_resumes(
    qtbot: QtBot, session: Session, studio: Studio, notices: list[Notice]
) -> None:
    session.do(SetJob("epochs", 2000))
    session.do(SetJob("checkpoint_seconds", 0.2))
    session.run.requested.emit("train")
    qtbot.waitUntil(lambda: studio.record is not None and studio.record.saved is not None, timeout=60_000)
    record = studio.record
    assert record is not None
    client = studio._client
    assert client is not None
    os.kill(client.pid, signal.SIGKILL)
    qtbot.waitUntil(lambda: bool(notices), timeout=10_000)
    assert session.run.state == "failed"
    assert "killed" in notices[0].problem.message
    assert "design is untouched" in notices[0].problem.message
    assert RunFolder.open(record.folder).state() == "interrupted"

    [resume] = notices[0].buttons
    resume.run()
    _wait_for(qtbot, session, "running")
    session.run.requested.emit("stop")
    _wait_for(qtbot, session, "stopped")
    assert studio.record is not None
    assert studio.record.folder == record.folder
    qtbot.waitUntil(lambda: RunFolder.open(record.folder).state() == "stopped", timeout=10_000)


def test_where_a_training_broke_stands_on_the_canvas_until_the_next_one(
    qtbot: QtBot, session: Session, studio: Studio, notices: list[Notice]
) -> None:
    """A root in place of the activation: half of what enters it is below 0."""
    session.do(ReplaceLayer("n2", "power"))
    session.do(SetParam("n2", "exponent", 0.5))
    session.run.requested.emit("train")
    _wait_for(qtbot, session, "failed")
    assert notices[-1].problem.message.startswith("Power: a root of a negative number")
    [kept] = [problem for problem in session.problems if problem.code == "diverged"]
    assert (kept.node, kept.severity) == ("n2", Severity.WARNING)
    model = SceneModel(session)
    model.refresh()
    assert model.marked["warning"] == ["n2"]
    assert "root of a negative number" in model.message_for("n2")
    model.close()
    session.do(SetParam("n2", "exponent", 2.0))
    session.run.requested.emit("train")
    assert not any(problem.code == "diverged" for problem in session.problems)
    _wait_for(qtbot, session, "finished")


def test_pause_holds_and_resume_goes_on(qtbot: QtBot, session: Session, studio: Studio) -> None:
    session.do(SetJob("epochs", 5000))
    session.run.requested.emit("train")
    _wait_for(qtbot, session, "running")
    session.run.requested.emit("pause")
    _wait_for(qtbot, session, "paused")
    record = studio.record
    assert record is not None
    qtbot.wait(150)
    count = record.series["train/loss"].count if "train/loss" in record.series else 0
    qtbot.wait(300)
    assert (record.series["train/loss"].count if "train/loss" in record.series else 0) == count
    session.run.requested.emit("resume")
    qtbot.waitUntil(lambda: "train/loss" in record.series and record.series["train/loss"].count > count, timeout=20_000)
    session.run.requested.emit("stop")
    _wait_for(qtbot, session, "stopped")


def test_a_design_with_an_error_is_refused_with_its_problem(
    session: Session, studio: Studio, notices: list[Notice]
) -> None:
    from graph.commands import RemoveNodes

    session.do(RemoveNodes(("n6",)))
    session.run.requested.emit("train")
    assert session.run.state == "idle"
    assert "loss" in notices[0].problem.message.lower()


def test_the_assistant_previews_data_and_survives_a_bad_request(qtbot: QtBot, session: Session) -> None:
    assistant = AssistantClient()
    answers: list[tuple[Any, Problem | None]] = []

    def ask(name: str, args: dict[str, Any]) -> None:
        assistant.request(name, args, lambda result, problem: answers.append((result, problem)))

    ask("data.preview", {"data": session.document.job.data.model_dump(mode="json"), "base": None})
    ask("data.signature", {"source": {"kind": "csv", "params": {"path": "missing.csv"}}, "base": None})
    qtbot.waitUntil(lambda: len(answers) == 2, timeout=60_000)
    preview, problem = answers[0]
    assert problem is None
    assert preview["splits"] == {"train": 700, "validation": 150, "test": 150}
    assert answers[1][0] is None
    assert answers[1][1] is not None
    assert "missing.csv" in answers[1][1].message

    ask("data.preview", {"data": session.document.job.data.model_dump(mode="json"), "base": None})
    assistant.kill()
    qtbot.waitUntil(lambda: len(answers) == 3, timeout=10_000)
    assert answers[2][1] is not None
    assert "Its answer is lost" in answers[2][1].message


def test_a_run_on_another_machine_is_watched_here(
    qtbot: QtBot, studio: Studio, notices: list[Notice], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = stand_in(tmp_path, monkeypatch)
    away = Host("away", sys.executable)
    studio.train(away)
    qtbot.waitUntil(lambda: bool(notices), timeout=60_000)
    record = studio.record
    assert record is not None
    assert record.finished is not None, notices[0].problem
    assert record.epochs["validation/accuracy"].count == 5
    run = RunFolder.open(record.folder)
    assert run.state() == "finished"
    assert run.weights().is_file()
    assert Host.of_run(run.path) == away
    assert len(list((home / ".layerloom" / "runs").iterdir())) == 1
