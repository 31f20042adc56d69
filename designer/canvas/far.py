"""How the drawing looks from far away: rectangles and lines in a handful of calls, kept from frame to frame."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

from PySide6.QtCore import QLineF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen

from designer.canvas.camera import Rect
from designer.canvas.model import SceneModel
from designer.canvas.parts import NodeView, WireView
from designer.canvas.skin import Skin

HAIR = 1.05  # pixels: of lines a little wider than one, Qt draws the level ones in half of the time
FEW = 2000  # nodes up to which edges are smoothed


class FarLook:
    """The shapes of all nodes and wires in lists that Qt draws whole; a drag changes only those that it moves."""

    def __init__(self, skin: Skin) -> None:
        self.skin = skin
        self._pen = QPen(skin.wire("float", 0.0))
        self._pen.setWidthF(HAIR)
        self._pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        self._key: tuple[object, ...] = ()
        self._version = -1
        self._rects: dict[str, list[QRectF]] = {}
        self._rect_of: dict[str, QRectF] = {}
        self._lines: list[QLineF] = []
        self._node_order: dict[str, int] = {}
        self._wire_order: dict[str, int] = {}
        self._lines_of: dict[str, tuple[QLineF, ...]] = {}

    def paint(self, painter: QPainter, model: SceneModel, nodes: frozenset[str], seen: Sequence[Rect] = ()) -> None:
        """In canvas units; `nodes` are the selected ones. With `seen`, only what may touch these parts is drawn."""
        self._update(model)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, len(model.nodes) < FEW)
        painter.setPen(self._pen)
        if not seen:
            painter.drawLines(self._lines)
            self._draw(painter, self._rects)
            self._mark(painter, model, nodes, self._rect_of)
            return
        met = (wire.id for wire in model.wires_in(*seen) if wire.route.touches(seen))
        wires = sorted(met, key=self._wire_order.__getitem__)
        painter.drawLines([line for id in wires for line in self._lines_of[id]])
        near = sorted((view.id for view in model.nodes_in(*seen)), key=self._node_order.__getitem__)
        groups: dict[str, list[QRectF]] = {category: [] for category in self._rects}
        for id in near:
            groups[model.nodes[id].category].append(self._rect_of[id])
        self._draw(painter, groups)
        self._mark(painter, model, nodes, {id: self._rect_of[id] for id in near})

    def _draw(self, painter: QPainter, groups: Mapping[str, Sequence[QRectF]]) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        for category, rects in groups.items():
            if rects:
                painter.setBrush(self.skin.block(category))
                painter.drawRects(rects)

    def _update(self, model: SceneModel) -> None:
        key = (id(model), model.path, model.edition)
        if key != self._key:
            self._key = key
            self._gather(model)
        elif model.version != self._version:
            for id_ in model.shifted:
                self._rect_of[id_].setRect(*_box(model.nodes[id_]))
            for wire in model.shifted_wires:
                lines = self._lines_of[wire]
                for line, new in zip(lines, _lines(model.wires[wire], len(lines)), strict=True):
                    line.setLine(*new)
        self._version = model.version

    def _gather(self, model: SceneModel) -> None:
        self._rects, self._lines = {}, []
        self._rect_of = {view.id: QRectF(*_box(view)) for view in model.nodes.values()}
        for view in model.nodes.values():
            self._rects.setdefault(view.category, []).append(self._rect_of[view.id])
        self._node_order = {id: i for i, id in enumerate(model.nodes)}
        self._wire_order = {id: i for i, id in enumerate(model.wires)}
        self._lines_of = {wire.id: tuple(QLineF(*line) for line in _lines(wire)) for wire in model.wires.values()}
        for lines in self._lines_of.values():
            self._lines.extend(lines)

    def _mark(self, painter: QPainter, model: SceneModel, nodes: frozenset[str], rects: Mapping[str, QRectF]) -> None:
        """Selection and problems, in pixels that do not shrink with the zoom."""
        theme = self.skin.theme
        ring = QPen(theme.selection, 2.0)
        ring.setCosmetic(True)
        if nodes:
            painter.setPen(ring)
            painter.setBrush(self.skin.alpha(theme.selection, 0.25))
            painter.drawRects([rect for id, rect in rects.items() if id in nodes])
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for severity in ("warning", "error"):
            bad = [rects[id].adjusted(-8, -8, 8, 8) for id in model.marked.get(severity, ()) if id in rects]
            if bad:
                ring.setColor(theme.severity(severity))
                painter.setPen(ring)
                painter.drawRects(bad)


def _box(view: NodeView) -> tuple[float, float, float, float]:
    return view.x, view.y, view.width, view.height


def _lines(wire: WireView, count: int = 1) -> list[tuple[float, float, float, float]]:
    """As many stretches as it has, at least `count`: one that a drag takes out of its lane keeps its lines."""
    knots = wire.route.knots
    lines = [(*start, *end) for start, end in pairwise(knots)]
    return lines + [(*knots[-1], *knots[-1])] * (count - len(lines))
