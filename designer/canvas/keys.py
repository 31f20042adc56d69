"""What the keys do on the canvas. The window's actions take precedence where they share a key."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, TypeAlias

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QKeyEvent

from designer import edit
from designer.canvas.accessible import tell_focus
from designer.canvas.frames import carried
from designer.canvas.geometry import WIDTH
from designer.canvas.hit import Hit, shown_fields
from designer.canvas.keyboard import ARROWS, Direction, neighbour
from designer.canvas.stage import LinkEnd
from designer.canvas.tools.keylink import KeyLink
from graph.commands.nodes import MoveNodes

if TYPE_CHECKING:
    from designer.canvas.view import CanvasView

NUDGE, LARGE_NUDGE = 2.0, 16.0
_BEHIND = 64.0  # between a node and one that is put behind it
Key = Qt.Key
Mod: TypeAlias = Qt.KeyboardModifier
_STEPS: Mapping[Direction, tuple[int, int]] = {"left": (-1, 0), "right": (1, 0), "up": (0, -1), "down": (0, 1)}


def run_key(view: CanvasView, event: QKeyEvent) -> bool:
    """Do what the key means; returns whether it means anything."""
    modifiers = event.modifiers() & ~Mod.KeypadModifier
    if view.gesture is not None and not modifiers and view.gesture.key(event.key()):
        view.after_key()
        return True
    direction = ARROWS.get(event.key())
    if event.key() == Key.Key_Space and not event.isAutoRepeat():
        view.space = True
        view.show_cursor()
        return True
    if direction is not None:
        return _arrow(view, direction, modifiers, event.isAutoRepeat())
    act = _ACTS.get((event.key(), modifiers))
    if act is None:
        return False
    act(view)
    return True


def release_key(view: CanvasView, event: QKeyEvent) -> bool:
    if event.key() == Key.Key_Space and not event.isAutoRepeat():
        view.space = False
        view.show_cursor()
        return True
    return False


def _arrow(view: CanvasView, direction: Direction, modifiers: Mod, repeated: bool) -> bool:
    if modifiers & Mod.AltModifier:
        _nudge(view, direction, LARGE_NUDGE if modifiers & Mod.ShiftModifier else NUDGE, repeated)
        return True
    if modifiers == Mod.ControlModifier | Mod.ShiftModifier:
        return _select_flow(view, direction)
    if modifiers & ~Mod.ShiftModifier:
        return False
    stage, selection = view.stage, view.session.selection
    found = neighbour(stage.model, stage.focus if stage.focus in stage.model.nodes else "", direction)
    if found:
        kept = selection.nodes if modifiers & Mod.ShiftModifier else frozenset()
        stage.focus = found
        selection.set(kept | {found})
        view.navigator.show_node(found)
        tell_focus(view)
    return True


def _select_flow(view: CanvasView, direction: Direction) -> bool:
    """Add all that feeds the selection (left), or all that it feeds (right)."""
    selection = view.session.selection
    graph = view.session.document.graph(selection.scope)
    if direction not in ("left", "right"):
        return False
    reach = graph.upstream if direction == "left" else graph.downstream
    selection.set(reach(set(selection.nodes)), selection.links)
    return True


def _nudge(view: CanvasView, direction: Direction, step: float, repeated: bool) -> None:
    """Move the selection a little; the repeats of a held key are one undo step."""
    selection = view.session.selection
    if not repeated:
        view.nudges += 1
    model, (dx, dy) = view.stage.model, (part * step for part in _STEPS[direction])
    nodes, others = carried(model, selection.frames)
    places = {id: (model.nodes[id].x + dx, model.nodes[id].y + dy) for id in nodes | selection.nodes}
    others |= {id: (model.notes[id].x, model.notes[id].y) for id in selection.notes}
    places |= {id: (x + dx, y + dy) for id, (x, y) in others.items()}
    if places:
        view.session.do(MoveNodes(places, selection.scope, token=("nudge", view.nudges)))


def _escape(view: CanvasView) -> None:
    """Give up the gesture; else the selection; else leave the block."""
    selection = view.session.selection
    if view.cancel():
        return
    if selection:
        selection.clear()
    else:
        selection.leave()


def _activate(view: CanvasView) -> None:
    node = view.session.selection.node or view.stage.focus
    if node in view.stage.model.nodes:
        view.activate(node)


def _link(view: CanvasView) -> None:
    """Begin a wire at the focused node, to be led by the arrow keys."""
    node = view.stage.model.nodes.get(view.session.selection.node or view.stage.focus)
    if node is not None and (node.inputs or node.outputs):
        view.begin(KeyLink(view.stage, node.id))


def _rename(view: CanvasView) -> None:
    selection = view.session.selection
    frame, note = next(iter(selection.frames), ""), next(iter(selection.notes), "")
    if selection.node or frame or note:
        view.edit_text(Hit(node=selection.node, frame=frame, note=note))


def edit_value(view: CanvasView) -> None:
    """Edit the first value that stands beside a socket of the selected node."""
    node = view.stage.model.nodes.get(view.session.selection.node)
    if node is not None and (ports := shown_fields(node)):
        view.edit_text(Hit(node=node.id, field=ports[0].field))


def _quick_add(view: CanvasView) -> None:
    """Behind the selected node and wired to it, where its output leads nowhere yet; else at the mouse where it is over
    the canvas, else in the middle."""
    end = _loose_end(view)
    if end is not None:
        x, y = view.stage.model.port_point(end.node, end.port, output=True)
        x, y = view.free_spot((x + _BEHIND + WIDTH / 2, y))
        left = x - WIDTH / 2
        view.navigator.show_room((left, y - WIDTH / 4, left + WIDTH, y + WIDTH / 4))
        at = QPointF(*view.stage.camera.to_view(left, y))
    else:
        mouse = view.mapFromGlobal(view.cursor().pos())
        point = QPointF(mouse) if view.rect().contains(mouse) else QPointF(view.rect().center())
        at = QPointF(*view.stage.camera.to_view(*view.free_spot(view.canvas_point(point))))
    view.quick_add_requested.emit(at, end)


def _loose_end(view: CanvasView) -> LinkEnd | None:
    """The first output of the one selected node, where no wire leaves the node."""
    selection = view.session.selection
    node = view.stage.model.nodes.get(selection.node)
    if node is None or not node.outputs or view.session.document.graph(selection.scope).outgoing(node.id):
        return None
    return LinkEnd(node.id, node.outputs[0].end, True)


_ACTS: Mapping[tuple[int, Mod], Callable[[CanvasView], object]] = {
    (Key.Key_Escape, Mod.NoModifier): _escape,
    (Key.Key_Delete, Mod.NoModifier): lambda view: edit.delete(view.session),
    (Key.Key_Backspace, Mod.NoModifier): lambda view: edit.delete(view.session),
    (Key.Key_Delete, Mod.ControlModifier): lambda view: edit.delete(view.session, heal=True),
    (Key.Key_Return, Mod.NoModifier): _activate,
    (Key.Key_Enter, Mod.NoModifier): _activate,
    (Key.Key_Tab, Mod.NoModifier): _quick_add,
    (Key.Key_Tab, Mod.ControlModifier): lambda view: view.leave(forward=True),
    (Key.Key_Backtab, Mod.ShiftModifier): lambda view: view.leave(forward=False),
    (Key.Key_L, Mod.NoModifier): _link,
    (Key.Key_F2, Mod.NoModifier): _rename,
    (Key.Key_A, Mod.ControlModifier): lambda view: edit.select_all(view.session),
    (Key.Key_D, Mod.ControlModifier): lambda view: edit.duplicate(view.session),
    (Key.Key_Home, Mod.NoModifier): lambda view: view.fit(),
    (Key.Key_Home, Mod.ShiftModifier): lambda view: view.fit_selection(),
}
