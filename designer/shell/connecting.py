"""A wire by name: what the selected node can feed, and what can feed it, found by a few letters."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from designer import icons
from designer.session import Session
from designer.shell.launcher import Entry
from graph.commands import Connect
from graph.records import Link, Node
from graph.wiring import refusal

JUDGED = 2000  # wires that are looked at one by one; beyond, what does not fit is told when it is chosen


def connection_entries(session: Session) -> list[Entry]:
    """Every wire that can be drawn at the selected node, those into free inputs first; none unless one is selected."""
    selection = session.selection
    if not selection.node:
        return []
    links = [*_outward(session, selection.node), *_inward(session, selection.node)]
    graph = session.document.graph(selection.scope)
    if len(links) <= JUDGED:
        links = [link for link in links if _fits(session, link)]
    links.sort(key=lambda link: graph.link_into(link.target, link.target_port) is not None)
    return [_entry(session, link) for link in links]


def _fits(session: Session, link: Link) -> bool:
    return refusal(session.document, session.inference, session.selection.path, link) is None


def _outward(session: Session, node: str) -> Iterator[Link]:
    graph = session.document.graph(session.selection.scope)
    before = graph.upstream({node})
    for other in graph.nodes:
        if other.id not in before:
            yield from _links(session, graph.node(node), other)


def _inward(session: Session, node: str) -> Iterator[Link]:
    graph = session.document.graph(session.selection.scope)
    behind = graph.downstream({node})
    for other in graph.nodes:
        if other.id not in behind:
            yield from _links(session, other, graph.node(node))


def _links(session: Session, giver: Node, taker: Node) -> Iterator[Link]:
    """Every wire from one node to the other that is not there yet."""
    gives, takes = session.document.spec(giver.layer), session.document.spec(taker.layer)
    if gives is None or takes is None:
        return
    there = session.document.graph(session.selection.scope).incoming(taker.id)
    present = {(link.source, link.source_port, link.target_port.partition(".")[0]) for link in there}
    for output in gives.outputs:
        for input in takes.inputs:
            if (giver.id, output.id, input.id) not in present:
                yield Link("", giver.id, output.id, taker.id, input.id)


def _entry(session: Session, link: Link) -> Entry:
    selection, labels = session.selection, session.inference.labels
    leads_away = link.source == selection.node
    other = link.target if leads_away else link.source
    spec = session.document.spec(session.document.graph(selection.scope).node(other).layer)
    here, there = (labels.of(selection.scope, node) for node in (selection.node, other))
    replaces = session.document.graph(selection.scope).link_into(link.target, link.target_port)
    instead = f", instead of {labels.of(selection.scope, replaces.source)}" if replaces is not None else ""
    port = _port_name(session, link)
    label = f"To {there}{port}" if leads_away else f"From {there} into {here}{port}"
    ends = (link.source, link.source_port, link.target, link.target_port)
    connect = partial(session.do, Connect(*ends, scope=selection.scope, replace=replaces is not None))
    icon, words = (icons.of_layer(spec), spec.keywords) if spec else ("link", ())
    return Entry(label, f"from {here}{instead}" if leads_away else instead.lstrip(", "), connect, icon, words=words)


def _port_name(session: Session, link: Link) -> str:
    """Which input, where the node has several."""
    spec = session.document.spec(session.document.graph(session.selection.scope).node(link.target).layer)
    if spec is None or len(spec.inputs) < 2:
        return ""
    port = spec.input[link.target_port]
    return f" · {port.title}"
