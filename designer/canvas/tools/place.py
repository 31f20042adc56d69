"""A layer dragged in from the palette: its outline follows the mouse; over a wire it will be inserted."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPen

from designer.canvas import edits
from designer.canvas.camera import Point
from designer.canvas.geometry import PORT_Y, shape, snapped
from designer.canvas.skin import RADIUS, Skin
from designer.canvas.stage import OnWire, Pointer, Stage
from designer.canvas.tools.room import Room
from graph import library
from graph.records import Node


class Place:
    """Not a mouse gesture but a drag-and-drop of the system; works alike."""

    def __init__(self, stage: Stage, layer: str) -> None:
        self.stage, self.layer = stage, layer
        document = stage.session.document
        self._spec = document.spec(layer) or library.spec(layer, document.catalog)
        self._room = Room(stage)
        self._at: Point = (0.0, 0.0)

    @property
    def is_known(self) -> bool:
        return self._spec is not None

    def move(self, pointer: Pointer) -> None:
        x, y = self.stage.at(pointer)
        self._at = (snapped(x), snapped(y)) if pointer.shift != self.stage.snap else (x, y)
        probe = Node("", self.layer)
        takes = not pointer.alt and edits.can_insert(self.stage.session.document, self.stage.scope, probe, self._spec)
        wire = self._room.wire(self._at) if takes else ""
        self.stage.mark(chosen=wire)
        self._room.show(wire, edits.new_node(self.stage.session.document, self.layer, self._at, id="new"))
        self.stage.updated.emit()

    def drop(self, pointer: Pointer) -> str:
        """Add the node; returns its id, empty where it was refused."""
        self.move(pointer)
        stage, wire = self.stage, self.stage.chosen
        stage.model.settle()
        stage.mark(chosen="")
        command, id = edits.add(stage.model, self.layer, self._at, OnWire(wire) if wire else None)
        return id if stage.session.do(command) else ""

    def cancel(self) -> None:
        self.stage.model.settle()
        self.stage.mark(chosen="")
        self.stage.updated.emit()

    def paint(self, painter: QPainter, skin: Skin) -> None:
        """In widget pixels."""
        if self._spec is None:
            return
        outline, scale = shape(self._spec, ()), self.stage.camera.scale
        x, y = self.stage.camera.to_view(self._at[0] - outline.width / 2, self._at[1] - PORT_Y)
        box = QRectF(x, y, outline.width * scale, outline.height * scale)
        pen = QPen(skin.line(skin.theme.selection, 1.5))
        pen.setStyle(Qt.PenStyle.DashLine)
        painter.setPen(pen)
        painter.setBrush(skin.alpha(skin.theme.node, 0.7))
        painter.drawRoundedRect(box, RADIUS * scale, RADIUS * scale)
        painter.setFont(skin.title)
        painter.setPen(skin.theme.text)
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, self._spec.label)
