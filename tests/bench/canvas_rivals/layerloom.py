"""Layerloom. Building is all that opening a design is, the file's text aside: document, session, view."""

from __future__ import annotations

from PySide6 import QtCore, QtGui, QtWidgets

from core.catalog.families import default_catalog
from designer import edit
from designer.canvas.camera import Camera
from designer.canvas.view import CanvasView
from designer.qt import next_turn
from designer.session import Session
from designer.shell.collector import Collector
from designer.theme import manager
from graph.document import Document
from tests.bench.bench_canvas import as_changes
from tests.bench.canvas_rivals.chain import Chain, Step
from tests.bench.canvas_rivals.editor import SIZE, Editor, Qt


class Layerloom(Editor):
    """Inference of shapes and checks run as in the window: with every edit, before the next frame."""

    def __init__(self) -> None:
        self.qt = Qt(QtCore, QtGui, QtWidgets)
        app = QtWidgets.QApplication.instance()
        assert isinstance(app, QtWidgets.QApplication)
        manager().install(app)
        self._catalog = default_catalog()
        self.window = QtWidgets.QStackedWidget()
        Collector(self.window)
        self._open(Document(self._catalog))

    def _open(self, document: Document) -> None:
        self.session = Session(document, later=next_turn)
        self.surface = self.view = CanvasView(self.session)
        self.view.navigator.animated = False
        self.view.resize(*SIZE)
        self.window.addWidget(self.view)
        self.window.setCurrentWidget(self.view)

    def build(self, chain: Chain) -> None:
        document = Document(self._catalog)
        document.apply(as_changes(chain))
        self._open(document)

    def look(self, x: float, y: float, scale: float) -> None:
        self.view.stage.camera = Camera(scale).centred(x, y, *SIZE)

    def pan(self, dx: float, dy: float) -> None:
        self.view.stage.camera = self.view.stage.camera.panned(dx, dy)

    def zoom(self, factor: float) -> None:
        self.view.zoom_by(factor)

    def select_all(self) -> None:
        edit.select_all(self.session)

    def deselect(self) -> None:
        self.session.selection.clear()

    def delete_all(self) -> None:
        edit.delete(self.session)

    def grip(self, step: Step) -> tuple[float, float]:
        at = self.view.node_rect(step.id).center()
        return at.x(), at.y()

    def place(self, step: Step) -> tuple[float, float]:
        box = self.view.boxes()[step.id]
        return box.x, box.y

    def counts(self) -> tuple[int, int, int]:
        graph = self.session.document.graph()
        return len(graph.node_ids), len(graph.links), len(self.session.selection.nodes)


def make() -> Editor:
    return Layerloom()
