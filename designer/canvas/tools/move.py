"""Drag nodes, frames and notes: onto a wire, into a block, out of one; shaken, a node leaves its wires."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QLineF, QRectF, Qt
from PySide6.QtGui import QPainter

from designer.canvas import edits
from designer.canvas.camera import Point, Rect, grown, united
from designer.canvas.damage import MOST
from designer.canvas.frames import carried
from designer.canvas.geometry import PORT_Y, frame_rect, note_rect
from designer.canvas.hit import Hit
from designer.canvas.skin import RADIUS, Skin
from designer.canvas.stage import Pointer, Stage
from designer.canvas.tools.base import Gesture
from designer.canvas.tools.goals import Goal, find_goal
from designer.canvas.tools.guides import Guide, aligned, to_grid
from designer.canvas.tools.room import Room
from designer.canvas.tools.shake import Shake
from graph.commands import Batch, Command, Detach, MoveNodes
from graph.commands.rewire import crossing
from graph.records import Node


class Move(Gesture):
    """Shift snaps to the grid; Alt while dragging turns off guides and insertion. With Alt from the start, a copy is
    dragged."""

    cursor = Qt.CursorShape.SizeAllCursor

    def __init__(self, stage: Stage, start: Pointer, under: Hit) -> None:
        super().__init__(stage, start)
        self._under, self._copying = under, start.alt
        self._origin = stage.at(start)
        self._offset: Point = (0.0, 0.0)
        self._guides: tuple[Guide, ...] = ()
        self._nodes: frozenset[str] = frozenset()
        self._others: dict[str, Point] = {}
        self._room, self._shake = Room(stage), Shake(start.x)
        self._detached = False  # shaken off its wires
        self._goal: Goal | None = None
        selection = stage.session.selection
        self._was_selected = under.node in selection.nodes
        self._select(start)

    def _select(self, pointer: Pointer) -> None:
        """At the press: what is held becomes part of the selection."""
        selection, under = self.stage.session.selection, self._under
        if under.frame or under.note:
            selection.set(frames=filter(None, [under.frame]), notes=filter(None, [under.note]))
        elif pointer.shift or (pointer.control and not self._was_selected):
            selection.set(
                selection.nodes | {under.node}, selection.links, frames=selection.frames, notes=selection.notes
            )
        elif not self._was_selected:
            selection.set([under.node])

    def click(self, pointer: Pointer) -> None:
        selection = self.stage.session.selection
        if self._under.node and self._was_selected:
            if pointer.control:
                selection.toggle(self._under.node)
            elif not pointer.shift:
                selection.set([self._under.node])

    def begin(self) -> None:
        selection, model = self.stage.session.selection, self.stage.model
        nodes, self._others = carried(model, selection.frames)
        nodes |= selection.nodes
        nodes = {id for id in nodes if self._copying or not model.nodes[id].pinned}
        for id in selection.notes:
            self._others[id] = (model.notes[id].x, model.notes[id].y)
        self._nodes = frozenset(nodes)

    def move(self, pointer: Pointer) -> None:
        at = self.stage.at(pointer)
        dx, dy = at[0] - self._origin[0], at[1] - self._origin[1]
        free = pointer.alt and not self._copying
        dx, dy = self._adjusted(dx, dy, pointer, free=free)
        self._offset = (dx, dy)
        if not self._copying:
            if self._nodes and self._shake.feed(pointer.x):
                self._shake_off()
            self.stage.model.shift(self._nodes, dx, dy, self._others)
            takes = not free and not self._others
            self._goal = find_goal(self.stage, pointer, self._nodes, detached=self._detached) if takes else None
            wire = "" if free or self._goal else self._wire_below()
            self.stage.mark(chosen=wire)
            if len(self._nodes) == 1:
                self._room.show(wire, self._held())
        self.stage.updated.emit()

    def _shake_off(self) -> None:
        graph = self.stage.session.document.graph(self.stage.scope)
        self._detached = True
        self.stage.mark(hidden=frozenset(link.id for link in crossing(graph, set(self._nodes))))

    def _held(self) -> Node:
        """The one node, where it is held now."""
        node = self.stage.session.document.graph(self.stage.scope).node(next(iter(self._nodes)))
        return replace(node, x=node.x + self._offset[0], y=node.y + self._offset[1])

    def _adjusted(self, dx: float, dy: float, pointer: Pointer, *, free: bool) -> Point:
        """The offset with the grid's and the guides' attraction."""
        rect = self._rect_before()
        self._guides = ()
        if rect is None or free:
            return dx, dy
        if pointer.shift != self.stage.snap:
            x, y = to_grid(rect[0] + dx, rect[1] + dy)
            return x - rect[0], y - rect[1]
        moved = (rect[0] + dx, rect[1] + dy, rect[2] + dx, rect[3] + dy)
        moving = frozenset() if self._copying else self._nodes
        more_x, more_y, self._guides = aligned(self.stage.model, moved, moving, self.stage.camera.scale)
        return dx + more_x, dy + more_y

    def _rect_before(self) -> Rect | None:
        graph = self.stage.session.document.graph(self.stage.scope)
        rects = [_at(graph.node(id).x, graph.node(id).y, self.stage.model.nodes[id].rect) for id in self._nodes]
        rects += [frame_rect(graph.frames[id]) for id in self._others if id in graph.frames]
        rects += [note_rect(graph.notes[id]) for id in self._others if id in graph.notes]
        return united(rects)

    def _wire_below(self) -> str:
        """The wire that would receive the dragged node; empty where none would."""
        if len(self._nodes) != 1 or self._others:
            return ""
        model = self.stage.model
        view = model.nodes[next(iter(self._nodes))]
        node = self.stage.session.document.graph(self.stage.scope).node(view.id)
        if not edits.can_insert(self.stage.session.document, self.stage.scope, node, detached=self._detached):
            return ""
        wire = self._room.wire((view.x + view.width / 2, view.y + PORT_Y))
        return "" if wire and view.id in (model.wires[wire].source, model.wires[wire].target) else wire

    def end(self, pointer: Pointer) -> None:
        self.move(pointer)
        stage, (dx, dy), wire, goal = self.stage, self._offset, self.stage.chosen, self._goal
        self._settle()
        if self._copying:
            self._copy(dx, dy)
        elif goal is not None:
            goal.take(self._nodes)
        elif wire:
            stage.session.do(self._also_detached(edits.insert(stage.model, wire, self._held())))
        elif dx or dy:
            graph = stage.session.document.graph(stage.scope)
            places = {id: (graph.node(id).x + dx, graph.node(id).y + dy) for id in self._nodes}
            places |= {id: (x + dx, y + dy) for id, (x, y) in self._others.items()}
            stage.session.do(self._also_detached(MoveNodes(places, stage.scope)))

    def _also_detached(self, command: Command) -> Command:
        if not self._detached:
            return command
        detach = Detach(tuple(sorted(self._nodes)), self.stage.scope)
        return Batch(detach.describe(self.stage.session.document), (detach, command))

    def _copy(self, dx: float, dy: float) -> None:
        if self._nodes:
            command, ids = edits.duplicate(self.stage.model, self._nodes, dx, dy)
            if self.stage.session.do(command):
                self.stage.session.selection.set(ids.values())

    def cancel(self) -> None:
        self._settle()

    def _settle(self) -> None:
        self.stage.model.settle()
        self.stage.mark(chosen="", hidden=frozenset())

    def reach(self) -> list[Rect] | None:
        if self._goal is not None or (self._copying and len(self._nodes) > MOST):
            return None
        if not self.is_drag:
            return []
        return [grown(rect, 2.0) for rect in (*self._lines(), *self._outlines())]

    def _lines(self) -> list[Rect]:
        """The guides, in widget pixels, each a rectangle without breadth."""
        corners = [(g.at, g.start, g.at, g.end) if g.vertical else (g.start, g.at, g.end, g.at) for g in self._guides]
        return [self.stage.camera.rect_to_view(corner) for corner in corners]

    def _outlines(self) -> list[Rect]:
        """Where copies would lie, in widget pixels."""
        if not self._copying:
            return []
        (dx, dy), camera = self._offset, self.stage.camera
        rects = (self.stage.model.nodes[id].rect for id in self._nodes)
        return [camera.rect_to_view((r[0] + dx, r[1] + dy, r[2] + dx, r[3] + dy)) for r in rects]

    def paint(self, painter: QPainter, skin: Skin) -> None:
        if not self.is_drag:
            return
        painter.setPen(skin.line(skin.alpha(skin.theme.selection, 0.7), 1.0))
        for line in self._lines():
            painter.drawLine(QLineF(*line))
        painter.setBrush(skin.alpha(skin.theme.selection, 0.12))
        radius = RADIUS * self.stage.camera.scale
        for left, top, right, bottom in self._outlines():
            painter.drawRoundedRect(QRectF(left, top, right - left, bottom - top), radius, radius)
        if self._goal is not None:
            self._goal.paint(painter, skin)


def _at(x: float, y: float, rect: Rect) -> Rect:
    return x, y, x + rect[2] - rect[0], y + rect[3] - rect[1]
