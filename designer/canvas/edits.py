"""The commands that gestures of the canvas amount to, each one undo step."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from core.spec.layer import LayerSpec, Role
from designer.canvas.camera import Point
from designer.canvas.frames import frame_values, reframed
from designer.canvas.geometry import PORT_Y, WIDTH, shape
from designer.canvas.model import SceneModel
from designer.canvas.stage import Held, InPlaceOf, LinkEnd, OnWire
from graph import library
from graph.commands.base import Batch, Command
from graph.commands.decor import SetFrame
from graph.commands.links import Connect, InsertOnLink, first_free_input
from graph.commands.nodes import AddNode, MoveNodes, RemoveNodes
from graph.commands.replacing import ReplaceLayer
from graph.commands.rewire import BendLinks
from graph.document import Document
from graph.records import Frame, Node, shifted

GAP = 64.0  # that an inserted node keeps to its neighbours
LEVEL = 32.0  # canvas units off a level wire within which a node that is put on it comes to stand level


def new_node(document: Document, layer: str, at: Point, id: str = "") -> Node:
    """A node of the layer with its port line at the point; without an id, it is given one."""
    return Node(id or document.new_id(), layer, x=round(at[0] - WIDTH / 2), y=round(at[1] - PORT_Y))


def can_insert(
    document: Document, scope: str, node: Node, spec: LayerSpec | None = None, *, detached: bool = False
) -> bool:
    """Whether a node could stand on a wire: a free input, an output, and no wires of its own (it may be detached)."""
    graph, spec = document.graph(scope), spec or document.spec(node.layer)
    if spec is None or not spec.outputs:
        return False
    if node.id in graph and (graph.incoming(node.id) or graph.outgoing(node.id)):
        return detached and bool(spec.inputs)
    return first_free_input(graph, node.id, spec) is not None


@dataclass(frozen=True)
class Plan:
    """How a node is put on a wire: its own place, places of what stands aside for it, frames that grow or go along."""

    node: Node
    aside: Mapping[str, Point] = field(default_factory=dict)
    frames: Mapping[str, Frame] = field(default_factory=dict)


def plan(model: SceneModel, link: str, node: Node) -> Plan:
    """What follows a wire makes room for a node (a new one, or one of the drawing at its new place)."""
    held = model.session.document.graph(model.scope).links[link]
    placed, aside = _room(model, held.source, held.target, _levelled(model, link, node))
    return Plan(placed, aside, reframed(model, aside, placed, {held.source, held.target}))


def insert(model: SceneModel, link: str, node: Node) -> Command:
    """Put a node on a wire, and push aside what follows it."""
    document, scope = model.session.document, model.scope
    planned = plan(model, link, node)
    commands: list[Command] = [MoveNodes(planned.aside, scope)] if planned.aside else []
    if node.id in document.graph(scope):
        commands.append(MoveNodes({node.id: (planned.node.x, planned.node.y)}, scope))
    commands.append(InsertOnLink(link, planned.node, scope))
    commands += [SetFrame(id, frame_values(frame), scope) for id, frame in planned.frames.items()]
    label = InsertOnLink(link, node, scope).describe(document)
    return Batch(label, tuple(commands))


def _levelled(model: SceneModel, link: str, node: Node) -> Node:
    """Put on a level wire, a node stands where the wire stays level; held well off it, it stays there."""
    knots = model.wires[link].route.knots
    (_, start), (_, end) = knots[0], knots[-1]
    y = start - PORT_Y
    return replace(node, y=y) if abs(start - end) < 1.0 and abs(node.y - y) < LEVEL else node


def _room(model: SceneModel, source: str, target: str, node: Node) -> tuple[Node, Mapping[str, Point]]:
    """The node between the two, and new places for what must move to the right to make room for it."""
    graph = model.session.document.graph(model.scope)
    before, after = graph.node(source), graph.node(target)
    left = before.x + model.nodes[source].width
    if after.x <= left:
        return node, {}
    missing = WIDTH + 2 * GAP - (after.x - left)
    if missing <= 0:
        x = min(max(node.x, left + GAP / 2), after.x - WIDTH - GAP / 2)
        return replace(node, x=x), {}
    follows = (graph.node(id) for id in graph.downstream({target}) - {source, node.id})
    aside = {each.id: (each.x + missing, each.y) for each in follows if each.x >= after.x}
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
    for link in graph.links.values():
        if link.source in ids and link.target in ids:
            wire = document.new_id("l")
            commands.append(
                Connect(ids[link.source], link.source_port, ids[link.target], link.target_port, scope, id=wire)
            )
            if link.bends:
                commands.append(BendLinks({wire: shifted(link.bends, dx, dy)}, scope))
    what = document.label(scope, originals[0].id) if len(originals) == 1 else f"{len(originals)} nodes"
    return Batch(f"Duplicate {what}", tuple(commands)), ids


def add(model: SceneModel, layer: str, at: Point, held: Held = None) -> tuple[Command, str]:
    """A new node at a point, wired to the held end, put on the wire or in the node's place where there is one; and its
    id."""
    document, scope = model.session.document, model.scope
    if layer.startswith(library.PREFIX):
        return _from_library(model, layer, at, held)
    if isinstance(held, InPlaceOf):
        return ReplaceLayer(held.node, layer, scope), held.node
    node = new_node(document, layer, at)
    if isinstance(held, OnWire):
        return insert(model, held.link, node), node.id
    spec = document.spec(layer)
    if held is None or spec is None:
        return AddNode(node, scope), node.id
    wire = _wire(document, spec, node, held, scope)
    node = replace(node, x=round(at[0] - (0.0 if held.output else WIDTH)), y=round(at[1] - _port_y(spec, held)))
    command = AddNode(node, scope)
    return (Batch(command.describe(document), (command, wire)) if wire else command), node.id


def _from_library(model: SceneModel, kept: str, at: Point, held: Held) -> tuple[Command, str]:
    """A kept block: its definition comes into the design, then an instance is placed as any layer would be."""
    document, scope = model.session.document, model.scope
    pasted = library.use(document, scope, kept, (round(at[0] - WIDTH / 2), round(at[1] - PORT_Y)))
    [id] = pasted.items
    if held is None:
        return pasted, id
    with document.rehearsal():
        document.apply(pasted.recorded)
        node = document.graph(scope).node(id)
        if isinstance(held, LinkEnd):
            spec = document.spec(node.layer)
            assert spec is not None
            then: Command | None = _wire(document, spec, node, held, scope)
        elif isinstance(held, OnWire):
            then = InsertOnLink(held.link, node, scope)
        else:
            then = Batch("", (ReplaceLayer(held.node, node.layer, scope), RemoveNodes((id,), scope)))
            id = held.node
    return Batch(pasted.label.replace("Paste", "Add"), (pasted, then) if then else (pasted,)), id


def _port_y(spec: LayerSpec, held: LinkEnd) -> float:
    ports = shape(spec, ()).inputs if held.output else shape(spec, ()).outputs
    return ports[0].dy if ports else PORT_Y


def _wire(document: Document, spec: LayerSpec, node: Node, held: LinkEnd, scope: str) -> Connect | None:
    if held.output:
        graph = document.graph(scope)
        other = document.spec(graph.node(held.node).layer)
        answer = other is not None and other.role == Role.TARGET and any(port.id == "target" for port in spec.inputs)
        end = "target" if answer else first_free_input(graph, node.id, spec)
        return Connect(held.node, held.port, node.id, end, scope) if end else None
    if not spec.outputs:
        return None
    return Connect(node.id, spec.outputs[0].id, held.node, held.port, scope, replace=True)


def accepts(spec: LayerSpec, held: LinkEnd | OnWire | InPlaceOf) -> bool:
    """Whether a layer has a port for the other end of a held wire, or ports for both halves of a wire."""
    if isinstance(held, OnWire | InPlaceOf):
        return bool(spec.inputs and spec.outputs)
    return bool(spec.inputs) if held.output else bool(spec.outputs)
