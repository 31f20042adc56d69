"""Blocks: made of a selection, changed, unpacked again."""

from __future__ import annotations

import pytest

from graph.codec import encode
from graph.commands import (
    AddBlock,
    AddFrame,
    AddNode,
    AddNote,
    Batch,
    Connect,
    MakeBlock,
    MoveInto,
    MoveNodes,
    MoveOut,
    RemoveBlock,
    RemoveNodes,
    ReplaceLayer,
    SetBlock,
    SetJob,
    SetNode,
    SetParam,
    SetPromotion,
    Unpack,
)
from graph.document import Document
from graph.records import Block, Frame, Node, Note, Promotion
from tests.graph.small import chain, empty, refused, undone, wires, with_block


def ports(document: Document, block: str) -> tuple[list[str], list[str]]:
    spec = document.spec(f"block:{block}")
    assert spec is not None
    return [p.label for p in spec.inputs], [p.label for p in spec.outputs]


def branching() -> Document:
    """n1 input -> a relu, b linear -> s subtract -> o output; the input also feeds s2."""
    document = chain("input")
    nodes = {"a": "relu", "b": "linear", "s": "subtract", "o": "output"}
    commands = [AddNode(Node(id, layer, x=100.0 * i)) for i, (id, layer) in enumerate(nodes.items())]
    ends = [("n1", "a", "x"), ("n1", "b", "x"), ("a", "s", "a"), ("b", "s", "b"), ("s", "o", "x")]
    links = [Connect(a, "y", b, end) for a, b, end in ends]
    Batch("x", (*commands, *links)).apply(document)
    return document


def test_a_new_block_passes_its_input_through() -> None:
    document = empty()
    assert undone(document, AddBlock(Block("b", "Stage"))) == "Add block Stage"
    assert ports(document, "b") == (["x"], ["y"])
    undone(document, AddBlock(Block("", "")))
    assert [b.name for b in document.blocks.values()] == ["Stage", "Block"]
    assert "taken" in refused(document, AddBlock(Block("b", "x")))


def test_a_selection_becomes_a_block_and_comes_back() -> None:
    document = chain("input", "linear", "relu", "output")
    before = encode(document)
    assert undone(document, MakeBlock(("n2", "n3"), "Stage", block="b", instance="i")) == "Make a block of 2 nodes"
    assert ports(document, "b") == (["x"], ["y"])
    assert set(document.graph().node_ids) == {"n1", "n4", "i"}
    assert len(wires(document)) == 2
    assert {(n.id, n.x) for n in document.graph("b").nodes if n.id in ("n2", "n3")} == {("n2", 400.0), ("n3", 600.0)}
    assert undone(document, Unpack("i")) == "Unpack Stage"
    assert document.blocks == {}
    assert wires(document) == {("n1", "y", "n2", "x"), ("n2", "y", "n3", "x"), ("n3", "y", "n4", "x")}
    places = {n.id: (n.x, n.y) for n in document.graph().nodes}
    assert all(f'"{id}": {{"x": {int(x)}, "y": {int(y)}}}' in before for id, (x, y) in places.items())


def test_one_input_for_each_value_that_enters() -> None:
    document = branching()
    MakeBlock(("a", "b", "s"), block="b1", instance="i").apply(document)
    assert ports(document, "b1") == (["x"], ["y"])
    document = branching()
    MakeBlock(("s",), block="b1", instance="i").apply(document)
    assert ports(document, "b1") == (["a", "b"], ["y"])
    entry = {p.label: p.id for p in document.spec("block:b1").inputs}  # type: ignore[union-attr]
    assert {("a", "y", "i", entry["a"]), ("b", "y", "i", entry["b"])} <= wires(document)


def test_a_value_used_inside_and_outside_leaves_once() -> None:
    document = branching()
    undone(document, MakeBlock(("a", "b"), block="b1", instance="i"))
    assert ports(document, "b1") == (["x"], ["y1", "y2"])
    undone(document, Unpack("i"))
    assert ("a", "y", "s", "a") in wires(document)
    assert ("b", "y", "s", "b") in wires(document)


@pytest.mark.parametrize(
    ("nodes", "said"),
    [
        ((), "Select the nodes"),
        (("n1", "a"), "Input must stay outside of blocks"),
        (("n9",), "There is no node n9"),
        (("n1",), "must stay outside"),
    ],
)
def test_selections_that_cannot_be_a_block(nodes: tuple[str, ...], said: str) -> None:
    assert said in refused(branching(), MakeBlock(nodes))


def test_what_lies_between_must_be_selected_too() -> None:
    document = chain("input", "relu", "linear", "relu", "output")
    assert "Linear lies between the selected nodes" in refused(document, MakeBlock(("n2", "n4")))
    SetNode("n2", {"name": "first"}).apply(document)
    SetNode("n4", {"shares": "n2"}).apply(document)
    assert "shares the weights of first" in refused(document, MakeBlock(("n3", "n4")))


def test_promoted_parameters_are_set_by_each_instance() -> None:
    document, history = with_block()
    history.do(SetParam("i", "width", 128))
    assert history.undo_label == "Set width of Stage to 128"
    assert document.graph().node("i").params == {"width": 128}
    assert "a whole number of 1 or more" in refused(document, SetParam("i", "width", 0))
    undone(document, Unpack("i"))
    assert document.graph().node("n2").params == {"out_features": 128}


def test_a_promotion_that_ends_takes_its_values_along() -> None:
    document, history = with_block()
    history.do(SetParam("i", "width", 128))
    assert undone(document, SetPromotion("b", "n2", "out_features", "")) == "Keep out_features of Linear"
    assert document.graph().node("i").params == {}
    assert "no parameter gain" in refused(document, SetPromotion("b", "n2", "gain"))
    assert "must be a name" in refused(document, SetPromotion("b", "n2", "bias", "two words"))
    SetPromotion("b", "n2", "out_features", "size").apply(document)
    assert "another kind of value" in refused(document, SetPromotion("b", "n2", "bias", "size"))


def test_promotions_follow_into_a_block_within_and_out_again() -> None:
    document, history = with_block()
    history.do(SetParam("i", "width", 128))
    undone(document, MakeBlock(("n2",), "Inner", scope="b", block="c", instance="j"))
    assert document.blocks["b"].promoted == (Promotion("width", "j", "width"),)
    assert document.blocks["c"].promoted == (Promotion("width", "n2", "out_features"),)
    assert document.graph().node("i").params == {"width": 128}
    undone(document, Unpack("j", scope="b"))
    assert document.blocks["b"].promoted == (Promotion("width", "n2", "out_features"),)
    assert document.graph().node("i").params == {"width": 128}


def test_a_promotion_that_ends_inside_ends_outside() -> None:
    document, history = with_block()
    history.do(SetParam("i", "width", 128))
    history.do(MakeBlock(("n2",), "Inner", scope="b", block="c", instance="j"))
    undone(document, RemoveNodes(("n2",), scope="c"))
    assert document.blocks["b"].promoted == document.blocks["c"].promoted == ()
    assert document.graph().node("i").params == {}


def test_a_port_that_goes_takes_the_wires_of_instances_along() -> None:
    document, _ = with_block()
    entry = next(n.id for n in document.graph("b").nodes if n.layer == "entry")
    undone(document, RemoveNodes((entry,), scope="b"))
    assert {(source, target) for source, _, target, _ in wires(document)} == {("i", "n4")}


def test_repetitions_unpack_in_a_row() -> None:
    document, history = with_block()
    history.do(SetNode("i", {"repeat": 3}))
    undone(document, Unpack("i"))
    order = [document.graph().node(n).layer for n in document.graph().order()]
    assert order == ["input", *["linear", "relu"] * 3, "output"]
    assert len(wires(document)) == 7
    xs = [document.graph().node(n).x for n in document.graph().order()][1:-1]
    assert xs == sorted(set(xs))


def test_unpacking_one_of_two_leaves_the_block() -> None:
    document, history = with_block()
    history.do(AddNode(Node("k", "block:b")))
    undone(document, Unpack("k"))
    assert "b" in document.blocks
    assert len({n.id for scope in ("", "b") for n in document.graph(scope).nodes}) == 3 + 2 + 4
    assert "used once" in refused(document, RemoveBlock("b"))
    history.do(RemoveNodes(("i",)))
    assert undone(document, RemoveBlock("b")) == "Remove block Stage"


def test_unpacking_refuses_what_it_would_lose() -> None:
    document, history = with_block()
    history.do(AddNode(Node("k", "block:b")))
    history.do(SetNode("k", {"shares": "i"}))
    assert "shares its weights" in refused(document, Unpack("k"))
    assert "shares its weights" in refused(document, Unpack("i"))
    assert "is not a block" in refused(document, Unpack("n1"))
    history.do(SetNode("k", {"shares": ""}))
    history.do(AddBlock(Block("big", "Big")))
    history.do(SetNode("k", {"repeat": 1000}))
    history.do(Batch("fill", tuple(AddNode(Node("", "relu"), scope="b") for _ in range(8))))
    assert "would make 12000 nodes; the most is 5000" in refused(document, Unpack("k"))


def test_what_an_instance_is_reaches_its_contents() -> None:
    document, history = with_block()
    history.do(SetNode("i", {"frozen": True, "muted": True}))
    history.do(Unpack("i"))
    assert all(document.graph().node(n).frozen and document.graph().node(n).muted for n in ("n2", "n3"))


def test_notes_move_with_the_node_that_they_are_bound_to() -> None:
    document = chain("input", "relu", "output")
    AddNote(Note("t", "why", 1, 2, node="n2")).apply(document)
    undone(document, MakeBlock(("n2",), block="b", instance="i"))
    assert document.graph("b").notes["t"].node == "n2"
    undone(document, Unpack("i"))
    assert document.graph().notes["t"].node == "n2"


def test_frames_and_notes_inside_are_unpacked_in_their_places() -> None:
    document, history = with_block()
    history.do(AddFrame(Frame("f", "Stem", 390, 30, 500, 100), "b"))
    history.do(AddNote(Note("t", "free", 400, 0), "b"))
    history.do(MoveNodes({"i": (1500.0, 540.0)}))
    history.do(AddNode(Node("k", "block:b")))
    undone(document, Unpack("i"))
    (frame,), (note,) = document.graph().frames.values(), document.graph().notes.values()
    assert (frame.id != "f", frame.x, frame.y) == (True, 1390.0, 530.0)
    assert (note.id != "t", note.x, note.y) == (True, 1400.0, 500.0)
    undone(document, Unpack("k"))
    assert "f" in document.graph().frames


def test_no_block_contains_itself() -> None:
    document, history = with_block()
    history.do(MakeBlock(("i",), "Outer", block="c", instance="k"))
    assert "Block Outer cannot contain itself." in refused(document, AddNode(Node("", "block:c"), scope="b"))
    assert "Block Stage cannot contain itself." in refused(document, AddNode(Node("", "block:b"), scope="b"))
    assert "cannot contain itself" in refused(document, ReplaceLayer("n2", "block:c", scope="b"))


def test_a_block_is_renamed_and_described() -> None:
    document, _ = with_block()
    assert undone(document, SetBlock("b", {"name": "Body", "doc": "Twice."})) == "Rename block Stage to Body"
    assert document.label("", "i") == "Body"
    assert "no block b9" in refused(document, SetBlock("b9", {"name": "x"}))


def test_objectives_go_on_training_the_same_nodes() -> None:
    document = chain("input", "linear", "relu", "linear", "output")
    SetJob("objectives.0.trains", ["n2", "n4"]).apply(document)
    undone(document, MakeBlock(("n2", "n3"), block="b", instance="i"))
    assert document.job.objectives[0].trains == ("i/n2", "n4")
    undone(document, MakeBlock(("i", "n4"), block="c", instance="j"))
    assert document.job.objectives[0].trains == ("j/i/n2", "j/n4")
    undone(document, Unpack("j"))
    assert document.job.objectives[0].trains == ("i/n2", "n4")
    SetNode("i", {"repeat": 2}).apply(document)
    undone(document, Unpack("i"))
    copies = [n.id for n in document.graph().nodes if n.layer == "linear" and n.id != "n4"]
    assert set(document.job.objectives[0].trains) == {*copies, "n4"}
    assert len(copies) == 2
    SetJob("objectives.0.trains", ["k"]).apply(document)
    undone(document, MakeBlock((copies[0],), block="d", instance="k"))
    undone(document, Unpack("k"))
    assert document.job.objectives[0].trains == (copies[0],)


def test_the_job_follows_nodes_that_move_within_a_block() -> None:
    document = chain("input", "linear", "relu", "linear", "output")
    undone(document, MakeBlock(("n2", "n3", "n4"), block="b", instance="i"))
    SetJob("objectives.0.trains", ["i/n2", "i"]).apply(document)
    SetJob("objectives.0.penalised", ["i/n4"]).apply(document)
    SetJob("objectives.0.rates", {"i/n2": 0.1, "i/n4": 2.0}).apply(document)
    SetJob("recompute", ["i/n2"]).apply(document)

    def named() -> tuple[object, ...]:
        job = document.job
        objective = job.objectives[0]
        return objective.trains, objective.penalised, dict(objective.rates), job.recompute

    before = named()
    undone(document, MakeBlock(("n2", "n3"), scope="b", block="c", instance="j"))
    within = (("i/j/n2", "i"), ("i/n4",), {"i/j/n2": 0.1, "i/n4": 2.0}, ("i/j/n2",))
    assert named() == within
    undone(document, MoveInto(("n4",), "j", "b"))
    assert named() == (("i/j/n2", "i"), ("i/j/n4",), {"i/j/n2": 0.1, "i/j/n4": 2.0}, ("i/j/n2",))
    undone(document, MoveOut(("n4",), "c", "j", "b"))
    assert named() == within
    undone(document, Unpack("j", "b"))
    assert named() == before


def test_a_path_that_leads_nowhere_is_left_as_it_is() -> None:
    document = chain("input", "linear", "relu", "linear", "output")
    undone(document, MakeBlock(("n2", "n3"), block="b", instance="i"))
    SetJob("objectives.0.trains", ["gone/n2", "i/gone/n2", "n4/n2", "i"]).apply(document)
    MakeBlock(("n2",), scope="b", block="c", instance="j").apply(document)
    assert document.job.objectives[0].trains == ("gone/n2", "i/gone/n2", "n4/n2", "i")
