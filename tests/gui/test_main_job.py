"""The main job with the mouse alone: draw a residual network, train it in the real worker, export verified ONNX."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QModelIndex, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from core.training.runs import list_runs
from designer.canvas.camera import Camera
from designer.data.panel import DataPanel
from designer.export.dialog import ExportDialog
from designer.palette.panel import PalettePanel
from designer.problems.panel import ProblemsPanel
from designer.shell import places
from designer.window import MainWindow

LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


class Mouse:
    """The person's hand; it knows the keyboard not."""

    def __init__(self, window: MainWindow) -> None:
        self.window = window

    def add(self, category: str, label: str, x: float, y: float) -> str:
        """Double-click a layer of the palette, then drag the new node to a place on the canvas; returns its id."""
        panel = self.window.show_panel("palette")
        assert isinstance(panel, PalettePanel)
        before = set(self.window.session.document.graph().node_ids)
        index = _row(panel, category, label)
        panel.tree.scrollTo(index)
        at = panel.tree.visualRect(index).center()
        QTest.mouseClick(panel.tree.viewport(), LEFT, NONE, at)
        QTest.mouseDClick(panel.tree.viewport(), LEFT, NONE, at)
        [node] = set(self.window.session.document.graph().node_ids) - before
        canvas = self.window.canvas
        corner = canvas.node_rect(node).topLeft()
        self.drag(canvas, _grip(self.window, node), _grip(self.window, node) + QPointF(x, y) - corner)
        return node

    def wire(self, source: str, target: str, port: str) -> None:
        canvas = self.window.canvas
        output = self.window.session.document.spec(self.window.session.document.graph().node(source).layer)
        assert output is not None
        start = canvas.port_position(source, output.outputs[0].id, output=True)
        self.drag(canvas, start, canvas.port_position(target, port, output=False))

    def drag(self, widget: QWidget, start: QPointF, end: QPointF) -> None:
        QTest.mousePress(widget, LEFT, NONE, start.toPoint())
        for share in (0.3, 0.7, 1.0):
            where = QPointF((start + (end - start) * share).toPoint())
            where_global = QPointF(widget.mapToGlobal(where))
            event = QMouseEvent(QEvent.Type.MouseMove, where, where_global, Qt.MouseButton.NoButton, LEFT, NONE)
            QApplication.sendEvent(widget, event)
        QTest.mouseRelease(widget, LEFT, NONE, end.toPoint())

    def choose(self, combo: QComboBox, text: str) -> None:
        QTest.mouseClick(combo, LEFT, NONE, QPoint(combo.width() - 12, combo.height() // 2))
        view = combo.view()
        index = combo.model().index(combo.findText(text), 0)
        view.scrollTo(index)
        QTest.qWait(250)  # a popup ignores clicks that come at once, as they are part of opening it
        QTest.mouseMove(view.viewport(), view.visualRect(index).center())
        QTest.mouseClick(view.viewport(), LEFT, NONE, view.visualRect(index).center())

    def click(self, button: QWidget) -> None:
        QTest.mouseClick(button, LEFT, NONE, button.rect().center())


@pytest.fixture
def window(qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MainWindow:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr("designer.window.runs_folder", lambda _path: tmp_path / "runs")
    window = MainWindow(warm=False)
    qtbot.addWidget(window, before_close_func=lambda w: w.session.history.mark_saved())
    window.resize(1700, 1000)
    window.show()
    qtbot.waitExposed(window)
    window.canvas.navigator.animated = False
    window.canvas.stage.camera = Camera(0.6, 40.0, 60.0)
    return window


def test_draw_train_and_export_a_residual_network_by_mouse(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    mouse, session = Mouse(window), window.session
    data = window.show_panel("data")
    assert isinstance(data, DataPanel)
    mouse.choose(data.findChildren(QComboBox)[0], "Iris")
    assert session.document.job.data.source.kind == "iris"

    scores = _draw(mouse)
    assert len(session.document.graph().links) == 9
    qtbot.wait(100)
    assert any("3" in problem.message for problem in session.problems), "the width of the scores does not fit 3 classes"
    problems = window.show_panel("problems")
    assert isinstance(problems, ProblemsPanel)
    mouse.click(next(b for b in problems.findChildren(QPushButton) if "out" in b.text()))
    assert session.document.graph().node(scores).params["out_features"] == 3
    qtbot.wait(100)
    assert [p.message for p in session.problems if p.severity == "error"] == []

    _train(qtbot, mouse)
    [run] = list_runs(tmp_path / "runs")
    assert run.state == "finished"
    _export(qtbot, mouse, tmp_path)


def _draw(mouse: Mouse) -> str:
    """Iris features through two linear layers with a skip around the second; returns the id of the scores."""
    features = mouse.add("Data", "Input", 30, 150)
    first = mouse.add("Linear", "Linear", 180, 150)
    relu = mouse.add("Activation", "ReLU", 330, 90)
    second = mouse.add("Linear", "Linear", 480, 90)
    total = mouse.add("Merge", "Add", 630, 150)
    scores = mouse.add("Linear", "Linear", 780, 150)
    output = mouse.add("Data", "Output", 930, 90)
    target = mouse.add("Data", "Target", 780, 330)
    loss = mouse.add("Loss", "Cross entropy", 930, 250)
    for source, sink, port in (
        (features, first, "x"), (first, relu, "x"), (relu, second, "x"), (second, total, "a"), (first, total, "b"),
        (total, scores, "x"), (scores, output, "x"), (scores, loss, "input"), (target, loss, "target"),
    ):  # fmt: skip
        mouse.wire(source, sink, port)
    return scores


def _train(qtbot: QtBot, mouse: Mouse) -> None:
    window = mouse.window
    mouse.click(window.menus.train)
    assert window.session.run.is_active
    record = window.studio.record
    assert record is not None
    qtbot.waitUntil(lambda: record.finished is not None, timeout=90_000)
    assert record.finished is not None
    assert window.session.run.state == "finished"
    assert record.finished.metrics["test"]["accuracy"] > 0.8


def _export(qtbot: QtBot, mouse: Mouse, folder: Path) -> None:
    mouse.click(mouse.window.menus.export)
    dialog = next(d for d in mouse.window.findChildren(ExportDialog) if d.isVisible())
    mouse.click(next(b for b in dialog.findChildren(QPushButton) if b.text() == "Export"))
    labels = dialog.findChildren
    qtbot.waitUntil(lambda: any("computes what PyTorch" in t.text() for t in labels(QLabel)), timeout=120_000)
    assert list(folder.glob("*.onnx"))
    dialog.close()


def test_the_folder_of_runs_is_the_persons(tmp_path: Path) -> None:
    assert places.runs_folder(None).is_absolute()


def _row(panel: PalettePanel, category: str, label: str) -> QModelIndex:
    model = panel.model
    for row in range(model.rowCount()):
        group = model.index(row, 0)
        if str(group.data()) == category:
            for inner in range(model.rowCount(group)):
                if str(model.index(inner, 0, group).data()) == label:
                    return model.index(inner, 0, group)
    raise AssertionError(f"the palette has no {label} under {category}")


def _grip(window: MainWindow, node: str) -> QPointF:
    """A point of the node's body that is no port."""
    rect = window.canvas.node_rect(node)
    return rect.center()
