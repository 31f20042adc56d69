"""orange-canvas-core on PyQt6. Building is what opening a workflow is: a scheme, then `setScheme`.

The scene is given a margin to pan in: the view does not pan where everything fits. Everything is selected as its rubber
band does it, in one go: its own "Select all" goes through the items one by one and takes minutes here.
"""

from __future__ import annotations

import os
from typing import Any

os.environ["QT_API"] = "pyqt6"

import orangecanvas.scheme
from orangecanvas.document.schemeedit import SchemeEditWidget
from orangecanvas.registry import CategoryDescription, InputSignal, OutputSignal, WidgetDescription, WidgetRegistry
from orangecanvas.scheme import Scheme, SchemeLink, SchemeNode
from PyQt6 import QtCore, QtGui, QtWidgets

from tests.bench.canvas_rivals.chain import Chain, Step
from tests.bench.canvas_rivals.editor import Editor, Qt, SceneEditor

MARGIN = 4000.0
CATEGORY = "Layers"


def _description(step: Step) -> WidgetDescription:
    return WidgetDescription(
        step.layer,
        step.layer,
        CATEGORY,
        qualified_name=f"{orangecanvas.scheme.__name__}.{step.layer}",
        inputs=[InputSignal(name, "builtins.object", "") for name in step.inputs],
        outputs=[OutputSignal(name, "builtins.object") for name in step.outputs],
    )


class OrangeCanvas(SceneEditor):
    """The document widget of Orange."""

    def __init__(self) -> None:
        self.qt = Qt(QtCore, QtGui, QtWidgets)
        self.window = SchemeEditWidget()
        self.window.setScheme(Scheme())
        self.view = self.window.view()
        self.surface = self.view.viewport()
        self._nodes: dict[str, SchemeNode] = {}

    def build(self, chain: Chain) -> None:
        registry = WidgetRegistry()
        registry.register_category(CategoryDescription(CATEGORY))
        known = {step.layer: _description(step) for step in chain.steps}
        for description in known.values():
            registry.register_widget(description)
        self.window.setRegistry(registry)
        scheme = Scheme()
        scheme.set_loop_flags(Scheme.AllowLoops)
        for step in chain.steps:
            node = SchemeNode(known[step.layer], title=step.layer, position=(step.x, step.y))
            scheme.add_node(node)
            self._nodes[step.id] = node
        for wire in chain.wires:
            source, target = self._nodes[wire.source], self._nodes[wire.target]
            out, into = source.output_channel(wire.source_port), target.input_channel(wire.target_port)
            scheme.add_link(SchemeLink(source, out, target, into))
        self.window.setScheme(scheme)
        width, height = chain.size
        self.window.scene().setSceneRect(-MARGIN, -MARGIN, width + 2 * MARGIN, height + 2 * MARGIN)

    def select_all(self) -> None:
        area = self.qt.gui.QPainterPath()
        area.addRect(self.window.scene().sceneRect())
        self.window.scene().setSelectionArea(area)

    def deselect(self) -> None:
        self.window.scene().clearSelection()

    def delete_all(self) -> None:
        self.window.removeSelected()

    def item(self, step: Step) -> Any:
        return self.window.scene().item_for_node(self._nodes[step.id])

    def grip(self, step: Step) -> tuple[float, float]:
        """The round body: the item's bounds hold its title too."""
        at = self.view.mapFromScene(self.item(step).scenePos())
        return float(at.x()), float(at.y())

    def counts(self) -> tuple[int, int, int]:
        scheme = self.window.scheme()
        return len(scheme.nodes), len(scheme.links), len(self.window.selectedNodes())


def make() -> Editor:
    return OrangeCanvas()
