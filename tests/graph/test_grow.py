"""Growing a drawing: what is added where, as one step that can be undone."""

from __future__ import annotations

import pytest

from core.catalog.families import default_catalog
from core.problem import LayerloomError
from graph.codec import encode
from graph.document import Document
from graph.grow import Widen, can_grow, deeper, grower
from graph.history import History
from graph.infer import Inference
from graph.records import MAIN
from graph.templates.drawing import Drawing


@pytest.fixture
def drawing() -> tuple[Document, dict[str, str]]:
    """Input, conv, norm, relu, flatten, linear, tanh, linear, output."""
    d = Drawing(default_catalog())
    at: dict[str, str] = {}
    at["x"] = d.node("input", at=(0, 0), shape=(3, 8, 8))
    at["conv"] = d.node("conv2d", at["x"], at=(1, 0), out_channels=8)
    at["norm"] = d.node("batch_norm2d", at["conv"], at=(2, 0))
    at["relu"] = d.node("relu", at["norm"], at=(3, 0))
    at["flat"] = d.node("flatten", at["relu"], at=(4, 0))
    at["hidden"] = d.node("linear", at["flat"], at=(5, 0), out_features=16)
    at["tanh"] = d.node("tanh", at["hidden"], at=(6, 0))
    at["last"] = d.node("linear", at["tanh"], at=(7, 0), out_features=4)
    at["out"] = d.node("output", at["last"], at=(8, 0))
    return d.document, at


def _grow(document: Document, node: str) -> tuple[str, ...]:
    inference = Inference(document)
    command = deeper(document, inference, node)
    inference.close()
    history = History(document)
    history.do(command)
    assert history.undo_label.startswith("Add a layer behind")
    return (command.node, *(made.id for made in command.chain))


def _behind(document: Document, node: str) -> list[str]:
    graph = document.graph()
    return [graph.node(link.target).layer for link in graph.outgoing(node)]


def test_a_convolution_and_its_relu_come_behind_norm_and_relu(drawing: tuple[Document, dict[str, str]]) -> None:
    document, at = drawing
    before = document.graph().node(at["flat"]).x
    spot, conv, relu = _grow(document, at["conv"])
    assert spot == at["relu"]
    assert _behind(document, at["relu"]) == ["conv2d"]
    assert _behind(document, conv) == ["relu"]
    assert _behind(document, relu) == ["flatten"]
    inference = Inference(document)
    types = inference.scope().types
    assert types[(conv, "y")].shape == types[(at["relu"], "y")].shape
    assert not [p for p in inference.problems if p.node in (conv, relu)]
    inference.close()
    graph = document.graph()
    assert graph.node(at["flat"]).x > before
    assert graph.node(conv).x < graph.node(relu).x < graph.node(at["flat"]).x


def test_behind_a_curve_comes_a_slope_that_learns_to_bend(drawing: tuple[Document, dict[str, str]]) -> None:
    document, at = drawing
    spot, linear, bend = _grow(document, at["hidden"])
    assert spot == at["tanh"]
    assert document.graph().node(linear).params == {"out_features": 16}
    assert document.graph().node(bend).layer == "prelu"
    assert document.graph().node(bend).params == {"init": 1.0}
    assert _behind(document, bend) == ["linear"]


def test_behind_a_bare_layer_comes_a_bare_layer(drawing: tuple[Document, dict[str, str]]) -> None:
    document, at = drawing
    spot, *added = _grow(document, at["last"])
    assert spot == at["last"]
    assert len(added) == 1
    assert _behind(document, added[0]) == ["output"]


def test_every_wire_moves_behind_the_new_layer(drawing: tuple[Document, dict[str, str]]) -> None:
    """Two readers right behind the layer: the new one comes before both."""
    document, at = drawing
    d = Drawing(default_catalog(), document=document)
    side = d.node("tanh", at["hidden"], at=(6, 1))
    spot, linear = _grow(document, at["hidden"])
    assert spot == at["hidden"]
    assert sorted(_behind(document, linear)) == ["tanh", "tanh"]
    assert document.graph().incoming(side)[0].source == linear


def test_growing_is_one_step_and_undone_to_the_letter(drawing: tuple[Document, dict[str, str]]) -> None:
    document, at = drawing
    before = encode(document)
    history = History(document)
    inference = Inference(document)
    history.do(deeper(document, inference, at["conv"]))
    history.do(Widen(at["hidden"], 32))
    assert history.undo_label == "Grow Linear to 32 units"
    assert document.graph().node(at["hidden"]).params["out_features"] == 32
    history.undo()
    history.undo()
    inference.close()
    assert encode(document) == before


def test_only_layers_with_a_width_grow(drawing: tuple[Document, dict[str, str]]) -> None:
    document, at = drawing
    assert can_grow(document, MAIN, at["conv"])
    assert not can_grow(document, MAIN, at["relu"])
    assert not can_grow(document, MAIN, "nothing")
    belongs = {"conv": "conv", "norm": "conv", "relu": "conv", "flat": "", "tanh": "hidden", "x": "", "out": ""}
    assert {name: grower(document, at[name]) for name in belongs} == {n: at.get(to, "") for n, to in belongs.items()}
    assert grower(document, "nothing") == ""
    inference = Inference(document)
    with pytest.raises(LayerloomError, match="only behind linear layers and convolutions"):
        deeper(document, inference, at["flat"])
    inference.close()
    with pytest.raises(LayerloomError, match="has no width to grow"):
        Widen(at["relu"], 8).apply(document)
    with pytest.raises(LayerloomError, match="has 16 units, and grows only to more"):
        Widen(at["hidden"], 16).apply(document)
