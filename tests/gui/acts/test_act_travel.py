"""Bookmarks, travel, selections, problems: shortcuts in the real window, one step each."""

from __future__ import annotations

import pytest

from designer.actions import by_id
from designer.canvas.camera import Camera
from graph.commands import AddNode
from graph.records import Node
from tests.gui.acts.person import Person


def test_bookmarks_are_set_kept_in_the_file_and_gone_to(person: Person) -> None:
    canvas = person.window.canvas
    canvas.stage.camera = Camera(0.8, -300.0, 40.0)
    before = person.text
    person.act("set-bookmark-3")
    assert person.session.history.undo_label == "Set bookmark 3"
    place = canvas.stage.camera.to_canvas(canvas.width() / 2, canvas.height() / 2)
    canvas.fit()
    person.act("bookmark-3")
    assert canvas.stage.camera.scale == 0.8
    assert canvas.stage.camera.to_canvas(canvas.width() / 2, canvas.height() / 2) == pytest.approx(place, abs=0.1)
    assert person.reverts(before)
    canvas.fit()
    fitted = canvas.stage.camera
    person.act("bookmark-3")
    assert canvas.stage.camera == fitted


@pytest.mark.parametrize("bad", [{"path": "gone", "x": 0, "y": 0, "scale": 1}, {"path": "", "x": "far"}, 7])
def test_a_bookmark_that_leads_nowhere_is_none(person: Person, bad: object) -> None:
    person.session.document.settings["view"] = {"bookmarks": {"1": bad}}
    before = person.window.canvas.stage.camera
    by_id("bookmark-1").run(person.window)
    assert person.window.canvas.stage.camera == before
    assert "no bookmark 1" in person.told[-1].problem.message


def test_back_and_forward(person: Person) -> None:
    canvas = person.window.canvas
    canvas.stage.camera = start = Camera(0.7, 10.0, 20.0)
    canvas.fit()
    there = canvas.stage.camera
    person.act("camera-back")
    assert canvas.stage.camera == start
    person.act("camera-forward")
    assert canvas.stage.camera == there


def test_select_what_feeds_it_and_what_it_feeds(person: Person) -> None:
    person.session.selection.set(["b"])
    person.act("select-upstream")
    assert person.session.selection.nodes == {"in", "a", "b"}
    person.session.selection.set(["b"])
    person.act("select-downstream")
    assert person.session.selection.nodes == {"b", "sum", "out"}
    assert not person.session.history.can_undo


def test_jump_from_problem_to_problem(person: Person) -> None:
    person.session.do(AddNode(Node("bad", "linear", x=300, y=500)))
    person.session.do(AddNode(Node("worse", "linear", x=600, y=500)))
    nodes = list(dict.fromkeys(p.node for p in person.session.problems if p.node))
    assert {"bad", "worse"} <= set(nodes)
    person.act("next-problem")
    first = person.session.selection.node
    person.act("next-problem")
    assert person.session.selection.node != first
    person.act("previous-problem")
    assert person.session.selection.node == first == nodes[0]
