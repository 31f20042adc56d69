"""Paints one graph from its view model, with less detail the farther away it is."""

from __future__ import annotations

from dataclasses import dataclass, field

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter

from core.spec.layer import Role
from designer.canvas.backdrop import Backdrop, draw_frame, draw_note, draw_tether
from designer.canvas.camera import Camera, Rect, grown, intersects
from designer.canvas.card import MARGIN
from designer.canvas.curves import curve
from designer.canvas.far import FarLook
from designer.canvas.geometry import frame_rect, note_rect
from designer.canvas.hit import Hit
from designer.canvas.model import SceneModel
from designer.canvas.overlay import Overlay, OverlayPainter
from designer.canvas.parts import NodeView, WireView
from designer.canvas.skin import RADIUS, UNUSED, Skin
from designer.canvas.sprites import Sprites

NEAR, FAR, LABELS = 0.75, 0.3, 0.5  # zoom above which wires have width, nodes are cards, wires have labels
SMOOTH = 40  # while zooming, up to so many cards are scaled smoothly


@dataclass(frozen=True, slots=True)
class Marks:
    """What is marked beside the model's own state: the selection, the mouse, the keyboard, a gesture's target."""

    nodes: frozenset[str] = frozenset()
    links: frozenset[str] = frozenset()
    frames: frozenset[str] = frozenset()
    notes: frozenset[str] = frozenset()
    hover: Hit = field(default_factory=Hit)
    focus: str = ""
    hidden: frozenset[str] = frozenset()  # wires that a gesture takes away
    chosen: str = ""  # a wire that would receive the node being dropped
    overlay: Overlay | None = None


class ScenePainter:
    """Everything but the gestures' own drawings."""

    def __init__(self, skin: Skin, ratio: float) -> None:
        self.skin, self.ratio = skin, ratio
        self._sprites = Sprites(skin, ratio)
        self._backdrop = Backdrop(skin)
        self._far = FarLook(skin)
        self._overlay = OverlayPainter(skin)

    def paint(
        self, painter: QPainter, model: SceneModel, camera: Camera, size: tuple[int, int], marks: Marks, *, exact: bool
    ) -> None:
        """Fill the widget; `exact` is false while zooming, when pictures of another zoom will do."""
        model.refresh()
        self._backdrop.paint(painter, camera, *size, self.ratio)
        seen = grown(camera.rect_to_canvas((0.0, 0.0, *size)), MARGIN)
        if camera.scale < FAR:
            self._to_canvas(painter, camera)
            self._frames(painter, model, seen, marks)
            self._far.paint(painter, model, marks.nodes)
            if marks.overlay:
                self._overlay.far(painter, model, marks.overlay)
            painter.resetTransform()
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._to_canvas(painter, camera)
        self._frames(painter, model, seen, marks)
        wires = [w for w in model.wires_in(seen) if w.id not in marks.hidden]
        self._wires(painter, model, wires, camera, marks)
        if marks.overlay:
            self._overlay.wires(painter, model, marks.overlay, wires)
        painter.resetTransform()
        nodes = sorted(model.nodes_in(seen), key=lambda view: (view.id in marks.nodes, view.order))
        if camera.scale >= LABELS:
            self._labels(painter, model, wires, nodes, camera)
        self._cards(painter, nodes, camera, marks, exact=exact)
        self._to_canvas(painter, camera)
        for note in model.notes.values():
            if note.node in model.nodes:
                draw_tether(painter, self.skin, note, model.nodes[note.node].rect)
            if intersects(note_rect(note), seen):
                draw_note(painter, self.skin, note, selected=note.id in marks.notes)
        if marks.overlay:
            self._overlay.nodes(painter, model, marks.overlay, nodes, texts=camera.scale >= LABELS)
        self._accents(painter, model, marks)
        if marks.chosen in model.wires:
            self._choose(painter, model.wires[marks.chosen])
        painter.resetTransform()

    @staticmethod
    def _to_canvas(painter: QPainter, camera: Camera) -> None:
        painter.translate(camera.x, camera.y)
        painter.scale(camera.scale, camera.scale)

    def _frames(self, painter: QPainter, model: SceneModel, seen: Rect, marks: Marks) -> None:
        for frame in model.frames.values():
            if intersects(frame_rect(frame), seen):
                draw_frame(painter, self.skin, frame, selected=frame.id in marks.frames)

    # -- wires

    def _wires(self, painter: QPainter, model: SceneModel, wires: list[WireView], camera: Camera, marks: Marks) -> None:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        width = 2.0 if camera.scale >= NEAR else 0.0
        groups: dict[str, list[WireView]] = {}
        lit: list[WireView] = []
        for wire in wires:
            if wire.id in marks.links or wire.id in (marks.chosen, marks.hover.link):
                lit.append(wire)
            else:
                groups.setdefault(flow(model, wire), []).append(wire)
        for kind, group in groups.items():
            painter.setPen(self.skin.wire(kind, width))
            for wire in group:
                painter.drawPath(curve(wire))
        self._dots(painter, model, wires, marks)
        for wire in lit:
            chosen = wire.id in marks.links or wire.id == marks.chosen
            colour = self.skin.theme.selection if chosen else self.skin.wire(flow(model, wire), 3.0).color()
            painter.setPen(self.skin.line(colour, 3.0))
            painter.drawPath(curve(wire))

    def _dots(self, painter: QPainter, model: SceneModel, wires: list[WireView], marks: Marks) -> None:
        """The points that the person led wires through."""
        for wire in wires:
            if not wire.bends:
                continue
            chosen = wire.id in marks.links
            colour = self.skin.theme.selection if chosen else self.skin.wire(flow(model, wire), 2.0).color()
            painter.setPen(self.skin.line(self.skin.theme.canvas, 1.5))
            painter.setBrush(colour)
            for index, (x, y) in enumerate(wire.bends):
                held = marks.hover.link == wire.id and marks.hover.bend == index
                painter.drawEllipse(QPointF(x, y), *((6.0, 6.0) if held else (4.0, 4.0)))
        painter.setBrush(Qt.BrushStyle.NoBrush)

    def _labels(
        self, painter: QPainter, model: SceneModel, wires: list[WireView], nodes: list[NodeView], camera: Camera
    ) -> None:
        """Shapes on wires, each where nothing else is; one shape that leaves a port by several wires is told once."""
        taken: list[Rect] = []
        told: set[tuple[str, str]] = set()
        for wire in sorted(wires, key=lambda w: (not w.route.is_short, w.id)):
            if not wire.label or (wire.source, wire.source_port) in told:
                continue
            sprite = self._sprites.label(wire.label, camera.scale, plate=not wire.route.is_level)
            width = sprite.pixmap.width() / self.ratio
            height = sprite.pixmap.height() / self.ratio
            x, y = camera.to_view(*wire.route.label)
            y -= height * 0.62 if wire.route.is_level else 0.0
            place = (x - width / 2, y - height / 2, x + width / 2, y + height / 2)
            if not _is_free(model, wire, place, camera, taken):
                continue
            if not wire.route.is_short:
                taken.append(place)
            told.add((wire.source, wire.source_port))
            painter.drawPixmap(QPointF(round(place[0]), round(place[1])), sprite.pixmap)
        self._loose(painter, nodes, camera)

    def _loose(self, painter: QPainter, nodes: list[NodeView], camera: Camera) -> None:
        """The shape beside an output that nothing takes yet."""
        for view in nodes:
            port = next((p for p in view.outputs if p.end not in view.used_outputs), None)
            if view.shape and port is not None:
                x, y = camera.to_view(view.x + port.dx + 9, view.y + port.dy - 8)
                painter.drawPixmap(QPointF(round(x), round(y)), self._sprites.label(view.shape, camera.scale).pixmap)

    # -- nodes

    def _cards(self, painter: QPainter, nodes: list[NodeView], camera: Camera, marks: Marks, *, exact: bool) -> None:
        scale, ratio = camera.scale, self.ratio
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, exact or len(nodes) <= SMOOTH)
        margin = MARGIN * scale
        for view in nodes:
            sprite = self._sprites.card(view, scale, selected=view.id in marks.nodes, exact=exact)
            x = round((view.x * scale + camera.x - margin) * ratio) / ratio
            y = round((view.y * scale + camera.y - margin) * ratio) / ratio
            if sprite.scale == scale:
                painter.drawPixmap(QPointF(x, y), sprite.pixmap)
            else:
                grow = scale / sprite.scale / ratio
                width, height = sprite.pixmap.width() * grow, sprite.pixmap.height() * grow
                painter.drawPixmap(QRectF(x, y, width, height), sprite.pixmap, QRectF(sprite.pixmap.rect()))

    def _accents(self, painter: QPainter, model: SceneModel, marks: Marks) -> None:
        """What the mouse is on, and the keyboard's ring."""
        hover, theme = marks.hover, self.skin.theme
        view = model.nodes.get(hover.node)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if view is not None and view.id not in marks.nodes:
            painter.setPen(self.skin.line(self.skin.alpha(theme.selection, 0.55), 1.5))
            painter.drawRoundedRect(QRectF(view.x, view.y, view.width, view.height), RADIUS, RADIUS)
        if view is not None and hover.port:
            port = view.port(hover.port, output=hover.output)
            if port is not None:
                painter.setPen(self.skin.line(self.skin.alpha(theme.selection, 0.3), 6.0))
                painter.setBrush(theme.selection)
                painter.drawEllipse(QPointF(view.x + port.dx, view.y + port.dy), 5.0, 5.0)
        focused = model.nodes.get(marks.focus)
        if focused is not None:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(self.skin.line(self.skin.alpha(theme.selection, 0.5), 2.0))
            ring = QRectF(focused.x, focused.y, focused.width, focused.height).adjusted(-4.5, -4.5, 4.5, 4.5)
            painter.drawRoundedRect(ring, RADIUS + 4.5, RADIUS + 4.5)

    def _choose(self, painter: QPainter, wire: WireView) -> None:
        """Above all else, the wire that would receive what is dragged."""
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for width, alpha in ((11.0, 0.22), (3.0, 1.0)):
            painter.setPen(self.skin.line(self.skin.alpha(self.skin.theme.selection, alpha), width))
            painter.drawPath(curve(wire))


def _is_free(model: SceneModel, wire: WireView, place: Rect, camera: Camera, taken: list[Rect]) -> bool:
    """Whether a label stands clear of nodes and other labels; between level neighbours the gap alone decides."""
    if wire.route.is_short:
        start, end = wire.route.knots
        return place[2] - place[0] < (end[0] - start[0]) * camera.scale - 8.0
    if any(intersects(place, other) for other in taken):
        return False
    return not model.nodes_in(grown(camera.rect_to_canvas(place), -1.0))


def flow(model: SceneModel, wire: WireView) -> str:
    """The kind of wire: ``loss`` behind a loss, `UNUSED` where a muted node does not pass it on, else the dtype."""
    source, target = model.nodes.get(wire.source), model.nodes.get(wire.target)
    if target is not None and target.muted and target.passed != wire.target_port:
        return UNUSED
    if source is not None and source.role == Role.LOSS:
        return "loss"
    return wire.type.dtype if wire.type is not None else "float"
