"""Dragging nodes: one undo step, Esc, snapping, copies, insertion on a wire, frames."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt

from graph.commands import AddFrame, AddNote
from graph.records import Frame, Note

ALT, SHIFT, CONTROL = (
    Qt.KeyboardModifier.AltModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.ControlModifier,
)


def place(hand: Any, node: str) -> tuple[float, float]:
    record = hand.session.document.graph().node(node)
    return record.x, record.y


def test_a_drag_moves_and_is_one_undo_step(hand: Any) -> None:
    before = hand.text
    hand.drag(hand.body("lone"), hand.body("lone") + QPoint(41, 93))
    assert place(hand, "lone") == (297.0, 293.0)
    assert [entry.label for entry in hand.session.history.entries] == ["Move Linear"]
    hand.session.undo()
    assert hand.text == before


def test_nothing_is_in_the_document_until_the_drop(hand: Any) -> None:
    before = hand.text
    hand.pull(hand.body("lone"), hand.body("lone") + QPoint(40, 90))
    assert hand.text == before
    assert hand.canvas.stage.model.nodes["lone"].y == 290.0
    hand.key(Qt.Key.Key_Escape)
    assert hand.text == before
    assert hand.canvas.stage.model.nodes["lone"].y == 200.0
    assert hand.canvas.gesture is None
    hand.release(hand.body("lone"))
    assert not hand.session.history.can_undo


def test_what_is_selected_moves_together(hand: Any) -> None:
    hand.session.selection.set(["hidden", "act"])
    hand.drag(hand.body("act"), hand.body("act") + QPoint(0, 60))
    assert place(hand, "hidden") == (256.0, 60.0)
    assert place(hand, "act") == (512.0, 60.0)
    assert len(hand.session.history.entries) == 1


def test_shift_snaps_to_the_grid(hand: Any) -> None:
    hand.session.selection.set(["lone"])
    hand.drag(hand.body("lone"), hand.body("lone") + QPoint(21, 53), held=SHIFT)
    x, y = place(hand, "lone")
    assert (x % 16, y % 16) == (0, 0)


def test_a_node_falls_into_line_with_its_neighbours(hand: Any) -> None:
    hand.drag(hand.body("lone"), hand.body("lone") + QPoint(4, 120))
    assert place(hand, "lone")[0] == 256.0


def test_alt_before_the_drag_makes_a_copy(hand: Any) -> None:
    hand.session.selection.set(["hidden", "act"])
    hand.drag(hand.body("act"), hand.body("act") + QPoint(0, 350), held=ALT)
    graph = hand.session.document.graph()
    assert len(graph) == 7
    copies = hand.session.selection.nodes
    assert len(copies) == 2
    assert not copies & {"hidden", "act"}
    inner = [link for link in graph.links.values() if link.source in copies and link.target in copies]
    assert len(inner) == 1
    assert place(hand, "act") == (512.0, 0.0)
    hand.session.undo()
    assert len(graph) == 5


@pytest.mark.parametrize("heal", [False, True])
def test_dropped_on_a_wire_a_node_is_inserted(hand: Any, heal: bool) -> None:
    before = hand.text
    wire = hand.spot(472, 24)
    hand.pull(hand.body("lone"), wire)
    assert hand.canvas.stage.chosen == "l2"
    hand.release(wire)
    graph = hand.session.document.graph()
    assert [link.target for link in graph.outgoing("hidden")] == ["lone"]
    assert [link.target for link in graph.outgoing("lone")] == ["act"]
    lone = graph.node("lone")
    assert lone.x >= graph.node("hidden").x + 176 + 32
    assert graph.node("act").x >= lone.x + 176 + 32
    assert graph.node("out").x >= graph.node("act").x + 176
    assert len(hand.session.history.entries) == 1
    if heal:
        hand.session.selection.set(["lone"])
        hand.key(Qt.Key.Key_Delete, CONTROL)
        assert [link.target for link in graph.outgoing("hidden")] == ["act"]
        hand.session.undo()
    hand.session.undo()
    assert hand.text == before


def test_a_node_with_wires_is_not_inserted_elsewhere(hand: Any) -> None:
    hand.drag(hand.body("act"), hand.spot(216, 30))
    assert hand.session.history.undo_label == "Move ReLU"


def test_a_frame_carries_what_lies_on_it(hand: Any) -> None:
    hand.session.do(AddFrame(Frame("f", "Body", 236, 160, 240, 120)))
    hand.session.do(AddNote(Note("t", "why", 20, 300)))
    hand.drag(hand.spot(260, 172), hand.spot(360, 222))
    assert place(hand, "lone") == (356.0, 250.0)
    frame = hand.session.document.graph().frames["f"]
    assert (frame.x, frame.y) == (336.0, 210.0)
    hand.drag(hand.spot(60, 312), hand.spot(60, 362))
    assert hand.session.document.graph().notes["t"].y == 350.0
    hand.session.undo()
    hand.session.undo()
    assert place(hand, "lone") == (256.0, 200.0)


def test_a_frame_carries_what_lies_on_it_by_keys_too(hand: Any) -> None:
    hand.session.do(AddFrame(Frame("f", "Outer", 200, 120, 400, 240)))
    hand.session.do(AddFrame(Frame("g", "Inner", 236, 160, 240, 120)))
    hand.session.do(AddNote(Note("t", "why", 260, 290)))
    before = hand.text
    hand.session.selection.set(frames=["f"])
    hand.key(Qt.Key.Key_Down, ALT)
    graph = hand.session.document.graph()
    assert place(hand, "lone") == (256.0, 202.0)
    assert (graph.frames["f"].y, graph.frames["g"].y, graph.notes["t"].y) == (122.0, 162.0, 292.0)
    hand.session.undo()
    assert hand.text == before


def test_a_click_does_not_move(hand: Any) -> None:
    hand.drag(hand.body("lone"), hand.body("lone") + QPoint(1, 1))
    assert hand.session.selection.nodes == {"lone"}
    assert not hand.session.history.can_undo


def test_an_undo_in_the_middle_of_a_drag_ends_it(hand: Any) -> None:
    hand.session.do(AddNote(Note("t", "why", 20, 300)))
    hand.session.do(AddFrame(Frame("f", "Body", 236, 160, 240, 120)))
    hand.pull(hand.spot(260, 172), hand.spot(360, 222))
    hand.session.undo()
    assert hand.canvas.gesture is None
    assert place(hand, "lone") == (256.0, 200.0)
    assert hand.canvas.stage.model.nodes["lone"].y == 200.0
    hand.release(hand.spot(360, 222))
    assert hand.session.history.undo_label == "Add note"
