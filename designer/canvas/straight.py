"""Nodes moved up and down until the wires among them run level."""

from __future__ import annotations

from collections.abc import Collection

from designer.canvas.camera import Point
from designer.canvas.model import SceneModel


def straightened(model: SceneModel, nodes: Collection[str]) -> dict[str, Point]:
    """New places for those of the nodes that move: each follows the first wire that comes to it from another."""
    graph = model.session.document.graph(model.scope)
    heights: dict[str, float] = {}
    for id in (id for id in graph.order() if id in nodes):
        node = graph.node(id)
        heights[id] = node.y
        for link in graph.incoming(id):
            if link.source in heights:
                rise = _port(model, link.source, link.source_port, output=True)
                fall = _port(model, id, link.target_port, output=False)
                heights[id] = heights[link.source] + rise - fall
                break
    return {id: (graph.node(id).x, y) for id, y in heights.items() if y != graph.node(id).y}


def _port(model: SceneModel, node: str, end: str, *, output: bool) -> float:
    """How far below the top of its node a port is."""
    return model.port_point(node, end, output=output)[1] - model.nodes[node].y
