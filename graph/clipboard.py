"""Copy and paste: a part of a drawing as text, which any document can take in.

The text is JSON with a mark, in the format of a design file. Blocks that are used go along.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from core.problem import LayerloomError
from graph.commands.base import Changes, Draft, graph_of
from graph.commands.blocks import free_name
from graph.decoding import read_blocks
from graph.document import Document
from graph.encoding import plain_block, plain_graph, plain_layout
from graph.graph import Graph, id_order
from graph.migrations import FORMAT, migrate
from graph.plain import parse
from graph.reading import Findings, GraphReader, part
from graph.records import BLOCK_PREFIX, MAIN, Block, Frame, Link, Node, Note, shifted

_MARK = "layerloom clipboard"
_NAME = "The clipboard"
_BESIDE = 40.0  # canvas units right of and below the original, where no place is given


@dataclass(frozen=True)
class Pasted(Changes):
    """A paste, ready to be done; `items` are the new nodes, frames and notes, to be selected."""

    items: tuple[str, ...] = ()


def copy(document: Document, scope: str, items: Iterable[str]) -> str:
    """The text of nodes, frames and notes of a scope, by id: wires among the nodes, notes bound to them, and wires that
    enter them from outside (kept apart) go along. Ids that are gone are passed over."""
    graph, chosen = graph_of(document, scope), set(items)
    nodes = sorted((id for id in chosen if id in graph), key=id_order)
    incoming = [link for id in nodes for link in graph.incoming(id) if link.source not in chosen]
    blocks = _used_blocks(document, (graph.node(id) for id in nodes))
    data = {
        "kind": _MARK,
        "format": FORMAT,
        "origin": document.token,
        "scope": scope,
        **plain_graph(graph, nodes),
        "layout": {
            **plain_layout(graph, chosen),
            "blocks": {id: plain_layout(document.graph(id)) for id in blocks},
        },
        "incoming": {link.id: [link.source, link.source_port, link.target, link.target_port] for link in incoming},
        "blocks": {id: plain_block(document, document.blocks[id]) for id in blocks},
    }
    return json.dumps(data, ensure_ascii=False, allow_nan=False, indent=1)


def paste(
    document: Document, scope: str, text: str, at: tuple[float, float] | None = None, *, incoming: bool = False
) -> Pasted | None:
    """The act that puts copied text into a scope, with ids of its own; None where the text is something else.

    `at` is where its top left corner goes (by default, beside the original). With `incoming`, wires from outside are
    drawn too if it is pasted where it was copied. Blocks come along, unless the document has them.

    Raises:
        LayerloomError: a later version of Layerloom copied it, or the scope is gone.
    """
    graph_of(document, scope)
    try:
        data, _ = parse(text, _NAME)
    except LayerloomError:
        return None
    if data.get("kind") != _MARK:
        return None
    return _Pasting(document, scope, migrate(data, _NAME)).pasted(at, incoming)


def _used_blocks(document: Document, nodes: Iterable[Node]) -> list[str]:
    """The blocks of the nodes, and the blocks inside these."""
    used, todo = dict[str, None](), [node.block for node in nodes]
    while todo:
        block = todo.pop()
        if block in document.blocks and block not in used:
            used[block] = None
            todo += [node.block for node in document.graph(block).nodes]
    return sorted(used, key=id_order)


class _Pasting:
    """Works out the changes: first which blocks are new, then the ids, then the records under them."""

    def __init__(self, document: Document, scope: str, data: Mapping[str, Any]) -> None:
        self.document, self.scope, self.data = document, scope, data
        self.draft, findings = Draft(document), Findings()
        self.same_document = data.get("origin") == document.token
        layout, self.plain_blocks = part(findings, data, "layout"), part(findings, data, "blocks")
        self.blocks, self.graphs = read_blocks(data, layout, document.catalog, findings)
        self.graph = GraphReader(document.catalog, self.blocks, findings).read(data, layout)
        self.new = [id for id in self.blocks if not self._has(id)]
        self.layers = {BLOCK_PREFIX + id: BLOCK_PREFIX + document.new_id("b") for id in self.new}
        self.ids = {id: {n: document.new_id() for n in self.graphs[id].node_ids} for id in self.new}

    def pasted(self, at: tuple[float, float] | None, incoming: bool) -> Pasted | None:
        graph = self.graph
        if graph.is_empty:
            return None
        for id in self.new:
            self._block(id)
        items: list[Node | Frame | Note] = [*graph.nodes, *graph.frames.values(), *graph.notes.values()]
        left, top = min(item.x for item in items), min(item.y for item in items)
        shift = (at[0] - left, at[1] - top) if at else (_BESIDE, _BESIDE)
        ids = {id: self.document.new_id() for id in graph.node_ids}
        decor = self._put(self.scope, graph, ids, shift)
        if incoming and self.same_document and self.data.get("scope") == self.scope:
            self._incoming(ids)
        label = f"Paste {self._what(graph)}"
        return Pasted(label, tuple(self.draft.changes), (*ids.values(), *decor))

    def _what(self, graph: Graph) -> str:
        if len(graph) == 1:
            (node,) = graph.nodes
            block, spec = self.blocks.get(node.block), self.document.spec(node.layer)
            return node.name or (block.name if block else spec.label if spec else node.layer)
        return f"{len(graph)} nodes" if len(graph) else "notes"

    def _has(self, id: str, seen: frozenset[str] = frozenset()) -> bool:
        """Whether the document has this very block: its own, or one that equals it with all that is inside."""
        if id not in self.document.blocks or id in seen:
            return False
        if self.same_document:
            return True
        inner = {node.block for node in self.graphs[id].nodes if node.block}
        equal = json.dumps(plain_block(self.document, self.document.blocks[id]), sort_keys=True) == json.dumps(
            self.plain_blocks[id], sort_keys=True
        )
        return equal and all(self._has(block, seen | {id}) for block in inner)

    def _block(self, id: str) -> None:
        ids, block = self.ids[id], self.blocks[id]
        new = self.layers[BLOCK_PREFIX + id].removeprefix(BLOCK_PREFIX)
        promoted = tuple(replace(p, node=ids[p.node]) for p in block.promoted)
        name = free_name(self.document, block.name)
        self.draft.put(MAIN, Block(new, name, block.doc, promoted, block.extra))
        self._put(new, self.graphs[id], ids, (0.0, 0.0))

    def _put(self, scope: str, graph: Graph, ids: Mapping[str, str], shift: tuple[float, float]) -> list[str]:
        """The records of a graph under their new ids; the ids of its frames and notes."""
        dx, dy = shift
        for node in graph.nodes:
            shares, layer = ids.get(node.shares, ""), self.layers.get(node.layer, node.layer)
            moved = replace(node, id=ids[node.id], layer=layer, shares=shares, x=node.x + dx, y=node.y + dy)
            self.draft.put(scope, moved)
        for link in graph.links.values():
            self.draft.put(scope, replace(self._link(graph, link, ids), bends=shifted(link.bends, dx, dy)))
        new = self.document.new_id
        frames = [replace(f, id=new("f"), x=f.x + dx, y=f.y + dy) for f in graph.frames.values()]
        notes = [
            replace(n, id=new("t"), node=ids.get(n.node, ""), x=n.x + dx, y=n.y + dy) for n in graph.notes.values()
        ]
        decor: list[Frame | Note] = [*frames, *notes]
        for item in decor:
            self.draft.put(scope, item)
        return [item.id for item in decor]

    def _link(self, graph: Graph, link: Link, ids: Mapping[str, str]) -> Link:
        """The wire between the new nodes; ports of a new block are called by the new ids of its entries and exits."""
        giver, taker = graph.node(link.source).block, graph.node(link.target).block
        return replace(
            link,
            id=self.document.new_id("l"),
            source=ids[link.source],
            source_port=self.ids.get(giver, {}).get(link.source_port, link.source_port),
            target=ids[link.target],
            target_port=self.ids.get(taker, {}).get(link.target_port, link.target_port),
        )

    def _incoming(self, ids: Mapping[str, str]) -> None:
        held = self.document.graph(self.scope)
        rows = self.data.get("incoming")
        for row in rows.values() if isinstance(rows, dict) else ():
            if _is_row(row) and row[0] in held and row[2] in ids:
                link = Link(self.document.new_id("l"), row[0], row[1], ids[row[2]], row[3])
                self.draft.put(self.scope, link)


def _is_row(row: Any) -> bool:
    return isinstance(row, Sequence) and len(row) == 4 and all(isinstance(end, str) for end in row)
