"""One graph of a document: nodes and links in a ``networkx.MultiDiGraph``, and the questions asked of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, cast

import networkx as nx

from graph.records import Frame, Link, Node, Note


class Graph:
    """Records by id, and the topology. Changed by `Document.apply` alone."""

    def __init__(self) -> None:
        self.nx: nx.MultiDiGraph[str] = nx.MultiDiGraph()
        self._links: dict[str, Link] = {}
        self.frames: dict[str, Frame] = {}
        self.notes: dict[str, Note] = {}

    @property
    def node_ids(self) -> tuple[str, ...]:
        return tuple(self.nx.nodes)

    @property
    def nodes(self) -> Iterator[Node]:
        return (data["node"] for _, data in self.nx.nodes(data=True))

    @property
    def links(self) -> Mapping[str, Link]:
        return self._links

    def __len__(self) -> int:
        return len(self.nx)

    def __contains__(self, node: object) -> bool:
        return node in self.nx

    def node(self, id: str) -> Node:
        """Raises KeyError where there is none."""
        return cast(Node, self.nx.nodes[id]["node"])

    def incoming(self, node: str) -> tuple[Link, ...]:
        """The links into a node, sorted by port end (``xs.2`` before ``xs.10``)."""
        keys: Any = self.nx.in_edges(node, keys=True)
        return tuple(sorted((self._links[key] for _, _, key in keys), key=lambda link: end_order(link.target_port)))

    def outgoing(self, node: str) -> tuple[Link, ...]:
        keys: Any = self.nx.out_edges(node, keys=True)
        return tuple(self._links[key] for _, _, key in keys)

    def link_into(self, node: str, port: str) -> Link | None:
        """The link that ends at this port end, if any."""
        return next((link for link in self.incoming(node) if link.target_port == port), None)

    def order(self) -> list[str]:
        """Node ids, each after all that it depends on; ties in the order of creation."""
        return list(nx.topological_sort(self.nx))

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
            self.nx.remove_node(id)
        else:
            self.nx.add_node(id, node=node)

    def put_link(self, before: Link | None, after: Link | None) -> None:
        if before is not None:
            del self._links[before.id]
            self.nx.remove_edge(before.source, before.target, key=before.id)
        if after is not None:
            self._links[after.id] = after
            self.nx.add_edge(after.source, after.target, key=after.id)


def end_order(end: str) -> tuple[str, int]:
    """Sort key of port ends: ``xs.2`` before ``xs.10``."""
    port, _, index = end.partition(".")
    return port, int(index) if index.isdigit() else -1


def end_port(end: str) -> str:
    """The port of a port end: ``xs`` of ``xs.1``."""
    return end.partition(".")[0]
