"""Live signals painted over the drawing: how strong something is at each node, and along the wires that leave it.

What the values mean (size of gradients, of activations, time taken) is the business of whoever sets them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter

from designer.canvas.camera import Rect
from designer.canvas.curves import draw_wires
from designer.canvas.model import SceneModel
from designer.canvas.parts import NodeView, WireView
from designer.canvas.skin import Skin
from designer.look import mix

STEPS = 12  # colours of the scale
BAR, GAP = 4.0, 4.0  # height of a node's bar, and its distance from the card, in canvas units
THIN, THICK = 1.5, 7.0  # widths of wires at 0 and at 1


@dataclass(frozen=True, slots=True)
class Reading:
    """How strong a signal is, on a scale from 0 to 1 (beyond it is drawn as the end), and what is written beside it."""

    value: float
    text: str = ""


class Overlay:
    """Readings by the path of a node (``"n7/n2"``), and of wires by the path of the node and the port that they leave.

    A wire without a reading of its own shows that of its node; a block without one the strongest inside it.
    """

    def __init__(self, nodes: Mapping[str, Reading], wires: Mapping[tuple[str, str], Reading]) -> None:
        self._nodes, self._wires = dict(nodes), dict(wires)
        self._inside: dict[str, Reading] = {}  # by the path of a block
        for path, reading in self._nodes.items():
            outer = path.rpartition("/")[0]
            while outer:
                held = self._inside.get(outer)
                if held is None or reading.value > held.value:
                    self._inside[outer] = reading
                outer = outer.rpartition("/")[0]

    def __bool__(self) -> bool:
        return bool(self._nodes or self._wires)

    def node(self, path: str) -> Reading | None:
        return self._nodes.get(path) or self._inside.get(path)

    def has_wire(self, path: str, port: str) -> bool:
        """Whether the wires that leave there have a reading of their own."""
        return (path, port) in self._wires

    def wire(self, path: str, port: str) -> Reading | None:
        return self._wires.get((path, port)) or self.node(path)


class OverlayPainter:
    """Draws an overlay with one theme's scale of colours."""

    def __init__(self, skin: Skin) -> None:
        self.skin = skin
        low, high = skin.theme.wire("float"), skin.theme.selection  # no colour of alarm: large is not wrong
        self.scale: list[QColor] = [mix(high, low, i / (STEPS - 1)) for i in range(STEPS)]

    def colour(self, value: float) -> QColor:
        return self.scale[round(_kept(value) * (STEPS - 1))]

    def wires(
        self,
        painter: QPainter,
        model: SceneModel,
        overlay: Overlay,
        wires: Iterable[WireView],
        seen: Sequence[Rect],
    ) -> None:
        """In canvas units, over the plain wires; what of them lies in the parts that are seen. What a reading of the
        wire's own says stands below its middle."""
        painter.setBrush(Qt.BrushStyle.NoBrush)
        prefix = f"{model.path}/" if model.path else ""
        told = []
        for wire in wires:
            reading = overlay.wire(prefix + wire.source, wire.source_port)
            if reading is not None:
                value = _kept(reading.value)
                draw_wires(painter, [wire], self.skin.line(self.colour(value), THIN + (THICK - THIN) * value), seen)
                if reading.text and overlay.has_wire(prefix + wire.source, wire.source_port):
                    told.append((wire, reading.text))
        for wire, text in told:
            start, end = wire.route.curves[0][0], wire.route.curves[-1][3]
            self._told(painter, QPointF(*_middle(wire)), text, max(abs(end[0] - start[0]) - 6.0, 48.0))

    def _told(self, painter: QPainter, middle: QPointF, text: str, room: float) -> None:
        """A few numbers on a plate that hides what is behind, as many as there is room for between the nodes."""
        theme = self.skin.theme
        painter.setFont(self.skin.label)
        metrics = painter.fontMetrics()
        text = metrics.elidedText(text, Qt.TextElideMode.ElideRight, int(room) - 10)
        width = metrics.horizontalAdvance(text) + 10.0
        plate = QRectF(middle.x() - width / 2, middle.y() + 9.0, width, 16.0)
        painter.setPen(theme.border)
        painter.setBrush(theme.raised)
        painter.drawRoundedRect(plate, 4.0, 4.0)
        painter.setPen(theme.text)
        painter.drawText(plate, Qt.AlignmentFlag.AlignCenter, text)

    def nodes(
        self, painter: QPainter, model: SceneModel, overlay: Overlay, nodes: Iterable[NodeView], *, texts: bool
    ) -> None:
        """In canvas units: a bar below each card, and what is written beside it."""
        prefix, theme = (f"{model.path}/" if model.path else ""), self.skin.theme
        painter.setFont(self.skin.label)
        for view in nodes:
            reading = overlay.node(prefix + view.id)
            if reading is None:
                continue
            top = view.y + view.height + GAP + (14.0 if view.collapsed else 0.0)
            track = QRectF(view.x + 2.0, top, view.width - 4.0, BAR)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self.skin.alpha(theme.muted, 0.25))
            painter.drawRoundedRect(track, BAR / 2, BAR / 2)
            painter.setBrush(self.colour(reading.value))
            length = max(track.width() * _kept(reading.value), BAR)
            painter.drawRoundedRect(QRectF(track.topLeft(), QPointF(track.left() + length, track.bottom())), 2, 2)
            if texts and reading.text:
                painter.setPen(theme.text)
                where = QRectF(view.x, track.bottom() + 1.0, view.width, 14.0)
                painter.drawText(where, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop, reading.text)

    def far(self, painter: QPainter, model: SceneModel, overlay: Overlay) -> None:
        """From afar, the rectangles of nodes take the colours of the scale."""
        prefix = f"{model.path}/" if model.path else ""
        groups: dict[int, list[QRectF]] = {}
        for view in model.nodes.values():
            reading = overlay.node(prefix + view.id)
            if reading is not None:
                step = round(_kept(reading.value) * (STEPS - 1))
                groups.setdefault(step, []).append(QRectF(view.x, view.y, view.width, view.height))
        painter.setPen(Qt.PenStyle.NoPen)
        for step, rects in groups.items():
            painter.setBrush(self.scale[step])
            painter.drawRects(rects)


def _middle(wire: WireView) -> tuple[float, float]:
    """The point of a wire halfway along its curves."""
    curves = wire.route.curves
    a, b, c, d = curves[len(curves) // 2]
    if len(curves) % 2 == 0:
        return a
    return (a[0] + 3 * b[0] + 3 * c[0] + d[0]) / 8, (a[1] + 3 * b[1] + 3 * c[1] + d[1]) / 8


def _kept(value: float) -> float:
    """On the scale; what is no number counts as its end, so that an exploded gradient is seen."""
    return min(max(value, 0.0), 1.0) if value == value else 1.0
