"""The camera: pan, zoom, fit, reveal, blocks entered and left, the map."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton

from designer.canvas.camera import Camera, fitting
from designer.canvas.view import CanvasView
from designer.session import Session
from designer.theme import manager
from graph.commands import AddNode, MakeBlock
from graph.document import Document
from graph.records import Node

MIDDLE = Qt.MouseButton.MiddleButton


def wheel(hand: Any, at: QPoint, *, angle: int = 0, pixels: QPoint | None = None, held: Any = None) -> None:
    none = Qt.KeyboardModifier.NoModifier
    event = QWheelEvent(
        QPointF(at),
        hand.canvas.mapToGlobal(QPointF(at)),
        pixels or QPoint(),
        QPoint(0, angle),
        Qt.MouseButton.NoButton,
        held or none,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(hand.canvas, event)


def test_the_middle_button_pans(hand: Any) -> None:
    before = hand.body("act")
    hand.drag(QPoint(600, 500), QPoint(650, 520), button=MIDDLE)
    assert hand.body("act") - before == QPoint(50, 20)
    hand.pull(QPoint(600, 500), QPoint(700, 700), button=MIDDLE)
    hand.key(Qt.Key.Key_Escape)
    assert hand.body("act") - before == QPoint(50, 20)
    hand.release(QPoint(700, 700), MIDDLE)


def test_space_and_drag_pans(hand: Any) -> None:
    before = hand.body("act")
    QTest.keyPress(hand.canvas, Qt.Key.Key_Space)
    hand.drag(hand.body("act"), hand.body("act") + QPoint(30, 0))
    QTest.keyRelease(hand.canvas, Qt.Key.Key_Space)
    assert hand.body("act") - before == QPoint(30, 0)
    assert not hand.session.history.can_undo


def test_the_wheel_zooms_at_the_cursor(hand: Any) -> None:
    at = hand.body("act")
    wheel(hand, at, angle=240)
    assert hand.canvas.stage.camera.scale > 1.2
    assert (hand.body("act") - at).manhattanLength() <= 1


def test_a_touchpad_pans_and_zooms_with_control(hand: Any) -> None:
    before = hand.body("act")
    wheel(hand, before, pixels=QPoint(-20, 15))
    assert hand.body("act") - before == QPoint(-20, 15)
    wheel(hand, before, angle=120, pixels=QPoint(0, 40), held=Qt.KeyboardModifier.ControlModifier)
    assert hand.canvas.stage.camera.scale > 1.0


def test_home_shows_everything(hand: Any) -> None:
    hand.canvas.stage.camera = Camera(3.0, -5000.0, -5000.0)
    hand.key(Qt.Key.Key_Home)
    rects = [hand.canvas.node_rect(node) for node in hand.session.document.graph().node_ids]
    assert all(hand.canvas.rect().toRectF().contains(rect) for rect in rects)


def test_the_camera_has_limits_and_keeps_points() -> None:
    camera = Camera(1.0, 10.0, 20.0).zoomed(1e9, 100.0, 100.0)
    assert camera.scale == 4.0
    assert camera.to_canvas(100.0, 100.0) == pytest.approx((90.0, 80.0))
    assert Camera().zoomed(1e-9, 0.0, 0.0).scale == 0.02
    shown = fitting((0.0, 0.0, 1000.0, 10.0), 600.0, 400.0)
    assert shown.rect_to_view((0.0, 0.0, 1000.0, 10.0))[0] == pytest.approx(48.0)


def test_a_block_is_entered_and_left_each_with_its_camera(hand: Any) -> None:
    hand.session.do(MakeBlock(("hidden", "act"), "Body"))
    instance = next(n.id for n in hand.session.document.graph().nodes if n.block)
    outside = hand.canvas.stage.camera
    QTest.mouseDClick(hand.canvas, Qt.MouseButton.LeftButton, pos=hand.body(instance))
    assert hand.session.selection.path == instance
    assert {"hidden", "act"} <= set(hand.canvas.stage.model.nodes)
    assert hand.canvas.breadcrumbs.isVisible()
    assert [text for _, text in hand.canvas.breadcrumbs.steps] == ["Untitled", "Body"]
    inside = Camera(1.5, 3.0, 4.0)
    hand.canvas.stage.camera = inside
    buttons = hand.canvas.breadcrumbs.findChildren(QPushButton)
    next(button for button in buttons if button.text() == "Untitled" and button.isVisible()).click()
    assert hand.session.selection.path == ""
    assert hand.canvas.stage.camera == outside
    hand.canvas.reveal(f"{instance}/act")
    assert hand.session.selection.nodes == {"act"}
    assert hand.canvas.stage.model.path == instance
    assert hand.canvas.stage.camera.scale == 1.5
    hand.key(Qt.Key.Key_Escape)
    hand.key(Qt.Key.Key_Escape)
    assert hand.session.selection.path == ""


def test_undoing_a_block_from_within_leads_outside(hand: Any) -> None:
    hand.session.do(MakeBlock(("hidden", "act"), "Body"))
    instance = next(n.id for n in hand.session.document.graph().nodes if n.block)
    hand.canvas.look_at(instance)
    hand.session.undo()
    assert hand.session.selection.path == ""
    assert "hidden" in hand.canvas.stage.model.nodes
    hand.canvas.repaint()


def test_revealing_brings_a_node_into_view(hand: Any) -> None:
    hand.canvas.stage.camera = Camera(1.0, -9000.0, 0.0)
    hand.session.reveal("out")
    assert hand.canvas.rect().toRectF().contains(hand.canvas.node_rect("out"))
    hand.canvas.reveal("gone/away")
    assert hand.session.selection.nodes == {"out"}


def test_a_picture_of_the_whole_graph(hand: Any) -> None:
    image = hand.canvas.grab_image(1.0)
    assert image.width() == pytest.approx(768 + 176 + 64, abs=2)
    colours = {image.pixel(x, y) for x in range(0, image.width(), 7) for y in range(0, image.height(), 7)}
    assert len(colours) > 20


def test_a_drag_held_at_the_border_pans(hand: Any, qtbot: Any) -> None:
    before = hand.canvas.stage.camera
    hand.pull(hand.body("lone"), QPoint(1195, 400))
    qtbot.waitUntil(lambda: hand.canvas.stage.camera.x < before.x - 60, timeout=2000)
    hand.key(Qt.Key.Key_Escape)
    assert hand.canvas.stage.model.nodes["lone"].x == 256.0
    hand.release(QPoint(1195, 400))


def test_a_design_opens_whole_and_stays_so_until_one_travels(qtbot: Any, document: Document) -> None:
    view = CanvasView(Session(document))
    qtbot.addWidget(view)
    view.resize(500, 300)
    view.show()
    view.resize(1000, 500)
    shown = [view.node_rect(node) for node in document.graph().node_ids]
    assert all(view.rect().toRectF().contains(rect) for rect in shown)
    assert view.stage.camera.scale > 0.9
    travelled = view.stage.camera = Camera(0.7, 5.0, 5.0)
    view.resize(900, 600)
    assert view.stage.camera == travelled
    view.stage.model.close()


def test_the_map_appears_when_there_is_more_to_see(hand: Any) -> None:
    canvas = hand.canvas
    for i in range(10):
        hand.session.do(AddNode(Node(f"k{i}", "relu", x=i * 240.0, y=400.0)))
    canvas.minimap.refresh()
    assert canvas.minimap.isVisible()
    before = canvas.stage.camera
    QTest.mouseClick(canvas.minimap, Qt.MouseButton.LeftButton, pos=QPoint(160, 80))
    assert canvas.stage.camera.x < before.x
    canvas.fit()
    canvas.minimap.refresh()
    assert not canvas.minimap.isVisible()


def test_back_and_forward_go_from_place_to_place(hand: Any) -> None:
    hand.session.do(MakeBlock(("hidden", "act"), "Body"))
    instance = next(n.id for n in hand.session.document.graph().nodes if n.block)
    stage, start = hand.canvas.stage, hand.canvas.stage.camera
    hand.canvas.look_at(instance)
    inside = stage.camera
    QTest.mouseClick(hand.canvas, Qt.MouseButton.BackButton, pos=QPoint(5, 690))
    assert (stage.model.path, stage.camera) == ("", start)
    QTest.mouseClick(hand.canvas, Qt.MouseButton.ForwardButton, pos=QPoint(5, 690))
    assert (stage.model.path, stage.camera) == (instance, inside)
    hand.session.undo()
    hand.canvas.navigator.forward()
    hand.canvas.navigator.back()
    assert stage.model.path == ""


def test_a_canvas_that_is_gone_follows_nothing(qtbot: Any, document: Document) -> None:
    session = Session(document)
    view = CanvasView(session)
    view.show()
    qtbot.waitExposed(view)
    model = view.stage.model
    view.deleteLater()
    QApplication.sendPostedEvents(view, QEvent.Type.DeferredDelete)
    version = model.version
    session.do(AddNode(Node("later", "relu")))
    session.selection.set(["later"])
    session.add_requested.emit("relu")
    session.reveal("later")
    manager().changed.emit()
    assert model.version == version
    assert len(document.graph()) == 6
