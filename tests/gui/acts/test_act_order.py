"""Tidy, straighten, align; moved nodes glide: shortcuts in the real window, one step each."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from designer.actions import by_id
from graph.commands import AddFrame, AddNode, BendLinks, Connect, SetNode
from graph.records import Frame, Node
from tests.gui.acts.person import Person


def test_tidy_keeps_frames_whole(person: Person) -> None:
    person.session.do(AddFrame(Frame("f", "Branch", 240, -40, 480, 140)))
    person.session.do(BendLinks({"l4": ((700.0, 300.0),)}))
    before = person.text
    person.act("tidy")
    frame, a, b = person.graph.frames["f"], person.graph.node("a"), person.graph.node("b")
    for node in (a, b):
        assert frame.x < node.x < node.x + 176 < frame.x + frame.width
        assert frame.y < node.y < node.y + 48 < frame.y + frame.height
    assert a.y == b.y
    assert person.graph.links["l4"].bends == ()
    assert person.session.history.undo_label == "Tidy up"
    assert person.reverts(before)


def large(person: Person, count: int = 700) -> None:
    """So many nodes that Tidy up goes to the background."""
    document = person.session.document
    for i in range(count):
        AddNode(Node(f"m{i}", "relu", x=5.0 * i, y=400.0)).apply(document)
        Connect("in" if not i else f"m{i - 1}", "y", f"m{i}", "x").apply(document)
    person.session.history.clear()
    person.session.selection.clear()


def test_a_large_design_is_tidied_in_the_background(person: Person, qtbot: QtBot) -> None:
    large(person)
    before = person.text
    by_id("tidy").run(person.window)  # the layout begins; events are looked at later
    assert person.window.canvas.gesture is not None
    assert person.text == before
    person.window.canvas.repaint()
    qtbot.waitUntil(lambda: person.window.canvas.gesture is None, timeout=20_000)
    assert person.session.history.undo_label == "Tidy up"
    assert person.reverts(before)


def test_escape_gives_a_large_tidy_up(person: Person) -> None:
    large(person)
    before = person.text
    by_id("tidy").run(person.window)  # the layout begins; events are looked at later
    QTest.keyClick(person.window.canvas, Qt.Key.Key_Escape)
    assert person.window.canvas.gesture is None
    QTest.qWait(80)
    assert person.text == before
    assert not person.session.history.can_undo


def test_moved_nodes_glide_while_the_document_has_them_there(person: Person, qtbot: QtBot) -> None:
    canvas = person.window.canvas
    canvas.glide.animated = True
    person.session.selection.set(["a", "c"])
    person.act("align-top")
    assert person.graph.node("c").y == 10.0
    assert canvas.stage.model.nodes["c"].y > 10.0
    qtbot.waitUntil(lambda: canvas.stage.model.nodes["c"].y == 10.0, timeout=3000)


def test_straighten_levels_the_wires(person: Person) -> None:
    before = person.text
    person.session.selection.set(["in", "a", "b", "out"])
    person.act("straighten")
    assert {person.graph.node(id).y for id in ("in", "a", "b")} == {0.0}
    assert person.graph.node("out").y == 10.0
    assert person.reverts(before)


def test_align_and_distribute_reckon_with_badges(person: Person) -> None:
    person.session.do(SetNode("b", {"collapsed": True}))
    person.session.selection.set(["a", "b"])
    person.act("align-right")
    assert person.graph.node("b").x + 48 == max(260 + 176, 520 + 48)
    person.session.undo()
    person.session.selection.set(["in", "b", "sum"])
    person.act("distribute-across")
    assert person.graph.node("b").x - 176 == pytest.approx(800 - person.graph.node("b").x - 48)
