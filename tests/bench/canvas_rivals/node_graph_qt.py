"""NodeGraphQt on PySide6.

Building leaves out undo and the check for cycles, which visits a node once for each path that leads to it: it would not
come to an end on a chain of residual blocks.
"""

from __future__ import annotations

from typing import Any

from NodeGraphQt import BaseNode, NodeGraph
from PySide6 import QtCore, QtGui, QtWidgets

from tests.bench.canvas_rivals.chain import Chain, Step
from tests.bench.canvas_rivals.editor import SIZE, Editor, Qt, SceneEditor


class _Layer(BaseNode):
    """A node whose ports are given by the step that it stands for."""

    __identifier__ = "bench"
    NODE_NAME = "layer"

    def dress(self, step: Step) -> None:
        for name in step.inputs:
            self.add_input(name)
        for name in step.outputs:
            self.add_output(name)


class NodeGraphQt(SceneEditor):
    """Its viewer keeps the visible rectangle itself; pan and zoom are what its mouse handlers call."""

    def __init__(self) -> None:
        self.qt = Qt(QtCore, QtGui, QtWidgets)
        self.graph = NodeGraph()
        self.graph.register_node(_Layer)
        self.graph.set_acyclic(False)
        self.window = self.graph.widget
        self.view = self.graph.viewer()
        self.surface = self.view.viewport()
        self._nodes: dict[str, _Layer] = {}

    def build(self, chain: Chain) -> None:
        for step in chain.steps:
            node = self._nodes[step.id] = _Layer()
            node.NODE_NAME = f"{step.layer} {step.id}"
            node.dress(step)
            self.graph.add_node(node, pos=[step.x, step.y], selected=False, push_undo=False)
        for wire in chain.wires:
            target = self._nodes[wire.target].get_input(wire.target_port)
            target.connect_to(self._nodes[wire.source].get_output(wire.source_port), push_undo=False)

    def look(self, x: float, y: float, scale: float) -> None:
        width, height = SIZE[0] / scale, SIZE[1] / scale
        self.view.set_scene_rect([x - width / 2, y - height / 2, width, height])

    def pan(self, dx: float, dy: float) -> None:
        scale = self.view.transform().m11()
        self.view._set_viewer_pan(-dx / scale, -dy / scale)

    def zoom(self, factor: float) -> None:
        self.view.scale(factor, factor)

    def select_all(self) -> None:
        self.graph.select_all()

    def deselect(self) -> None:
        self.graph.clear_selection()

    def delete_all(self) -> None:
        self.graph.delete_nodes(self.graph.selected_nodes())

    def item(self, step: Step) -> Any:
        return self._nodes[step.id].view

    def counts(self) -> tuple[int, int, int]:
        return len(self.graph.all_nodes()), len(self.view.all_pipes()), len(self.graph.selected_nodes())


def make() -> Editor:
    return NodeGraphQt()
