"""What must go along when nodes go."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from graph.blocks import instances
from graph.commands.base import Draft
from graph.graph import Graph, end_port
from graph.records import Link, Promotion


def remove_nodes(draft: Draft, scope: str, nodes: Iterable[str], *, heal: bool = False) -> None:
    """The nodes and their wires go; nothing that stays refers to them any longer."""
    graph = draft.document.graph(scope)
    gone = dict.fromkeys(nodes)
    if heal:
        heal_wires(draft, scope, graph, gone)
    for node in gone:
        for link in (*graph.incoming(node), *graph.outgoing(node)):
            now = draft.now(scope, link)
            if now is not None and (now.source in gone or now.target in gone):
                draft.drop(scope, now)
    _release(draft, scope, graph, gone)
    if scope:
        _close_ports(draft, scope, gone)
    for node in gone:
        draft.drop(scope, graph.node(node))


def heal_wires(draft: Draft, scope: str, graph: Graph, gone: Iterable[str]) -> None:
    """Wires that leave the removed nodes start instead where the one wire into them comes from."""
    gone = set(gone)
    for node in sorted(gone):
        for link in graph.outgoing(node):
            if link.target not in gone and (feed := _feed(graph, node, gone)):
                draft.put(scope, replace(link, source=feed.source, source_port=feed.source_port))


def _feed(graph: Graph, node: str, gone: set[str]) -> Link | None:
    """The wire that enters a chain of removed one-input, one-output nodes which ends at `node`."""
    feed: Link | None = None
    while node in gone:
        incoming, outgoing = graph.incoming(node), graph.outgoing(node)
        if len(incoming) != 1 or len({link.source_port for link in outgoing}) != 1:
            return None
        feed = incoming[0]
        node = feed.source
    return feed


def _release(draft: Draft, scope: str, graph: Graph, gone: Iterable[str]) -> None:
    gone = set(gone)
    for node in graph.nodes:
        if node.shares in gone and node.id not in gone:
            draft.put(scope, replace(node, shares=""))
    for note in graph.notes.values():
        now = draft.now(scope, note)
        if now is not None and now.node in gone:
            draft.put(scope, replace(now, node=""))


def _close_ports(draft: Draft, scope: str, gone: Iterable[str]) -> None:
    """Entries and exits that go take the wires at their ports with them; promotions of what goes end."""
    document, gone = draft.document, set(gone)
    for outer, instance in instances(document, scope):
        graph = document.graph(outer)
        for link in (*graph.incoming(instance.id), *graph.outgoing(instance.id)):
            now = draft.now(outer, link)
            if now is not None and gone & _ports_at(now, instance.id):
                draft.drop(outer, now)
    record = draft.now("", document.blocks[scope]) or document.blocks[scope]
    kept = tuple(p for p in record.promoted if p.node not in gone)
    set_promotions(draft, scope, kept)


def set_promotions(draft: Draft, block: str, promoted: tuple[Promotion, ...]) -> None:
    """The block promotes these; instances forget the values of names that are promoted no longer, and the blocks
    around them what they promoted of these."""
    record = draft.now("", draft.document.blocks[block]) or draft.document.blocks[block]
    lost = {p.name for p in record.promoted} - {p.name for p in promoted}
    draft.put("", replace(record, promoted=promoted))
    for outer, instance in instances(draft.document, block) if lost else ():
        if outer:
            held = draft.now("", draft.document.blocks[outer]) or draft.document.blocks[outer]
            passed = tuple(p for p in held.promoted if p.node != instance.id or p.param not in lost)
            set_promotions(draft, outer, passed)
        now = draft.now(outer, instance)
        if now is not None and lost & set(now.params):
            kept = {name: value for name, value in now.params.items() if name not in lost}
            draft.put(outer, replace(now, params=kept))


def _ports_at(link: Link, node: str) -> set[str]:
    """The ports of the node at which the wire ends."""
    entering = {end_port(link.target_port)} if link.target == node else set()
    return entering | ({link.source_port} if link.source == node else set())
