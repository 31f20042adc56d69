"""Acts on blocks: shortcuts in the real window, one step each."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from core.spec.layer import Role
from designer.canvas.stage import InPlaceOf, LinkEnd, OnWire
from designer.shell.launcher import Launcher
from graph import library
from graph.blocks import ports
from graph.codec import encode
from graph.commands import AddNode, InsertOnLink, MakeBlock
from graph.document import Document
from graph.records import Node
from tests.gui.acts.person import CATALOG, Person, centre, drag, into_block, look


def test_make_enter_leave_and_unpack(person: Person) -> None:
    before = person.text
    person.session.selection.set(["a", "b"])
    person.act("make-block")
    instance = person.session.selection.node
    assert person.graph.node(instance).block
    person.act("enter")
    assert person.session.selection.path == instance
    person.act("leave")
    assert person.session.selection.path == ""
    person.act("unpack")
    assert {"a", "b"} <= set(person.graph.node_ids)
    person.session.undo()
    assert person.reverts(before)


def test_repeat_more_and_less(person: Person) -> None:
    instance = into_block(person)
    before = person.text
    person.session.selection.set([instance])
    person.act("repeat-more")
    person.act("repeat-more")
    assert person.graph.node(instance).repeat == 3
    person.act("repeat-less")
    assert person.graph.node(instance).repeat == 2
    assert person.reverts(before)
    person.act("repeat-less")
    assert person.graph.node(instance).repeat == 1


def test_share_weights_and_take_them_apart(person: Person) -> None:
    before = person.text
    person.session.selection.set(["a", "c"])
    person.act("share-weights")
    assert person.graph.node("c").shares == "a"
    shared = person.text
    person.act("share-weights")
    assert person.graph.node("c").shares == ""
    assert person.reverts(shared)
    assert person.reverts(before)


def test_promote_a_parameter(person: Person, qtbot: QtBot) -> None:
    instance = into_block(person)
    before = person.text
    person.session.selection.set(["a"], path=instance)
    person.act("promote")
    launcher = next(w for w in QApplication.topLevelWidgets() if isinstance(w, Launcher) and w.isVisible())
    QTest.keyClicks(launcher.field, "out")
    QTest.keyClick(launcher.field, Qt.Key.Key_Return)
    QApplication.processEvents()
    assert [p.param for p in person.session.document.blocks["body"].promoted] == ["out_features"]
    assert person.reverts(before)


def test_ports_change_their_order_by_key_and_by_drag(person: Person) -> None:
    person.session.do(MakeBlock(("a", "b", "c", "sum"), "Body", block="body", instance="inst"))
    person.session.do(AddNode(Node("more", "entry", y=300.0), "body"))
    person.session.history.clear()
    before = person.text
    order = [node.id for node in ports(person.session.document, "body", Role.ENTRY)]
    assert len(order) == 2
    person.session.selection.set(["more"], path="inst")
    person.act("port-up")
    assert [n.id for n in ports(person.session.document, "body", Role.ENTRY)] == order[::-1]
    assert person.reverts(before)
    person.session.selection.leave()
    canvas = person.window.canvas
    look(canvas)
    at = canvas.port_position("inst", order[0], output=False).toPoint()
    drag(canvas, at, at + QPoint(0, 60), Qt.KeyboardModifier.ShiftModifier)
    assert [n.id for n in ports(person.session.document, "body", Role.ENTRY)] == order[::-1]
    assert person.reverts(before)


def test_into_a_block_and_out_again_by_keys(person: Person) -> None:
    instance = into_block(person)
    before = person.text
    person.session.selection.set(["c", instance])
    person.act("move-into")
    assert "c" in person.session.document.graph("body")
    inside = person.text
    person.session.selection.set(["c"], path=instance)
    person.act("move-out")
    assert person.session.selection.path == ""
    assert person.session.selection.nodes == {"c"}
    assert person.reverts(inside)
    assert person.reverts(before)


def test_dropped_on_a_block_a_lone_node_goes_in_and_on_the_path_it_goes_out(person: Person) -> None:
    instance = into_block(person)
    canvas = person.window.canvas
    person.session.do(AddNode(Node("lone", "dropout", x=520, y=400)))
    look(canvas)
    drag(canvas, centre(canvas, "lone"), centre(canvas, instance))
    assert "lone" in person.session.document.graph("body")
    assert person.session.history.undo_label == "Move Dropout into Body"
    person.session.selection.enter(instance)
    QApplication.processEvents()
    look(canvas)
    drag(canvas, centre(canvas, "lone"), canvas.breadcrumbs.geometry().center())
    assert "lone" in person.session.document.graph()
    assert person.session.selection.path == ""


def test_a_neighbour_dropped_on_a_block_goes_in_with_its_wires(person: Person) -> None:
    instance = into_block(person)
    person.session.do(AddNode(Node("more", "linear", params={"out_features": 8}, x=640, y=400)))
    person.session.do(InsertOnLink(person.graph.outgoing(instance)[0].id, Node("more", "linear", x=640)))
    person.session.history.clear()
    before, canvas = person.text, person.window.canvas
    look(canvas)
    drag(canvas, centre(canvas, "more"), centre(canvas, instance))
    document = person.session.document
    assert [link.source for link in document.graph("body").incoming("more")] == ["b"]
    assert person.graph.link_into("sum", "a").source == instance
    assert person.told == []
    inside = person.text
    person.session.selection.set(["more"], path=instance)
    person.act("move-out")
    assert person.graph.link_into("sum", "a").source == "more"
    assert person.graph.link_into("more", "x").source == instance
    assert person.told == []
    assert person.reverts(inside)
    assert person.reverts(before)


def test_wires_that_cannot_go_along_are_told(person: Person) -> None:
    instance = into_block(person)
    person.session.selection.set(["c", instance])
    person.act("move-into")
    assert "Without its wires" in person.told[-1].problem.message


def test_a_wired_node_laid_over_a_block_stays_outside(person: Person) -> None:
    instance = into_block(person)
    canvas = person.window.canvas
    look(canvas)
    drag(canvas, centre(canvas, "c"), centre(canvas, instance))
    assert "c" in person.session.document.graph()


def test_a_block_is_kept_and_used_in_another_design(person: Person) -> None:
    instance = into_block(person)
    before = person.text
    person.session.selection.set([instance])
    person.act("keep-block")
    assert "library" in person.told[-1].problem.message
    assert person.text == before
    [kept] = library.specs(CATALOG)
    assert (kept.label, kept.category) == ("Body", "My blocks")
    person.session.history.mark_saved()
    person.window.open_tab(Document(CATALOG), None)
    person.window.canvas.navigator.animated = person.window.canvas.glide.animated = False
    session = person.window.session
    panel: Any = person.window.show_panel("palette")
    assert person.window.canvas.isVisible()
    panel.field.setText("body")
    QTest.keyClick(panel.field, Qt.Key.Key_Return)
    [node] = session.document.graph().nodes
    assert session.document.blocks[node.block].name == "Body"
    assert {n.layer for n in session.document.graph(node.block).nodes} == {"entry", "linear", "relu", "exit"}
    empty = encode(Document(CATALOG))
    assert person.reverts(empty)
    session.history.mark_saved()


def test_a_kept_block_is_wired_and_inserted_like_a_layer(person: Person) -> None:
    instance = into_block(person)
    library.keep(person.session.document, "body")
    [kept] = library.specs(CATALOG)
    before, canvas = person.text, person.window.canvas
    id = canvas.add_layer(kept.id, (300.0, 500.0), LinkEnd("in", "y", True))
    assert [link.source for link in person.graph.incoming(id)] == ["in"]
    assert person.graph.node(id).block == person.graph.node(instance).block, "the design has the block already"
    assert person.reverts(before)
    id = canvas.add_layer(kept.id, (700.0, 200.0), OnWire("l4"))
    assert person.graph.link_into("sum", "b").source == id
    assert person.reverts(before)
    assert canvas.add_layer(kept.id, (0.0, 0.0), InPlaceOf("c")) == "c"
    assert person.graph.node("c").block == "body"
    assert person.reverts(before)
    library.forget(kept.id)
    assert canvas.add_layer(kept.id, (0.0, 0.0)) == ""
    assert person.told[-1].problem.message


def test_a_kept_block_is_taken_out_of_the_library_in_the_palette(person: Person) -> None:
    into_block(person)
    library.keep(person.session.document, "body")
    person.session.history.mark_saved()
    person.window.open_tab(Document(CATALOG), None)
    panel: Any = person.window.show_panel("palette")
    panel.field.setText("body")
    index = panel.model.index(0, 0)
    assert str(index.data()) == "Body"
    panel.tree.setCurrentIndex(index)
    QTest.keyClick(panel.tree, Qt.Key.Key_Delete)
    assert library.specs(CATALOG) == []
    assert panel.model.rowCount() == 0 or str(panel.model.index(0, 0).data()) != "Body"
