"""From Qt's mouse to ours: where the pointer is, and which gesture a press begins."""

from __future__ import annotations

from PySide6.QtCore import QPointF, Qt

from designer.canvas.hit import Hit
from designer.canvas.stage import LinkEnd, Pointer, Stage
from designer.canvas.tools.base import Gesture
from designer.canvas.tools.bend import AddBends, Bend
from designer.canvas.tools.box import BoxSelect
from designer.canvas.tools.cut import Cut
from designer.canvas.tools.lazy import LazyLink
from designer.canvas.tools.link import DragLink
from designer.canvas.tools.move import Move
from designer.canvas.tools.pan import Pan
from designer.canvas.tools.reorder import ReorderPort, can_reorder
from designer.canvas.tools.resize import Resize


def pointer(at: QPointF, modifiers: Qt.KeyboardModifier) -> Pointer:
    keys = Qt.KeyboardModifier
    return Pointer(
        at.x(),
        at.y(),
        shift=bool(modifiers & keys.ShiftModifier),
        control=bool(modifiers & keys.ControlModifier),
        alt=bool(modifiers & keys.AltModifier),
    )


def gesture(stage: Stage, start: Pointer, button: Qt.MouseButton, *, space: bool) -> Gesture:
    """What a press of the left or middle button begins."""
    if button == Qt.MouseButton.MiddleButton or space:
        return Pan(stage, start)
    under = stage.hit(start)
    if under.port:
        return _link(stage, start, under)
    if under.corner:
        return Resize(stage, start, under)
    if under.node:
        return _on_node(stage, start, under)
    if under.frame or under.note:
        return Move(stage, start, under)
    if under.link:
        _select_link(stage, start, under.link)
        return Bend(stage, start, under.link, under.bend)
    return _stroke(stage, start)


def _on_node(stage: Stage, start: Pointer, under: Hit) -> Gesture:
    """Ctrl draws a wire from node to node, Shift and a port of a block moves the port."""
    return LazyLink(stage, start, under.node) if start.control and not start.shift else Move(stage, start, under)


def _stroke(stage: Stage, start: Pointer) -> Gesture:
    if start.alt:
        return AddBends(stage, start) if start.shift else Cut(stage, start)
    return BoxSelect(stage, start)


def _link(stage: Stage, start: Pointer, under: Hit) -> Gesture:
    if start.shift and can_reorder(stage, under):
        return ReorderPort(stage, start, under)
    graph = stage.session.document.graph(stage.scope)
    occupant = None if under.output else graph.link_into(under.node, under.port)
    if occupant is not None:
        return DragLink(stage, start, LinkEnd(occupant.source, occupant.source_port, True), occupant.id)
    return DragLink(stage, start, LinkEnd(under.node, under.port, under.output))


def _select_link(stage: Stage, start: Pointer, link: str) -> None:
    selection = stage.session.selection
    if start.control:
        selection.set(selection.nodes, selection.links ^ {link})
    elif start.shift:
        selection.set(selection.nodes, selection.links | {link})
    else:
        selection.set(links=[link])


def select_for_menu(stage: Stage, under: Hit) -> None:
    """A right click acts on what is under it: that becomes the selection unless it is part of it."""
    selection = stage.session.selection
    if under.node and under.node not in selection.nodes:
        selection.set([under.node])
    elif under.link and under.link not in selection.links:
        selection.set(links=[under.link])
    elif under.frame or under.note:
        selection.set(frames=filter(None, [under.frame]), notes=filter(None, [under.note]))
