"""Nodes that go into a block or out of it with their wires: every output is computed from the same as before."""

from __future__ import annotations

from typing import TypeAlias

from hypothesis import given, settings
from hypothesis import strategies as st

from core.catalog.families import default_catalog
from core.problem import LayerloomError
from graph.codec import decode, encode
from graph.commands import AddNode, Connect, MakeBlock, MoveInto, MoveOut, SetNode
from graph.document import Document
from graph.graph import end_port
from graph.history import History
from graph.lower import lower
from graph.records import Node

Value: TypeAlias = tuple[object, ...]
CATALOG = default_catalog()
INPUTS = {"linear": ("x",), "relu": ("x",), "add": ("a", "b")}


def outputs(document: Document) -> dict[str, Value]:
    """What each output is made of, blocks opened: the ids of nodes, which a move keeps, and what enters where."""

    def made(scope: str, node: str, port: str, fed: dict[str, Value]) -> Value:
        record = document.graph(scope).node(node)
        if record.layer == "entry":
            return fed[node]
        inner = {link.target_port: made(scope, link.source, link.source_port, fed) for link in at(scope, node)}
        if record.block:
            return made(record.block, port, "x", inner)
        return inner["x"] if record.layer == "exit" else (node, port, tuple(sorted(inner.items())))

    def at(scope: str, node: str):  # type: ignore[no-untyped-def]
        return document.graph(scope).incoming(node)

    return {n.id: made("", n.id, "", {}) for n in document.graph().nodes if n.layer == "output"}


def drawn(draw: st.DataObject) -> Document:
    """A design of a few layers, wired at random, of which some are a block."""
    document = Document(CATALOG)
    AddNode(Node("in", "input", params={"shape": (4,)})).apply(document)
    given_by = ["in"]
    for index in range(draw.draw(st.integers(3, 8))):
        layer = draw.draw(st.sampled_from(sorted(INPUTS)))
        id = f"n{index}"
        AddNode(Node(id, layer, params={"out_features": 4} if layer == "linear" else {}, x=100.0 * index)).apply(
            document
        )
        for port in INPUTS[layer]:
            Connect(draw.draw(st.sampled_from(given_by[-4:])), "y", id, port).apply(document)
        given_by.append(id)
    for index, id in enumerate(given_by[1:]):
        if not document.graph().outgoing(id) or draw.draw(st.integers(0, 3)) == 0:
            AddNode(Node(f"out{index}", "output")).apply(document)
            Connect(id, "y", f"out{index}", "x").apply(document)
    return document


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_what_is_computed_stays_the_same(data: st.DataObject) -> None:
    document = drawn(data)
    layers = st.sampled_from([n.id for n in document.graph().nodes if n.layer in INPUTS])
    some = st.lists(layers, min_size=1, max_size=3, unique=True).map(tuple)
    before = outputs(document)
    try:
        MakeBlock(data.draw(some), "Body", block="body", instance="inst").apply(document)
    except LayerloomError:
        return
    history = History(document)
    assert outputs(document) == before
    for _ in range(data.draw(st.integers(1, 4))):
        inside = [n.id for n in document.graph("body").nodes if n.layer in INPUTS]
        outside = [n.id for n in document.graph().nodes if n.layer in INPUTS]
        goes_in = data.draw(st.booleans()) if inside else True
        held = outside if goes_in else inside
        if not held:
            continue
        nodes = tuple(data.draw(st.lists(st.sampled_from(held), min_size=1, max_size=2, unique=True)))
        move = MoveInto(nodes, "inst") if goes_in else MoveOut(nodes, "body", "inst")
        if not move.keeps_wires(document):
            continue
        file, position = encode(document), history.position
        history.do(move)
        assert history.position == position + 1
        assert outputs(document) == before
        assert {n in document.graph("body") for n in nodes} == {goes_in}
        assert decode(encode(document), CATALOG)[1] == []
        after = encode(document)
        history.undo()
        assert encode(document) == file
        history.redo()
        assert encode(document) == after
    assert len(lower(document).outputs) == len(before)


def chained() -> Document:
    """in -> a -> b -> c -> out; b is a block."""
    document = Document(CATALOG)
    AddNode(Node("in", "input", params={"shape": (4,)})).apply(document)
    for giver, id in zip(("in", "a", "b"), ("a", "b", "c"), strict=True):
        AddNode(Node(id, "linear")).apply(document)
        Connect(giver, "y", id, "x").apply(document)
    AddNode(Node("out", "output")).apply(document)
    Connect("c", "y", "out", "x").apply(document)
    MakeBlock(("b",), "Body", block="body", instance="inst").apply(document)
    return document


def test_a_neighbour_goes_in_through_the_port_that_it_fed_and_out_again() -> None:
    document = chained()
    before = outputs(document)
    MoveInto(("a",), "inst").apply(document)
    assert [n.layer for n in document.graph("body").nodes].count("entry") == 1
    assert len(document.graph().incoming("inst")) == 1
    MoveInto(("c",), "inst").apply(document)
    assert {n.id for n in document.graph().nodes} == {"in", "inst", "out"}
    assert sorted(n.layer for n in document.graph("body").nodes) == ["entry", "exit", "linear", "linear", "linear"]
    MoveOut(("a",), "body", "inst").apply(document)
    assert outputs(document) == before
    assert [link.source for link in document.graph().incoming("inst")] == ["a"]


def test_where_a_block_means_more_than_what_is_in_it_the_wires_stay_behind() -> None:
    for fields in ({"repeat": 2}, {"muted": True}, {"frozen": True}):
        document = chained()
        assert MoveInto(("a",), "inst").keeps_wires(document)
        SetNode("inst", fields).apply(document)
        assert not MoveInto(("a",), "inst").keeps_wires(document)
        assert not MoveOut(("b",), "body", "inst").keeps_wires(document)
    document = chained()
    assert not MoveInto(("a",), "inst", wired=False).keeps_wires(document)
    AddNode(Node("again", "block:body")).apply(document)
    assert not MoveInto(("a",), "inst").keeps_wires(document)
    MoveInto(("a",), "inst").apply(document)
    assert document.graph("body").incoming("a") == ()
    assert [end_port(link.source) for link in document.graph().incoming("inst")] == ["in"]
