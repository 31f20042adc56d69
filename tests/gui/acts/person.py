"""A person at the keyboard and the mouse of one window, and the design that is worked on."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QKeySequence, QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from core.catalog.families import default_catalog
from designer.actions import by_id
from designer.session import Notice
from designer.window import MainWindow
from graph.codec import decode, encode
from graph.commands import MakeBlock

CATALOG = default_catalog()


class Person:
    """At the keyboard of one window."""

    def __init__(self, window: MainWindow) -> None:
        self.window = window
        self.told: list[Notice] = []
        window.session.noticed.connect(self.told.append)

    @property
    def session(self) -> Any:
        return self.window.session

    @property
    def graph(self) -> Any:
        return self.session.document.graph(self.session.selection.scope)

    @property
    def text(self) -> str:
        return encode(self.session.document)

    def act(self, id: str) -> None:
        """Press the shortcut of an action, as the table has it."""
        self.window.menus.refresh()
        self.window.canvas.setFocus()
        QTest.keySequence(self.window.canvas, QKeySequence(by_id(id).shortcut.split("; ")[0]))
        QApplication.processEvents()

    def reverts(self, before: str) -> bool:
        """The act was one step; the file holds it, and undo leads back to the same bytes."""
        after, problems = decode(self.text, CATALOG)
        assert problems == []
        assert encode(after) == self.text
        self.session.undo()
        return self.text == before


def into_block(person: Person) -> str:
    """a and b become a block; the path of its instance."""
    person.session.do(MakeBlock(("a", "b"), "Body", block="body", instance="inst"))
    person.session.history.clear()
    return "inst"


def look(canvas: Any) -> None:
    """Show the whole graph, once the window has found its size."""
    QTest.qWait(20)
    canvas.fit()
    QApplication.processEvents()


def centre(canvas: Any, node: str) -> QPoint:
    found: QPoint = canvas.node_rect(node).center().toPoint()
    return found


def drag(canvas: Any, start: QPoint, end: QPoint, held: Any = Qt.KeyboardModifier.NoModifier) -> None:
    left = Qt.MouseButton.LeftButton
    QTest.mousePress(canvas, left, held, start)
    for point in (QPoint((start.x() + end.x()) // 2, (start.y() + end.y()) // 2), end):
        where = QPointF(point)
        none = Qt.MouseButton.NoButton
        QApplication.sendEvent(
            canvas, QMouseEvent(QEvent.Type.MouseMove, where, canvas.mapToGlobal(where), none, left, held)
        )
    QTest.mouseRelease(canvas, left, held, end)
