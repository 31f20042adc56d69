"""A wire drawn by keyboard: L begins it at the focused node, arrows choose where it ends, Enter connects."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter

from designer.canvas.keyboard import ARROWS, neighbour
from designer.canvas.skin import Skin
from designer.canvas.stage import LinkEnd, Pointer, Stage
from designer.canvas.tools.link import DragLink
from designer.sentences import told

Key = Qt.Key


class KeyLink(DragLink):
    """Arrows go from node to node, Tab to the node's next port, L to the next end to start from."""

    by_mouse = False

    def __init__(self, stage: Stage, node: str) -> None:
        view = stage.model.nodes[node]
        self._starts = [LinkEnd(node, port.end, port.output) for port in (*view.outputs, *view.inputs)]
        super().__init__(stage, Pointer(0.0, 0.0), self._starts[0])
        self.is_drag = True
        self._node, self._choice = node, 0
        self._aim(node)

    def follow(self, pointer: Pointer) -> None:
        """The mouse has no part in it."""

    def key(self, key: int) -> bool:
        if key in ARROWS:
            self._aim(neighbour(self.stage.model, self._node, ARROWS[key]) or self._node)
        elif key == Key.Key_Tab:
            self._aim(self._node, self._choice + 1)
        elif key == Key.Key_L:
            self.held = self._starts[(self._starts.index(self.held) + 1) % len(self._starts)]
            self._judged.clear()
            self._aim(self._node)
        elif key in (Key.Key_Return, Key.Key_Enter):
            self.is_over = True
            if self.target is not None and self.refused is None:
                self._connect(self.target)
        else:
            return False
        return True

    @property
    def told(self) -> str:
        """Where the wire would end, for a screen reader."""
        if self.target is None:
            return ""
        label = self.stage.model.nodes[self.target.node].title
        return told(self.refused.message) if self.refused else f"To {self.target.port} of {label}"

    def _aim(self, node: str, choice: int = 0) -> None:
        """Point at one of a node's ports: those that fit come first."""
        self._node, self._choice = node, choice
        view = self.stage.model.nodes[node]
        ends = [end for end, _ in self._ends(view)]
        ends.sort(key=lambda end: (self._judge(end) is not None, not end.output and end.port in view.used))
        self.target = ends[choice % len(ends)] if ends else None
        self.refused = self._judge(self.target) if self.target else None
        end = self.target or self.held
        self._cursor = self.stage.model.port_point(end.node, end.port, output=end.output)
        self.stage.updated.emit()

    def paint(self, painter: QPainter, skin: Skin) -> None:
        x, y = self.stage.camera.to_view(*self._cursor)
        self._pointer = Pointer(x, y)
        super().paint(painter, skin)
