"""pyqtgraph's flowchart on PySide6: the chart's view, without the list of controls beside it.

Its limit of a hundred mouse moves a second is lifted. It has no act that selects or deletes everything: the bench does
to each node what a click, and the menu's "Remove node", do to one.
"""

from __future__ import annotations

import os
from typing import Any

os.environ["PYQTGRAPH_QT_LIB"] = "PySide6"

import pyqtgraph
from pyqtgraph.flowchart import Flowchart
from pyqtgraph.flowchart import Node as ChartNode
from PySide6 import QtCore, QtGui, QtWidgets

from tests.bench.canvas_rivals.chain import Chain, Step
from tests.bench.canvas_rivals.editor import SIZE, Editor, Qt, SceneEditor


class PyqtgraphFlowchart(SceneEditor):
    """Its camera is the range of a ViewBox."""

    def __init__(self) -> None:
        self.qt = Qt(QtCore, QtGui, QtWidgets)
        pyqtgraph.setConfigOption("mouseRateLimit", -1)
        self.chart = Flowchart()
        self.view = self.window = self.chart.widget().chartWidget.view
        self.view.setParent(None)
        self.surface = self.view.viewport()
        self._nodes: dict[str, ChartNode] = {}
        self._links = 0

    def build(self, chain: Chain) -> None:
        for step in chain.steps:
            ports = {name: {"io": "in"} for name in step.inputs} | {name: {"io": "out"} for name in step.outputs}
            node = self._nodes[step.id] = ChartNode(f"{step.layer} {step.id}", terminals=ports)
            self.chart.addNode(node, node.name(), [step.x, step.y])
        for wire in chain.wires:
            source, target = self._nodes[wire.source], self._nodes[wire.target]
            self.chart.connectTerminals(source[wire.source_port], target[wire.target_port])

    def look(self, x: float, y: float, scale: float) -> None:
        width, height = SIZE[0] / scale, SIZE[1] / scale
        rect = self.qt.core.QRectF(x - width / 2, y - height / 2, width, height)
        self.chart.viewBox.setRange(rect, padding=0)

    def pan(self, dx: float, dy: float) -> None:
        pixel = self.chart.viewBox.viewPixelSize()
        self.chart.viewBox.translateBy(x=-dx * pixel[0], y=-dy * pixel[1])

    def zoom(self, factor: float) -> None:
        self.chart.viewBox.scaleBy((1 / factor, 1 / factor))

    def select_all(self) -> None:
        for node in self._nodes.values():
            node.graphicsItem().setSelected(True)

    def deselect(self) -> None:
        self.view.scene().clearSelection()

    def delete_all(self) -> None:
        for node in self._nodes.values():
            self.chart.removeNode(node)

    def item(self, step: Step) -> Any:
        return self._nodes[step.id].graphicsItem()

    def grip(self, step: Step) -> tuple[float, float]:
        """Below the name, which is a text that takes the press for itself."""
        item = self.item(step)
        at = self.view.mapFromScene(item.mapToScene(item.bounds.center().x(), item.bounds.bottom() - 5.0))
        return float(at.x()), float(at.y())

    def place(self, step: Step) -> tuple[float, float]:
        at = self.item(step).pos()
        return at.x(), at.y()

    def counts(self) -> tuple[int, int, int]:
        nodes = [node for node in self.chart.nodes().values() if node in self._nodes.values()]
        wires = sum(len(port.connections()) for node in nodes for port in node.outputs().values())
        return len(nodes), wires, sum(node.graphicsItem().isSelected() for node in nodes)


def make() -> Editor:
    return PyqtgraphFlowchart()
