"""Lead a wire by hand: drag it and it bends there, drag a dot elsewhere, or stroke dots onto many wires at once."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor

from designer.canvas.camera import Point, Rect
from designer.canvas.geometry import PORT_Y, snapped
from designer.canvas.parts import WireView
from designer.canvas.skin import Skin
from designer.canvas.stage import Pointer, Stage
from designer.canvas.tools.base import Gesture
from designer.canvas.tools.cut import Stroke
from graph.commands import BendLinks, Command
from graph.records import Bends

STRAIGHT = 7.0  # pixels from the line between its neighbours within which a dot that is let go vanishes


class Bend(Gesture):
    """`index` is the dot that was hit; -1 where the wire was hit between dots, and a new one is made by dragging."""

    cursor = Qt.CursorShape.SizeAllCursor

    def __init__(self, stage: Stage, start: Pointer, link: str, index: int) -> None:
        super().__init__(stage, start)
        self._link, self._index = link, index
        self._bends: Bends = stage.model.wires[link].bends

    def begin(self) -> None:
        if self._index < 0:
            self._bends, self._index = with_bend(self.stage.model.wires[self._link], self.stage.at(self.start))

    def move(self, pointer: Pointer) -> None:
        x, y = self.stage.at(pointer)
        if pointer.shift != self.stage.snap:
            x, y = snapped(x), snapped(y - PORT_Y) + PORT_Y  # in line with ports of nodes on the grid
        self._bends = (*self._bends[: self._index], (round(x), round(y)), *self._bends[self._index + 1 :])
        self.stage.model.show_bends(self._link, self._bends)

    def end(self, pointer: Pointer) -> None:
        self.move(pointer)
        stage, bends = self.stage, self._bends
        knots = stage.model.wires[self._link].route.knots
        before, here, after = knots[self._index : self._index + 3]
        if away(here, before, after) < STRAIGHT / stage.camera.scale:
            bends = (*bends[: self._index], *bends[self._index + 1 :])
        stage.model.settle()
        stage.session.do(BendLinks({self._link: bends}, stage.scope))

    def cancel(self) -> None:
        self.stage.model.settle()

    def reach(self) -> list[Rect]:
        return []


class AddBends(Stroke):
    """A dot on each wire, where the stroke crosses it."""

    def command(self, crossed: Mapping[str, Point]) -> Command:
        wires = self.stage.model.wires
        bends = {id: with_bend(wires[id], (round(x), round(y)))[0] for id, (x, y) in crossed.items()}
        return BendLinks(bends, self.stage.scope)

    def ink(self, skin: Skin) -> QColor:
        return skin.theme.selection


def with_bend(wire: WireView, at: Point) -> tuple[Bends, int]:
    """The bends of a wire with one more where the point is nearest to it; and the new one's index."""
    knots = wire.route.knots if wire.bends else (wire.route.knots[0], wire.route.knots[-1])
    index = min(range(len(knots) - 1), key=lambda i: away(at, knots[i], knots[i + 1]))
    return (*wire.bends[:index], at, *wire.bends[index:]), index


def without_bend(stage: Stage, link: str, index: int) -> Command:
    bends = stage.model.wires[link].bends
    return BendLinks({link: (*bends[:index], *bends[index + 1 :])}, stage.scope)


def away(point: Point, a: Point, b: Point) -> float:
    """How far a point is from the stretch between two others."""
    dx, dy = b[0] - a[0], b[1] - a[1]
    part = ((point[0] - a[0]) * dx + (point[1] - a[1]) * dy) / max(dx * dx + dy * dy, 1e-9)
    part = min(max(part, 0.0), 1.0)
    return float(((a[0] + part * dx - point[0]) ** 2 + (a[1] + part * dy - point[1]) ** 2) ** 0.5)
