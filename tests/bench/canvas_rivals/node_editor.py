"""nodeeditor-qtpy on PyQt6, the binding that its own instructions install.

Nodes hold one label, and are about as low as ours, so that rows do not cover each other. Building leaves out undo.
Everything is selected as its rubber band does it: each node, then one signal.
"""

from __future__ import annotations

import os
from typing import Any

os.environ["QT_API"] = "pyqt6"

from nodeeditor.node_content_widget import QDMNodeContentWidget
from nodeeditor.node_edge import EDGE_TYPE_BEZIER, Edge
from nodeeditor.node_editor_widget import NodeEditorWidget
from nodeeditor.node_graphics_node import QDMGraphicsNode
from nodeeditor.node_node import Node
from PyQt6 import QtCore, QtGui, QtWidgets

from tests.bench.canvas_rivals.chain import Chain, Step
from tests.bench.canvas_rivals.editor import Editor, Qt, SceneEditor


class _Label(QDMNodeContentWidget):
    def initUI(self) -> None:
        self.layout = QtWidgets.QVBoxLayout(self)
        self.layout.setContentsMargins(0, 0, 0, 0)
        self.layout.addWidget(QtWidgets.QLabel(self.node.title))


class _Low(QDMGraphicsNode):
    def initSizes(self) -> None:
        super().initSizes()
        self.height = 88


class _Layer(Node):
    GraphicsNode_class = _Low
    NodeContent_class = _Label


class NodeEditor(SceneEditor):
    """Its view has a zoom of eleven steps; the bench scales the view as those steps do."""

    def __init__(self) -> None:
        self.qt = Qt(QtCore, QtGui, QtWidgets)
        self.window = NodeEditorWidget()
        self.view = self.window.view
        self.surface = self.view.viewport()
        self.scene = self.window.scene
        self._nodes: dict[str, _Layer] = {}

    def build(self, chain: Chain) -> None:
        ports = {step.id: step.inputs for step in chain.steps}
        for step in chain.steps:
            node = self._nodes[step.id] = _Layer(
                self.scene,
                step.layer,
                inputs=[1] * len(step.inputs),
                outputs=[1] * len(step.outputs),
                input_text=list(step.inputs),
                output_text=list(step.outputs),
            )
            node.setPos(step.x, step.y)
        for wire in chain.wires:
            target = self._nodes[wire.target].inputs[ports[wire.target].index(wire.target_port)]
            Edge(self.scene, self._nodes[wire.source].outputs[0], target, edge_type=EDGE_TYPE_BEZIER)

    def select_all(self) -> None:
        for node in self.scene.nodes:
            node.grNode.setSelected(True)
        self.scene.grScene.itemSelected.emit()

    def deselect(self) -> None:
        self.scene.doDeselectItems()

    def delete_all(self) -> None:
        self.view.deleteSelected()

    def item(self, step: Step) -> Any:
        return self._nodes[step.id].grNode

    def grip(self, step: Step) -> tuple[float, float]:
        """The title: the middle belongs to the label."""
        item = self.item(step)
        at = self.view.mapFromScene(item.mapToScene(item.width / 2, item.title_height / 2))
        return float(at.x()), float(at.y())

    def counts(self) -> tuple[int, int, int]:
        return len(self.scene.nodes), len(self.scene.edges), len(self.scene.getSelectedNodes())


def make() -> Editor:
    return NodeEditor()
