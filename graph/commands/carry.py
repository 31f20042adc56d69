"""Nodes that take their wires along into the one instance of a block, or out of it: what is computed stays the same.

It is as if the instance had been unpacked and packed again with the nodes on the other side of its border.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from core.spec.layer import Role
from graph.blocks import instances, ports
from graph.commands.base import Draft
from graph.document import Document
from graph.graph import Graph, end_port, id_order
from graph.records import Link, Node, Record, shifted

_GAP = 220.0  # canvas units between a node and the port that is made for it
_SIDES = {"entry": Role.ENTRY, "exit": Role.EXIT}


def can_carry_in(document: Document, nodes: Iterable[str], scope: str, instance: str) -> bool:
    """Whether nodes of the scope, wired to the instance, can go into its block and all be computed as before."""
    graph, inside = document.graph(scope), set(nodes)
    held = {*inside, instance}
    return (
        any(_other_end(link, instance) in inside for link in _at(graph, instance))
        and _is_plain(document, scope, graph.node(instance))
        and not _is_tied(document, scope, inside)
        and not (graph.downstream(held) & graph.upstream(held)) - held
        and all(
            document.graph(graph.node(instance).block).link_into(link.source_port, "x")
            for link in graph.outgoing(instance)
            if link.target in inside
        )
    )


def can_carry_out(document: Document, nodes: Iterable[str], block: str, instance: str, outer: str) -> bool:
    """Whether nodes of the block, wired to anything, can leave it by its one instance and all be computed as before.
    Some must stay: an empty block would be an error."""
    graph, leaving = document.graph(block), set(nodes)
    entries, exits = (_ids(document, block, role) for role in (Role.ENTRY, Role.EXIT))
    core = set(graph.node_ids) - leaving - entries - exits
    fed = {link.source for id in leaving for link in graph.incoming(id)} & entries
    return (
        bool(core)
        and any(_other_end(link, id) not in leaving for id in leaving for link in _at(graph, id))
        and document.graph(outer).node(instance).block == block
        and _is_plain(document, outer, document.graph(outer).node(instance))
        and not _is_tied(document, block, leaving)
        and not leaving & graph.downstream(core) & graph.upstream(core)
        and all(document.graph(outer).link_into(instance, entry) for entry in fed)
    )


def _is_plain(document: Document, scope: str, instance: Node) -> bool:
    """Whether the instance does nothing but what stands in its block, and nothing else uses the block."""
    special = instance.repeat != 1 or instance.solver or instance.muted or instance.frozen or instance.init
    shared = instance.shares or any(node.shares == instance.id for node in document.graph(scope).nodes)
    return not special and not shared and len(instances(document, instance.block)) == 1


def _is_tied(document: Document, scope: str, nodes: set[str]) -> bool:
    """Whether weights that are shared, or a parameter that the block around promotes, hold the nodes where they are."""
    if scope and any(p.node in nodes for p in document.blocks[scope].promoted):
        return True
    return any(n.shares and (n.shares in nodes) != (n.id in nodes) for n in document.graph(scope).nodes)


def _at(graph: Graph, node: str) -> list[Link]:
    return [*graph.incoming(node), *graph.outgoing(node)]


def _other_end(link: Link, node: str) -> str:
    return link.source if link.target == node else link.target


def _ids(document: Document, block: str, role: Role) -> set[str]:
    return {node.id for node in ports(document, block, role)}


class _Carrying:
    """Both ways begin alike: the nodes leave one graph with all of their wires, and stand in the other without."""

    def __init__(self, document: Document, nodes: Iterable[str], scope: str, instance: str) -> None:
        self.document, self.draft, self.scope = document, Draft(document), scope
        self.outer = document.graph(scope)
        self.instance = self.outer.node(instance)
        self.block = self.instance.block
        self.inner = document.graph(self.block)
        self.moved = set(nodes)
        self._made: dict[tuple[str, str, str], str] = {}  # side and value -> the port made for it

    def _transfer(self, here: str, there: str, at: tuple[float, float]) -> list[Link]:
        """Move the nodes so that they begin at this point; the wires that led over the border."""
        graph = self.document.graph(here)
        links = {link.id: link for id in sorted(self.moved, key=id_order) for link in _at(graph, id)}.values()
        notes = [note for note in graph.notes.values() if note.node in self.moved]
        nodes = [graph.node(id) for id in sorted(self.moved, key=id_order)]
        within = [link for link in links if {link.source, link.target} <= self.moved]
        leaving: list[Record] = [*links, *notes, *nodes]
        for record in leaving:
            self.draft.drop(here, record)
        dx, dy = at[0] - min(n.x for n in nodes), at[1] - min(n.y for n in nodes)
        coming: list[Record] = [
            *(replace(node, x=node.x + dx, y=node.y + dy) for node in nodes),
            *(replace(link, bends=shifted(link.bends, dx, dy)) for link in within),
            *(replace(note, x=note.x + dx, y=note.y + dy) for note in notes),
        ]
        for record in coming:
            self.draft.put(there, record)
        return [link for link in links if not {link.source, link.target} <= self.moved]

    def _port(self, side: str, end: tuple[str, str], name: str, at: tuple[float, float]) -> tuple[str, bool]:
        """A new port of the block for this value, the last of its side; or the one made for it before, then False."""
        key = (side, *end)
        if key in self._made:
            return self._made[key], False
        count = sum(made[0] == side for made in self._made)
        held = ports(self.document, self.block, _SIDES[side])
        position = max((p for n in held if isinstance(p := n.params.get("position", 0), int)), default=-1) + 1 + count
        params = {"position": position} if position else {}
        port = Node(self.draft.new_id(), side, name=name if held else "", params=params, x=at[0], y=at[1])
        self.draft.put(self.block, port)
        self._made[key] = port.id
        return port.id, True

    def _wire(self, scope: str, source: tuple[str, str], target: tuple[str, str], like: Link | None = None) -> None:
        """A new wire, or what becomes of `like`, which has been dropped where it was."""
        link = like or Link(self.draft.new_id("l"), "", "", "", "")
        to, end = target
        wire = replace(link, source=source[0], source_port=source[1], target=to, target_port=end, bends=())
        self.draft.put(scope, wire)


class CarryingIn(_Carrying):
    """See `can_carry_in`, which must hold."""

    def changes(self) -> Draft:
        touching = [
            link for link in _at(self.outer, self.instance.id) if _other_end(link, self.instance.id) in self.moved
        ]
        first = touching[0]
        place = self.inner.node(end_port(first.target_port) if first.source in self.moved else first.source_port)
        crossing = self._transfer(self.scope, self.block, (place.x, place.y))
        inside = {w.target_port: (w.source, w.source_port) for w in crossing if w.target == self.instance.id}
        for entry in inside:
            self._replace_entry(entry, inside[entry])
        for link in crossing:
            if link.source == self.instance.id:
                feed = self.inner.link_into(link.source_port, "x")
                assert feed is not None
                source = inside.get(feed.source, (feed.source, feed.source_port))
                self._wire(self.block, source, (link.target, link.target_port), link)
            elif link.target in self.moved:
                self._enter(link, (place.x - _GAP, place.y))
            elif link.target != self.instance.id:
                self._leave(link, (place.x + _GAP, place.y))
        self._drop_unused({link.source_port for link in crossing if link.source == self.instance.id})
        return self.draft

    def _replace_entry(self, entry: str, source: tuple[str, str]) -> None:
        for link in self.inner.outgoing(entry):
            self._wire(self.block, source, (link.target, link.target_port), link)
        self.draft.drop(self.block, self.inner.node(entry))

    def _enter(self, link: Link, at: tuple[float, float]) -> None:
        end = (link.source, link.source_port)
        known = (w.target_port for w in self.outer.incoming(self.instance.id) if (w.source, w.source_port) == end)
        entry = next(known, "")
        if not entry:
            entry, is_new = self._port("entry", end, end_port(link.target_port), at)
            if is_new:
                self._wire(self.scope, end, (self.instance.id, entry))
        self._wire(self.block, (entry, "y"), (link.target, link.target_port), link)

    def _leave(self, link: Link, at: tuple[float, float]) -> None:
        end = (link.source, link.source_port)
        exit_, is_new = self._port("exit", end, link.source_port, at)
        if is_new:
            self._wire(self.block, end, (exit_, "x"))
        self._wire(self.scope, (self.instance.id, exit_), (link.target, link.target_port), link)

    def _drop_unused(self, exits: set[str]) -> None:
        used = {link.source_port for link in self.outer.outgoing(self.instance.id) if link.target not in self.moved}
        for exit_ in sorted(exits - used, key=id_order):
            feed = self.inner.link_into(exit_, "x")
            assert feed is not None
            self.draft.drop(self.block, feed)
            self.draft.drop(self.block, self.inner.node(exit_))


class CarryingOut(_Carrying):
    """See `can_carry_out`, which must hold."""

    def changes(self) -> Draft:
        entries, exits = (_ids(self.document, self.block, role) for role in (Role.ENTRY, Role.EXIT))
        middle = sorted(self.inner.node(id).x for id in self.inner.node_ids)
        after = min(self.inner.node(id).x for id in self.moved) > middle[len(middle) // 2]
        here = (self.instance.x + (_GAP if after else -_GAP), self.instance.y)
        place = (min(self.inner.node(id).x for id in self.moved), min(self.inner.node(id).y for id in self.moved))
        crossing = self._transfer(self.block, self.scope, here)
        for link in crossing:
            if link.source in entries:
                feed = self.outer.link_into(self.instance.id, link.source)
                assert feed is not None
                self._wire(self.scope, (feed.source, feed.source_port), (link.target, link.target_port), link)
            elif link.target in exits:
                self._free(link)
            elif link.target in self.moved:
                self._hand_out(link, exits, place)
            else:
                entry, is_new = self._port("entry", (link.source, link.source_port), end_port(link.target_port), place)
                if is_new:
                    self._wire(self.scope, (link.source, link.source_port), (self.instance.id, entry))
                self._wire(self.block, (entry, "y"), (link.target, link.target_port), link)
        for entry in sorted({link.source for link in crossing} & entries, key=id_order):
            self._drop_unfed(entry)
        return self.draft

    def _free(self, link: Link) -> None:
        """What used the exit outside now comes from the node itself; the exit goes."""
        for wire in self.outer.outgoing(self.instance.id):
            if wire.source_port == link.target:
                self._wire(self.scope, (link.source, link.source_port), (wire.target, wire.target_port), wire)
        self.draft.drop(self.block, self.inner.node(link.target))

    def _hand_out(self, link: Link, exits: set[str], at: tuple[float, float]) -> None:
        end = (link.source, link.source_port)
        known = (w.target for w in self.inner.outgoing(end[0]) if w.source_port == end[1] and w.target in exits)
        exit_ = next(known, "")
        if not exit_:
            exit_, is_new = self._port("exit", end, link.source_port, at)
            if is_new:
                self._wire(self.block, end, (exit_, "x"))
        self._wire(self.scope, (self.instance.id, exit_), (link.target, link.target_port), link)

    def _drop_unfed(self, entry: str) -> None:
        if all(link.target in self.moved for link in self.inner.outgoing(entry)):
            feed = self.outer.link_into(self.instance.id, entry)
            assert feed is not None
            self.draft.drop(self.scope, feed)
            self.draft.drop(self.block, self.inner.node(entry))
