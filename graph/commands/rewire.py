"""Wires of a node as a whole: swap its inputs, take it out of its wires; the bends by which a wire is led."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, replace

from core.problem import LayerloomError
from graph import fields
from graph.commands.base import Command, Draft, graph_of, names, node_of, spec_of
from graph.commands.links import link_of
from graph.commands.removal import heal_wires
from graph.document import Document
from graph.graph import Graph
from graph.records import MAIN, Bends, Change, Link


@dataclass(frozen=True)
class BendLinks(Command):
    """The points that wires are led through, by the wire's id; none: it finds its way by itself."""

    bends: Mapping[str, Bends]
    scope: str = MAIN
    token: Hashable = None

    def changes(self, document: Document) -> list[Change]:
        draft = Draft(document)
        for id, bends in self.bends.items():
            link = link_of(document, self.scope, id)
            try:
                draft.put(self.scope, replace(link, bends=fields.read_bends(bends)))
            except ValueError as error:
                raise LayerloomError(f"The wire {id}: {error}", code="value") from error
        return draft.changes

    def describe(self, document: Document) -> str:
        what = "wire" if len(self.bends) == 1 else f"{len(self.bends)} wires"
        return f"{'Bend' if any(self.bends.values()) else 'Straighten'} {what}"

    @property
    def merge_key(self) -> Hashable | None:
        return None if self.token is None else ("bend", self.scope, *self.bends, self.token)


@dataclass(frozen=True)
class SwapInputs(Command):
    """The wires of a node move on to its next inputs in turn: of two inputs, they change places."""

    node: str
    scope: str = MAIN

    def changes(self, document: Document) -> list[Change]:
        node = node_of(document, self.scope, self.node)
        incoming = graph_of(document, self.scope).incoming(node.id)
        spec, label = spec_of(document, node.layer), document.label(self.scope, node.id)
        used = [link.target_port for link in incoming]
        ends = [e for port in spec.inputs for e in (_ends(used, port.id) if port.variadic else [port.id])]
        if len(ends) < 2 or not incoming:
            raise LayerloomError(f"{label} has no two inputs to swap.", code="no-port", node=node.id)
        draft = Draft(document)
        for link in incoming:
            draft.drop(self.scope, link)
        for link in incoming:
            following = ends[(ends.index(link.target_port) + 1) % len(ends)] if link.target_port in ends else ""
            draft.put(self.scope, replace(link, target_port=following or link.target_port))
        return draft.changes

    def describe(self, document: Document) -> str:
        node_of(document, self.scope, self.node)
        return f"Swap the inputs of {document.label(self.scope, self.node)}"


@dataclass(frozen=True)
class Detach(Command):
    """Nodes leave their wires, those among themselves excepted; what fed them feeds what they fed."""

    nodes: tuple[str, ...]
    scope: str = MAIN

    def changes(self, document: Document) -> list[Change]:
        graph, draft, inside = graph_of(document, self.scope), Draft(document), set(self.nodes)
        for id in self.nodes:
            node_of(document, self.scope, id)
        heal_wires(draft, self.scope, graph, self.nodes)
        for link in crossing(graph, inside):
            now = draft.now(self.scope, link)
            if now is not None and (now.source in inside) != (now.target in inside):
                draft.drop(self.scope, now)
        return draft.changes

    def describe(self, document: Document) -> str:
        return f"Detach {names(document, self.scope, self.nodes)}"


def crossing(graph: Graph, inside: set[str]) -> list[Link]:
    """The wires that lead from these nodes to others, or the other way."""
    links = {link.id: link for id in inside for link in (*graph.incoming(id), *graph.outgoing(id))}
    return [link for link in links.values() if (link.source in inside) != (link.target in inside)]


def _ends(used: list[str], port: str) -> list[str]:
    return [end for end in used if end.partition(".")[0] == port]
