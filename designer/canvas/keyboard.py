"""Moving about by keyboard: from node to node along wires, and across empty space."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal, TypeAlias

from PySide6.QtCore import Qt

from designer.canvas.model import SceneModel
from designer.canvas.parts import NodeView

Direction: TypeAlias = Literal["left", "right", "up", "down"]
ARROWS: Mapping[int, Direction] = {
    Qt.Key.Key_Left: "left", Qt.Key.Key_Right: "right", Qt.Key.Key_Up: "up", Qt.Key.Key_Down: "down",
}  # fmt: skip
_ALONG: dict[Direction, tuple[float, float]] = {
    "left": (-1.0, 0.0), "right": (1.0, 0.0), "up": (0.0, -1.0), "down": (0.0, 1.0),
}  # fmt: skip


def neighbour(model: SceneModel, node: str, direction: Direction) -> str:
    """Where the focus goes from a node: along a wire for left and right, else to the nearest node that way.

    Without a node to start from, the leftmost one; empty where there is nowhere to go.
    """
    here = model.nodes.get(node)
    if here is None:
        return min(model.nodes.values(), key=lambda v: (v.x, v.y)).id if model.nodes else ""
    linked = _linked(model, here, direction)
    if linked:
        return min(linked, key=lambda view: (abs(view.y - here.y), abs(view.x - here.x))).id
    found = _nearest(here, model.nodes.values(), direction)
    return found.id if found else ""


def _linked(model: SceneModel, here: NodeView, direction: Direction) -> list[NodeView]:
    graph = model.session.document.graph(model.scope)
    if direction == "right":
        return [model.nodes[link.target] for link in graph.outgoing(here.id)]
    if direction == "left":
        return [model.nodes[link.source] for link in graph.incoming(here.id)]
    return []


def _nearest(here: NodeView, views: Iterable[NodeView], direction: Direction) -> NodeView | None:
    """The nearest node in a direction; what lies far off to the side counts as farther."""
    ax, ay = _ALONG[direction]
    best, found = float("inf"), None
    x0, y0 = here.x + here.width / 2, here.y + here.height / 2
    for view in views:
        dx, dy = view.x + view.width / 2 - x0, view.y + view.height / 2 - y0
        ahead, aside = dx * ax + dy * ay, abs(dx * ay) + abs(dy * ax)
        if view.id != here.id and ahead > 1.0 and ahead >= aside * 0.35 and ahead + 2.0 * aside < best:
            best, found = ahead + 2.0 * aside, view
    return found
