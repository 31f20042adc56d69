"""Design files: what is written, what comes back, what hostile files get."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.problem import LayerloomError, Problem
from graph import plain
from graph.codec import decode, encode
from graph.commands import AddFrame, AddNote, SetJob, SetNode, SetParam, SetSetting
from graph.document import Document
from graph.records import Change, Frame, Node, Note, Setting
from tests.graph.small import CATALOG, chain, wires, with_block


def read(data: Any) -> tuple[Document, list[Problem]]:
    return decode(data if isinstance(data, str) else json.dumps(data), CATALOG, "design.loom")


def design(**parts: Any) -> dict[str, Any]:
    """A file of two wired nodes, with these parts replaced."""
    nodes = {"n1": {"layer": "input"}, "n2": {"layer": "linear", "params": {"out_features": 5}}}
    return {"format": 1, "nodes": nodes, "links": {"l1": ["n1", "y", "n2", "x"]}, **parts}


def refusal(data: Any) -> str:
    with pytest.raises(LayerloomError) as caught:
        read(data)
    return str(caught.value)


def rich() -> Document:
    document, history = with_block()
    for command in (
        SetParam("i", "width", 128),
        SetNode("i", {"repeat": 2, "name": "Körper", "init": {"weight": "he_normal"}, "colour": "#ff0000"}),
        AddFrame(Frame("f", "Stem", 1.5, 2, 300, 200)),
        AddNote(Note("t", "because", 0, 0, node="n1")),
        AddNote(Note("u", "inside", 0, 0, node="n2"), "b"),
        SetSetting("title", "Digits"),
        SetSetting("view", {"zoom": 0.5}),
        SetJob("objectives.0.optimizer.kind", "sgd"),
    ):
        history.do(command)
    return document


def test_the_text_is_made_for_diffs() -> None:
    text = encode(rich())
    lines = [line.strip() for line in text.splitlines()]
    assert text.startswith('{\n  "format": 1,\n  "title": "Digits",\n  "nodes": {\n')
    assert any(line.startswith('"l') and '["n1", "y", "i", ' in line for line in lines)
    assert '"n2": {"layer": "linear"},' in lines
    assert '"n2": {"x": 400, "y": 40},' in lines
    assert lines.index('"layout": {') > lines.index('"job": {') > lines.index('"blocks": {')


def test_moving_a_node_changes_one_line() -> None:
    document = chain("input", "relu", "output")
    before = encode(document).splitlines()
    node = document.graph().node("n2")
    document.apply([Change("", node, Node("n2", "relu", x=7.25, y=node.y))])
    after = encode(document).splitlines()
    assert [line.strip() for old, line in zip(before, after, strict=True) if old != line] == [
        '"n2": {"x": 7.25, "y": 40},'
    ]


def test_everything_comes_back() -> None:
    document = rich()
    again, problems = decode(encode(document), CATALOG)
    assert problems == []
    assert encode(again) == encode(document)
    assert again.settings == document.settings
    assert again.blocks == document.blocks
    for scope in document.scopes:
        one, two = document.graph(scope), again.graph(scope)
        assert {n.id: n for n in one.nodes} == {n.id: n for n in two.nodes}
        assert (one.links, one.frames, one.notes) == (two.links, two.frames, two.notes)
    assert not again.holds(again.new_id())


def test_equal_documents_have_equal_text_whatever_came_first() -> None:
    forth = design()
    back = {**forth, "nodes": dict(reversed(forth["nodes"].items()))}
    assert encode(read(forth)[0]) == encode(read(back)[0])


def test_what_is_unknown_is_kept_and_written_back() -> None:
    data = design(
        nodes={
            "n1": {"layer": "warp", "params": {"speed": 9}, "tint": [1, 2]},
            "n2": {"layer": "linear", "params": {"old": 1}},
        },
        links={"l1": ["n1", "q", "n2", "x", {"style": "dashed"}]},
        blocks={"b": {"name": "B", "nodes": {}, "mood": "calm"}},
        layout={"nodes": {"n1": {"x": 1, "y": 2, "z": 3}}, "notes": {"t": {"text": "a", "x": 0, "y": 0, "bold": True}}},
        plugin={"version": 2},
    )
    document, problems = read(data)
    again = json.loads(encode(document))
    assert again["nodes"]["n1"] == data["nodes"]["n1"]
    assert again["nodes"]["n2"] == data["nodes"]["n2"]
    assert again["links"] == data["links"]
    assert again["blocks"]["b"]["mood"] == "calm"
    assert again["layout"]["nodes"]["n1"] == {"x": 1, "y": 2, "z": 3}
    assert again["layout"]["notes"]["t"]["bold"] is True
    assert again["plugin"] == {"version": 2}
    assert {p.code for p in problems} == {"unknown-layer", "unknown-parameter", "unknown-field"}
    assert encode(read(encode(document))[0]) == encode(document)


def test_a_wrong_value_stays_and_is_reported() -> None:
    document, problems = read(design(nodes={"n1": {"layer": "linear", "params": {"out_features": -3}}}, links={}))
    assert document.graph().node("n1").params == {"out_features": -3}
    assert [(p.code, p.node) for p in problems] == [("value", "n1")]
    assert "expected a whole number of 1 or more, received -3" in problems[0].message


def test_a_former_layer_name_is_brought_up_to_date() -> None:
    document, problems = read(design(nodes={"n1": {"layer": "dense"}}, links={}))
    assert (document.graph().node("n1").layer, problems) == ("linear", [])


def test_values_of_instances_are_checked_against_their_block() -> None:
    data = json.loads(encode(rich()))
    data["nodes"]["i"]["params"] = {"width": "wide"}
    data["blocks"]["b"]["nodes"]["n2"]["params"] = {"out_features": 0}
    _, problems = read(data)
    assert {(p.code, p.node) for p in problems} == {("value", "i"), ("value", "i/n2")}


LEFT_OUT = {
    "a wire to nowhere": design(links={"l1": ["n1", "y", "n9", "x"]}),
    "a wire of three": design(links={"l1": ["n1", "y", "n2"]}),
    "a wire that is no list": design(links={"l1": {"from": "n1"}}),
    "a wire with a strange port": design(links={"l1": ["n1", "y", "n2", "x/../y"]}),
    "two wires into one port": design(links={"l1": ["n1", "y", "n2", "x"], "l2": ["n1", "y", "n2", "x"]}),
    "a circle": design(links={"l1": ["n1", "y", "n2", "x"], "l2": ["n2", "y", "n1", "x"]}),
    "a wire to itself": design(links={"l1": ["n2", "y", "n2", "x"]}),
    "a node without layer": design(nodes={"n1": {}}, links={}),
    "a node that is a number": design(nodes={"n1": 4}, links={}),
    "a strange id": design(nodes={"../n1": {"layer": "relu"}}, links={}),
    "nodes in a list": design(nodes=[1, 2], links={}),
    "params in a list": design(nodes={"n1": {"layer": "relu", "params": [1]}}, links={}),
    "wrong field": design(nodes={"n1": {"layer": "relu", "muted": "yes"}}, links={}),
    "wrong place": design(layout={"nodes": {"n1": {"x": "left"}}}),
    "wrong init": design(nodes={"n1": {"layer": "relu", "init": [1]}}, links={}),
    "endless repetition": design(nodes={"n1": {"layer": "relu", "repeat": 10**15}}, links={}),
    "shares with nobody": design(nodes={"n1": {"layer": "relu", "shares": "n7"}}, links={}),
    "a block in itself": design(blocks={"b": {"nodes": {"x": {"layer": "block:b"}}}}),
    "blocks in each other": design(
        blocks={"b": {"nodes": {"x": {"layer": "block:c"}}}, "c": {"nodes": {"y": {"layer": "block:b"}}}}
    ),
    "a promotion of nothing": design(blocks={"b": {"promoted": [["width", "n9", "p"]], "nodes": {}}}),
    "a promotion of no name": design(
        blocks={"b": {"promoted": [["a b", "x", "p"]], "nodes": {"x": {"layer": "relu"}}}}
    ),
    "a title in a list": design(title=["x"]),
    "a layout in a list": design(layout=[]),
    "a frame that is a text": design(layout={"frames": {"f": "x"}}),
    "a frame without width": design(layout={"frames": {"f": {"width": -1}}}),
}


@pytest.mark.parametrize("name", LEFT_OUT)
def test_what_cannot_be_is_left_out_and_reported(name: str) -> None:
    document, problems = read(LEFT_OUT[name])
    assert [p.code for p in problems] == ["left-out"], problems
    again, none = read(encode(document))
    assert none == []
    assert encode(again) == encode(document)


def test_the_rest_of_a_file_with_a_circle_is_there() -> None:
    links = {"l1": ["n1", "y", "n2", "x"], "l2": ["n2", "y", "n3", "x"], "l3": ["n3", "y", "n1", "x"]}
    document, _ = read(design(nodes={f"n{i}": {"layer": "relu"} for i in (1, 2, 3)}, links=links))
    assert wires(document) == {("n1", "y", "n2", "x"), ("n2", "y", "n3", "x")}


def test_a_job_that_does_not_hold_stays_and_is_reported() -> None:
    document, problems = read(design(job={"epochs": -1}))
    assert document.settings["job"] == {"epochs": -1}
    assert [p.code for p in problems] == ["job"]


def test_a_name_that_stands_twice_is_reported() -> None:
    _, problems = read('{"format": 1, "nodes": {"n1": {"layer": "relu"}, "n1": {"layer": "input"}}}')
    assert [(p.code, "'n1' stands twice" in p.message) for p in problems] == [("doubled", True)]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "design.loom: it is empty."),
        ("  \n", "design.loom: it is empty."),
        ('{"format": 1,\n "nodes": {"n1"', "line 2, column 16: expecting ':' delimiter; the file seems cut off."),
        ('{"format": 1, "title": "abc', "the file seems cut off."),
        ('{"format": 1,, "nodes": {}}', "line 1, column 14: "),
        ("[1, 2]", "expected an object {…}, found a list"),
        ('"text"', "found a text"),
        ("null", "found null"),
        ("{}", "it is not a Layerloom design: it has no format number."),
        ('{"format": true}', "no format number"),
        ('{"format": "1"}', "no format number"),
        ('{"format": -1}', "no format number"),
        ('{"format": 99}', "a later version of Layerloom wrote it (format 99; this version reads up to 1). Update"),
        ('{"format": 1, "x": NaN}', "NaN is no JSON number"),
        ('{"format": 1, "x": -Infinity}', "no JSON number"),
        ('{"format": 1, "x": 1e999}', "a number in it is too large"),
        ('{"format": 1, "x": 1' + "0" * 100 + "}", "the number 100000000000… in it is too large"),
        ('{"format": 1, "x": 1' + "0" * 10_000 + "}", "a number in it cannot be read"),
        ('{"format": 1, "x": "\\ud800"}', "half a character"),
        ('{"format": 1, "x": ' + "[" * 70 + "]" * 70 + "}", "nested deeper than 64 levels"),
        ('{"format": 1, "x": ' + "[" * 100_000 + "]" * 100_000 + "}", "nested deeper than 64 levels"),
        ('{"a":' * 100_000, "nested deeper than 64 levels"),
        ('{"format": 1, "x": "' + "a" * 1_000_001 + '"}', "longer than 1,000,000 characters"),
        ("[" + "[]," * 2_000_000, "it has more than 2,000,000 values"),
    ],
)
def test_what_is_no_design_is_refused_in_a_sentence(text: str, said: str) -> None:
    sentence = refusal(text)
    assert sentence.startswith("design.loom: ")
    assert said in sentence


def test_a_text_beyond_the_limit_is_not_even_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plain, "MAX_BYTES", 100)
    assert "larger" in refusal("x" * 101)


def test_blocks_nested_too_deep_are_refused() -> None:
    blocks = {f"b{i}": {"nodes": {"x": {"layer": f"block:b{i + 1}"}}} for i in range(5000)}
    assert "nested deeper than 32 levels" in refusal(design(blocks=blocks))


def test_many_problems_are_counted() -> None:
    _, problems = read(design(links={f"l{i}": ["n1", "y", "gone", "x"] for i in range(500)}))
    assert len(problems) == 201
    assert problems[-1].message == "There are 300 more problems in the file."


def test_a_value_that_no_file_can_hold_is_named() -> None:
    document = chain("input")
    document.apply([Change("", None, Setting("view", {"zoom": float("nan")}))])
    with pytest.raises(LayerloomError, match="cannot be written"):
        encode(document)


# -- any file at all

KEYS = [
    "format",
    "nodes",
    "links",
    "blocks",
    "layout",
    "job",
    "settings",
    "title",
    "layer",
    "params",
    "n1",
    "n2",
    "b",
    "x",
]
WORDS = ["linear", "block:b", "n1", "n2", "y", "x", "", "\x00", "a/b", "out_features", "promoted", "shares"]
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(WORDS),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.sampled_from(KEYS + WORDS), inner, max_size=5),
    max_leaves=25,
)


def settled(text: str) -> None:
    """Opens and is written stably, or is refused in a sentence: nothing else."""
    try:
        document, _ = decode(text, CATALOG)
    except LayerloomError:
        return
    once = encode(document)
    assert encode(decode(once, CATALOG)[0]) == once


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=8))
def test_any_object_opens_or_is_refused(data: dict[str, Any]) -> None:
    settled(json.dumps({**data, "format": 1}))


@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_a_good_file_with_anything_anywhere_opens_or_is_refused(data: st.DataObject) -> None:
    root = json.loads(encode(rich()))
    for _ in range(data.draw(st.integers(1, 3))):
        here = root
        while True:
            key = data.draw(st.sampled_from(sorted(here) if isinstance(here, dict) else range(len(here))))
            inner = here[key]
            if not isinstance(inner, dict | list) or not inner or data.draw(st.integers(0, 2)) == 0:
                break
            here = inner
        here[key] = data.draw(VALUES)
    root["format"] = 1
    settled(json.dumps(root))


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 2000), st.binary(max_size=6))
def test_a_file_with_damaged_bytes_opens_or_is_refused(at: int, noise: bytes) -> None:
    whole = encode(rich()).encode()
    at %= len(whole)
    for damaged in (whole[:at], whole[:at] + noise + whole[at + len(noise) :]):
        settled(damaged.decode("utf-8", "replace"))


def test_large_files_open_whole() -> None:
    count = 10_000
    nodes = {f"n{i}": {"layer": "linear", "params": {"out_features": 8}} for i in range(count)}
    links = {f"l{i}": [f"n{i}", "y", f"n{i + 1}", "x"] for i in range(count - 1)}
    text = json.dumps(design(nodes=nodes, links=links, layout={"nodes": {n: {"x": 1, "y": 2} for n in nodes}}))
    document, problems = read(text)
    assert (len(document.graph()), problems) == (count, [])
