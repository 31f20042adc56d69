"""The commands that gestures of the canvas amount to, each one undo step."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from core.spec.layer import LayerSpec
from designer.canvas.camera import Point
from designer.canvas.geometry import PORT_Y, WIDTH, shape
from designer.canvas.model import SceneModel
from designer.canvas.stage import LinkEnd, OnWire
from graph.commands.base import Batch, Command
from graph.commands.links import Connect, InsertOnLink, first_free_input
from graph.commands.nodes import AddNode, MoveNodes
from graph.document import Document
from graph.graph import Graph
from graph.records import Node

GAP = 64.0  # that an inserted node keeps to its neighbours


def new_node(document: Document, layer: str, at: Point) -> Node:
    """A node of the layer with its port line at the point."""
    return Node(document.new_id(), layer, x=round(at[0] - WIDTH / 2), y=round(at[1] - PORT_Y))


def can_insert(document: Document, scope: str, node: Node) -> bool:
    """Whether a node could stand on a wire: a free input, an output, and no wires of its own yet."""
    graph, spec = document.graph(scope), document.spec(node.layer)
    if spec is None or not spec.outputs:
        return False
    if node.id in graph and (graph.incoming(node.id) or graph.outgoing(node.id)):
        return False
    return first_free_input(graph, node.id, spec) is not None


def insert(model: SceneModel, link: str, node: Node) -> Command:
    """Put a node (a new one, or one of the drawing at its new place) on a wire, and push aside what follows it."""
    document, scope = model.session.document, model.scope
    held = document.graph(scope).links[link]
    commands: list[Command] = []
    if node.id in document.graph(scope):
        commands.append(MoveNodes({node.id: (node.x, node.y)}, scope))
    placed, aside = _room(model, held.source, held.target, node)
    if aside:
        commands.append(MoveNodes(aside, scope))
    if node.id in document.graph(scope):
        commands += [MoveNodes({node.id: (placed.x, placed.y)}, scope), InsertOnLink(link, placed, scope)]
    else:
        commands.append(InsertOnLink(link, placed, scope))
    label = InsertOnLink(link, node, scope).describe(document)
    return Batch(label, tuple(commands))


def _room(model: SceneModel, source: str, target: str, node: Node) -> tuple[Node, Mapping[str, Point]]:
    """The node between the two, and new places for what must move to the right to make room for it."""
    before, after = model.nodes[source], model.nodes[target]
    left = before.x + before.width
    if after.x <= left:
        return node, {}
    missing = WIDTH + 2 * GAP - (after.x - left)
    if missing <= 0:
        x = min(max(node.x, left + GAP / 2), after.x - WIDTH - GAP / 2)
        return replace(node, x=x), {}
    graph = model.session.document.graph(model.scope)
    follows = graph.downstream({target}) - {source, node.id}
    aside = {id: (model.nodes[id].x + missing, model.nodes[id].y) for id in follows if model.nodes[id].x >= after.x}
    return replace(node, x=left + GAP), aside


def duplicate(model: SceneModel, nodes: Iterable[str], dx: float, dy: float) -> tuple[Command, dict[str, str]]:
    """Copies of nodes with the wires among them, moved by (dx, dy); and the copies' ids by the originals'."""
    document, scope = model.session.document, model.scope
    graph = document.graph(scope)
    originals = [graph.node(id) for id in graph.node_ids if id in set(nodes)]
    ids = {node.id: document.new_id() for node in originals}
    commands: list[Command] = [
        AddNode(
            replace(node, id=ids[node.id], x=node.x + dx, y=node.y + dy, shares=ids.get(node.shares, node.shares)),
            scope,
        )
        for node in sorted(originals, key=lambda node: bool(node.shares))
    ]
    commands += [
        Connect(ids[link.source], link.source_port, ids[link.target], link.target_port, scope)
        for link in graph.links.values()
        if link.source in ids and link.target in ids
    ]
    what = document.label(scope, originals[0].id) if len(originals) == 1 else f"{len(originals)} nodes"
    return Batch(f"Duplicate {what}", tuple(commands)), ids


def add(model: SceneModel, layer: str, at: Point, held: LinkEnd | OnWire | None = None) -> tuple[Command, str]:
    """A new node at a point, wired to the held end or put on the wire where there is one; and its id."""
    document, scope = model.session.document, model.scope
    node = new_node(document, layer, at)
    if isinstance(held, OnWire):
        return insert(model, held.link, node), node.id
    spec = document.spec(layer)
    if held is None or spec is None:
        return AddNode(node, scope), node.id
    wire = _wire(document.graph(scope), spec, node, held, scope)
    node = replace(node, x=round(at[0] - (0.0 if held.output else WIDTH)), y=round(at[1] - _port_y(spec, held)))
    command = AddNode(node, scope)
    return (Batch(command.describe(document), (command, wire)) if wire else command), node.id


def _port_y(spec: LayerSpec, held: LinkEnd) -> float:
    ports = shape(spec, ()).inputs if held.output else shape(spec, ()).outputs
    return ports[0].dy if ports else PORT_Y


def _wire(graph: Graph, spec: LayerSpec, node: Node, held: LinkEnd, scope: str) -> Connect | None:
    if held.output:
        end = first_free_input(graph, node.id, spec)
        return Connect(held.node, held.port, node.id, end, scope) if end else None
    if not spec.outputs:
        return None
    return Connect(node.id, spec.outputs[0].id, held.node, held.port, scope, replace=True)


def accepts(spec: LayerSpec, held: LinkEnd | OnWire) -> bool:
    """Whether a layer has a port for the other end of a held wire, or ports for both halves of a wire."""
    if isinstance(held, OnWire):
        return bool(spec.inputs and spec.outputs)
    return bool(spec.inputs) if held.output else bool(spec.outputs)


def _copy(node: Node, ids: Mapping[str, str], dx: float, dy: float) -> Node:
    """A copy among copies: where the owner of its weights is copied too, it uses that copy's."""
    return replace(node, id=ids[node.id], x=node.x + dx, y=node.y + dy, shares=ids.get(node.shares, node.shares))
