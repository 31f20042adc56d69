"""Wires led by hand, wires from node to node, nodes shaken off, room made while a node is held over a wire."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from graph.commands import AddFrame, AddNode, BendLinks
from graph.records import Frame, Node

Key, Mod = Qt.Key, Qt.KeyboardModifier
ALT, SHIFT, CONTROL = Mod.AltModifier, Mod.ShiftModifier, Mod.ControlModifier


def bends(hand: Any, link: str) -> Any:
    return hand.session.document.graph().links[link].bends


def ends(hand: Any) -> set[tuple[str, str, str]]:
    return {(w.source, w.target, w.target_port) for w in hand.session.document.graph().links.values()}


def test_a_wire_that_is_dragged_bends_there(hand: Any) -> None:
    before = hand.text
    hand.drag(hand.spot(472, 24), hand.spot(470, 120))
    assert bends(hand, "l2") == ((470.0, 120.0),)
    assert hand.session.history.undo_label == "Bend wire"
    hand.canvas.repaint()
    hand.drag(hand.spot(470, 120), hand.spot(480, -60))
    assert bends(hand, "l2") == ((480.0, -60.0),)
    hand.session.undo()
    hand.session.undo()
    assert hand.text == before
    assert hand.canvas.stage.model.wires["l2"].bends == ()


def test_escape_while_bending_restores_exactly(hand: Any) -> None:
    before = hand.text
    hand.pull(hand.spot(472, 24), hand.spot(470, 120))
    assert hand.canvas.stage.model.wires["l2"].bends == ((470.0, 120.0),)
    hand.key(Key.Key_Escape)
    assert hand.text == before
    assert hand.canvas.stage.model.wires["l2"].bends == ()
    hand.release(hand.spot(470, 120))
    assert not hand.session.history.can_undo


def test_a_dot_put_back_in_line_goes_and_so_does_one_double_clicked(hand: Any) -> None:
    hand.session.do(BendLinks({"l2": ((472.0, 120.0),)}))
    hand.drag(hand.spot(472, 120), hand.spot(472, 25))
    assert bends(hand, "l2") == ()
    hand.session.undo()
    QTest.mouseDClick(hand.canvas, Qt.MouseButton.LeftButton, hand.held, hand.spot(472, 120))
    assert bends(hand, "l2") == ()


def test_a_stroke_with_shift_and_alt_puts_dots_on_the_wires_that_it_crosses(hand: Any) -> None:
    hand.drag(hand.spot(216, 90), hand.spot(216, -60), held=ALT | SHIFT)
    [bend] = bends(hand, "l1")
    assert bend == (216.0, 24.0)
    assert len(hand.session.history.entries) == 1
    assert set(hand.session.document.graph().links) == {"l1", "l2", "l3"}


def test_a_drag_of_both_ends_carries_the_dots(hand: Any) -> None:
    hand.session.do(BendLinks({"l2": ((472.0, 120.0),)}))
    hand.session.selection.set(["hidden", "act"])
    hand.pull(hand.body("act"), hand.body("act") + QPoint(0, 60))
    assert hand.canvas.stage.model.wires["l2"].bends == ((472.0, 180.0),)
    hand.release(hand.body("act"))
    assert bends(hand, "l2") == ((472.0, 180.0),)


def test_a_copy_keeps_the_dots(hand: Any) -> None:
    hand.session.do(BendLinks({"l2": ((472.0, 120.0),)}))
    hand.session.selection.set(["hidden", "act"])
    hand.drag(hand.body("act"), hand.body("act") + QPoint(0, 350), held=ALT)
    graph = hand.session.document.graph()
    [copy] = [w for w in graph.links.values() if w.bends and w.id != "l2"]
    assert copy.bends == ((472.0, 470.0),)


def test_control_from_node_to_node_takes_the_best_ports(hand: Any) -> None:
    hand.session.do(AddNode(Node("sum", "add", x=512, y=200)))
    hand.drag(hand.body("hidden"), hand.body("sum"), held=CONTROL)
    hand.drag(hand.body("act"), hand.body("sum"), held=CONTROL)
    assert {("hidden", "sum", "a"), ("act", "sum", "b")} <= ends(hand)
    assert len(hand.session.history.entries) == 3


def test_control_from_the_later_node_wires_the_other_way_round(hand: Any) -> None:
    hand.session.do(AddNode(Node("sum", "add", x=512, y=200)))
    hand.drag(hand.body("sum"), hand.body("features"), held=CONTROL)
    assert ("features", "sum", "a") in ends(hand)
    hand.drag(hand.body("out"), hand.body("sum"), held=CONTROL)
    assert ("sum", "out", "x") in ends(hand)


def test_control_and_a_click_still_selects(hand: Any) -> None:
    hand.click(hand.body("act"), CONTROL)
    hand.click(hand.body("hidden"), CONTROL)
    assert hand.session.selection.nodes == {"act", "hidden"}
    hand.click(hand.body("act"), CONTROL)
    assert hand.session.selection.nodes == {"hidden"}


def shake(hand: Any, start: QPoint) -> QPoint:
    """Left and right, three times."""
    hand.press(start)
    at = start
    for step in (40, -40, 40, -40, 40, -40):
        for _ in range(2):
            at = at + QPoint(step // 2, 0)
            hand.move(at)
    return at


def test_a_shaken_node_leaves_its_wires_healed(hand: Any) -> None:
    before = hand.text
    at = shake(hand, hand.body("act"))
    assert hand.canvas.stage.hidden == {"l2", "l3"}
    hand.move(at + QPoint(0, 160))
    hand.release(at + QPoint(0, 160))
    assert ("hidden", "out", "x") in ends(hand)
    assert not any("act" in end for end in ends(hand))
    assert hand.session.document.graph().node("act").y == 160.0
    assert hand.session.history.undo_label == "Detach ReLU"
    hand.session.undo()
    assert hand.text == before


def test_a_slow_wave_is_no_shake(hand: Any) -> None:
    hand.drag(hand.body("act"), hand.body("act") + QPoint(60, 80))
    assert ("hidden", "act", "x") in ends(hand)


def test_neighbours_stand_aside_while_a_node_is_held_over_a_wire(hand: Any) -> None:
    before, model = hand.text, hand.canvas.stage.model
    hand.pull(hand.body("lone"), hand.spot(472, 24))
    assert model.nodes["act"].x == 256 + 176 + 176 + 2 * 64
    assert model.nodes["out"].x > 768
    assert hand.text == before
    hand.move(hand.spot(472, 300))
    assert model.nodes["act"].x == 512.0
    hand.move(hand.spot(472, 24))
    hand.key(Key.Key_Escape)
    assert model.nodes["act"].x == 512.0
    assert hand.text == before
    hand.release(hand.spot(472, 24))


def test_the_drawing_does_not_run_away_from_who_goes_on_along_it(hand: Any) -> None:
    model = hand.canvas.stage.model
    hand.pull(hand.body("lone"), hand.spot(472, 24))
    assert model.nodes["act"].x > 512.0
    hand.move(hand.spot(728, 24))  # the next wire, where it lies when nothing stands aside
    assert model.nodes["act"].x == 512.0
    assert model.nodes["out"].x > 768.0
    hand.move(hand.spot(472, 24))
    assert model.nodes["act"].x > 512.0
    hand.key(Key.Key_Escape)
    hand.release(hand.spot(472, 24))


def test_a_frame_grows_with_what_is_inserted_and_one_behind_goes_along(hand: Any) -> None:
    hand.session.do(AddFrame(Frame("f", "Body", 232, -40, 480, 112)))
    hand.session.do(AddFrame(Frame("g", "End", 744, -40, 224, 112)))
    before = hand.text
    hand.drag(hand.body("lone"), hand.spot(472, 24))
    graph = hand.session.document.graph()
    first, second = graph.frames["f"], graph.frames["g"]
    act, out = graph.node("act"), graph.node("out")
    assert first.x == 232
    assert first.x + first.width >= act.x + 176 + 24
    assert second.x - 744 == out.x - 768 > 0
    assert second.width == 224
    hand.session.undo()
    assert hand.text == before


def test_on_a_level_wire_a_node_comes_to_stand_level(hand: Any) -> None:
    hand.drag(hand.body("lone"), hand.spot(472, 33))
    graph = hand.session.document.graph()
    assert graph.incoming("lone")
    assert graph.node("lone").y == graph.node("hidden").y
