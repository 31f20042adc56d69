"""The view model: what the canvas shows of one graph, as plain values, driven by the document's signals alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from core.signal import Signal
from core.spec.layer import Role
from designer.canvas.camera import Point, Rect, grown
from designer.canvas.damage import MOST, Damage
from designer.canvas.geometry import frame_rect
from designer.canvas.parts import NodeView, WireView, node_view
from designer.canvas.readings import read_problems, read_promoted, read_types
from designer.canvas.scene import Scene
from designer.selection import scope_at
from designer.sentences import told
from designer.session import Session
from graph.records import MAIN, Bends, Change, Frame, Link, Node, Note, shifted

MANY = 200  # changes at once from which looking at all anew may be the shorter way
FRAME_LINE = 2.0  # canvas units that the border of a frame goes beyond it


class SceneModel(Scene):
    """Nodes, wires, frames and notes of the graph at `path` (a block instance, or ``""`` for the main graph).

    `changed` is emitted when what is drawn may differ, with what of it (None: any of it). A drag shows itself through
    `shift`, which moves what is drawn and not the document.
    """

    def __init__(self, session: Session, path: str = "") -> None:
        super().__init__()
        self.session = session
        self.changed: Signal[[Damage | None]] = Signal()
        self.path = path
        self.scope = MAIN
        self.version = 0  # grows with each change of what is drawn
        self.edition = 0  # grows likewise, except with what a drag shows
        self.lettering = 0  # grows when the texts on wires may have changed
        self.displaced = 0  # grows when a drag shows more elsewhere than before
        self.shifted_wires: set[str] = set()
        self._shifted: dict[str, Point] = {}
        self._bent: set[str] = set()
        self.through = set[str]()  # nodes that show what the instance around them sets
        self._types_stale = self._badges_stale = True
        self._disconnect = [
            session.document.changed.connect(self._follow),
            session.inference.changed.connect(self._types_changed),
            session.problems_changed.connect(self._problems_changed),
        ]
        self.look_at(path)

    def close(self) -> None:
        """Follow the document no longer."""
        for disconnect in self._disconnect:
            disconnect()

    # -- building

    def look_at(self, path: str) -> None:
        """Show another graph of the document, whole."""
        self.path = path
        self.scope = scope_at(self.session.document, path) or MAIN
        graph = self.session.document.graph(self.scope)
        self._node_index.clear()
        self._wire_index.clear()
        self._shifted.clear()
        self.shifted_wires.clear()
        self._bent.clear()
        self.nodes = {node.id: self._view(node) for node in graph.nodes}
        for view in self.nodes.values():
            self._node_index.put(view.id, (view.rect,))
        self.wires = {link.id: WireView(link) for link in graph.links.values()}
        for wire in self.wires.values():
            self._lay(wire)
        self.frames, self.notes = dict(graph.frames), dict(graph.notes)
        self._stale()

    def wires_from(self, node: str, port: str) -> list[WireView]:
        """The wires that leave an output, of those that are drawn: the document may be an edit ahead."""
        links = self.session.document.graph(self.scope).outgoing(node)
        return [self.wires[link.id] for link in links if link.source_port == port and link.id in self.wires]

    def _view(self, node: Node) -> NodeView:
        document = self.session.document
        graph = document.graph(self.scope)
        incoming = [link.target_port for link in graph.incoming(node.id)]
        outgoing = [link.source_port for link in graph.outgoing(node.id)]
        inside = self.size(node.block)
        return node_view(node, document.spec(node.layer), incoming, outgoing, inside=inside)

    def size(self, block: str) -> int:
        """How many layers a block holds, its ports aside; none where it is no block."""
        document = self.session.document
        if block not in document.blocks:
            return 0
        specs = (document.spec(node.layer) for node in document.graph(block).nodes)
        return sum(spec is None or spec.role not in (Role.ENTRY, Role.EXIT) for spec in specs)

    def _stale(self) -> None:
        self._types_stale = self._badges_stale = True
        self.edition += 1
        self._tell()

    def _tell(self, change: Damage | None = None) -> None:
        self.version += 1
        self.changed.emit(change)

    # -- following the document

    def _follow(self, changes: tuple[Change, ...]) -> None:
        scope = scope_at(self.session.document, self.path)
        if scope is None:
            return  # the place is gone: the selection leaves it, and the view looks elsewhere
        if scope != self.scope or len(changes) > max(len(self.nodes), MANY):
            self.look_at(self.path)
            return
        nodes, wires = set[str](), set[str]()
        for change in changes:
            if change.scope != self.scope or change.kind in ("block", "setting"):
                nodes |= self._instances(change)
            elif change.kind == "node":
                nodes.add(change.id)
            elif isinstance(change.record, Link):
                wires.add(change.id)
                for end in (change.before, change.after):
                    if isinstance(end, Link):
                        nodes |= {end.source, end.target}
        graph = self.session.document.graph(self.scope)
        self.frames, self.notes = dict(graph.frames), dict(graph.notes)
        self._renew(nodes, wires)
        self._stale()

    def _instances(self, change: Change) -> set[str]:
        """The nodes here whose declaration may have changed with something inside a block."""
        block = change.id if change.kind == "block" else change.scope
        return {id for id, view in self.nodes.items() if view.block == block} if block else set()

    def _renew(self, nodes: set[str], wires: set[str]) -> None:
        graph = self.session.document.graph(self.scope)
        touched: list[Rect] = []
        for id in nodes:
            old = self.nodes.pop(id, None)
            if old is not None:
                touched.append(old.rect)
                self._node_index.remove(id)
            if id in graph:
                view = self.nodes[id] = self._view(graph.node(id))
                self._node_index.put(id, (view.rect,))
                touched.append(view.rect)
                wires |= {link.id for link in (*graph.incoming(id), *graph.outgoing(id))}
        for id in wires:
            if self.wires.pop(id, None) is not None:
                self._wire_index.remove(id)
            if id in graph.links:
                self.wires[id] = WireView(graph.links[id])
        self._lay_all(wires | self._passing(touched))

    # -- a drag shows itself here, the document knows nothing of it

    def shift(self, nodes: Iterable[str], dx: float, dy: float, others: Iterable[str] = ()) -> None:
        """Show nodes, and other things (frames, notes), moved by (dx, dy) from where the document has them."""
        graph = self.session.document.graph(self.scope)
        frames = {id: graph.frames[id] for id in others if id in graph.frames}
        notes = {id: graph.notes[id] for id in others if id in graph.notes}
        before = self._places(frames, notes)
        self.frames.update({id: replace(frame, x=frame.x + dx, y=frame.y + dy) for id, frame in frames.items()})
        self.notes.update({id: replace(note, x=note.x + dx, y=note.y + dy) for id, note in notes.items()})
        self._place(dict.fromkeys(nodes, (dx, dy)), before | self._places(frames, notes))

    def place(self, offsets: Mapping[str, Point]) -> None:
        """Show each node moved by its own offset from where the document has it, and what is bound to it."""
        self._place(offsets, Damage())

    def _place(self, offsets: Mapping[str, Point], others: Damage) -> None:
        graph = self.session.document.graph(self.scope)
        bound = [note for note in graph.notes.values() if note.node in offsets]
        ids = [note.id for note in bound]
        touched = {link.id for id in offsets for link in (*graph.incoming(id), *graph.outgoing(id))}
        is_small = len(offsets) + len(touched) <= MOST and offsets.keys() <= self._shifted.keys()
        before = self.damage(offsets, touched, ids) if is_small else None
        for note in bound:
            dx, dy = offsets[note.node]
            self.notes[note.id] = replace(note, x=note.x + dx, y=note.y + dy)
        if not offsets.keys() <= self._shifted.keys():
            self.displaced += 1
        for id, (dx, dy) in offsets.items():
            view, record = self.nodes[id], graph.node(id)
            view.x, view.y = record.x + dx, record.y + dy
            self._node_index.put(id, (view.rect,))
            self._shifted[id] = (dx, dy)
        self._relay(touched)
        self._tell(None if before is None else before | self.damage(offsets, touched, ids) | others)

    def _relay(self, touched: set[str]) -> None:
        """Wires follow the nodes that a drag shows elsewhere."""
        graph = self.session.document.graph(self.scope)
        for id in touched:
            wire, link = self.wires[id], graph.links[id]
            offset = self._shifted.get(link.source)
            together = link.bends and offset is not None and offset == self._shifted.get(link.target)
            wire.bends = shifted(link.bends, *offset) if together and offset else link.bends
            self._lay(wire, quick=True)
        self.shifted_wires |= touched

    def _places(self, frames: Iterable[str], notes: Iterable[str]) -> Damage:
        bodies = tuple(grown(frame_rect(self.frames[id]), FRAME_LINE) for id in frames)
        return Damage(others=bodies) | self.damage(notes=notes)

    def show_bends(self, link: str, bends: Bends) -> None:
        """Show a wire led through other points than the document has."""
        self.wires[link].bends = bends
        self._lay(self.wires[link])
        self._bent.add(link)
        self.edition += 1
        self._tell()

    def show_frame(self, frame: Frame) -> None:
        """Show a frame other than the document has it."""
        before = self._places([frame.id], ())
        self.frames[frame.id] = frame
        self._tell(before | self._places([frame.id], ()))

    def show_note(self, note: Note) -> None:
        """Show a note other than the document has it."""
        before = self._places((), [note.id])
        self.notes[note.id] = note
        self._tell(before | self._places((), [note.id]))

    def settle(self) -> None:
        """Show everything where the document has it, and run the wires properly again."""
        graph = self.session.document.graph(self.scope)
        shown = (self.frames, self.notes)
        self.frames, self.notes = dict(graph.frames), dict(graph.notes)
        moved, bent = set(self._shifted), self._bent
        self._shifted, self.shifted_wires, self._bent = {}, set(), set()
        if moved or bent:
            self._renew(moved & set(self.nodes), bent)
            self._stale()
        elif shown != (self.frames, self.notes):
            self._tell()

    def is_shifted(self, node: str) -> bool:
        """Whether a drag shows the node elsewhere."""
        return node in self._shifted

    @property
    def shifted(self) -> tuple[str, ...]:
        """The nodes that a drag shows elsewhere."""
        return tuple(self._shifted)

    # -- what inference and the checks say

    def _types_changed(self, *_: object) -> None:
        self._types_stale = True
        self._tell()

    def _problems_changed(self) -> None:
        self._badges_stale = True
        self._tell()

    def refresh(self) -> None:
        """Bring texts and badges up to date; called before painting, so that a burst of edits costs one look."""
        if self._types_stale:
            self._types_stale = False
            self.lettering += 1
            read_types(self)
            read_promoted(self)
        if self._badges_stale:
            self._badges_stale = False
            read_problems(self)

    def message_for(self, node: str) -> str:
        """What the tool tip of a node says: its problems, the worst first."""
        path = f"{self.path}/{node}" if self.path else node
        return "\n".join(
            told(p.message) for p in self.session.problems if p.node == path or p.node.startswith(path + "/")
        )
