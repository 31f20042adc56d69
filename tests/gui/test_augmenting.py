"""Examples in the inspector of a layer that acts in training."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from core.analysis.augmenting import augmented
from core.catalog.families import default_catalog
from core.problem import Problem
from core.training.job import read_job
from designer.figures.sheet import Sheet
from designer.inspector.augmenting import ChangesView
from designer.inspector.panel import InspectorPanel
from designer.session import Session
from graph.commands import SetJob, SetParam
from graph.templates.drawing import Drawing
from tests.asked import Asked


@pytest.fixture
def session() -> Session:
    d = Drawing(default_catalog(), "Changes")
    x = d.node("input", at=(0, 0), name="x")
    d.node("random_affine", x, at=(0, 0), name="turn")
    d.job(data={"source": {"kind": "digits"}})
    return Session(d.document)


@pytest.fixture
def panel(qtbot: QtBot, session: Session, assistant: Asked) -> InspectorPanel:
    panel = InspectorPanel(session, assistant)
    qtbot.addWidget(panel)
    panel.resize(340, 900)
    panel.show()
    session.selection.set([node.id for node in session.document.graph().nodes if node.name == "turn"])
    qtbot.waitUntil(lambda: bool(panel.findChildren(ChangesView)))
    return panel


@pytest.fixture
def view(panel: InspectorPanel) -> ChangesView:
    return panel.findChildren(ChangesView)[-1]


def asked(qtbot: QtBot, assistant: Asked, count: int) -> dict[str, object]:
    qtbot.waitUntil(lambda: assistant.names.count("augment") == count)
    return assistant.questions[-1][1]


def answer(assistant: Asked) -> None:
    args = assistant.questions[-1][1]
    data = read_job({"data": args["data"]}).data
    assistant.reply(augmented(data, args["field"], args["layers"], args["seed"]))


def test_examples_follow_the_fields_and_the_seed(
    view: ChangesView, session: Session, assistant: Asked, qtbot: QtBot
) -> None:
    args = asked(qtbot, assistant, 1)
    assert args["layers"] == [["random_affine", {}]]
    answer(assistant)
    sheets = view.findChildren(Sheet)
    assert len(sheets) == 3
    assert [tile.caption for tile in sheets[0].tiles] == ["as it is", "", "", "", ""]
    node = session.document.graph().node(view._node)
    session.do(SetParam(node.id, "degrees", 90.0))
    assert asked(qtbot, assistant, 2)["layers"] == [["random_affine", {"degrees": 90.0}]]
    answer(assistant)
    view._again.click()
    assert asked(qtbot, assistant, 3)["seed"] == 1
    answer(assistant)


def test_what_cannot_be_shown_is_told(
    panel: InspectorPanel, view: ChangesView, session: Session, assistant: Asked, qtbot: QtBot
) -> None:
    asked(qtbot, assistant, 1)
    assistant.reply(problem=Problem("augment", "Random affine: x must be pictures."))
    assert "must be pictures" in told(view)
    session.do(SetJob("data.source", {"kind": "none"}))
    qtbot.waitUntil(lambda: "where data is chosen" in told(panel.findChildren(ChangesView)[-1]))
    assert not panel.findChildren(ChangesView)[-1]._again.isVisible()


def told(view: ChangesView) -> str:
    return " ".join(label.text() for label in view._place.findChildren(QLabel))
