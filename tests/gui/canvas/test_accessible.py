"""What a screen reader finds on the canvas: every node, by name, place and state."""

from __future__ import annotations

import gc
from typing import Any

import shiboken6
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible, QAccessibleInterface
from PySide6.QtWidgets import QWidget

from designer.canvas.view import CanvasView
from graph.commands import Disconnect, RemoveNodes
from graph.document import Document

NAME = QAccessible.Text.Name


def interface(widget: QWidget) -> QAccessibleInterface:
    found = QAccessible.queryAccessibleInterface(widget)
    assert found is not None
    return found


def names(canvas: QAccessibleInterface) -> list[str]:
    children = [canvas.child(i) for i in range(canvas.childCount())]
    return [child.text(NAME) for child in children if child.role() == QAccessible.Role.ListItem]


def test_every_node_is_a_child_of_the_canvas_told_in_words(hand: Any) -> None:
    told = names(interface(hand.canvas))
    assert [text.partition(",")[0] for text in told] == ["Input", "Linear 1", "Linear 2", "ReLU", "Output"]
    assert "from Input, to ReLU" in told[1]
    hand.session.do(Disconnect(("l1",)))
    assert "Error: " in names(interface(hand.canvas))[1]


def test_a_node_is_where_it_is_drawn_and_found_there(hand: Any) -> None:
    canvas = interface(hand.canvas)
    child = canvas.child(1)
    body = hand.canvas.mapToGlobal(hand.body("hidden"))
    assert child.rect().contains(body)
    assert canvas.childAt(body.x(), body.y()).text(NAME) == child.text(NAME)
    assert canvas.indexOfChild(child) == 1
    assert child.parent().text(NAME) == "Canvas"
    empty = hand.canvas.mapToGlobal(hand.spot(900, 400))
    assert canvas.childAt(empty.x(), empty.y()) is None


def test_selection_and_focus_are_states_of_the_node(hand: Any) -> None:
    canvas = interface(hand.canvas)
    hand.session.selection.set(["hidden"])
    hand.key(Qt.Key.Key_Right)
    act = canvas.child(3)
    assert act.state().selected
    assert act.state().focused
    assert not canvas.child(1).state().selected
    assert canvas.focusChild().text(NAME) == act.text(NAME)


def test_a_node_that_is_gone_is_not_valid(hand: Any) -> None:
    canvas = interface(hand.canvas)
    lone = canvas.child(2)
    hand.session.do(RemoveNodes(("lone",)))
    assert not lone.isValid()
    assert lone.text(NAME) == ""
    assert len(names(canvas)) == 4
    hand.session.undo()
    assert lone.isValid()


def test_canvases_come_and_go(hand: Any, document: Document) -> None:
    for _ in range(5):
        other = CanvasView(type(hand.session)(document))
        child = interface(other).child(0)
        QAccessible.uniqueId(child)
        other.stage.model.close()
        shiboken6.delete(other)
        assert not child.isValid()
    gc.collect()
    assert names(interface(hand.canvas))
