"""Selection by click, box and keyboard; travel from node to node."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

SHIFT, CONTROL, ALT = (
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.AltModifier,
)


def test_click_shift_click_control_click(hand: Any) -> None:
    selection = hand.session.selection
    hand.click(hand.body("act"))
    assert selection.nodes == {"act"}
    hand.click(hand.body("out"), SHIFT)
    assert selection.nodes == {"act", "out"}
    hand.click(hand.body("act"), CONTROL)
    assert selection.nodes == {"out"}
    hand.click(hand.spot(600, 400))
    assert not selection


def test_a_click_within_a_selection_narrows_it(hand: Any) -> None:
    hand.session.selection.set(["act", "out"])
    hand.click(hand.body("act"))
    assert hand.session.selection.nodes == {"act"}


def test_a_wire_is_selected_by_click_and_deleted(hand: Any) -> None:
    hand.click(hand.spot(472, 24))
    assert hand.session.selection.links == {"l2"}
    hand.key(Qt.Key.Key_Delete)
    assert "l2" not in hand.session.document.graph().links


def test_a_box_takes_what_it_touches(hand: Any) -> None:
    hand.drag(hand.spot(400, -60), hand.spot(540, 60))
    assert hand.session.selection.nodes == {"hidden", "act"}
    hand.drag(hand.spot(200, 180), hand.spot(300, 300), held=SHIFT)
    assert hand.session.selection.nodes == {"hidden", "act", "lone"}
    hand.drag(hand.spot(200, 180), hand.spot(300, 300), held=CONTROL)
    assert hand.session.selection.nodes == {"hidden", "act"}
    assert not hand.session.history.can_undo


def test_escape_takes_the_box_back(hand: Any) -> None:
    hand.session.selection.set(["lone"])
    hand.pull(hand.spot(400, -60), hand.spot(540, 60))
    assert hand.session.selection.nodes == {"hidden", "act"}
    hand.key(Qt.Key.Key_Escape)
    assert hand.session.selection.nodes == {"lone"}
    hand.release(hand.spot(540, 60))


def test_arrows_follow_wires_and_cross_space(hand: Any) -> None:
    selection = hand.session.selection
    hand.key(Qt.Key.Key_Right)
    assert selection.nodes == {"features"}
    hand.key(Qt.Key.Key_Right)
    hand.key(Qt.Key.Key_Right)
    assert selection.nodes == {"act"}
    hand.key(Qt.Key.Key_Left)
    hand.key(Qt.Key.Key_Down)
    assert selection.nodes == {"lone"}
    hand.key(Qt.Key.Key_Up, SHIFT)
    assert selection.nodes == {"lone", "hidden"}


def test_alt_arrows_nudge(hand: Any) -> None:
    hand.session.selection.set(["lone"])
    hand.key(Qt.Key.Key_Right, ALT)
    hand.key(Qt.Key.Key_Down, ALT | SHIFT)
    node = hand.session.document.graph().node("lone")
    assert (node.x, node.y) == (258.0, 216.0)
    hand.session.undo()
    assert hand.session.document.graph().node("lone").y == 200.0


def test_select_all_delete_undo(hand: Any) -> None:
    before = hand.text
    hand.key(Qt.Key.Key_A, CONTROL)
    assert len(hand.session.selection.nodes) == 5
    hand.key(Qt.Key.Key_Delete)
    assert len(hand.session.document.graph()) == 0
    assert not hand.canvas.stage.model.nodes
    hand.session.undo()
    assert hand.text == before
    assert len(hand.canvas.stage.model.wires) == 3


def test_enter_asks_to_edit(hand: Any, qtbot: QtBot) -> None:
    hand.session.selection.set(["hidden"])
    with qtbot.waitSignal(hand.canvas.node_activated) as asked:
        hand.key(Qt.Key.Key_Return)
    assert asked.args == ["hidden"]


def test_a_right_click_selects_and_asks_for_the_menu(hand: Any, qtbot: QtBot) -> None:
    at = hand.body("act")
    with qtbot.waitSignal(hand.canvas.context_menu_requested) as asked:
        event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, at, hand.canvas.mapToGlobal(at))
        QApplication.sendEvent(hand.canvas, event)
    assert asked.args[1].node == "act"
    assert hand.session.selection.nodes == {"act"}
