"""Wires by keyboard, texts in place, frames and notes resized, the flow of a selection."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from designer.canvas.keys import edit_value
from graph.commands import AddFrame, AddNode, AddNote
from graph.records import Frame, Node, Note

SHIFT, CONTROL = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier
Key = Qt.Key


def test_a_wire_by_keyboard(hand: Any) -> None:
    before = hand.text
    hand.session.selection.set(["hidden"])
    hand.key(Key.Key_L)
    hand.key(Key.Key_Down)
    assert hand.canvas.gesture.target.node == "lone"
    hand.canvas.repaint()
    hand.key(Key.Key_Return)
    [link] = hand.session.document.graph().incoming("lone")
    assert link.source == "hidden"
    assert hand.canvas.gesture is None
    assert len(hand.session.history.entries) == 1
    hand.session.undo()
    assert hand.text == before


def test_a_wire_by_keyboard_is_refused_and_cancelled(hand: Any) -> None:
    before = hand.text
    hand.session.selection.set(["act"])
    hand.key(Key.Key_L)
    hand.key(Key.Key_Left)
    assert "circle" in hand.canvas.gesture.refused.message
    hand.key(Key.Key_Return)
    assert hand.text == before
    hand.key(Key.Key_L)
    hand.key(Key.Key_Escape)
    assert hand.canvas.gesture is None
    assert hand.session.selection.nodes == {"act"}
    hand.key(Key.Key_L)
    hand.click(hand.spot(600, 400))
    assert hand.canvas.gesture is None
    assert hand.text == before


def test_tab_goes_to_the_next_port_and_l_to_the_other_end(hand: Any) -> None:
    hand.session.do(AddNode(Node("sum", "add", x=512, y=200)))
    hand.session.selection.set(["lone"])
    hand.key(Key.Key_L)
    hand.key(Key.Key_Right)
    first = hand.canvas.gesture.target.port
    hand.key(Key.Key_Tab)
    assert (first, hand.canvas.gesture.target.port) == ("a", "b")
    hand.key(Key.Key_L)
    assert not hand.canvas.gesture.held.output
    assert hand.canvas.gesture.target.output


def test_a_node_is_renamed_in_place(hand: Any) -> None:
    hand.session.selection.set(["hidden"])
    hand.key(Key.Key_F2)
    hand.type("Encoder")
    hand.key(Key.Key_Return)
    assert hand.session.document.graph().node("hidden").name == "Encoder"
    hand.key(Key.Key_F2)
    hand.type("other")
    hand.key(Key.Key_Escape)
    assert hand.session.document.graph().node("hidden").name == "Encoder"
    assert len(hand.session.history.entries) == 1


def test_frames_and_notes_are_edited_by_double_click(hand: Any) -> None:
    hand.session.do(AddFrame(Frame("f", "Body", 236, 160, 240, 120)))
    hand.session.do(AddNote(Note("t", "why", 20, 300)))
    QTest.mouseDClick(hand.canvas, Qt.MouseButton.LeftButton, pos=hand.spot(300, 172))
    hand.type("Head")
    hand.key(Key.Key_Return)
    assert hand.session.document.graph().frames["f"].title == "Head"
    QTest.mouseDClick(hand.canvas, Qt.MouseButton.LeftButton, pos=hand.spot(60, 312))
    hand.type("because")
    hand.key(Key.Key_Return, CONTROL)
    assert hand.session.document.graph().notes["t"].text == "because"


def test_a_frame_is_resized_by_its_corner(hand: Any) -> None:
    hand.session.do(AddFrame(Frame("f", "Body", 236, 160, 240, 120)))
    hand.drag(hand.spot(474, 278), hand.spot(554, 338))
    frame = hand.session.document.graph().frames["f"]
    assert (frame.width, frame.height) == (320.0, 180.0)
    hand.pull(hand.spot(554, 338), hand.spot(100, 100))
    assert hand.canvas.stage.model.frames["f"].width == 96.0
    hand.key(Key.Key_Escape)
    assert hand.canvas.stage.model.frames["f"].width == 320.0
    hand.release(hand.spot(100, 100))
    assert len(hand.session.history.entries) == 2


def test_control_shift_arrows_select_what_feeds_and_what_is_fed(hand: Any) -> None:
    hand.session.selection.set(["hidden"])
    hand.key(Key.Key_Right, CONTROL | SHIFT)
    assert hand.session.selection.nodes == {"hidden", "act", "out"}
    hand.session.selection.set(["act"])
    hand.key(Key.Key_Left, CONTROL | SHIFT)
    assert hand.session.selection.nodes == {"features", "hidden", "act"}


def test_a_value_beside_its_socket_is_edited_there_and_gives_way_to_a_wire(hand: Any) -> None:
    hand.session.do(AddNode(Node("times", "scale", x=512, y=200)))
    view = hand.canvas.stage.model.nodes["times"]
    assert view.fields == (("factor", "1"),)
    assert "factor" not in view.summary
    left, top, right, bottom = next(port.box for port in view.inputs if port.field)
    at = hand.spot(512 + (left + right) / 2, 200 + (top + bottom) / 2)
    QTest.mouseDClick(hand.canvas, Qt.MouseButton.LeftButton, pos=at)
    hand.type("0.5")
    hand.key(Key.Key_Return)
    assert hand.session.document.graph().node("times").params == {"factor": 0.5}
    assert hand.canvas.stage.model.nodes["times"].fields == (("factor", "0.5"),)
    hand.drag(hand.port("act", "y", output=True), hand.port("times", "factor"))
    [link] = hand.session.document.graph().incoming("times")
    assert link.target_port == "factor"
    assert hand.canvas.stage.model.nodes["times"].fields == ()
    QTest.mouseDClick(hand.canvas, Qt.MouseButton.LeftButton, pos=at)
    assert hand.canvas.inline.isHidden()  # there is no box to edit any more
    hand.session.undo()
    assert hand.canvas.stage.model.nodes["times"].fields == (("factor", "0.5"),)


def test_a_value_that_does_not_hold_is_told_and_stays_to_be_mended(hand: Any) -> None:
    hand.session.do(AddNode(Node("times", "scale", x=512, y=200)))
    hand.session.selection.set(["times"])
    edit_value(hand.canvas)
    hand.type("much")
    hand.key(Key.Key_Return)
    assert not hand.canvas.inline.isHidden()
    assert "factor: expected a number" in hand.canvas.inline.accessibleDescription()
    hand.canvas.inline.selectAll()
    hand.type("3")
    hand.key(Key.Key_Return)
    assert hand.session.document.graph().node("times").params == {"factor": 3.0}
    edit_value(hand.canvas)
    hand.type("7")
    hand.key(Key.Key_Escape)
    assert hand.session.document.graph().node("times").params == {"factor": 3.0}
