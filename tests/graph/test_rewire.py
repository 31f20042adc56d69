"""Bends, swapped inputs, nodes taken out of their wires, nodes that change their graph, ports in another order."""

from __future__ import annotations

from typing import Any

import pytest

from core.catalog.families import default_catalog
from core.problem import LayerloomError
from core.program.source import source
from core.spec.layer import Role
from graph import clipboard
from graph.blocks import ports
from graph.codec import decode, encode
from graph.commands import (
    AddNode,
    BendLinks,
    Connect,
    Detach,
    InsertOnLink,
    MakeBlock,
    MoveInto,
    MoveNodes,
    MoveOut,
    ReorderPorts,
    SwapInputs,
)
from graph.document import Document
from graph.history import History
from graph.lower import lower
from graph.records import Node

CATALOG = default_catalog()


@pytest.fixture
def design() -> tuple[Document, History]:
    """input -> a (linear) -> b (relu) -> sum.a -> output, and input -> sum.b."""
    document = Document(CATALOG)
    history = History(document)
    for id, layer in (("in", "input"), ("a", "linear"), ("b", "relu"), ("sum", "add"), ("out", "output")):
        params: dict[str, Any] = {"input": {"shape": (8,)}, "linear": {"out_features": 8}}.get(layer, {})
        history.do(AddNode(Node(id, layer, params=params, x=100.0 * len(document.graph()))))
    wires = [("in", "a", "x"), ("a", "b", "x"), ("b", "sum", "a"), ("in", "sum", "b"), ("sum", "out", "x")]
    for index, (source_, target, end) in enumerate(wires):
        history.do(Connect(source_, "y", target, end, id=f"l{index}"))
    history.clear()
    return document, history


def ends(document: Document, scope: str = "") -> set[tuple[str, str, str]]:
    return {(link.source, link.target, link.target_port) for link in document.graph(scope).links.values()}


def undone(document: Document, history: History, before: str) -> bool:
    assert decode(encode(document), CATALOG)[1] == []
    history.undo()
    return encode(document) == before


def test_bends_mean_nothing_and_survive_the_file(design: tuple[Document, History]) -> None:
    document, history = design
    before, program = encode(document), lower(document)
    history.do(BendLinks({"l3": ((120.0, -60.0), (260.0, -60.5))}))
    assert lower(document) == program, "and so the module, its source and its ONNX file are the same"
    assert source(lower(document)).text == source(program).text
    again, problems = decode(encode(document), CATALOG)
    assert problems == []
    assert again.graph().links["l3"].bends == ((120.0, -60.0), (260.0, -60.5))
    assert '"l3": {"bends": [[120, -60], [260, -60.5]]}' in encode(document)
    assert undone(document, history, before)


def test_bends_that_are_none_are_told_and_left_out(design: tuple[Document, History]) -> None:
    document, history = design
    history.do(BendLinks({"l3": ((120.0, -60.0),)}))
    again, problems = decode(encode(document).replace("[[120, -60]]", '[["far", 1]]'), CATALOG)
    assert again.graph().links["l3"].bends == ()
    assert "l3" in problems[0].message
    with pytest.raises(LayerloomError, match="at most 64 points"):
        history.do(BendLinks({"l3": ((0.0, 0.0),) * 65}))


def test_bends_go_along_with_both_ends(design: tuple[Document, History]) -> None:
    document, history = design
    history.do(BendLinks({"l3": ((120.0, -60.0),)}))
    history.do(MoveNodes({"in": (10.0, 5.0)}))
    assert document.graph().links["l3"].bends == ((120.0, -60.0),)
    sum_ = document.graph().node("sum")
    history.do(MoveNodes({"in": (20.0, 15.0), "sum": (sum_.x + 10, sum_.y + 10)}))
    assert document.graph().links["l3"].bends == ((130.0, -50.0),)
    pasted = clipboard.paste(document, "", clipboard.copy(document, "", ["in", "sum"]), (1000.0, 0.0))
    assert pasted is not None
    history.do(pasted)
    [copy] = [link for link in document.graph().links.values() if link.source in pasted.items]
    assert copy.bends == ((1110.0, -60.0),)


def test_a_node_on_a_bent_wire_keeps_the_bends_on_their_sides(design: tuple[Document, History]) -> None:
    document, history = design
    history.do(BendLinks({"l3": ((120.0, -60.0), (260.0, -60.0))}))
    history.do(InsertOnLink("l3", Node("act", "relu", x=200.0)))
    graph = document.graph()
    assert graph.link_into("act", "x").bends == ((120.0, -60.0),)  # type: ignore[union-attr]
    assert graph.links["l3"].bends == ((260.0, -60.0),)


def test_swapped_inputs_change_places(design: tuple[Document, History]) -> None:
    document, history = design
    before = encode(document)
    history.do(SwapInputs("sum"))
    assert {("b", "sum", "b"), ("in", "sum", "a")} <= ends(document)
    assert history.undo_label == "Swap the inputs of Add"
    assert undone(document, history, before)
    with pytest.raises(LayerloomError, match="no two inputs"):
        history.do(SwapInputs("b"))


def test_a_detached_node_leaves_its_wires_healed(design: tuple[Document, History]) -> None:
    document, history = design
    before = encode(document)
    history.do(Detach(("a", "b")))
    assert ends(document) == {("a", "b", "x"), ("in", "sum", "a"), ("in", "sum", "b"), ("sum", "out", "x")}
    assert undone(document, history, before)


def test_into_a_block_and_out_again(design: tuple[Document, History]) -> None:
    document, history = design
    history.do(MakeBlock(("a",), "Body", block="body", instance="inst"))
    before = encode(document)
    history.do(MoveInto(("b",), "inst"))
    assert "b" in document.graph("body")
    assert ("inst", "sum", "a") in ends(document)
    assert history.undo_label == "Move ReLU into Body"
    history.do(MoveOut(("b",), "body", "inst"))
    assert "b" in document.graph()
    assert history.undo_label == "Move ReLU out of Body"
    history.undo()
    assert undone(document, history, before)


def test_what_belongs_to_the_whole_design_stays_outside(design: tuple[Document, History]) -> None:
    document, history = design
    history.do(MakeBlock(("a",), "Body", block="body", instance="inst"))
    with pytest.raises(LayerloomError, match="must stay outside"):
        history.do(MoveInto(("out",), "inst"))
    with pytest.raises(LayerloomError, match="into itself"):
        history.do(MoveInto(("inst",), "inst"))
    [entry] = ports(document, "body", Role.ENTRY)
    with pytest.raises(LayerloomError, match="belongs to its block"):
        history.do(MoveOut((entry.id,), "body", "inst"))


def test_ports_of_a_block_in_another_order(design: tuple[Document, History]) -> None:
    document, history = design
    history.do(MakeBlock(("a", "b", "sum"), "Body", block="body", instance="inst"))
    history.do(AddNode(Node("more", "entry", y=300.0), "body"))
    before, order = encode(document), [node.id for node in ports(document, "body", Role.ENTRY)]
    history.do(ReorderPorts("body", Role.ENTRY, tuple(reversed(order))))
    spec = document.spec("block:body")
    assert spec is not None
    assert [port.id for port in spec.inputs] == order[::-1]
    assert undone(document, history, before)
    with pytest.raises(LayerloomError, match="each port"):
        history.do(ReorderPorts("body", Role.ENTRY, ("more",)))
