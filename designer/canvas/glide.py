"""Nodes that an act moved glide to their new places; the document has them there at once."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEasingCurve, QObject, QVariantAnimation

from designer.canvas.camera import Point
from designer.canvas.stage import Stage

TIME = 240  # milliseconds
MOST = 400  # nodes; more than these jump


class Glide(QObject):
    """With `animated` off (tests), nodes jump. An edit or a press of the mouse in between ends it at once."""

    def __init__(self, stage: Stage, parent: QObject) -> None:
        super().__init__(parent)
        self._stage = stage
        self.animated = True
        self._offsets: dict[str, Point] = {}
        self._motion = QVariantAnimation(self)
        self._motion.setDuration(TIME)
        self._motion.setEasingCurve(QEasingCurve.Type.OutCubic)
        self._motion.setStartValue(1.0)
        self._motion.setEndValue(0.0)
        self._motion.valueChanged.connect(self._step)
        self._motion.finished.connect(self.stop)

    def run(self, act: Callable[[], bool]) -> bool:
        """Do an act that may move nodes; returns what it returns."""
        self.stop()
        before = {id: (view.x, view.y) for id, view in self._stage.model.nodes.items()}
        place = self._stage.model.path
        if not act():
            return False
        if self.animated and self._stage.model.path == place:
            self._begin(before)
        return True

    def stop(self) -> None:
        """Show everything where it is."""
        self._motion.stop()
        offsets, self._offsets = self._offsets, {}
        if offsets:
            self._stage.model.settle()

    def _begin(self, before: dict[str, Point]) -> None:
        nodes = self._stage.model.nodes
        pairs = ((id, x - nodes[id].x, y - nodes[id].y) for id, (x, y) in before.items() if id in nodes)
        offsets = {id: (dx, dy) for id, dx, dy in pairs if dx or dy}
        if 0 < len(offsets) <= MOST:
            self._offsets = offsets
            self._step(1.0)
            self._motion.start()

    def _step(self, part: float) -> None:
        if self._offsets:
            self._stage.model.place({id: (dx * part, dy * part) for id, (dx, dy) in self._offsets.items()})
