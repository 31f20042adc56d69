"""A small design on a canvas, and a hand that works on it with real events."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from core.catalog import Catalog
from core.catalog.families import default_catalog
from designer.canvas.camera import Camera
from designer.canvas.view import CanvasView
from designer.session import Notice, Session
from graph.codec import encode
from graph.document import Document
from graph.records import MAIN, Change, Link, Node

USED = {
    "input",
    "output",
    "entry",
    "exit",
    "linear",
    "relu",
    "dropout",
    "add",
    "scale",
    "concatenate",
    "conv2d",
    "flatten",
    "lstm",
}
LEFT, MIDDLE = Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton
NONE = Qt.KeyboardModifier.NoModifier


class Hand:
    """The person at the mouse and the keyboard of one canvas."""

    def __init__(self, canvas: CanvasView) -> None:
        self.canvas = canvas
        self.held = NONE
        self.notices: list[Notice] = []
        canvas.session.noticed.connect(self.notices.append)

    @property
    def session(self) -> Session:
        return self.canvas.session

    @property
    def text(self) -> str:
        """The whole document as text: for comparing before and after."""
        return encode(self.session.document)

    def body(self, node: str) -> QPoint:
        return self.canvas.node_rect(node).center().toPoint()

    def port(self, node: str, port: str, *, output: bool = False) -> QPoint:
        return self.canvas.port_position(node, port, output=output).toPoint()

    def spot(self, x: float, y: float) -> QPoint:
        """Where a canvas point is in the widget."""
        return QPointF(*self.canvas.stage.camera.to_view(x, y)).toPoint()

    def press(self, at: QPoint, button: Qt.MouseButton = LEFT) -> None:
        QTest.mousePress(self.canvas, button, self.held, at)

    def release(self, at: QPoint, button: Qt.MouseButton = LEFT) -> None:
        QTest.mouseRelease(self.canvas, button, self.held, at)

    def click(self, at: QPoint, held: Qt.KeyboardModifier = NONE) -> None:
        QTest.mouseClick(self.canvas, LEFT, held, at)

    def pull(self, start: QPoint, end: QPoint, button: Qt.MouseButton = LEFT) -> None:
        """Press and move, but do not let go."""
        self.press(start, button)
        half = QPoint((start.x() + end.x()) // 2, (start.y() + end.y()) // 2)
        for point in (half, end):
            send_move(self.canvas, point, button, self.held)

    def move(self, at: QPoint) -> None:
        """Move on with the left button held."""
        send_move(self.canvas, at, LEFT, self.held)

    def drag(self, start: QPoint, end: QPoint, held: Qt.KeyboardModifier = NONE, button: Qt.MouseButton = LEFT) -> None:
        self.held = held
        self.pull(start, end, button)
        self.release(end, button)
        self.held = NONE

    def key(self, key: Qt.Key, held: Qt.KeyboardModifier = NONE) -> None:
        QTest.keyClick(QApplication.focusWidget() or self.canvas, key, held)

    def type(self, text: str) -> None:
        QTest.keyClicks(QApplication.focusWidget(), text)


def send_move(canvas: CanvasView, at: QPoint, button: Qt.MouseButton, held: Qt.KeyboardModifier) -> None:
    """QTest.mouseMove carries neither buttons nor modifiers."""
    where = QPointF(at)
    event = QMouseEvent(QEvent.Type.MouseMove, where, canvas.mapToGlobal(where), Qt.MouseButton.NoButton, button, held)
    QApplication.sendEvent(canvas, event)


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    return Catalog(spec for spec in default_catalog() if spec.id in USED)


@pytest.fixture
def document(catalog: Catalog) -> Document:
    """features -> hidden -> act -> out, and a lone linear layer below."""
    result = Document(catalog)
    nodes = [
        Node("features", "input", x=0, y=0, params={"shape": (8,)}),
        Node("hidden", "linear", x=256, y=0, params={"out_features": 16}),
        Node("act", "relu", x=512, y=0),
        Node("out", "output", x=768, y=0),
        Node("lone", "linear", x=256, y=200),
    ]
    links = [
        Link("l1", "features", "y", "hidden", "x"),
        Link("l2", "hidden", "y", "act", "x"),
        Link("l3", "act", "y", "out", "x"),
    ]
    result.apply([Change(MAIN, None, record) for record in (*nodes, *links)])
    return result


@pytest.fixture
def canvas(qtbot: QtBot, document: Document) -> Iterator[CanvasView]:
    view = CanvasView(Session(document))
    view.navigator.animated = view.glide.animated = False
    qtbot.addWidget(view)
    view.resize(1200, 700)
    view.show()
    qtbot.waitExposed(view)
    view.stage.camera = Camera(1.0, 60.0, 120.0)
    view.setFocus()
    yield view
    view.stage.model.close()


@pytest.fixture
def hand(canvas: CanvasView) -> Hand:
    return Hand(canvas)
