"""Which links, and which uses of blocks, close a circle: found without recursion, for graphs from strangers' files."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TypeVar

from graph.graph import Graph, id_order
from graph.records import Link

E = TypeVar("E")


def closing_links(graph: Graph) -> list[Link]:
    """Links without which the graph has no circle: those that lead back, on a walk in the order of ids."""
    return _closing(
        sorted(graph.node_ids, key=id_order),
        lambda node: sorted(graph.outgoing(node), key=lambda link: id_order(link.id)),
        lambda link: link.target,
    )


def closing_uses(uses: Mapping[str, Iterable[str]]) -> list[tuple[str, str]]:
    """Pairs (scope, block) without which no block contains itself, given the blocks that each scope uses."""
    return _closing(
        sorted(uses),
        lambda scope: [(scope, block) for block in sorted(uses.get(scope, ()))],
        lambda use: use[1],
    )


def depth(uses: Mapping[str, Iterable[str]], top: str) -> int:
    """How many blocks lie inside each other below `top`, where no block contains itself."""
    level, seen, count = {top}, dict[str, int](), 0
    while level and count <= len(uses):
        seen.update(dict.fromkeys(level, count))
        level = {block for scope in level for block in uses.get(scope, ())}
        count += 1
    return max(seen.values())


def _closing(starts: Iterable[str], edges: Callable[[str], Iterable[E]], end: Callable[[E], str]) -> list[E]:
    """The edges to a node on the current path of a depth-first walk."""
    closing: list[E] = []
    finished: set[str] = set()
    for start in starts:
        if start in finished:
            continue
        path: list[tuple[str, Iterator[E]]] = [(start, iter(edges(start)))]
        open_nodes = {start}
        while path:
            node, rest = path[-1]
            edge = next(rest, None)
            if edge is None:
                path.pop()
                open_nodes.discard(node)
                finished.add(node)
            elif end(edge) in open_nodes:
                closing.append(edge)
            elif end(edge) not in finished:
                open_nodes.add(end(edge))
                path.append((end(edge), iter(edges(end(edge)))))
    return closing
