"""Copy and paste, within a document and from one to another."""

from __future__ import annotations

import json

import pytest

from core.problem import LayerloomError
from graph.clipboard import copy, paste
from graph.codec import encode
from graph.commands import AddFrame, AddNode, AddNote, Connect, RemoveNodes, SetBlock, SetNode, SetParam
from graph.document import Document
from graph.records import Frame, Node, Note
from tests.graph.small import chain, empty, refused, undone, wires, with_block


def layers(document: Document, scope: str = "") -> list[str]:
    return sorted(n.layer for n in document.graph(scope).nodes)


def test_a_copy_has_ids_of_its_own_and_the_wires_inside() -> None:
    document = chain("input", "linear", "relu", "output")
    SetParam("n2", "out_features", 7).apply(document)
    command = paste(document, "", copy(document, "", ["n2", "n3", "gone"]))
    assert command is not None
    assert undone(document, command) == "Paste 2 nodes"
    one, two = (document.graph().node(n) for n in command.items)
    assert (one.params, one.x, one.y) == ({"out_features": 7}, 440.0, 80.0)
    assert (one.id, "y", two.id, "x") in wires(document)
    assert len(wires(document)) == 4


def test_a_copy_goes_where_it_is_put_and_takes_wires_from_outside_where_asked() -> None:
    document = chain("input", "linear", "relu")
    text = copy(document, "", ["n2", "n3"])
    command = paste(document, "", text, at=(0.0, 500.0), incoming=True)
    assert command is not None
    undone(document, command)
    first = document.graph().node(command.items[0])
    assert (first.x, first.y) == (0.0, 500.0)
    assert ("n1", "y", first.id, "x") in wires(document)
    other = chain("input")
    command = paste(other, "", text, incoming=True)
    assert command is not None
    command.apply(other)
    assert len(wires(other)) == 1


def test_frames_and_bound_notes_come_along() -> None:
    document = chain("relu")
    AddFrame(Frame("f", "Stem", 0, 0, 100, 100)).apply(document)
    AddNote(Note("t", "why", 10, 10, node="n1")).apply(document)
    AddNote(Note("u", "free", 10, 10)).apply(document)
    command = paste(document, "", copy(document, "", ["n1", "f"]))
    assert command is not None
    command.apply(document)
    graph = document.graph()
    new = command.items[0]
    assert [note.node for note in graph.notes.values()] == ["n1", "", new]
    assert len(graph.frames) == 2


def test_shared_weights_stay_shared_inside_a_copy() -> None:
    document = chain("linear", "linear")
    SetNode("n2", {"shares": "n1"}).apply(document)
    command = paste(document, "", copy(document, "", ["n1", "n2"]))
    assert command is not None
    command.apply(document)
    one, two = command.items
    assert document.graph().node(two).shares == one
    alone = paste(document, "", copy(document, "", ["n2"]))
    assert alone is not None
    alone.apply(document)
    assert document.graph().node(alone.items[0]).shares == ""


def test_the_same_document_keeps_one_block_for_all_instances() -> None:
    document, history = with_block()
    text = copy(document, "", ["i"])
    history.do(SetBlock("b", {"name": "Renamed"}))
    command = paste(document, "", text)
    assert command is not None
    assert undone(document, command) == "Paste Stage"
    assert list(document.blocks) == ["b"]


def test_another_document_gets_the_blocks_along_with_their_insides() -> None:
    document, history = with_block()
    history.do(SetParam("i", "width", 128))
    text = copy(document, "", ["n1", "i", "n4"])
    other, _ = with_block()
    SetNode("n2", {"name": "changed"}, "b").apply(other)
    command = paste(other, "", text)
    assert command is not None
    undone(other, command)
    new = next(id for id in other.blocks if id != "b")
    assert other.blocks[new].name == "Stage 2"
    assert layers(other, new) == ["entry", "exit", "linear", "relu"]
    instance = next(n for n in other.graph().nodes if n.block == new)
    assert instance.params == {"width": 128}
    spec = other.spec(instance.layer)
    assert spec is not None
    ends = [
        (link.target_port, link.source_port)
        for link in other.graph().links.values()
        if instance.id in (link.source, link.target)
    ]
    assert {end for pair in ends for end in pair} - {"x", "y"} == {spec.inputs[0].id, spec.outputs[0].id}


def test_an_equal_block_of_another_document_is_used_as_it_is() -> None:
    document, _ = with_block()
    other, _ = with_block()
    command = paste(other, "", copy(document, "", ["i"]))
    assert command is not None
    command.apply(other)
    assert list(other.blocks) == ["b"]


def test_no_block_is_pasted_into_itself() -> None:
    document, _ = with_block()
    command = paste(document, "b", copy(document, "", ["i"]))
    assert command is not None
    assert "Block Stage cannot contain itself" in refused(document, command)


def test_what_the_layer_list_does_not_know_is_pasted_as_it_is() -> None:
    data = json.loads(copy(chain("relu"), "", ["n1"]))
    data["nodes"]["n1"] = {"layer": "warp", "params": {"speed": 2}}
    document = empty()
    command = paste(document, "", json.dumps(data))
    assert command is not None
    command.apply(document)
    assert [(n.layer, n.params) for n in document.graph().nodes] == [("warp", {"speed": 2})]


@pytest.mark.parametrize(
    "text", ["", "hello", "{", "[1]", "{}", '{"kind": "other", "nodes": {}}', "[" * 100_000, encode(chain("relu"))]
)
def test_other_text_is_no_copy(text: str) -> None:
    assert paste(empty(), "", text) is None


def test_a_copy_of_nothing_is_nothing() -> None:
    document = chain("relu")
    assert paste(document, "", copy(document, "", [])) is None


def test_a_copy_of_a_later_version_is_refused_in_a_sentence() -> None:
    data = json.loads(copy(chain("relu"), "", ["n1"]))
    with pytest.raises(LayerloomError, match="The clipboard: a later version of Layerloom wrote it"):
        paste(empty(), "", json.dumps({**data, "format": 99}))


def test_a_hostile_copy_changes_nothing() -> None:
    data = json.loads(copy(chain("relu"), "", ["n1"]))
    data["blocks"] = {"b": {"nodes": {"x": {"layer": "block:b"}}}}
    data["nodes"] = {"n1": {"layer": "block:b"}}
    data["incoming"] = {"l": [1, 2, 3, 4], "m": ["n1", "y", "n1", "x"]}
    document = empty()
    command = paste(document, "", json.dumps(data), incoming=True)
    assert command is not None
    assert "cannot contain itself" in refused(document, command)


def test_cut_is_copy_and_remove() -> None:
    document = chain("input", "linear", "relu")
    text = copy(document, "", ["n2"])
    RemoveNodes(("n2",), heal=True).apply(document)
    AddNode(Node("n9", "relu")).apply(document)
    Connect("n9", "y", "n3", "x", replace=True).apply(document)
    command = paste(document, "", text, incoming=True)
    assert command is not None
    command.apply(document)
    assert ("n1", "y", command.items[0], "x") in wires(document)
