"""From a selection to a block and back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from core.problem import LayerloomError
from core.spec.layer import Role
from graph.commands.base import Command, Draft, graph_of, names, node_of
from graph.commands.blocks import free_name
from graph.commands.trained import rename_trained
from graph.document import Document
from graph.graph import Graph, end_port, id_order
from graph.records import BLOCK_PREFIX, MAIN, Block, Change, Link, Node, Promotion, Record

_OUTSIDE = (Role.INPUT, Role.TARGET, Role.OUTPUT, Role.LOSS, Role.ENTRY, Role.EXIT, Role.TIME)
_GAP = 220.0  # canvas units between the contents of a new block and its ports
_SNAP = 10.0


@dataclass(frozen=True)
class MakeBlock(Command):
    """The nodes become the inside of a new block, with one instance in their place.

    Each output that fed the selection becomes an input of the block, each output of it that was used outside an output.
    """

    nodes: tuple[str, ...]
    name: str = ""
    scope: str = MAIN
    block: str = ""
    instance: str = ""

    def changes(self, document: Document) -> list[Change]:
        graph, inside = graph_of(document, self.scope), set(self.nodes)
        for id in (self.block, self.instance):
            if id and document.holds(id):
                raise LayerloomError(f"The id {id} is taken.", code="taken")
        _check_selection(document, self.scope, graph, inside)
        block = Block(self.block or document.new_id("b"), self.name or free_name(document, "Block"))
        return _Packing(document, self.scope, inside, block, self.instance or document.new_id()).changes()

    def describe(self, document: Document) -> str:
        return f"Make a block of {names(document, self.scope, self.nodes)}"


class _Packing:
    def __init__(self, document: Document, scope: str, inside: set[str], block: Block, instance: str) -> None:
        self.document, self.scope, self.block, self.instance = document, scope, block, instance
        self.graph, self.draft = document.graph(scope), Draft(document)
        self.nodes = [self.graph.node(n) for n in sorted(inside, key=id_order)]
        links = self.graph.links.values()
        self.inner = [link for link in links if link.source in inside and link.target in inside]
        self.entering = _by_source(link for link in links if link.target in inside and link.source not in inside)
        self.leaving = _by_source(link for link in links if link.source in inside and link.target not in inside)
        self.inside = inside

    def changes(self) -> list[Change]:
        outside = [link for links in (*self.entering, *self.leaving) for link in links]
        notes = [note for note in self.graph.notes.values() if note.node in self.inside]
        out: list[Record] = [*self.inner, *outside, *notes, *self.nodes]
        for record in out:
            self.draft.drop(self.scope, record)
        self.draft.put(MAIN, self.block)
        into: list[Record] = [*self.nodes, *self.inner, *notes]
        for record in into:
            self.draft.put(self.block.id, record)
        left, right, middle = box(self.nodes)
        self.draft.put(self.scope, Node(self.instance, BLOCK_PREFIX + self.block.id, x=middle[0], y=middle[1]))
        self._entries(left - _GAP)
        self._exits(right + _GAP)
        if self.scope:
            self._promotions()
        rename_trained(self.draft, self.scope, lambda path: (self._renamed(path),))
        return self.draft.changes

    def _renamed(self, path: str) -> str:
        return f"{self.instance}/{path}" if path.partition("/")[0] in self.inside else path

    def _entries(self, x: float) -> None:
        labels = _port_names([end_port(links[0].target_port) for links in self.entering])
        for i, (links, name) in enumerate(zip(self.entering, labels, strict=True)):
            y = self.graph.node(links[0].target).y
            port = self._port("entry", name, i, x, y)
            for link in links:
                self.draft.put(self.block.id, replace(link, source=port.id, source_port="y"))
            outer = replace(links[0], id=self.draft.new_id("l"), target=self.instance, target_port=port.id, bends=())
            self.draft.put(self.scope, outer)

    def _exits(self, x: float) -> None:
        labels = _port_names([links[0].source_port for links in self.leaving])
        for i, (links, name) in enumerate(zip(self.leaving, labels, strict=True)):
            y = self.graph.node(links[0].source).y
            port = self._port("exit", name, i, x, y)
            inner = replace(links[0], id=self.draft.new_id("l"), target=port.id, target_port="x", bends=())
            self.draft.put(self.block.id, inner)
            for link in links:
                self.draft.put(self.scope, replace(link, source=self.instance, source_port=port.id, bends=()))

    def _port(self, layer: str, name: str, position: int, x: float, y: float) -> Node:
        params = {"position": position} if position else {}
        port = Node(self.draft.new_id(), layer, name=name, params=params, x=x, y=y)
        self.draft.put(self.block.id, port)
        return port

    def _promotions(self) -> None:
        """What the surrounding block promotes of these nodes is promoted through the new block."""
        outer = self.document.blocks[self.scope]
        moved = tuple(p for p in outer.promoted if p.node in self.inside)
        if moved:
            self.draft.put(MAIN, replace(self.block, promoted=moved))
            through = (Promotion(p.name, self.instance, p.name) if p.node in self.inside else p for p in outer.promoted)
            self.draft.put(MAIN, replace(outer, promoted=tuple(dict.fromkeys(through))))


def _check_selection(document: Document, scope: str, graph: Graph, inside: set[str]) -> None:
    """Raises LayerloomError where the nodes cannot be a block."""
    if not inside:
        raise LayerloomError("Select the nodes that shall become a block.", code="nothing")
    for id in sorted(inside):
        node = node_of(document, scope, id)
        spec, label = document.spec(node.layer), document.label(scope, id)
        if spec is not None and spec.role in _OUTSIDE:
            raise LayerloomError(
                f"{label} must stay outside of blocks: inputs, targets, outputs and losses belong to the whole design, "
                "and the time to the block that is solved.",
                code="role",
                node=id,
            )
    for node in graph.nodes:
        if node.shares and (node.shares in inside) != (node.id in inside):
            pair = f"{document.label(scope, node.id)} shares the weights of {document.label(scope, node.shares)}"
            raise LayerloomError(f"{pair}; both must go into the block, or none.", code="shared", node=node.id)
    between = sorted((graph.downstream(inside) & graph.upstream(inside)) - inside, key=id_order)
    if between:
        raise LayerloomError(
            f"{document.label(scope, between[0])} lies between the selected nodes; select it too.",
            code="between",
            node=between[0],
        )


def _by_source(links: Iterable[Link]) -> list[list[Link]]:
    """The wires grouped by the output that they come from, in the order of ids."""
    groups: dict[tuple[str, str], list[Link]] = {}
    for link in sorted(links, key=lambda link: id_order(link.id)):
        groups.setdefault((link.source, link.source_port), []).append(link)
    return list(groups.values())


def _port_names(ports: list[str]) -> list[str]:
    """Names for the ports of a new block: none for the only one; else those of the ports behind, told apart."""
    if len(ports) < 2:
        return [""] * len(ports)
    return [port if ports.count(port) == 1 else f"{port}{ports[:i].count(port) + 1}" for i, port in enumerate(ports)]


def box(nodes: Sequence[Node]) -> tuple[float, float, tuple[float, float]]:
    """Left and right of the nodes' corners, and the middle of their box on the grid."""
    xs, ys = [node.x for node in nodes], [node.y for node in nodes]
    middle = tuple(round((min(v) + max(v)) / 2 / _SNAP) * _SNAP for v in (xs, ys))
    return min(xs), max(xs), (middle[0], middle[1])
