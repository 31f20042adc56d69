"""One graph of a document: nodes and links in a ``networkx.MultiDiGraph``, and the questions asked of it."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import networkx as nx

from graph.records import Frame, Link, Node, Note


class Graph:
    """Records by id, and the topology. Changed by `Document.apply` alone.

    The neighbours of a node are asked for thousands of times in one edit, so they are read from the dictionaries that
    networkx gives subclasses; its views take ten times as long.
    """

    def __init__(self) -> None:
        self.nx: nx.MultiDiGraph[str] = nx.MultiDiGraph()
        self._nodes: dict[str, Node] = {}
        self._links: dict[str, Link] = {}
        self.frames: dict[str, Frame] = {}
        self.notes: dict[str, Note] = {}
        self._order: tuple[str, ...] | None = None
        self._incoming: dict[str, tuple[Link, ...]] = {}  # answers kept until a link of the node comes or goes
        self._outgoing: dict[str, tuple[Link, ...]] = {}

    @property
    def node_ids(self) -> tuple[str, ...]:
        return tuple(self._nodes)

    @property
    def nodes(self) -> Iterator[Node]:
        return iter(self._nodes.values())

    @property
    def links(self) -> Mapping[str, Link]:
        return self._links

    def __len__(self) -> int:
        return len(self._nodes)

    def __contains__(self, node: object) -> bool:
        return node in self._nodes

    def node(self, id: str) -> Node:
        """Raises KeyError where there is none."""
        return self._nodes[id]

    def incoming(self, node: str) -> tuple[Link, ...]:
        """The links into a node, sorted by port end (``xs.2`` before ``xs.10``); none where there is no such node."""
        if node not in self._incoming:
            links = [self._links[key] for keys in self.nx._pred.get(node, {}).values() for key in keys]
            self._incoming[node] = tuple(sorted(links, key=lambda link: end_order(link.target_port)))
        return self._incoming[node]

    def outgoing(self, node: str) -> tuple[Link, ...]:
        if node not in self._outgoing:
            self._outgoing[node] = tuple(
                [self._links[key] for keys in self.nx._succ.get(node, {}).values() for key in keys]
            )
        return self._outgoing[node]

    def is_linked(self, node: str) -> bool:
        return bool(self.nx._pred[node] or self.nx._succ[node])

    def link_into(self, node: str, port: str) -> Link | None:
        """The link that ends at this port end, if any."""
        return next((link for link in self.incoming(node) if link.target_port == port), None)

    @property
    def is_empty(self) -> bool:
        return not (self._nodes or self.frames or self.notes)

    def order(self) -> list[str]:
        """Node ids, each after all that it depends on; ties by id (``n2`` before ``n10``), so the way that the drawing
        was made leaves no trace. Kept until nodes or links come or go.

        Raises:
            ValueError: the links close a circle.
        """
        if self._order is None:
            self._order = self._sorted()
        return list(self._order)

    def _sorted(self) -> tuple[str, ...]:
        waiting = dict(self.nx.in_degree())
        ready = [(id_order(n), n) for n, count in waiting.items() if not count]
        heapq.heapify(ready)
        order: list[str] = []
        while ready:
            node = heapq.heappop(ready)[1]
            order.append(node)
            for successor, edges in self.nx.succ[node].items():
                waiting[successor] -= len(edges)
                if not waiting[successor]:
                    heapq.heappush(ready, (id_order(successor), successor))
        if len(order) != len(self.nx):
            raise ValueError("The links close a circle.")
        return tuple(order)

    def is_acyclic(self) -> bool:
        try:
            self.order()
        except ValueError:
            return False
        return True

    def downstream(self, nodes: set[str]) -> set[str]:
        """The given nodes and all that depend on them."""
        return self._reach(nodes, self.nx.successors)

    def upstream(self, nodes: set[str]) -> set[str]:
        """The given nodes and all that they depend on."""
        return self._reach(nodes, self.nx.predecessors)

    def would_cycle(self, source: str, target: str) -> bool:
        """Whether a link from source to target would close a circle. Linear in the graph."""
        return source in self.downstream({target})

    @staticmethod
    def _reach(start: set[str], step: Any) -> set[str]:
        seen, todo = set(start), list(start)
        while todo:
            for neighbour in step(todo.pop()):
                if neighbour not in seen:
                    seen.add(neighbour)
                    todo.append(neighbour)
        return seen

    def put_node(self, id: str, node: Node | None) -> None:
        if node is None:
            self._order = None
            self.nx.remove_node(id)
            del self._nodes[id]
            self._incoming.pop(id, None)
            self._outgoing.pop(id, None)
            return
        if id not in self._nodes:
            self._order = None
            self.nx.add_node(id)
        self._nodes[id] = node

    def put_link(self, before: Link | None, after: Link | None) -> None:
        self._order = None
        for link in filter(None, (before, after)):
            self._outgoing.pop(link.source, None)
            self._incoming.pop(link.target, None)
        if before is not None:
            del self._links[before.id]
            self.nx.remove_edge(before.source, before.target, key=before.id)
        if after is not None:
            self._links[after.id] = after
            self.nx.add_edge(after.source, after.target, key=after.id)

    def fill(self, nodes: Iterable[Node], links: Iterable[Link]) -> None:
        """Put many records at once, unchecked."""
        self._order = None
        self._incoming.clear()
        self._outgoing.clear()
        self._nodes.update((node.id, node) for node in nodes)
        self.nx.add_nodes_from(self._nodes)
        for link in links:
            self._links[link.id] = link
            self.nx.add_edge(link.source, link.target, key=link.id)


def id_order(id: str) -> tuple[str, int, str]:
    """Sort key of ids: ``n2`` before ``n10``."""
    stem = id.rstrip("0123456789")
    digits = id[len(stem) :]
    return stem, int(digits) if digits and len(digits) < 19 else 0, id


def end_order(end: str) -> tuple[str, int]:
    """Sort key of port ends: ``xs.2`` before ``xs.10``."""
    port, _, index = end.partition(".")
    return port, int(index) if index.isdecimal() and len(index) < 19 else -1


def end_port(end: str) -> str:
    """The port of a port end: ``xs`` of ``xs.1``."""
    return end.partition(".")[0]
