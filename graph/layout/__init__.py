"""Tidy placement of a drawing: layers from left to right, straight chains, room for the wires that skip nodes.

The method of Sugiyama, Tagawa and Toda (1981): longest-path layers, barycentre sweeps, and coordinates after Brandes
and Köpf (2002). It depends on the graph and the sizes alone, so the same drawing is always laid out the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TypeAlias

from graph.graph import Graph, id_order
from graph.layout.lanes import Lanes, layered
from graph.layout.order import ordered
from graph.layout.place import placed

Place: TypeAlias = tuple[float, float]
Size: TypeAlias = tuple[float, float]
Checkpoint: TypeAlias = Callable[[], None]  # called now and then; what it raises gives the layout up

GRID = 10.0
COLUMN_GAP = 80.0  # between the nodes of neighbouring layers
PART_GAP = 80.0  # between parts of the drawing that no wire joins
SIZE = (180.0, 80.0)  # of a node whose size is not given


def pass_by() -> None:
    """The checkpoint of a layout that nobody gives up."""


def tidy(
    graph: Graph,
    sizes: Mapping[str, Size] | None = None,
    *,
    check: Checkpoint = pass_by,
    rises: Mapping[str, float] | None = None,
) -> dict[str, Place]:
    """New places (top left corners, canvas units) for the nodes in `sizes`, which gives width and height; for all nodes
    where it is empty.

    Every wire leads to the right, no two of these nodes overlap, all stand on the grid, and the top left corner of them
    all stays where it is. Doing it twice changes nothing. Nodes of a chain stand level at their tops, or as far below
    them as `rises` says.
    """
    sizes = {id: size for id, size in (sizes or {}).items() if id in graph} or dict.fromkeys(graph.node_ids, SIZE)
    if not sizes:
        return {}
    nodes = [graph.node(id) for id in sizes]
    left, top = _snap(min(n.x for n in nodes)), _snap(min(n.y for n in nodes))
    places: dict[str, tuple[float, float]] = {}
    y = 0.0
    parts = sorted(_parts(graph, set(sizes)), key=lambda part: (len(part) == 1, id_order(part[0])))
    for part in parts:
        check()
        spots = _part(graph, part, sizes, rises or {}, check)
        places |= {id: (left + x, top + y + dy) for id, (x, dy) in spots.items()}
        y = _snap_up(y + max(dy + sizes[id][1] for id, (_, dy) in spots.items()) + PART_GAP)
    return places


def _part(
    graph: Graph, part: list[str], sizes: Mapping[str, Size], rises: Mapping[str, float], check: Checkpoint
) -> dict[str, Place]:
    """Places of connected nodes, from (0, 0)."""
    lanes = layered(graph, part, [sizes[id][1] for id in part], [rises.get(id, 0.0) for id in part])
    layers = ordered(lanes, check)
    check()
    ys = placed(lanes, layers, check)
    xs = _columns(lanes, [sizes[id][0] for id in part])
    tops = [_snap(y - rise) for y, rise in zip(ys, lanes.rise[: len(part)], strict=False)]
    highest = min(tops)
    return {id: (xs[v], tops[v] - highest) for v, id in enumerate(part)}


def _columns(lanes: Lanes, widths: list[float]) -> list[float]:
    """The left side of each node: the middle of its layer's column, to the grid."""
    column = [0.0] * lanes.depth
    for v, width in enumerate(widths):
        column[lanes.layer[v]] = max(column[lanes.layer[v]], width)
    starts, x = list[float](), 0.0
    for width in column:
        starts.append(x)
        x = _snap_up(x + width + COLUMN_GAP)
    return [starts[lanes.layer[v]] + _snap((column[lanes.layer[v]] - width) / 2) for v, width in enumerate(widths)]


def _parts(graph: Graph, nodes: set[str]) -> Iterator[list[str]]:
    """The nodes that wires join, in the order of ids."""
    todo = set(nodes)
    for first in sorted(nodes, key=id_order):
        if first not in todo:
            continue
        part, stack = set[str](), [first]
        todo.discard(first)
        while stack:
            node = stack.pop()
            part.add(node)
            near = [*graph.nx.predecessors(node), *graph.nx.successors(node)]
            stack += (found := [n for n in dict.fromkeys(near) if n in todo])
            todo.difference_update(found)
        yield sorted(part, key=id_order)


def _snap(value: float) -> float:
    return round(value / GRID) * GRID


def _snap_up(value: float) -> float:
    return -(-value // GRID) * GRID
