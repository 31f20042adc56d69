"""The Data panel: what it asks and sets, and what it shows of the classes."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from core.data.preview import preview
from core.problem import LayerloomError, Problem
from core.training.job import DataJob, Pick
from designer.data.panel import DataPanel
from designer.data.pictures import Bars
from designer.session import Session
from graph.commands import SetJob
from tests.asked import Asked


@pytest.fixture
def panel(session: Session, assistant: Asked, qtbot: QtBot) -> DataPanel:
    panel = DataPanel(session, assistant)
    qtbot.addWidget(panel)
    panel.resize(420, 1400)
    panel.show()
    return panel


def read(panel: DataPanel, session: Session, assistant: Asked, qtbot: QtBot) -> None:
    """Let the panel ask for its preview, and give it."""
    asked = len(assistant.questions)
    qtbot.waitUntil(lambda: len(assistant.questions) > asked)
    assert assistant.questions[-1][0] == "data.preview"
    assistant.reply(preview(session.document.job.data))


def uneven(tmp_path: Path) -> dict[str, object]:
    file = tmp_path / "uneven.csv"
    rows = [f"{i},{i * i % 7},{'rare' if i % 10 == 0 else 'usual'}" for i in range(100)]
    file.write_text("a,b,y\n" + "\n".join(rows) + "\n")
    return {"kind": "csv", "params": {"path": str(file)}}


def test_classes_are_shown_before_and_after(
    panel: DataPanel, session: Session, assistant: Asked, qtbot: QtBot, tmp_path: Path
) -> None:
    session.do(SetJob("data.source", uneven(tmp_path)))
    read(panel, session, assistant, qtbot)
    [bars] = panel.findChildren(Bars)
    assert bars.accessibleName() == "rare 7, usual 63"
    session.do(SetJob("balance", "smote"))
    qtbot.waitUntil(lambda: panel.findChildren(Bars)[0].accessibleName() == "rare 7 \N{RIGHTWARDS ARROW} 63, usual 63")
    session.do(SetJob("balance", "undersample"))
    qtbot.waitUntil(lambda: panel.findChildren(Bars)[-1].accessibleName() == "rare 7, usual 63 \N{RIGHTWARDS ARROW} 7")


def refused(file: Path) -> Problem:
    with pytest.raises(LayerloomError) as met:
        preview(DataJob(source=Pick(kind="csv", params={"path": str(file)})))
    return met.value.problem


def test_what_is_wrong_with_the_data_stands_among_the_problems_until_it_is_mended(
    panel: DataPanel, session: Session, assistant: Asked, qtbot: QtBot, tmp_path: Path
) -> None:
    file = tmp_path / "old.csv"
    file.write_bytes("größe,b,y\n".encode("latin-1") + b"".join(b"%d,2,u\n%d,4,v\n" % (i, i) for i in range(20)))
    session.do(SetJob("data.source", {"kind": "csv", "params": {"path": str(file)}}))
    qtbot.waitUntil(lambda: assistant.names.count("data.preview") == 1)
    assistant.reply(problem=refused(file))
    first = session.problems[0]
    assert first.message == (
        "old.csv, line 1: the text is not utf-8. Choose the encoding latin-1, or save it as UTF-8."
    )
    assert session.fix(first, first.fixes[0])
    assert session.document.job.data.source.params["encoding"] == "latin-1"
    qtbot.waitUntil(lambda: assistant.names.count("data.preview") == 2)
    assistant.reply(preview(session.document.job.data))
    assert all(problem.code != "data.encoding" for problem in session.problems)
    assert session.document.job.data.signature.fields["features"].shape == (2,)


def test_choosing_another_source_takes_the_problem_away(
    panel: DataPanel, session: Session, assistant: Asked, qtbot: QtBot, tmp_path: Path
) -> None:
    session.tell_of_data(Problem("data.csv", "empty.csv is empty."))
    assert session.problems[0].message == "empty.csv is empty."
    panel._chooser.choose({"kind": "iris"})
    assert all(problem.code != "data.csv" for problem in session.problems)


def test_empty_fields_say_what_that_means(panel: DataPanel, session: Session, tmp_path: Path, qtbot: QtBot) -> None:
    session.do(SetJob("data.source", uneven(tmp_path)))
    shown = [line.placeholderText() for line in panel.findChildren(QLineEdit)]
    assert {"all but the target", "the last column", "none: each row for itself"} <= set(shown)
    assert "a text" not in shown


def test_a_target_of_numbers_may_be_prepared_too(
    panel: DataPanel, session: Session, assistant: Asked, qtbot: QtBot
) -> None:
    features, target = panel._preparations
    session.do(SetJob("data.source", {"kind": "iris"}))
    qtbot.waitUntil(lambda: not target.isVisible())
    session.do(SetJob("data.source", {"kind": "diabetes"}))
    qtbot.waitUntil(target.isVisible)
    features._form.picked.emit("standardise")
    target._form.picked.emit("log")
    target._form.edited.emit("per", "all", None)
    kinds = [(t.field, t.kind, dict(t.params)) for t in session.document.job.data.transforms]
    assert sorted(kinds) == [("features", "standardise", {}), ("target", "log", {"per": "all"})]
    target._form.picked.emit("none")
    assert [t.field for t in session.document.job.data.transforms] == ["features"]
