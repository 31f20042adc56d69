"""Wires: connect, disconnect, split by a node."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass, replace

from core.problem import LayerloomError
from core.spec.layer import LayerSpec
from graph.commands.base import Command, graph_of, node_of, spec_of
from graph.commands.nodes import new_node
from graph.document import Document
from graph.graph import Graph, end_port
from graph.records import MAIN, Bends, Change, Link, Node


@dataclass(frozen=True)
class Connect(Command):
    """A wire from an output port to an input end; the bare name of a variadic port means its next free end.

    With `replace`, what already enters there is taken away.
    """

    source: str
    source_port: str
    target: str
    target_port: str
    scope: str = MAIN
    replace: bool = False
    id: str = ""

    def changes(self, document: Document) -> list[Change]:
        graph = graph_of(document, self.scope)
        end = self._end(document, graph)
        link = Link(self.id or document.new_id("l"), self.source, self.source_port, self.target, end)
        occupant = graph.link_into(self.target, end)
        if not (self.replace and occupant):
            return [Change(self.scope, None, link)]
        if (occupant.source, occupant.source_port) == (self.source, self.source_port):
            return []
        return [Change(self.scope, occupant, None), Change(self.scope, None, link)]

    def _end(self, document: Document, graph: Graph) -> str:
        source, target = (node_of(document, self.scope, n) for n in (self.source, self.target))
        giver, taker = document.spec(source.layer), document.spec(target.layer)
        if giver is not None and self.source_port not in giver.output:
            raise _no_port(document.label(self.scope, self.source), "output", self.source_port, giver.output)
        if taker is None:
            return self.target_port
        port = taker.input.get(end_port(self.target_port))
        if port is None or (not port.variadic and "." in self.target_port):
            raise _no_port(document.label(self.scope, self.target), "input", self.target_port, taker.input)
        return (
            free_end(graph, self.target, port.id) if port.variadic and port.id == self.target_port else self.target_port
        )

    def describe(self, document: Document) -> str:
        return f"Connect {_label(document, self.scope, self.source)} to {_label(document, self.scope, self.target)}"


@dataclass(frozen=True)
class Disconnect(Command):
    """Take wires away."""

    links: tuple[str, ...]
    scope: str = MAIN

    def changes(self, document: Document) -> list[Change]:
        return [Change(self.scope, link_of(document, self.scope, id), None) for id in dict.fromkeys(self.links)]

    def describe(self, document: Document) -> str:
        if len(self.links) != 1:
            return f"Disconnect {len(self.links)} wires"
        link = link_of(document, self.scope, self.links[0])
        return (
            f"Disconnect {_label(document, self.scope, link.source)} from {_label(document, self.scope, link.target)}"
        )


@dataclass(frozen=True)
class InsertOnLink(Command):
    """Split a wire: its source goes to the node's first free input, the node's first output to its target.

    `node` is one of the drawing or, if the drawing has none of its id, a new one.
    """

    link: str
    node: Node
    scope: str = MAIN

    def changes(self, document: Document) -> list[Change]:
        graph, old = graph_of(document, self.scope), link_of(document, self.scope, self.link)
        node = graph.node(self.node.id) if self.node.id in graph else new_node(document, self.scope, self.node)
        spec = spec_of(document, node.layer)
        end = first_free_input(graph, node.id, spec)
        if end is None or not spec.outputs:
            raise LayerloomError(f"{spec.label} needs a free input and an output to stand on a wire.", code="no-port")
        if node.id in (old.source, old.target):
            raise LayerloomError(f"{spec.label} already ends this wire.", code="no-port")
        before, after = _split(old, self.node.x)
        into = Link(document.new_id("l"), old.source, old.source_port, node.id, end, bends=before)
        onward = replace(old, source=node.id, source_port=spec.outputs[0].id, bends=after)
        add = [] if node.id in graph else [Change(self.scope, None, node)]
        return [*add, Change(self.scope, old, onward), Change(self.scope, None, into)]

    def describe(self, document: Document) -> str:
        link = link_of(document, self.scope, self.link)
        spec = document.spec(self.node.layer)
        ends = f"{_label(document, self.scope, link.source)} and {_label(document, self.scope, link.target)}"
        return f"Insert {self.node.name or (spec.label if spec else self.node.layer)} between {ends}"


def _split(link: Link, x: float) -> tuple[Bends, Bends]:
    """The bends of a wire before a node that is put on it, and those behind it."""
    before = tuple(itertools.takewhile(lambda bend: bend[0] < x, link.bends))
    return before, link.bends[len(before) :]


def link_of(document: Document, scope: str, link: str) -> Link:
    """Raises LayerloomError where there is no such wire."""
    links = graph_of(document, scope).links
    if link not in links:
        raise LayerloomError(f"There is no wire {link}; it may have been removed.", code="missing-link")
    return links[link]


def free_end(graph: Graph, node: str, port: str) -> str:
    """The end of a variadic port after the last one in use: ``xs.0``, ``xs.1``, …"""
    used = [link.target_port for link in graph.incoming(node)] if node in graph else []
    indices = [int(i) for p, _, i in (end.partition(".") for end in used) if p == port and i.isdecimal()]
    return f"{port}.{max(indices, default=-1) + 1}"


def first_free_input(graph: Graph, node: str, spec: LayerSpec) -> str | None:
    """The first input end that a wire may enter; None where each is taken."""
    used = {link.target_port for link in graph.incoming(node)} if node in graph else set()
    for port in spec.inputs:
        if port.variadic:
            return free_end(graph, node, port.id)
        if port.id not in used:
            return port.id
    return None


def _label(document: Document, scope: str, node: str) -> str:
    return document.label(scope, node) if node in graph_of(document, scope) else node


def _no_port(node: str, side: str, port: str, known: Iterable[str]) -> LayerloomError:
    return LayerloomError(f"{node} has no {side} {port}; it has: {', '.join(known) or 'none'}.", code="no-port")
