"""Shift and a drag of a port of a block: it takes another place among the ports of its side."""

from __future__ import annotations

from PySide6.QtCore import QLineF, QPointF, Qt
from PySide6.QtGui import QPainter

from core.spec.layer import Role
from designer.canvas.hit import Hit
from designer.canvas.parts import NodeView
from designer.canvas.skin import Skin
from designer.canvas.stage import Pointer, Stage
from designer.canvas.tools.base import Gesture
from graph.commands import ReorderPorts

REACH = 26.0  # length of the line that shows the new place, in canvas units


class ReorderPort(Gesture):
    """The order changes for the block, and so for each of its instances."""

    cursor = Qt.CursorShape.SizeVerCursor

    def __init__(self, stage: Stage, start: Pointer, under: Hit) -> None:
        super().__init__(stage, start)
        self._view = stage.model.nodes[under.node]
        self._ports = self._view.outputs if under.output else self._view.inputs
        self._role = Role.EXIT if under.output else Role.ENTRY
        self._from = self._to = next(i for i, port in enumerate(self._ports) if port.end == under.port)

    @property
    def order(self) -> tuple[str, ...]:
        """The ports as they would stand."""
        ends = [port.end for port in self._ports]
        ends.insert(self._to, ends.pop(self._from))
        return tuple(ends)

    def move(self, pointer: Pointer) -> None:
        y = self.stage.at(pointer)[1] - self._view.y
        others = [port.dy for i, port in enumerate(self._ports) if i != self._from]
        self._to = sum(dy < y for dy in others)
        self.stage.updated.emit()

    def end(self, pointer: Pointer) -> None:
        self.move(pointer)
        if self._to != self._from:
            self.stage.session.do(ReorderPorts(self._view.block, self._role, self.order))

    def cancel(self) -> None:
        self.stage.updated.emit()

    def paint(self, painter: QPainter, skin: Skin) -> None:
        if not self.is_drag:
            return
        camera, port = self.stage.camera, self._ports[self._from]
        heights = [p.dy for p in self._ports]
        step = heights[1] - heights[0]
        at = heights[0] + (self._to + (0.5 if self._to > self._from else -0.5)) * step
        if self._to == self._from:
            at = heights[self._from]
        x, y = self._view.x + port.dx, self._view.y + at
        painter.setPen(skin.line(skin.theme.selection, 2.0))
        left, right = camera.to_view(x - REACH, y), camera.to_view(x + REACH, y)
        painter.drawLine(QLineF(*left, *right))
        painter.setBrush(skin.theme.selection)
        painter.drawEllipse(QPointF(*camera.to_view(x, self._view.y + port.dy)), 5.5, 5.5)


def can_reorder(stage: Stage, under: Hit) -> bool:
    """Whether the port is one of several on its side of a block."""
    view: NodeView = stage.model.nodes[under.node]
    return bool(view.block) and len(view.outputs if under.output else view.inputs) > 1
