"""Where on the wires the shapes of outputs are told.

A shape is told once for each output, on the first of its wires that has room for it. The rule looks at what lies near
a label and at nothing else, so that a part of the drawing can be painted without the rest; and what a drag shows
elsewhere concerns the labels of its own wires alone, so that labels keep still while something is dragged past them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple, TypeAlias

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QPainter

from designer.canvas.camera import Rect, grown, intersects
from designer.canvas.model import SceneModel
from designer.canvas.parts import NodeView, WireView
from designer.canvas.skin import Skin

HEIGHT, PADDING = 16.0, 10.0  # of a label, in canvas units
ABOVE = 0.62  # of its height by which a label stands over a level wire
GAP = 8.0  # that a label leaves between neighbours
LOOSE = (9.0, -8.0)  # of the shape beside an output that nothing takes, from the port

Output: TypeAlias = tuple[str, str]  # node and port


class Told(NamedTuple):
    """The wire that tells a shape, and where."""

    wire: WireView
    place: Rect


def loose_place(view: NodeView) -> QPointF | None:
    """Where the shape of an output stands that nothing takes; None where there is none."""
    port = next((p for p in view.outputs if p.end not in view.used_outputs), None)
    if port is None or not view.shape:
        return None
    return QPointF(view.x + port.dx + LOOSE[0], view.y + port.dy + LOOSE[1])


class Labels:
    """Places of labels in canvas units, each worked out when it is first asked for."""

    def __init__(self, skin: Skin) -> None:
        self._metrics = QFontMetricsF(skin.label)
        self._widths: dict[str, float] = {}
        self._key: tuple[object, ...] = ()
        self._tellers: dict[Output, Told | None] = {}
        self._shown: dict[Output, bool] = {}
        self._moving: dict[Output, bool] = {}
        self._model: SceneModel
        self.reach = 0.0  # how far from its wire a label may go, in canvas units

    def follow(self, model: SceneModel) -> None:
        """To be called before the rest, whenever the model may have changed."""
        key = (id(model), model.path, model.edition, model.lettering, model.displaced)
        if key != self._key:
            self._key, self._model = key, model
            self._tellers.clear()
            self._shown.clear()
            self._moving.clear()
            texts = {wire.label for wire in model.wires.values()} | {view.shape for view in model.nodes.values()}
            self.reach = max(map(self.width, texts), default=0.0) / 2 + HEIGHT

    def width(self, text: str) -> float:
        if text not in self._widths:
            self._widths[text] = self._metrics.horizontalAdvance(text) + PADDING
        return self._widths[text]

    def place(self, wire: WireView) -> Rect | None:
        """Where this wire tells the shape that flows in it; None where it does not."""
        output = (wire.source, wire.source_port)
        told = self._teller(output)
        if told is None or told.wire is not wire:
            return None
        if output not in self._shown:
            self._shown[output] = not self._gives_way(told)
        return told.place if self._shown[output] else None

    def renewed(self, wires: Iterable[str]) -> Iterator[Rect]:
        """Wires were moved by a drag: where their labels, and those of their outputs' other wires, were and are."""
        held = (self._model.wires[id] for id in wires if id in self._model.wires)
        for output in {(wire.source, wire.source_port) for wire in held}:
            self._shown.pop(output, None)
            for told in (self._tellers.pop(output, None), self._teller(output)):
                if told is not None:
                    yield told.place

    # -- the rule

    def _teller(self, output: Output) -> Told | None:
        """The first wire of an output, short ones before long ones, whose label would stand clear of nodes."""
        if output not in self._tellers:
            wires = sorted(self._model.wires_from(*output), key=_order)
            tried = (Told(wire, self._where(wire)) for wire in wires if wire.label)
            moves = self._moves(output)
            self._tellers[output] = next((told for told in tried if self._is_free(told, moves=moves)), None)
        return self._tellers[output]

    def _where(self, wire: WireView) -> Rect:
        x, y = wire.route.label
        half = self.width(wire.label) / 2
        y -= HEIGHT * ABOVE if wire.route.is_level else 0.0
        return x - half, y - HEIGHT / 2, x + half, y + HEIGHT / 2

    def _is_free(self, told: Told, *, moves: bool) -> bool:
        """Between level neighbours the gap alone decides. What is being dragged is in the way of its own wires only."""
        left, _, right, _ = told.place
        if told.wire.route.is_short:
            start, end = told.wire.route.knots
            return right - left < end[0] - start[0] - GAP
        met = self._model.nodes_in(grown(told.place, -1.0))
        return not met if moves else all(self._model.is_shifted(view.id) for view in met)

    def _moves(self, output: Output) -> bool:
        """Whether a drag moves any of an output's wires."""
        if output not in self._moving:
            shifted = self._model.shifted_wires
            self._moving[output] = bool(shifted) and any(w.id in shifted for w in self._model.wires_from(*output))
        return self._moving[output]

    def _gives_way(self, told: Told) -> bool:
        """Whether it would lie over a label that comes before it, or that keeps still while it is dragged."""
        if told.wire.route.is_short:
            return False
        left, top, right, bottom = told.place
        moves = self._moves((told.wire.source, told.wire.source_port))
        for wire in self._model.wires_in((left - self.reach, top - HEIGHT, right + self.reach, bottom + HEIGHT)):
            if wire.route.is_short or not (moves or _order(wire) < _order(told.wire)):
                continue
            output = (wire.source, wire.source_port)
            other = None if self._moves(output) else self._teller(output)
            if other is not None and other.wire is wire and intersects(other.place, told.place):
                return True
        return False


def draw_label(painter: QPainter, skin: Skin, text: str, where: QRectF, *, plate: bool) -> None:
    """A shape, for a wire; on a small plate where it stands upon the wire."""
    if plate:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(skin.alpha(skin.theme.canvas, 0.92))
        painter.drawRoundedRect(where, 5, 5)
    painter.setPen(skin.theme.muted)
    painter.setFont(skin.label)
    painter.drawText(where, Qt.AlignmentFlag.AlignCenter, text)


def _order(wire: WireView) -> tuple[bool, str]:
    return not wire.route.is_short, wire.id
