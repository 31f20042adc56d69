"""Layers of a drawing, with a lane through each layer that a wire crosses."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

from graph.graph import Graph

LANE = 20.0  # height that a passing wire takes


@dataclass
class Lanes:
    """A graph of numbered points: first the nodes, then the lanes that long wires take through the layers between.

    All wires of a node to later layers share its lane until they leave it. `after` and `before` join neighbouring
    layers only.
    """

    nodes: int
    layer: list[int]
    height: list[float]
    rise: list[float]  # how far below its top a point stands level with its neighbours
    after: list[list[int]] = field(default_factory=list)
    before: list[list[int]] = field(default_factory=list)

    @property
    def depth(self) -> int:
        return max(self.layer) + 1

    def __len__(self) -> int:
        return len(self.layer)

    def is_lane(self, point: int) -> bool:
        return point >= self.nodes


def layered(graph: Graph, part: list[str], heights: list[float], rises: list[float]) -> Lanes:
    """The points of connected nodes (`heights` and `rises` in the same order) without circles, each in its layer."""
    number = {id: v for v, id in enumerate(part)}
    succ = [sorted({number[s] for s in graph.nx.successors(id) if s in number}) for id in part]
    order = [number[id] for id in graph.order() if id in number]
    lanes = Lanes(len(part), _layers(succ, order), list(heights), list(rises), [[] for _ in part], [[] for _ in part])
    for v in range(len(part)):
        _wire(lanes, v, succ[v])
    return lanes


def _layers(succ: list[list[int]], order: list[int]) -> list[int]:
    """The longest way from a source; what feeds one late place alone (a target, say) stands right before it."""
    layer, private = [0] * len(succ), [True] * len(succ)
    for v in order:
        for w in succ[v]:
            layer[w] = max(layer[w], layer[v] + 1)
            private[w] = private[w] and private[v] and len(succ[v]) == 1
    for v in reversed(order):
        if private[v] and succ[v]:
            layer[v] = min(layer[w] for w in succ[v]) - 1
    lowest = min(layer)
    return [k - lowest for k in layer]


def _wire(lanes: Lanes, v: int, succ: list[int]) -> None:
    """Join a node to those that it feeds, through a lane where they are further than the next layer."""
    here, last = lanes.layer[v], max((lanes.layer[w] for w in succ), default=0)
    way = [v]
    for k in range(here + 1, last):
        way.append(len(lanes))
        lanes.layer.append(k)
        lanes.height.append(LANE)
        lanes.rise.append(0.0)
        lanes.after.append([])
        lanes.before.append([])
    for a, b in pairwise(way):
        _join(lanes, a, b)
    for w in succ:
        _join(lanes, way[lanes.layer[w] - 1 - here], w)


def _join(lanes: Lanes, a: int, b: int) -> None:
    lanes.after[a].append(b)
    lanes.before[b].append(a)
