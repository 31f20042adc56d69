"""What is drawn of one graph and where it lies: nodes and wires by id, found by place."""

from __future__ import annotations

from collections.abc import Iterable

from designer.canvas.camera import Point, Rect, grown, intersects, united
from designer.canvas.damage import Damage
from designer.canvas.geometry import frame_rect, note_rect
from designer.canvas.grid import GridIndex
from designer.canvas.parts import NodeView, WireView
from designer.canvas.route import bent, route
from graph.records import Frame, Note


class Scene:
    """Nodes, wires, frames and notes as plain values, and an index of where they are."""

    def __init__(self) -> None:
        self.nodes: dict[str, NodeView] = {}
        self.wires: dict[str, WireView] = {}
        self.frames: dict[str, Frame] = {}
        self.notes: dict[str, Note] = {}
        self.marked: dict[str, list[str]] = {}  # nodes with problems, by severity
        self._node_index, self._wire_index = GridIndex(), GridIndex()

    # -- wires

    def _lay_all(self, ids: Iterable[str]) -> None:
        for id in ids:
            if id in self.wires:
                self._lay(self.wires[id])

    def _lay(self, wire: WireView, *, quick: bool = False) -> None:
        """Run a wire between its ports; `quick` runs it straight through, while a drag goes on."""
        start = self.port_point(wire.source, wire.source_port, output=True)
        end = self.port_point(wire.target, wire.target_port, output=False)
        wire.route = (
            bent(start, end, wire.bends) if wire.bends else route(start, end, None if quick else self._obstacles)
        )
        wire.painted = None
        self._wire_index.put(wire.id, wire.route.pieces)

    def _obstacles(self, rect: Rect) -> list[Rect]:
        nodes = (self.nodes[id].rect for id in self._node_index.near(rect))
        return [r for r in nodes if intersects(r, rect)]

    # -- places

    def port_point(self, node: str, end: str, *, output: bool) -> Point:
        """Where a wire meets a node; an end that the declaration lacks (a newer file) sits at the header."""
        view = self.nodes[node]
        port = view.port(end, output=output)
        dx, dy = (port.dx, port.dy) if port else (view.width if output else 0.0, 24.0)
        return view.x + dx, view.y + dy

    def bounds(self, nodes: Iterable[str] | None = None) -> Rect | None:
        """Round the given nodes, or round everything; None where there is nothing."""
        if nodes is not None:
            return united([self.nodes[id].rect for id in nodes if id in self.nodes])
        rects = [view.rect for view in self.nodes.values()]
        rects += [frame_rect(frame) for frame in self.frames.values()]
        rects += [note_rect(note) for note in self.notes.values()]
        return united(rects)

    def nodes_in(self, *rects: Rect) -> list[NodeView]:
        """Those that touch one of the rectangles, each once."""
        if len(rects) > 1:
            return list({view.id: view for rect in rects for view in self.nodes_in(rect)}.values())
        left, top, right, bottom = rects[0]
        views = map(self.nodes.__getitem__, self._node_index.near(rects[0]))
        return [v for v in views if v.x <= right and left <= v.x + v.width and v.y <= bottom and top <= v.y + v.height]

    def wires_in(self, *rects: Rect) -> list[WireView]:
        """Those that may touch one of the rectangles, each once."""
        if len(rects) > 1:
            return [self.wires[id] for id in set().union(*map(self._wire_index.near, rects))]
        return [self.wires[id] for id in self._wire_index.near(rects[0])]

    def damage(self, nodes: Iterable[str] = (), wires: Iterable[str] = (), notes: Iterable[str] = ()) -> Damage:
        """What is to be painted again when these change their looks; with `|`, before and after they moved."""
        return Damage(
            {id: (self.nodes[id].rect,) for id in nodes if id in self.nodes},
            {id: (self.wires[id].route,) for id in wires if id in self.wires},
            tuple(self._note_place(self.notes[id]) for id in notes),
        )

    def _note_place(self, note: Note) -> Rect:
        """A note and what binds it to its node."""
        rect = note_rect(note)
        bound = self.nodes.get(note.node)
        return united([rect, bound.rect]) or rect if bound is not None else rect

    def _passing(self, rects: Iterable[Rect]) -> set[str]:
        """Wires that run, or might run, through what has changed."""
        found = set[str]()
        for rect in rects:
            near = grown(rect, 64.0)
            found |= {id for id in self._wire_index.near(near) if self.wires[id].is_long}
        return found
