"""From a block's instance back to plain nodes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

from core.problem import LayerloomError
from core.spec.layer import Role
from graph.blocks import instances, ports
from graph.commands.base import Command, Draft, graph_of, node_of
from graph.commands.blocks import block_of, empty_block
from graph.commands.pack import box
from graph.commands.removal import remove_nodes
from graph.commands.trained import rename_trained
from graph.document import Document
from graph.records import MAIN, Change, Node, Promotion, shifted

_GAP = 220.0
_MOST = 5000  # nodes that one unpacking may make
End: TypeAlias = tuple[str, str]  # node and output port


@dataclass(frozen=True)
class Unpack(Command):
    """The contents of its block take the place of an instance, each repetition for itself. A block that then has no
    instance goes."""

    node: str
    scope: str = MAIN

    def changes(self, document: Document) -> list[Change]:
        instance = node_of(document, self.scope, self.node)
        if not instance.block:
            raise LayerloomError(f"{document.label(self.scope, self.node)} is not a block.", code="not-a-block")
        block_of(document, instance.block)
        _check_alone(document, self.scope, instance)
        return _Unpacking(document, self.scope, instance).changes()

    def describe(self, document: Document) -> str:
        node_of(document, self.scope, self.node)
        return f"Unpack {document.label(self.scope, self.node)}"


class _Unpacking:
    def __init__(self, document: Document, scope: str, instance: Node) -> None:
        self.document, self.scope, self.instance = document, scope, instance
        self.block, self.inside = document.blocks[instance.block], document.graph(instance.block)
        self.draft = Draft(document)
        self.entries = [n.id for n in ports(document, instance.block, Role.ENTRY)]
        self.exits = [n.id for n in ports(document, instance.block, Role.EXIT)]
        self.body = [n for n in self.inside.nodes if n.id not in {*self.entries, *self.exits}]
        self.last = len(instances(document, instance.block)) == 1
        self.copies: list[dict[str, str]] = []  # id inside the block -> id of its copy, for each repetition

    def changes(self) -> list[Change]:
        outer = self.document.graph(self.scope)
        onward = outer.outgoing(self.instance.id)
        ends: Mapping[str, End] = {
            link.target_port: (link.source, link.source_port) for link in outer.incoming(self.instance.id)
        }
        for copy in range(self.instance.repeat):
            feeds = _chain(self.entries, self.exits, ends) if copy else ends
            ends = self._place(feeds, copy)
        if self.scope:
            self._promotions()
        rename_trained(self.draft, self.scope, self._renamed)
        remove_nodes(self.draft, self.scope, (self.instance.id,))
        for link in onward:
            if link.source_port in ends:
                source, port = ends[link.source_port]
                self.draft.put(self.scope, replace(link, source=source, source_port=port))
        if self.last:
            empty_block(self.draft, self.instance.block)
        return self.draft.changes

    def _place(self, feeds: Mapping[str, End], copy: int) -> dict[str, End]:
        """One copy of the contents, fed at the entries; where each exit gets its value."""
        ids = {node.id: self._id(node.id, "n", copy) for node in self.body}
        self.copies.append(ids)
        dx, dy = self._offset(copy)
        for node in self.body:
            placed = self._with_values(replace(node, id=ids[node.id], shares=ids.get(node.shares, "")))
            self.draft.put(self.scope, replace(placed, x=node.x + dx, y=node.y + dy))
        for note in self.inside.notes.values():
            bound = ids.get(note.node, "")
            id = self._id(note.id, "t", copy)
            self.draft.put(self.scope, replace(note, id=id, node=bound, x=note.x + dx, y=note.y + dy))
        for frame in self.inside.frames.values():
            id = self._id(frame.id, "f", copy)
            self.draft.put(self.scope, replace(frame, id=id, x=frame.x + dx, y=frame.y + dy))
        return self._wire(feeds, ids, copy)

    def _wire(self, feeds: Mapping[str, End], ids: Mapping[str, str], copy: int) -> dict[str, End]:
        results: dict[str, End] = {}
        for link in self.inside.links.values():
            fed = link.source in self.entries
            end = feeds.get(link.source) if fed else (ids[link.source], link.source_port)
            if end is not None and link.target in self.exits:
                results[link.target] = end
            elif end is not None:
                id = self._id(link.id, "l", copy)
                bends = shifted(link.bends, *self._offset(copy))
                wire = replace(link, id=id, source=end[0], source_port=end[1], target=ids[link.target], bends=bends)
                self.draft.put(self.scope, wire)
        return results

    def _with_values(self, node: Node) -> Node:
        """The node as the instance would have it: promoted values, muted, frozen, initialised."""
        original = {copy: id for id, copy in self.copies[-1].items()}[node.id]
        given = self.instance.params
        values = {p.param: given[p.name] for p in self.block.promoted if p.node == original and p.name in given}
        return replace(
            node,
            params={**node.params, **values},
            muted=node.muted or self.instance.muted,
            frozen=node.frozen or self.instance.frozen,
            init=node.init or self.instance.init,
        )

    def _renamed(self, path: str) -> list[str]:
        """The paths of the copies of what a path within the instance led to."""
        head, _, rest = path.partition("/")
        node, slash, deeper = rest.partition("/")
        if head != self.instance.id:
            return [path]
        reached = [id for ids in self.copies for old, id in ids.items() if node in ("", old)]
        return [f"{id}{slash}{deeper}" for id in reached] or [path]

    def _promotions(self) -> None:
        """What the surrounding block promoted of the instance reaches the nodes themselves."""
        outer = self.document.blocks[self.scope]
        promoted: list[Promotion] = []
        for p in outer.promoted:
            if p.node != self.instance.id:
                promoted.append(p)
                continue
            reached = [q for q in self.block.promoted if q.name == p.param]
            promoted += [
                Promotion(p.name, ids[q.node], q.param) for ids in self.copies for q in reached if q.node in ids
            ]
        self.draft.put(MAIN, replace(outer, promoted=tuple(promoted)))

    def _id(self, id: str, prefix: str, copy: int) -> str:
        """The id itself where the block goes and nobody else has it."""
        outer = self.document.graph(self.scope)
        free = not any(id in held for held in (outer, outer.links, outer.frames, outer.notes))
        return id if self.last and not copy and free else self.document.new_id(prefix)

    def _offset(self, copy: int) -> tuple[float, float]:
        if not self.body:
            return 0.0, 0.0
        left, right, middle = box(self.body)
        return self.instance.x - middle[0] + copy * (right - left + _GAP), self.instance.y - middle[1]


def _chain(entries: list[str], exits: list[str], ends: Mapping[str, End]) -> dict[str, End]:
    """The outputs of one repetition as the inputs of the next, in order."""
    return {entry: ends[exit_] for entry, exit_ in zip(entries, exits, strict=False) if exit_ in ends}


def _check_alone(document: Document, scope: str, instance: Node) -> None:
    graph, label = graph_of(document, scope), document.label(scope, instance.id)
    if instance.shares or any(node.shares == instance.id for node in graph.nodes):
        raise LayerloomError(f"{label} shares its weights; give it weights of its own first.", code="shared")
    if instance.solver is not None:
        text = f"{label} is solved as a differential equation, which its inside does not tell. Take it off first."
        raise LayerloomError(text, code="solver", node=instance.id)
    size = len(document.graph(instance.block)) * instance.repeat
    if size > _MOST:
        raise LayerloomError(f"Unpacking {label} would make {size} nodes; the most is {_MOST}.", code="too-large")
