"""A small catalogue, and documents made of it."""

from __future__ import annotations

import pytest

from core.catalog import Catalog
from core.catalog.io import LAYERS
from core.problem import LayerloomError
from core.spec.layer import LayerSpec, Port
from core.spec.params import Bool, Float, Int, Pair
from core.spec.rules import same
from graph.codec import encode
from graph.commands import AddNode, Command, Connect, MakeBlock, SetPromotion
from graph.document import Document
from graph.history import History
from graph.records import Node

CATALOG = Catalog(
    (
        *LAYERS,
        LayerSpec(
            "linear",
            "Linear",
            "d",
            same,
            params=(Int("out_features", 64, min=1), Bool("bias", True)),
            replaces=("dense",),
        ),
        LayerSpec(
            "conv2d",
            "Conv 2D",
            "d",
            same,
            params=(Int("out_channels", 32, min=1), Pair("kernel_size", 3, min=1), Float("scale", 1.0)),
        ),
        LayerSpec("relu", "ReLU", "d", same),
        LayerSpec("concat", "Concatenate", "d", same, inputs=(Port("xs", variadic=True),)),
        LayerSpec("subtract", "Subtract", "d", same, inputs=(Port("a"), Port("b"))),
        LayerSpec("lstm", "LSTM", "d", same, outputs=(Port("y"), Port("h"))),
        LayerSpec("mse", "MSE", "d", same, inputs=(Port("input"), Port("target")), outputs=(Port("loss"),)),
    )
)


def empty() -> Document:
    return Document(CATALOG)


def chain(*layers: str) -> Document:
    """Nodes n1, n2, … of the layers, each wired to the next by l1, l2, …"""
    document = empty()
    for i, layer in enumerate(layers, start=1):
        AddNode(Node(f"n{i}", layer, x=200.0 * i, y=40.0)).apply(document)
    for i in range(1, len(layers)):
        taker = CATALOG[layers[i]].inputs[0].id
        Connect(f"n{i}", CATALOG[layers[i - 1]].outputs[0].id, f"n{i + 1}", taker, id=f"l{i}").apply(document)
    return document


def with_block() -> tuple[Document, History]:
    """input -> block b (linear -> relu, out_features promoted as width) -> output; the instance is called i."""
    document = chain("input", "linear", "relu", "output")
    history = History(document)
    history.do(MakeBlock(("n2", "n3"), "Stage", block="b", instance="i"))
    history.do(SetPromotion("b", "n2", "out_features", "width"))
    return document, history


def wires(document: Document, scope: str = "") -> set[tuple[str, str, str, str]]:
    links = document.graph(scope).links.values()
    return {(link.source, link.source_port, link.target, link.target_port) for link in links}


def refused(document: Document, command: Command) -> str:
    """The sentence; nothing may have happened."""
    before, heard = encode(document), list[object]()
    stop = document.changed.connect(heard.append)
    with pytest.raises(LayerloomError) as caught:
        command.apply(document)
    stop()
    assert encode(document) == before
    assert heard == []
    return str(caught.value)


def undone(document: Document, command: Command) -> str:
    """Its label; applied, undone, redone, each to the same bytes. It stays applied."""
    before, label = encode(document), command.describe(document)
    back = command.apply(document)
    after = encode(document)
    assert after != before
    forth = back.apply(document)
    assert encode(document) == before
    forth.apply(document)
    assert encode(document) == after
    return label
