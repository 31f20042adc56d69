"""Samples, ways and planes in the Lens: asked with the fields that stand beside them, shown as what they are."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from core.problem import Problem
from designer.figures.marks import Dots, Line
from designer.forms.editors import Editor
from designer.lens import decoded
from designer.lens.hung import Hung, Rows
from designer.lens.panel import LensPanel
from designer.session import Session
from designer.studio import Studio
from tests import answers
from tests.asked import Asked, show_run


@pytest.fixture
def assistant(qtbot: QtBot) -> Asked:
    return Asked()


@pytest.fixture
def panel(session: Session, assistant: Asked, tmp_path: Path, qtbot: QtBot) -> Iterator[LensPanel]:
    studio = Studio(session, tmp_path)
    panel = LensPanel(session, studio, assistant)
    qtbot.addWidget(panel)
    panel.resize(1100, 320)
    panel.show()
    show_run(studio, tmp_path)
    answer = answers.layers(kind="vector")
    answer["node"] |= {"further": ["decoding"], "weights": [], "filters": None, "attention": []}
    assistant.reply(answer)
    yield panel
    studio.close()


def _step_up(field: Editor) -> None:
    line = field.focusProxy()
    assert line is not None
    QTest.keyClick(line, Qt.Key.Key_Up)


def test_a_latent_shows_samples_first_and_draws_others_by_another_seed(panel: LensPanel, assistant: Asked) -> None:
    node = panel.node
    assert node.view.currentText() == "Samples"
    name, args, _ = assistant.questions[-1]
    assert name == "analyse.sampled"
    assert (args["node"], args["seed"], args["temperature"], args["count"]) == ("n2", 0, 1.0, 64)
    assert node.figure.drawing.title == "Looking …"
    assistant.reply(answers.sampled())
    assert node._stack.currentWidget() is node.gallery
    assert node.gallery.accessibleName() == "4 drawn from z: 3 numbers, N(0, 1)"
    assert node.gallery.count == 4
    _step_up(node.fields.editors["seed"])
    assert assistant.questions[-1][1]["seed"] == 1
    assert node._stack.currentWidget() is node.gallery, "the older ones stay until the new ones come"
    assistant.reply(answers.sampled(seed=1, temperature=0.5))
    assert node.gallery.accessibleName().endswith("N(0, 1), temperature 0.5")


def test_a_refusal_is_told_until_an_answer_comes(panel: LensPanel, assistant: Asked) -> None:
    assistant.reply(problem=Problem("dimension", "The dimension must lie from 0 to 2, not at 9."))
    assert panel._error.text().startswith("The dimension must lie")
    panel.node.view.setCurrentText("Plane")
    assistant.reply(answers.plane())
    assert panel._error.isHidden()


def test_the_way_and_the_plane_have_fields_of_their_own_which_are_kept(panel: LensPanel, assistant: Asked) -> None:
    node = panel.node
    assistant.reply(answers.sampled())
    node.view.setCurrentText("Between")
    assert list(node.fields.editors) == ["other", "steps"]
    name, args, _ = assistant.questions[-1]
    assert (name, args["sample"], args["other"]) == ("analyse.between", 0, 1)
    assistant.reply(answers.between())
    assert node.gallery.accessibleName() == "From example 0 to example 4, along an arc"
    assert node.gallery.told(node.gallery.rect_of(1).center()) == "33 % of the way"
    _step_up(node.fields.editors["other"])
    assistant.reply(answers.between())
    node.view.setCurrentText("Plane")
    assert assistant.questions[-1][0] == "analyse.plane"
    assistant.reply(answers.plane())
    rects = [node.gallery.rect_of(index) for index in range(4)]
    assert rects[0].top() == rects[1].top() < rects[2].top() == rects[3].top()
    assert node.gallery.told(rects[1].center()) == "z[0] = 1, z[2] = -2"
    assert node.gallery.told(rects[2].center()) == "z[0] = -1, z[2] = 2"
    node.view.setCurrentText("Between")
    assert node.fields.values == {"other": 2, "steps": 9}
    node.view.setCurrentText("Values")
    assert node.fields.isHidden()


def test_newer_weights_are_asked_anew_with_the_same_fields(panel: LensPanel, assistant: Asked) -> None:
    assistant.reply(answers.sampled())
    _step_up(panel.node.fields.editors["seed"])
    assistant.reply(answers.sampled(seed=1))
    panel.refresh()
    answer = answers.layers(kind="vector")
    answer["node"] |= {"further": ["decoding"], "weights": [], "filters": None, "attention": []}
    assistant.reply(answer)
    assert (assistant.names[-1], assistant.questions[-1][1]["seed"]) == ("analyse.sampled", 1)
    assert panel.node._stack.currentWidget() is panel.node.gallery


def test_classes_that_were_asked_for_stand_in_columns() -> None:
    found = answers.sampled(asked=["cat", "dog", "cat", "dog"])
    found["outputs"].append({"name": "taken_for", "guesses": ["cat", "cat", "cat", "dog"]})
    shown = decoded.samples(found, "")
    assert isinstance(shown, Hung)
    assert shown.sheet["columns"] == 2
    assert shown.note == "columns ask for cat, dog"
    assert shown.sheet["names"][1] == "asked for dog, taken_for cat"


def test_points_are_dots_and_a_way_through_them_a_line() -> None:
    made = [{"values": [float(k), 1.0], "of": 2} for k in range(4)]
    outputs = [{"name": "point", "made": made}]
    shown = decoded.samples(answers.sampled(outputs=outputs), "")
    assert not isinstance(shown, Hung | Rows)
    [dots] = shown.marks
    assert isinstance(dots, Dots)
    assert dots.x.tolist() == [0.0, 1.0, 2.0, 3.0]
    way = decoded.between(answers.between(outputs=outputs, given=["wanted"]), "")
    assert not isinstance(way, Hung | Rows)
    assert [type(mark) for mark in way.marks] == [Line, Dots]
    assert way.note == "with wanted of the example"


def test_rows_of_numbers_and_classes_alone_are_tiles(panel: LensPanel, assistant: Asked) -> None:
    made = [{"values": [1.0, 2.0, 3.0, 4.0], "of": 4}] * 4
    assistant.reply(answers.sampled(outputs=[{"name": "flower", "made": made}], law="fitted"))
    node = panel.node
    assert node._stack.currentWidget() is node.rows
    assert node.rows.title == "4 drawn from z: 3 numbers, a Gaussian fitted to training examples"
    assert [tile.caption for tile in node.rows.sheet.tiles][:2] == ["z 0", "z 1"]
    alone = decoded.samples(answers.sampled(outputs=[{"name": "kind", "guesses": ["a", "b"]}]), "")
    assert isinstance(alone, Rows)
    assert [tile.caption for tile in alone.tiles] == ["z 0, kind a", "z 1, kind b"]
    assert not panel.grab().isNull()
