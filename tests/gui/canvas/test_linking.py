"""Wires by mouse: both ways, onto bodies, refused with a reason, plugged elsewhere, dropped on nothing."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot

from designer.canvas.stage import LinkEnd
from designer.canvas.tools.link import DragLink
from graph.commands import AddNode
from graph.records import Node

ALT = Qt.KeyboardModifier.AltModifier


def ends(hand: Any) -> set[tuple[str, str, str]]:
    links = hand.session.document.graph().links.values()
    return {(link.source, link.target, link.target_port) for link in links}


def test_from_output_to_input(hand: Any) -> None:
    before = hand.text
    hand.drag(hand.port("features", "y", output=True), hand.port("lone", "x"))
    assert ("features", "lone", "x") in ends(hand)
    assert len(hand.session.history.entries) == 1
    hand.session.undo()
    assert hand.text == before


def test_from_input_to_output(hand: Any) -> None:
    hand.drag(hand.port("lone", "x"), hand.port("act", "y", output=True))
    assert ("act", "lone", "x") in ends(hand)


def test_a_near_port_attracts(hand: Any) -> None:
    hand.drag(hand.port("features", "y", output=True), hand.port("lone", "x") + QPoint(-22, 10))
    assert ("features", "lone", "x") in ends(hand)


def test_dropped_on_a_body_the_first_free_port_is_taken(hand: Any) -> None:
    hand.session.do(AddNode(Node("sum", "add", x=512, y=200)))
    hand.drag(hand.port("hidden", "y", output=True), hand.body("sum"))
    hand.drag(hand.port("act", "y", output=True), hand.body("sum"))
    assert {("hidden", "sum", "a"), ("act", "sum", "b")} <= ends(hand)


def test_a_variadic_port_grows(hand: Any) -> None:
    hand.session.do(AddNode(Node("cat", "concatenate", x=512, y=200)))
    view = hand.canvas.stage.model.nodes
    assert [port.end for port in view["cat"].inputs] == ["xs.0"]
    hand.drag(hand.port("hidden", "y", output=True), hand.port("cat", "xs.0"))
    assert [port.end for port in view["cat"].inputs] == ["xs.0", "xs.1"]
    hand.drag(hand.port("hidden", "y", output=True), hand.port("cat", "xs.1"))
    assert [port.slot for port in view["cat"].inputs] == [False, False, True]


def test_dropping_on_an_occupied_input_replaces(hand: Any) -> None:
    hand.drag(hand.port("features", "y", output=True), hand.port("act", "x"))
    assert ("features", "act", "x") in ends(hand)
    assert ("hidden", "act", "x") not in ends(hand)
    hand.session.undo()
    assert ("hidden", "act", "x") in ends(hand)


def test_an_occupied_input_is_plugged_elsewhere(hand: Any) -> None:
    hand.pull(hand.port("act", "x"), hand.port("lone", "x"))
    assert hand.canvas.stage.hidden == {"l2"}
    hand.release(hand.port("lone", "x"))
    assert ("hidden", "lone", "x") in ends(hand)
    assert ("hidden", "act", "x") not in ends(hand)
    assert len(hand.session.history.entries) == 1


def test_unplugged_over_empty_canvas_the_wire_goes(hand: Any) -> None:
    hand.drag(hand.port("act", "x"), hand.spot(560, 300))
    assert ("hidden", "act", "x") not in ends(hand)
    assert hand.session.history.undo_label == "Disconnect Linear from ReLU"


def test_plugged_back_where_it_was_nothing_happened(hand: Any) -> None:
    start = hand.port("act", "x")
    hand.pull(start, hand.spot(560, 300))
    hand.pull(start, start)
    hand.release(start)
    assert not hand.session.history.can_undo


def test_a_wire_that_cannot_be_is_refused_with_the_reason(hand: Any) -> None:
    before = hand.text
    hand.pull(hand.port("act", "y", output=True), hand.port("hidden", "x"))
    gesture = hand.canvas.gesture
    assert isinstance(gesture, DragLink)
    assert gesture.refused is not None
    assert "circle" in gesture.refused.message
    hand.canvas.repaint()
    hand.release(hand.port("hidden", "x"))
    assert hand.text == before


def test_a_port_that_is_aimed_at_is_not_passed_over(hand: Any) -> None:
    """Another port beside it might fit, but it is not what the person means."""
    hand.session.do(AddNode(Node("conv", "conv2d", x=512, y=200)))
    hand.session.do(AddNode(Node("sum", "add", x=300, y=300)))
    hand.drag(hand.port("conv", "y", output=True), hand.port("sum", "b"))
    hand.pull(hand.port("sum", "y", output=True), hand.port("conv", "x"))
    assert hand.canvas.gesture.target.node == "conv"
    assert hand.canvas.gesture.refused is not None
    hand.release(hand.port("conv", "x"))


def test_shapes_that_do_not_fit_are_refused(hand: Any) -> None:
    hand.session.do(AddNode(Node("conv", "conv2d", x=512, y=200)))
    hand.pull(hand.port("features", "y", output=True), hand.port("conv", "x"))
    assert hand.canvas.gesture.refused is not None
    assert "Conv 2D" in hand.canvas.gesture.refused.message
    hand.release(hand.port("conv", "x"))
    assert not any(end[1] == "conv" for end in ends(hand))


def test_a_refused_wire_offers_what_would_let_it_fit(hand: Any) -> None:
    hand.session.do(AddNode(Node("sum", "add", x=512, y=250)))
    hand.drag(hand.port("features", "y", output=True), hand.port("sum", "a"))
    hand.drag(hand.port("hidden", "y", output=True), hand.port("sum", "b"))
    [notice] = hand.notices
    assert ("hidden", "sum", "b") not in ends(hand)
    assert hand.session.fix(notice.problem, notice.problem.fixes[0])
    into = hand.session.document.graph().link_into("sum", "b")
    assert ("hidden", into.source, "x") in ends(hand)
    assert len(hand.session.history.entries) == 3


def test_escape_while_linking_restores_exactly(hand: Any) -> None:
    before = hand.text
    hand.pull(hand.port("act", "x"), hand.port("lone", "x"))
    hand.key(Qt.Key.Key_Escape)
    assert hand.text == before
    assert not hand.canvas.stage.hidden
    hand.release(hand.port("lone", "x"))
    assert hand.text == before


def test_dropped_on_nothing_a_layer_is_asked_for(hand: Any, qtbot: QtBot) -> None:
    at = hand.spot(560, 330)
    with qtbot.waitSignal(hand.canvas.quick_add_requested) as asked:
        hand.drag(hand.port("act", "y", output=True), at)
    assert asked.args[0].toPoint() == at
    assert asked.args[1] == LinkEnd("act", "y", True)


def test_a_stroke_with_alt_cuts_the_wires_that_it_crosses(hand: Any) -> None:
    before = hand.text
    hand.held = ALT
    hand.pull(hand.spot(200, -60), hand.spot(216, 90))
    assert hand.session.selection.links == {"l1"}
    hand.key(Qt.Key.Key_Escape)
    assert not hand.session.selection
    hand.release(hand.spot(216, 90))
    assert hand.text == before
    hand.drag(hand.spot(216, 90), hand.spot(472, -60), held=ALT)
    hand.drag(hand.spot(440, 90), hand.spot(500, -60), held=ALT)
    assert set(hand.session.document.graph().links) == {"l1", "l3"}
    assert len(hand.session.history.entries) == 1
