"""Alt and a stroke over empty canvas: the wires that it crosses are cut."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from itertools import pairwise

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QPainter

from designer.canvas.camera import Point
from designer.canvas.skin import Skin
from designer.canvas.stage import Pointer, Stage
from designer.canvas.tools.base import Gesture
from graph.commands import Command, Disconnect


class Stroke(Gesture):
    """A line drawn by hand; the wires that it crosses are shown as selected while it is drawn."""

    cursor = Qt.CursorShape.CrossCursor

    def __init__(self, stage: Stage, start: Pointer) -> None:
        super().__init__(stage, start)
        selection = stage.session.selection
        self._before = (selection.nodes, selection.links, selection.frames, selection.notes)
        self._stroke: list[Point] = [stage.at(start)]
        self._crossed: dict[str, Point] = {}  # each wire, and where it was crossed

    def move(self, pointer: Pointer) -> None:
        last, now = self._stroke[-1], self.stage.at(pointer)
        if now == last:
            return
        self._stroke.append(now)
        area = (min(last[0], now[0]), min(last[1], now[1]), max(last[0], now[0]), max(last[1], now[1]))
        for wire in self.stage.model.wires_in(area):
            met = next((p for a, b in pairwise(wire.route.points) if (p := _met(last, now, a, b))), None)
            if met is not None:
                self._crossed.setdefault(wire.id, met)
        self.stage.session.selection.set(links=self._crossed)
        self.stage.updated.emit()

    def end(self, pointer: Pointer) -> None:
        self.move(pointer)
        self.cancel()
        if self._crossed:
            self.stage.session.do(self.command(self._crossed))

    @abstractmethod
    def command(self, crossed: Mapping[str, Point]) -> Command:
        """What becomes of the wires that were crossed."""

    def cancel(self) -> None:
        nodes, links, frames, notes = self._before
        self.stage.session.selection.set(nodes, links, frames=frames, notes=notes)

    @abstractmethod
    def ink(self, skin: Skin) -> QColor: ...

    def paint(self, painter: QPainter, skin: Skin) -> None:
        painter.setPen(skin.line(self.ink(skin), 1.6))
        painter.drawPolyline([QPointF(*self.stage.camera.to_view(*point)) for point in self._stroke])


class Cut(Stroke):
    """The wires go."""

    def command(self, crossed: Mapping[str, Point]) -> Command:
        return Disconnect(tuple(crossed), self.stage.scope)

    def ink(self, skin: Skin) -> QColor:
        return skin.theme.danger


def _met(a: Point, b: Point, c: Point, d: Point) -> Point | None:
    """Where two stretches cross; None where they do not."""
    across = (b[0] - a[0]) * (d[1] - c[1]) - (b[1] - a[1]) * (d[0] - c[0])
    if across == 0:
        return None
    along = ((c[0] - a[0]) * (d[1] - c[1]) - (c[1] - a[1]) * (d[0] - c[0])) / across
    other = ((c[0] - a[0]) * (b[1] - a[1]) - (c[1] - a[1]) * (b[0] - a[0])) / across
    if not (0.0 <= along <= 1.0 and 0.0 <= other <= 1.0):
        return None
    return a[0] + along * (b[0] - a[0]), a[1] + along * (b[1] - a[1])
