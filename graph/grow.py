"""Growing a drawing: a wider layer, or a new one behind another; `core.training.growing` has what happens to weights.

A new layer is followed by the activation in front of it where that one twice is the same as once (ReLU), and else by a
PReLU of slope 1, which is nothing at first and learns to bend.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from core.problem import LayerloomError
from core.program.growth import PRODUCERS
from core.spec.shape import TensorType
from graph.commands.base import Batch, Command, Draft, checked, graph_of, node_of, spec_of
from graph.commands.nodes import new_node
from graph.document import Document
from graph.graph import Graph
from graph.infer import Inference
from graph.records import MAIN, Change, Link, Node

STEP = 256.0  # from one node's left edge to the next one's
IDEMPOTENT = ("relu", "relu6")  # a second one changes nothing
_PASSED = ("batch_norm1d", "batch_norm2d", "batch_norm3d", "dropout", "dropout2d", "alpha_dropout")
_ACTIVATIONS = "Activation"  # the category of the catalogue


@dataclass(frozen=True)
class Widen(Command):
    """A layer gets more units; shapes that follow from its width follow it."""

    node: str
    to: int
    scope: str = MAIN

    def changes(self, document: Document) -> list[Change]:
        node = node_of(document, self.scope, self.node)
        label = document.label(self.scope, node.id)
        if node.layer not in PRODUCERS:
            message = f"{label} has no width to grow: only linear layers and convolutions have."
            raise LayerloomError(message, code="grow", node=node.id)
        width = width_now(document, self.scope, node)
        if self.to <= width:
            message = f"{label} has {width} units, and grows only to more than that, not to {self.to}."
            raise LayerloomError(message, code="grow", node=node.id)
        param = PRODUCERS[node.layer].param
        params = {**node.params, param: checked(spec_of(document, node.layer), param, self.to)}
        return [Change(self.scope, node, replace(node, params=params))]

    def describe(self, document: Document) -> str:
        return f"Grow {document.label(self.scope, self.node)} to {self.to} units"


@dataclass(frozen=True)
class Deepen(Command):
    """New nodes, one behind the other, between a node and whoever reads its first output; what lies to the right makes
    room. Made by `deeper`; `links` are the ids of the wires into them."""

    node: str
    chain: tuple[Node, ...]
    links: tuple[str, ...]
    scope: str = MAIN

    def changes(self, document: Document) -> list[Change]:
        graph, spot = graph_of(document, self.scope), node_of(document, self.scope, self.node)
        source, port = spot.id, spec_of(document, spot.layer).outputs[0].id
        readers = [link for link in graph.outgoing(spot.id) if link.source_port == port]
        draft = Draft(document)
        for id in graph.downstream({spot.id}) - {spot.id}:
            node = graph.node(id)
            if node.x > spot.x:
                draft.put(self.scope, replace(node, x=node.x + STEP * len(self.chain)))
        for at, (node, link) in enumerate(zip(self.chain, self.links, strict=True), start=1):
            made = new_node(document, self.scope, replace(node, x=spot.x + STEP * at, y=spot.y))
            spec = spec_of(document, node.layer)
            draft.put(self.scope, made)
            draft.put(self.scope, Link(link, source, port, made.id, spec.inputs[0].id))
            source, port = made.id, spec.outputs[0].id
        for reader in readers:
            draft.put(self.scope, replace(reader, source=source, source_port=port, bends=()))
        return draft.changes

    def describe(self, document: Document) -> str:
        return f"Add a layer behind {document.label(self.scope, self.node)}"


def wider(document: Document, nodes: Sequence[str], to: int) -> Command:
    """The command that gives a layer of the main graph, and those that must follow it, `to` units, as one step."""
    first, *others = (Widen(node, to) for node in nodes)
    return Batch(first.describe(document), (first, *others)) if others else first


def width_now(document: Document, scope: str, node: Node) -> int:
    """How many units a layer has that can become wider."""
    param = PRODUCERS[node.layer].param
    return int(node.params.get(param, spec_of(document, node.layer).defaults[param]))


def can_grow(document: Document, scope: str, node: str) -> bool:
    """Whether a node is a layer that can become wider, and that others can stand behind."""
    graph = document.graph(scope)
    return scope == MAIN and node in graph and graph.node(node).layer in PRODUCERS


def grower(document: Document, node: str) -> str:
    """The layer that a node of the main graph belongs to: itself, or the one whose norm, dropout or activation it is;
    empty where there is none."""
    graph = document.graph()
    while node in graph:
        record = graph.node(node)
        if record.layer in PRODUCERS:
            return node
        spec, wires = document.spec(record.layer), graph.incoming(node)
        bends = spec is not None and spec.category == _ACTIVATIONS and len(spec.inputs) == 1
        if not (bends or record.layer in _PASSED) or len(wires) != 1:
            return ""
        node = wires[0].source
    return ""


def deeper(document: Document, inference: Inference, node: str) -> Deepen:
    """The command that adds a layer behind a node of the main graph: behind its norms and its activation.

    The new layer keeps the shape: a convolution with a window of three behind convolutions, else a linear layer.

    Raises:
        LayerloomError: the node is no linear layer or convolution, or its shape is not known yet.
    """
    graph, begun = document.graph(), node_of(document, MAIN, node)
    label = document.label(MAIN, node)
    if begun.layer not in PRODUCERS:
        message = f"No layer can be added behind {label} in such a way: only behind linear layers and convolutions."
        raise LayerloomError(message, code="grow", node=node)
    spot, activation = _end(document, graph, begun)
    type = inference.scope().types.get((spot.id, spec_of(document, spot.layer).outputs[0].id))
    layer, params = _same_shape(begun, type) if type is not None else ("", {})
    if not layer:
        message = f"No layer can be added behind {label}: what leaves it has no fixed width."
        raise LayerloomError(message, code="grow", node=node)
    chain = [Node(document.new_id(), layer, params=params)]
    if activation is not None and activation.layer in IDEMPOTENT:
        chain.append(Node(document.new_id(), activation.layer, params=activation.params))
    elif activation is not None:
        chain.append(Node(document.new_id(), "prelu", params={"init": 1.0}))
    return Deepen(spot.id, tuple(chain), tuple(document.new_id("l") for _ in chain))


def _end(document: Document, graph: Graph, begun: Node) -> tuple[Node, Node | None]:
    """The last of norms, dropouts and one activation behind a layer, as long as nobody else reads in between; and the
    activation."""
    at, activation = begun, None
    while True:
        readers = graph.outgoing(at.id)
        following = graph.node(readers[0].target) if len(readers) == 1 else None
        spec = document.spec(following.layer) if following else None
        bends = spec is not None and spec.category == _ACTIVATIONS and len(spec.inputs) == 1
        if following is None or following.muted or not (following.layer in _PASSED or (bends and activation is None)):
            return at, activation
        at, activation = following, following if bends else activation


def _same_shape(begun: Node, type: TensorType) -> tuple[str, Mapping[str, Any]]:
    """A layer that keeps the shape, with its parameters; empty where the width is not fixed."""
    producer = PRODUCERS[begun.layer]
    width = type.shape[producer.output_axis]
    if not isinstance(width, int):
        return "", {}
    if begun.layer == "linear":
        return "linear", {"out_features": width}
    return f"conv{type.rank - 2}d", {"out_channels": width, "kernel_size": 3, "padding": "same"}
