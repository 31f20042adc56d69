"""Adding layers: the quick-add popup, drops from the palette, at the centre."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QByteArray, QMimeData, QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDragMoveEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from core.catalog.families import default_catalog
from designer.canvas import edits
from designer.canvas.model import SceneModel
from designer.canvas.stage import LinkEnd
from designer.palette.model import MIME_LAYER, layer_of
from designer.session import Session
from graph.document import Document

COPY, LEFT, NONE = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


def offered(hand: Any) -> list[str]:
    model = hand.canvas.quick_add.model
    return [layer_of(model.index(row, 0)) for row in range(model.rowCount())]


def test_double_click_type_enter(hand: Any) -> None:
    at = hand.spot(560, 330)
    QTest.mouseDClick(hand.canvas, LEFT, pos=at)
    popup = hand.canvas.quick_add
    assert popup.isVisible()
    assert QApplication.focusWidget() is popup.field
    hand.type("drop")
    assert offered(hand)[0] == "dropout"
    hand.key(Qt.Key.Key_Return)
    assert not popup.isVisible()
    node = hand.session.document.graph().node(hand.session.selection.node)
    assert node.layer == "dropout"
    assert hand.canvas.node_rect(node.id).contains(QPointF(at))
    assert QApplication.focusWidget() is hand.canvas


def test_tab_opens_and_escape_closes(hand: Any) -> None:
    before = hand.text
    hand.key(Qt.Key.Key_Tab)
    assert hand.canvas.quick_add.isVisible()
    hand.type("re")
    hand.key(Qt.Key.Key_Escape)
    hand.key(Qt.Key.Key_Escape)
    assert not hand.canvas.quick_add.isVisible()
    assert QApplication.focusWidget() is hand.canvas
    assert hand.text == before


def test_tab_after_tab_draws_a_chain(hand: Any) -> None:
    hand.session.selection.set(["lone"])
    added = []
    for layer in ("linear", "dropout", "linear"):
        hand.key(Qt.Key.Key_Tab)
        hand.type(layer)
        hand.key(Qt.Key.Key_Return)
        added.append(hand.session.selection.node)
    graph = hand.session.document.graph()
    for before, after in zip(["lone", *added], added, strict=False):
        assert [link.source for link in graph.incoming(after)] == [before]
        assert graph.node(after).x > graph.node(before).x + 176
    shown = QRectF(hand.canvas.rect())
    assert shown.contains(hand.canvas.node_rect(added[-1])), "the view goes along"
    assert len(hand.session.history.entries) == 3


def test_tab_where_nothing_hangs_loose_covers_no_node(hand: Any) -> None:
    hand.session.selection.set(["act"])
    boxes = dict(hand.canvas.boxes())
    for _ in range(2):
        hand.session.selection.clear()
        hand.key(Qt.Key.Key_Tab)
        hand.type("relu")
        hand.key(Qt.Key.Key_Return)
        own = hand.session.selection.node
        assert not hand.session.document.graph().incoming(own)
        box = hand.canvas.boxes()[own]
        for other in boxes.values():
            assert box.right <= other.x or other.right <= box.x or box.bottom <= other.y or other.bottom <= box.y
        boxes[own] = box


def test_a_loss_behind_a_target_takes_it_as_the_target() -> None:
    session = Session(Document(default_catalog()))
    model = SceneModel(session)
    command, target = edits.add(model, "target", (0.0, 0.0))
    session.do(command)
    command, loss = edits.add(model, "cross_entropy", (300.0, 0.0), LinkEnd(target, "y", True))
    session.do(command)
    [link] = session.document.graph().incoming(loss)
    assert (link.source, link.target_port) == (target, "target")
    model.close()


def test_arrows_choose(hand: Any) -> None:
    hand.key(Qt.Key.Key_Tab)
    first, second = offered(hand)[:2]
    hand.key(Qt.Key.Key_Down)
    hand.key(Qt.Key.Key_Return)
    assert hand.session.document.graph().node(hand.session.selection.node).layer == second != first


def test_a_held_wire_filters_and_wires(hand: Any) -> None:
    hand.drag(hand.port("act", "y", output=True), hand.spot(560, 330))
    assert {"linear", "relu", "add"} <= set(offered(hand))
    assert not {"conv2d", "input"} & set(offered(hand))
    hand.type("linear")
    hand.key(Qt.Key.Key_Return)
    node = hand.session.selection.node
    [link] = hand.session.document.graph().incoming(node)
    assert (link.source, link.target_port) == ("act", "x")
    assert len(hand.session.history.entries) == 1


def test_a_wire_held_at_an_input_is_fed(hand: Any) -> None:
    hand.drag(hand.port("lone", "x"), hand.spot(30, 330))
    assert "output" not in offered(hand)
    hand.type("relu")
    hand.key(Qt.Key.Key_Return)
    [link] = hand.session.document.graph().incoming("lone")
    assert hand.session.document.graph().node(link.source).layer == "relu"


def test_double_click_on_a_wire_inserts(hand: Any) -> None:
    QTest.mouseDClick(hand.canvas, LEFT, pos=hand.spot(472, 24))
    assert not {"conv2d", "input", "output"} & set(offered(hand))
    hand.type("dropout")
    hand.key(Qt.Key.Key_Return)
    node = hand.session.selection.node
    graph = hand.session.document.graph()
    assert [link.source for link in graph.incoming(node)] == ["hidden"]
    assert [link.target for link in graph.outgoing(node)] == ["act"]
    assert len(hand.session.history.entries) == 1


def test_what_does_not_fit_is_found_by_name_all_the_same(hand: Any) -> None:
    hand.drag(hand.port("act", "y", output=True), hand.spot(560, 330))
    hand.type("conv 2d")
    assert offered(hand) == ["conv2d"]


def test_the_last_used_comes_first(hand: Any) -> None:
    for _ in range(2):
        hand.key(Qt.Key.Key_Tab)
        hand.type("flatten")
        hand.key(Qt.Key.Key_Return)
    hand.key(Qt.Key.Key_Tab)
    assert offered(hand)[0] == "flatten"


def test_the_last_choice_at_a_port_comes_first(hand: Any) -> None:
    hand.drag(hand.port("act", "y", output=True), hand.spot(560, 330))
    hand.type("linear")
    hand.key(Qt.Key.Key_Return)
    hand.key(Qt.Key.Key_Tab)
    hand.type("dropout")
    hand.key(Qt.Key.Key_Return)
    hand.drag(hand.port("act", "y", output=True), hand.spot(760, 330))
    assert offered(hand)[0] == "linear", "chosen last at this port, though dropout was used after it"
    hand.key(Qt.Key.Key_Escape)
    hand.drag(hand.port("hidden", "y", output=True), hand.spot(760, 330))
    assert offered(hand)[0] == "dropout"
    hand.key(Qt.Key.Key_Escape)


def test_a_click_elsewhere_closes(hand: Any) -> None:
    hand.key(Qt.Key.Key_Tab)
    hand.click(QPoint(5, 690))
    assert not hand.canvas.quick_add.isVisible()


def payload(layer: str) -> QMimeData:
    data = QMimeData()
    data.setData(MIME_LAYER, QByteArray(layer.encode()))
    return data


def carry(hand: Any, layer: str, at: QPoint) -> QMimeData:
    """Drag a layer in from outside, without letting go."""
    data = payload(layer)
    QApplication.sendEvent(hand.canvas, QDragEnterEvent(at, COPY, data, LEFT, NONE))
    QApplication.sendEvent(hand.canvas, QDragMoveEvent(at, COPY, data, LEFT, NONE))
    return data


def test_a_layer_is_dropped_from_the_palette(hand: Any) -> None:
    at = hand.spot(640, 320)
    data = carry(hand, "relu", at)
    hand.canvas.repaint()
    QApplication.sendEvent(hand.canvas, QDropEvent(QPointF(at), COPY, data, LEFT, NONE))
    node = hand.session.document.graph().node(hand.session.selection.node)
    assert (node.layer, node.x, node.y) == ("relu", 640 - 88, 320 - 24)
    assert len(hand.session.history.entries) == 1


def test_dropped_on_a_wire_it_is_inserted(hand: Any) -> None:
    at = hand.spot(472, 20)
    data = carry(hand, "dropout", at)
    assert hand.canvas.stage.chosen == "l2"
    QApplication.sendEvent(hand.canvas, QDropEvent(QPointF(at), COPY, data, LEFT, NONE))
    node = hand.session.selection.node
    graph = hand.session.document.graph()
    assert [link.source for link in graph.incoming(node)] == ["hidden"]
    assert [link.target for link in graph.outgoing(node)] == ["act"]
    hand.session.undo()
    assert len(graph) == 5


def test_carried_out_again_nothing_stays(hand: Any) -> None:
    before = hand.text
    carry(hand, "relu", hand.spot(472, 20))
    QApplication.sendEvent(hand.canvas, QDragLeaveEvent())
    assert hand.canvas.stage.chosen == ""
    assert hand.canvas.place is None
    assert hand.text == before


def test_foreign_things_are_not_taken(hand: Any) -> None:
    data = payload("no_such_layer")
    QApplication.sendEvent(hand.canvas, QDragEnterEvent(QPoint(50, 50), COPY, data, LEFT, NONE))
    assert hand.canvas.place is None


def test_at_the_centre_beside_what_is_there(hand: Any) -> None:
    hand.session.add_requested.emit("relu")
    hand.session.add_requested.emit("relu")
    added = [n for n in hand.session.document.graph().nodes if n.layer == "relu" and n.id != "act"]
    assert len(added) == 2
    a, b = (hand.canvas.node_rect(n.id) for n in added)
    assert not a.intersects(b)
    assert hand.canvas.rect().toRectF().contains(a)
