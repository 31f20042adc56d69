"""What lies under a point of the canvas."""

from __future__ import annotations

from dataclasses import dataclass

from designer.canvas.camera import Point, Rect, grown
from designer.canvas.geometry import FRAME_TITLE, PortView, frame_rect, note_rect
from designer.canvas.model import SceneModel
from designer.canvas.parts import NodeView

PORT_REACH, WIRE_REACH, CORNER, BEND_REACH = (
    11.0,
    7.0,
    9.0,
    9.0,
)  # in pixels of the widget, so that far things stay easy to hit
LARGEST_REACH = 18.0  # in canvas units, so that ports of a far view do not cover their node


@dataclass(frozen=True, slots=True)
class Hit:
    """The topmost thing at a point: a port with its node, a node, a wire, a note or a frame; all empty: nothing."""

    node: str = ""
    field: str = ""  # of the node: the value beside a socket
    port: str = ""
    output: bool = False
    link: str = ""
    frame: str = ""
    note: str = ""
    corner: bool = False  # by which the frame or note is resized
    bend: int = -1  # which dot of the wire

    def __bool__(self) -> bool:
        return bool(self.node or self.link or self.frame or self.note)


def hit(model: SceneModel, at: Point, scale: float) -> Hit:
    """What the person means by this point (canvas units) at this zoom."""
    x, y = at
    reach = min(PORT_REACH / scale, LARGEST_REACH)
    near = sorted(model.nodes_in(grown((x, y, x, y), reach)), key=lambda view: -view.order)
    port = nearest_port(near, at, reach)
    if port is not None:
        return Hit(node=port[0].id, port=port[1].end, output=port[1].output)
    for note in reversed(model.notes.values()):
        if _inside(note_rect(note), at):
            return Hit(note=note.id, corner=_at_corner(note_rect(note), at, scale))
    for view in near:
        if _inside(view.rect, at):
            return Hit(node=view.id, field=_field_at(view, at))
    link = wire_at(model, at, WIRE_REACH / scale)
    if link:
        return Hit(link=link, bend=bend_at(model, link, at, BEND_REACH / scale))
    for frame in reversed(model.frames.values()):
        left, top, right, bottom = frame_rect(frame)
        corner = _at_corner((left, top, right, bottom), at, scale)
        if corner or _inside((left, top, right, top + FRAME_TITLE), at):
            return Hit(frame=frame.id, corner=corner)
    return Hit()


def _field_at(view: NodeView, at: Point) -> str:
    """The name of the field whose value is shown at a point of a card."""
    here = (at[0] - view.x, at[1] - view.y)
    return next((port.field for port in shown_fields(view) if _inside(port.box, here)), "")


def shown_fields(view: NodeView) -> list[PortView]:
    """The sockets of a card beside which the value of a field stands."""
    held = {end for end, _ in view.fields} if not view.collapsed else set()
    return [port for port in view.inputs if port.end in held]


def nearest_port(views: list[NodeView], at: Point, reach: float) -> tuple[NodeView, PortView] | None:
    """The port closest to a point, within reach."""
    best, found = reach, None
    for view in views:
        for port in (*view.inputs, *view.outputs):
            away = ((view.x + port.dx - at[0]) ** 2 + (view.y + port.dy - at[1]) ** 2) ** 0.5
            if away < best:
                best, found = away, (view, port)
    return found


def wire_at(model: SceneModel, at: Point, reach: float) -> str:
    """The id of the wire closest to a point, within reach; empty for none."""
    best, found = reach, ""
    near = grown((*at, *at), reach)
    for wire in model.wires_in(near):
        if not wire.route.touches((near,)):
            continue
        away = wire.route.distance(*at)
        if away < best:
            best, found = away, wire.id
    return found


def bend_at(model: SceneModel, link: str, at: Point, reach: float) -> int:
    """The dot of a wire that is within reach of a point; -1 for none."""
    for index, (x, y) in enumerate(model.wires[link].bends):
        if (x - at[0]) ** 2 + (y - at[1]) ** 2 <= reach * reach:
            return index
    return -1


def _at_corner(rect: Rect, at: Point, scale: float) -> bool:
    reach = CORNER / scale
    return abs(rect[2] - at[0]) <= reach and abs(rect[3] - at[1]) <= reach


def _inside(rect: Rect, at: Point) -> bool:
    return rect[0] <= at[0] <= rect[2] and rect[1] <= at[1] <= rect[3]
