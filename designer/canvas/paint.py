"""Paints one graph from its view model, with less detail the farther away it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from math import floor
from typing import TypeAlias

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter

from core.spec.layer import Role
from designer.canvas.backdrop import Backdrop, draw_frame, draw_note, draw_tether
from designer.canvas.camera import Camera, Rect, grown, touches, united
from designer.canvas.card import MARGIN
from designer.canvas.curves import curve, draw_wires
from designer.canvas.damage import EDGE, Damage
from designer.canvas.far import FarLook
from designer.canvas.geometry import frame_rect, note_rect
from designer.canvas.hit import Hit
from designer.canvas.labels import LOOSE, Labels, loose_place
from designer.canvas.model import SceneModel
from designer.canvas.overlay import Overlay, OverlayPainter
from designer.canvas.parts import NodeView, WireView
from designer.canvas.skin import RADIUS, UNUSED, Skin
from designer.canvas.sprites import Sprite, Sprites

NEAR, FAR, LABELS = 0.75, 0.3, 0.5  # zoom above which wires have width, nodes are cards, wires have labels
BODY, UNDER = MARGIN + 2.0, 44.0  # canvas units that a node goes beyond its body; with a reading below it
STROKE, WRITTEN = 8.0, 30.0  # that a wire goes beyond its way; with something written on it
LINE = 2.0  # that a border goes beyond what it borders
SMALL = 6_000.0  # pixels of a wire's way beyond which it is looked at in parts
SMOOTH = 40  # while zooming, up to so many cards are scaled smoothly


Seen: TypeAlias = Sequence[Rect]  # the parts of the canvas that are painted, in its units


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
        self._labels_at = Labels(skin)

    def paint(
        self,
        painter: QPainter,
        model: SceneModel,
        camera: Camera,
        size: tuple[int, int],
        marks: Marks,
        *,
        exact: bool,
        parts: Sequence[Rect] = (),
    ) -> None:
        """Fill the widget; `exact` is false while zooming, when pictures of another zoom will do.

        With `parts` (widget pixels), only what these touch is drawn, and each of their pixels as it would be without;
        the painter is clipped to them or to less.
        """
        model.refresh()
        whole = (0.0, 0.0, float(size[0]), float(size[1]))
        seen = [camera.rect_to_canvas(grown(part, EDGE)) for part in parts or (whole,)]
        self._backdrop.paint(painter, camera, united(list(parts)) or whole, size[0], self.ratio)
        if camera.scale < FAR:
            self._paint_far(painter, model, camera, seen, marks, all=whole in (parts or (whole,)))
        else:
            self._paint_near(painter, model, camera, seen, marks, exact=exact)
        painter.resetTransform()

    def _paint_far(
        self, painter: QPainter, model: SceneModel, camera: Camera, seen: Seen, marks: Marks, *, all: bool
    ) -> None:
        self._to_canvas(painter, camera)
        self._frames(painter, model, seen, marks)
        self._far.paint(painter, model, marks.nodes, () if all else [grown(part, BODY) for part in seen])
        if marks.overlay:
            self._overlay.far(painter, model, marks.overlay)

    def _paint_near(
        self, painter: QPainter, model: SceneModel, camera: Camera, seen: Seen, marks: Marks, *, exact: bool
    ) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._to_canvas(painter, camera)
        self._frames(painter, model, seen, marks)
        wires = self._wires_in(model, seen, marks)
        self._wires(painter, model, wires, seen, marks, wide=camera.scale >= NEAR)
        if marks.overlay:
            self._overlay.wires(painter, model, marks.overlay, wires, [grown(part, STROKE) for part in seen])
        painter.resetTransform()
        nodes = model.nodes_in(*(grown(part, self._body(marks)) for part in seen))
        nodes.sort(key=lambda view: (view.id in marks.nodes, view.order))
        if camera.scale >= LABELS:
            self._labels(painter, model, seen, camera, marks)
        self._cards(painter, nodes, camera, marks, exact=exact)
        self._to_canvas(painter, camera)
        for note in model.notes.values():
            if note.node in model.nodes:
                draw_tether(painter, self.skin, note, model.nodes[note.node].rect)
            if touches(grown(note_rect(note), LINE), seen):
                draw_note(painter, self.skin, note, selected=note.id in marks.notes)
        if marks.overlay:
            self._overlay.nodes(painter, model, marks.overlay, nodes, texts=camera.scale >= LABELS)
        self._accents(painter, model, marks)
        if marks.chosen in model.wires:
            self._choose(painter, model.wires[marks.chosen])

    # -- what a change reaches

    def reach(self, model: SceneModel, camera: Camera, marks: Marks, damage: Damage) -> Iterator[Rect]:
        """The places (canvas units) where a change may be seen: beyond nodes and wires go shadows, strokes, labels."""
        body = self._body(marks)
        for id, places in damage.nodes.items():
            loose = self._labels_at.width(model.nodes[id].shape) if id in model.nodes else 0.0
            for left, top, right, bottom in places:
                yield left - body, top - body, right + max(body, loose + LOOSE[0]), bottom + body
        for routes in damage.wires.values():
            for route in routes:
                for place in route.boxes(SMALL / camera.scale**2):
                    yield grown(place, self._stroke(marks))
        if camera.scale >= LABELS and damage.wires:
            self._labels_at.follow(model)
            yield from self._labels_at.renewed(damage.wires)
        yield from damage.others

    @staticmethod
    def _stroke(marks: Marks) -> float:
        """How far a wire goes beyond its way, with what is written on it."""
        return WRITTEN if marks.overlay else STROKE

    @staticmethod
    def _body(marks: Marks) -> float:
        """How far a node goes beyond its body, with what is written below it during training."""
        return UNDER if marks.overlay else BODY

    @staticmethod
    def _to_canvas(painter: QPainter, camera: Camera) -> None:
        painter.translate(camera.x, camera.y)
        painter.scale(camera.scale, camera.scale)

    def _frames(self, painter: QPainter, model: SceneModel, seen: Seen, marks: Marks) -> None:
        for frame in model.frames.values():
            if touches(grown(frame_rect(frame), LINE), seen):
                draw_frame(painter, self.skin, frame, selected=frame.id in marks.frames)

    # -- wires

    def _wires_in(self, model: SceneModel, seen: Seen, marks: Marks) -> list[WireView]:
        """In one order, whatever part is seen."""
        near = [grown(part, self._stroke(marks)) for part in seen]
        wires = [wire for wire in model.wires_in(*near) if wire.id not in marks.hidden]
        found = [wire for wire in wires if wire.route.touches(near)]
        return sorted(found, key=lambda wire: wire.order)

    def _wires(
        self, painter: QPainter, model: SceneModel, wires: list[WireView], seen: Seen, marks: Marks, *, wide: bool
    ) -> None:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        width = 2.0 if wide else 0.0
        groups: dict[str, list[WireView]] = {}
        lit: list[WireView] = []
        for wire in wires:
            if wire.id in marks.links or wire.id in (marks.chosen, marks.hover.link):
                lit.append(wire)
            else:
                groups.setdefault(flow(model, wire), []).append(wire)
        near = [grown(part, STROKE) for part in seen]
        for kind, group in sorted(groups.items()):
            draw_wires(painter, group, self.skin.wire(kind, width), near)
        self._dots(painter, model, wires, marks)
        for wire in lit:
            chosen = wire.id in marks.links or wire.id == marks.chosen
            colour = self.skin.theme.selection if chosen else self.skin.wire(flow(model, wire), 3.0).color()
            draw_wires(painter, [wire], self.skin.line(colour, 3.0), near)

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

    def _labels(self, painter: QPainter, model: SceneModel, seen: Seen, camera: Camera, marks: Marks) -> None:
        """Shapes on wires, and beside outputs that nothing takes yet."""
        labels, scale = self._labels_at, camera.scale
        labels.follow(model)
        near = [grown(part, labels.reach) for part in seen]
        wires = [w for w in model.wires_in(*near) if w.label and touches((*w.route.label, *w.route.label), near)]
        for wire in sorted(wires, key=lambda wire: wire.order):
            place = labels.place(wire) if wire.id not in marks.hidden else None
            if place is not None and touches(place, seen):
                sprite = self._sprites.label(wire.label, scale, plate=not wire.route.is_level)
                self._put(painter, sprite, *camera.to_view(place[0], place[1]))
        wide, high = 2 * labels.reach + LOOSE[0], -LOOSE[1]
        loose = model.nodes_in(*((part[0] - wide, part[1] - high, part[2], part[3] + high) for part in seen))
        for view in sorted(loose, key=lambda view: view.order):
            at = loose_place(view)
            if at is not None:
                self._put(painter, self._sprites.label(view.shape, scale), *camera.to_view(at.x(), at.y()))

    def _put(self, painter: QPainter, sprite: Sprite, x: float, y: float) -> None:
        """On whole pixels."""
        painter.drawPixmap(QPointF(self._whole(x), self._whole(y)), sprite.pixmap)

    def _whole(self, x: float) -> float:
        """The nearest whole device pixel; of what lies between two always the right one, so that panning keeps it."""
        return floor(x * self.ratio + 0.5) / self.ratio

    # -- nodes

    def _cards(self, painter: QPainter, nodes: list[NodeView], camera: Camera, marks: Marks, *, exact: bool) -> None:
        scale, ratio = camera.scale, self.ratio
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, exact or len(nodes) <= SMOOTH)
        margin = MARGIN * scale
        for view in nodes:
            sprite = self._sprites.card(view, scale, selected=view.id in marks.nodes, exact=exact)
            x = floor((view.x * scale + camera.x - margin) * ratio + 0.5) / ratio
            y = floor((view.y * scale + camera.y - margin) * ratio + 0.5) / ratio
            if sprite.scale == scale:
                painter.drawPixmap(QPointF(x, y), sprite.pixmap)
            else:
                width, height = view.width + 2 * MARGIN, view.height + 2 * MARGIN
                drawn = sprite.scale * ratio  # its picture is larger by part of a pixel
                where = QRectF(x, y, width * scale, height * scale)
                painter.drawPixmap(where, sprite.pixmap, QRectF(0.0, 0.0, width * drawn, height * drawn))

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


def flow(model: SceneModel, wire: WireView) -> str:
    """The kind of wire: ``loss`` behind a loss, `UNUSED` where a muted node does not pass it on, else the dtype."""
    source, target = model.nodes.get(wire.source), model.nodes.get(wire.target)
    if target is not None and target.muted and target.passed != wire.target_port:
        return UNUSED
    if source is not None and source.role == Role.LOSS:
        return "loss"
    return wire.type.dtype if wire.type is not None else "float"
