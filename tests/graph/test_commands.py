"""Each command: what it changes, what it is called, what it refuses."""

from __future__ import annotations

import pytest

from core.problem import LayerloomError
from core.spec.params import UNSET
from graph.codec import encode
from graph.commands import (
    AddFrame,
    AddNode,
    AddNote,
    Batch,
    Command,
    Connect,
    Disconnect,
    InsertOnLink,
    MakeBlock,
    MoveNodes,
    RemoveItems,
    RemoveNodes,
    ReplaceLayer,
    SetFrame,
    SetJob,
    SetNode,
    SetNote,
    SetParam,
    SetSetting,
)
from graph.records import Change, Frame, Link, Node, Note
from tests.graph.small import chain, empty, refused, undone, wires

# -- nodes


def test_a_new_node_has_an_id_of_its_own_and_stores_no_defaults() -> None:
    document = chain("input")
    label = undone(document, AddNode(Node("", "conv2d", params={"out_channels": 32, "kernel_size": [5, 5]})))
    (node,) = (n for n in document.graph().nodes if n.layer == "conv2d")
    assert label == "Add Conv 2D"
    assert node.id == "n2"
    assert node.params == {"kernel_size": (5, 5)}


def test_a_node_under_a_former_layer_name_takes_the_present_one() -> None:
    document = empty()
    AddNode(Node("", "dense")).apply(document)
    assert [n.layer for n in document.graph().nodes] == ["linear"]


@pytest.mark.parametrize(
    ("node", "said"),
    [
        (Node("", "warp"), "There is no layer called warp."),
        (Node("n1", "relu"), "The id n1 is taken."),
        (
            Node("", "linear", params={"out_features": 0}),
            "out features: expected a whole number of 1 or more, received 0",
        ),
        (Node("", "linear", params={"width": 2}), "Linear has no parameter width; it has: out_features, bias."),
        (Node("", "relu", x=float("nan")), "x: expected a number"),
        (Node("", "relu", repeat=10**9), "repeat: expected a whole number from 1 to 1000"),
    ],
)
def test_a_node_that_cannot_be_is_refused(node: Node, said: str) -> None:
    assert said in refused(chain("input"), AddNode(node))


def test_an_id_is_taken_in_every_scope() -> None:
    document = chain("input", "relu", "output")
    MakeBlock(("n2",), block="b").apply(document)
    assert refused(document, AddNode(Node("n2", "relu"))) == "The id n2 is taken."


def test_removing_takes_wires_along_and_heals_where_asked() -> None:
    document = chain("input", "linear", "relu", "output")
    assert undone(document, RemoveNodes(("n2", "n3"), heal=True)) == "Remove 2 nodes"
    assert wires(document) == {("n1", "y", "n4", "x")}
    assert undone(document, RemoveNodes(("n1",))) == "Remove Input"
    assert wires(document) == set()


def test_healing_feeds_every_branch_and_leaves_joins_open() -> None:
    document = chain("input", "relu", "output")
    Batch(
        "x",
        (
            AddNode(Node("s", "subtract")),
            Connect("n2", "y", "s", "a"),
            Connect("n1", "y", "s", "b"),
            AddNode(Node("o", "output")),
            Connect("s", "y", "o", "x"),
        ),
    ).apply(document)
    undone(document, RemoveNodes(("n2",), heal=True))
    assert wires(document) == {
        ("n1", "y", "n3", "x"),
        ("n1", "y", "s", "a"),
        ("n1", "y", "s", "b"),
        ("s", "y", "o", "x"),
    }
    undone(document, RemoveNodes(("s",), heal=True))
    assert wires(document) == {("n1", "y", "n3", "x")}


def test_what_shared_with_or_hung_on_a_removed_node_is_set_free() -> None:
    document = chain("linear", "linear")
    SetNode("n2", {"shares": "n1"}).apply(document)
    AddNote(Note("t", "first", 0, 0, node="n1")).apply(document)
    undone(document, RemoveNodes(("n1",)))
    assert document.graph().node("n2").shares == ""
    assert document.graph().notes["t"].node == ""


def test_a_parameter_is_checked_and_not_stored_at_its_default() -> None:
    document = chain("conv2d")
    assert undone(document, SetParam("n1", "kernel_size", [5, 3])) == "Set kernel_size of Conv 2D to 5, 3"
    assert document.graph().node("n1").params == {"kernel_size": (5, 3)}
    SetParam("n1", "kernel_size", 3).apply(document)
    assert document.graph().node("n1").params == {}
    assert SetParam("n1", "kernel_size", 3).changes(document) == []
    assert "expected one whole number or 2 whole numbers of 1 or more" in refused(
        document, SetParam("n1", "kernel_size", 0)
    )
    assert "a number" in refused(document, SetParam("n1", "scale", 10**400))
    assert "There is no node n9" in refused(document, SetParam("n9", "scale", 1.0))


def test_unset_takes_away_even_what_the_layer_does_not_know() -> None:
    document = chain("linear")
    node = document.graph().node("n1")
    document.apply([Change("", node, Node("n1", "linear", params={"old": 1}))])
    assert undone(document, SetParam("n1", "old", UNSET)) == "Reset old of Linear"
    assert document.graph().node("n1").params == {}


@pytest.mark.parametrize(
    ("values", "label"),
    [
        ({"name": "stem"}, "Rename Linear to stem"),
        ({"muted": True}, "Mute Linear"),
        ({"frozen": True}, "Freeze Linear"),
        ({"init": {"weight": "he_normal", "bias": "zeros"}}, "Set initialisation of Linear"),
        ({"repeat": 3}, "Repeat Linear 3 times"),
        ({"shares": "n1"}, "Share weights of Linear with Linear"),
        ({"collapsed": True}, "Collapse Linear"),
        ({"colour": "#ff0000"}, "Colour Linear"),
    ],
)
def test_fields_of_a_node(values: dict[str, object], label: str) -> None:
    document = chain("linear", "linear")
    assert undone(document, SetNode("n2", values)) == label


def test_wrong_fields_of_a_node_are_refused() -> None:
    document = chain("linear", "linear", "relu")
    assert "itself" in refused(document, SetNode("n1", {"shares": "n1"}))
    assert "only with a node of its layer" in refused(document, SetNode("n3", {"shares": "n1"}))
    assert "expected true or false, received 'yes'" in refused(document, SetNode("n1", {"muted": "yes"}))
    assert "no field layer" in refused(document, SetNode("n1", {"layer": "relu"}))
    assert "init: gain cannot be 3" in refused(document, SetNode("n1", {"init": {"gain": 3}}))


def test_sharing_never_makes_a_chain() -> None:
    document = chain("linear", "linear", "linear")
    SetNode("n2", {"shares": "n1"}).apply(document)
    undone(document, SetNode("n3", {"shares": "n2"}))
    assert document.graph().node("n3").shares == "n1"
    SetNode("n3", {"shares": ""}).apply(document)
    undone(document, SetNode("n1", {"shares": "n3"}))
    assert [document.graph().node(n).shares for n in ("n1", "n2", "n3")] == ["n3", "n3", ""]


def test_moving_carries_bound_notes_and_refuses_the_impossible() -> None:
    document = chain("linear", "relu")
    AddNote(Note("t", "hi", 10, 10, node="n1")).apply(document)
    AddFrame(Frame("f", "Stem", 0, 0, 100, 100)).apply(document)
    assert undone(document, MoveNodes({"n1": (300.0, 50.0), "f": (5.0, 6.0)})) == "Move 2 nodes"
    note, frame = document.graph().notes["t"], document.graph().frames["f"]
    assert (note.x, note.y) == (110.0, 20.0)
    assert (frame.x, frame.y) == (5.0, 6.0)
    assert "expected a number" in refused(document, MoveNodes({"n1": (float("inf"), 0.0)}))
    assert "nothing called n9" in refused(document, MoveNodes({"n9": (0.0, 0.0)}))


def test_another_layer_keeps_what_fits() -> None:
    document = chain("input", "linear", "output")
    SetParam("n2", "out_features", 5).apply(document)
    assert undone(document, ReplaceLayer("n2", "subtract")) == "Replace Linear by Subtract"
    assert wires(document) == {("n1", "y", "n2", "a"), ("n2", "y", "n3", "x")}
    undone(document, ReplaceLayer("n2", "concat"))
    assert wires(document) == {("n1", "y", "n2", "xs.0"), ("n2", "y", "n3", "x")}
    undone(document, ReplaceLayer("n2", "mse"))
    assert wires(document) == {("n1", "y", "n2", "input"), ("n2", "loss", "n3", "x")}
    undone(document, ReplaceLayer("n2", "input"))
    assert wires(document) == {("n2", "y", "n3", "x")}
    assert document.graph().node("n2").params == {}


def test_another_layer_has_weights_of_its_own() -> None:
    document = chain("linear", "linear", "linear")
    SetNode("n2", {"shares": "n1"}).apply(document)
    SetNode("n3", {"shares": "n1"}).apply(document)
    undone(document, ReplaceLayer("n2", "relu"))
    assert [document.graph().node(n).shares for n in ("n2", "n3")] == ["", "n1"]
    undone(document, ReplaceLayer("n1", "relu"))
    assert document.graph().node("n3").shares == ""


def test_wires_of_a_variadic_port_go_to_the_ports_in_order() -> None:
    document = chain("input", "concat")
    Connect("n1", "y", "n2", "xs").apply(document)
    Connect("n1", "y", "n2", "xs").apply(document)
    undone(document, ReplaceLayer("n2", "subtract"))
    assert wires(document) == {("n1", "y", "n2", "a"), ("n1", "y", "n2", "b")}


# -- wires


def test_connecting_a_variadic_port_takes_its_next_end() -> None:
    document = empty()
    for id, layer in (("n1", "input"), ("n2", "input"), ("n3", "concat")):
        AddNode(Node(id, layer)).apply(document)
    assert undone(document, Connect("n1", "y", "n3", "xs")) == "Connect Input to Concatenate"
    Connect("n2", "y", "n3", "xs.4").apply(document)
    Connect("n2", "y", "n3", "xs").apply(document)
    assert {w[3] for w in wires(document)} == {"xs.0", "xs.4", "xs.5"}


def test_connecting_replaces_only_where_asked() -> None:
    document = chain("input", "output")
    AddNode(Node("n3", "input")).apply(document)
    assert "already has a wire" in refused(document, Connect("n3", "y", "n2", "x"))
    undone(document, Connect("n3", "y", "n2", "x", replace=True))
    assert wires(document) == {("n3", "y", "n2", "x")}
    assert Connect("n3", "y", "n2", "x", replace=True).changes(document) == []


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (Connect("n3", "y", "n1", "x"), "would close a circle; data must flow one way"),
        (Connect("n2", "y", "n2", "x", replace=True), "would close a circle"),
        (Connect("n1", "z", "n2", "x"), "ReLU has no output z; it has: y."),
        (Connect("n1", "y", "n2", "z"), "ReLU has no input z; it has: x."),
        (Connect("n1", "y", "n9", "x"), "There is no node n9"),
        (Connect("n1", "y", "n2", "x", scope="b9"), "There is no block b9."),
        (Disconnect(("l9",)), "There is no wire l9"),
    ],
)
def test_wires_that_cannot_be(command: Command, said: str) -> None:
    assert said in refused(chain("relu", "relu", "relu"), command)


def test_disconnecting() -> None:
    document = chain("input", "relu", "output")
    assert undone(document, Disconnect(("l1",))) == "Disconnect Input from ReLU"
    assert undone(document, RemoveItems(("l2", "n1", "gone"))) == "Remove 3 items"
    assert wires(document) == set()


def test_a_node_goes_on_a_wire() -> None:
    document = chain("input", "output")
    assert undone(document, InsertOnLink("l1", Node("", "relu", x=300))) == "Insert ReLU between Input and Output"
    assert wires(document) == {("n1", "y", "n3", "x"), ("n3", "y", "n2", "x")}
    AddNode(Node("s", "subtract")).apply(document)
    Connect("n1", "y", "s", "a").apply(document)
    undone(document, InsertOnLink("l1", document.graph().node("s")))
    assert ("n3", "y", "s", "b") in wires(document)
    assert "needs a free input and an output" in refused(document, InsertOnLink("l1", Node("", "input")))


def test_circles_are_found_in_large_batches_too() -> None:
    document = chain(*["relu"] * 12)
    links = [Link(f"x{i}", f"n{i}", "y", f"n{i + 1}", "x") for i in range(1, 12)]
    back = Link("x0", "n12", "y", "n1", "x")
    document.apply([Change("", link, None) for link in document.graph().links.values()])
    before = encode(document)
    with pytest.raises(LayerloomError, match="would close a circle"):
        document.apply([Change("", None, link) for link in (*links, back)])
    assert encode(document) == before


# -- the rest


def test_frames_and_notes() -> None:
    document = chain("relu")
    assert undone(document, AddFrame(Frame("f", "Stem", 0, 0, 100, 50))) == "Add frame Stem"
    assert undone(document, SetFrame("f", {"title": "Head", "width": 300})) == "Change frame title, width"
    assert undone(document, AddNote(Note("t", "why", 1, 2))) == "Add note"
    assert undone(document, SetNote("t", {"text": "because", "node": "n1"})) == "Edit note"
    assert "no node n9" in refused(document, SetNote("t", {"node": "n9"}))
    assert "Frame: width: expected a number from 1.0 to" in refused(document, SetFrame("f", {"width": 0}))
    assert undone(document, RemoveItems(("f",))) == "Remove frame"
    assert undone(document, RemoveItems(("t", "n1"))) == "Remove 2 items"


def test_settings_hold_what_a_file_can() -> None:
    document = empty()
    assert undone(document, SetSetting("title", "Digits")) == "Set title to Digits"
    assert document.title == "Digits"
    assert "cannot be written to a file" in refused(document, SetSetting("view", {"zoom": float("nan")}))
    assert "cannot be written to a file" in refused(document, SetSetting("view", {"zoom": object()}))
    undone(document, SetSetting("title", None))


def test_the_job_changes_by_path() -> None:
    document = empty()
    assert undone(document, SetJob("objectives.0.optimizer.kind", "sgd")) == "Set optimizer to sgd"
    assert document.job.objectives[0].optimizer.kind == "sgd"
    assert undone(document, SetJob("epochs", 3)) == "Set epochs to 3"
    undone(document, SetJob("objectives.1", {"name": "second"}))
    assert [o.name for o in document.job.objectives] == ["objective", "second"]
    undone(document, SetJob("objectives.0", None))
    assert [o.name for o in document.job.objectives] == ["second"]
    undone(document, SetJob("epochs", None))
    assert document.job.epochs == 20


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("epochs", -1, "epochs"),
        ("epochs", "many", "received 'many'"),
        ("colour", "red", "colour"),
        ("objectives.0.colour", "red", "objectives.0.colour"),
        ("objectives.7.name", "x", "there is no item 7 in a list of 1"),
        ("objectives.0", None, "objectives"),
        ("epochs.deep", 1, "there is no field epochs.deep"),
    ],
)
def test_a_wrong_value_of_the_job_changes_nothing(path: str, value: object, said: str) -> None:
    document = empty()
    SetJob("batch_size", 8).apply(document)
    assert said in refused(document, SetJob(path, value))


def test_a_job_that_does_not_hold_can_be_mended() -> None:
    document = empty()
    document.adopt({}, {}, {"job": {"epochs": -3}})
    SetJob("epochs", 3).apply(document)
    assert document.job.epochs == 3


def test_a_batch_is_one_act_or_none() -> None:
    document = chain("input")
    heard: list[object] = []
    document.changed.connect(heard.append)
    batch = Batch("Build", (AddNode(Node("r", "relu")), Connect("n1", "y", "r", "x")))
    assert undone(document, batch) == "Build"
    assert len(heard) == 3
    assert "Input has no input x" in refused(
        document, Batch("x", (AddNode(Node("q", "relu")), Connect("r", "y", "n1", "x")))
    )
