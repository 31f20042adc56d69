"""Shapes, costs and troubles of a drawing, and that following edits equals starting afresh."""

from __future__ import annotations

import pytest

from core.problem import Severity
from graph.infer import Inference
from graph.records import Promotion
from tests.graph.sketch import Sketch, dense_block


def shape(inference: Inference, node: str, port: str = "y", path: str = "") -> str:
    type = inference.scope(path).types.get((node, port))
    return "?" if type is None else str(type)


@pytest.fixture
def s() -> Sketch:
    sketch = Sketch()
    sketch.data("digits")
    return sketch


def test_data_gives_the_types_of_input_and_target(s: Sketch) -> None:
    x, t = s.node("input"), s.node("target")
    one_hot = s.node("target", encoding="one_hot")
    inference = Inference(s.document)
    assert shape(inference, x) == "B x 1 x 8 x 8"
    assert shape(inference, t) == "B int"
    assert shape(inference, one_hot) == "B x 10"
    s.data("iris")
    assert shape(inference, x) == "B x 4"
    assert shape(inference, one_hot) == "B x 3"


def test_without_data_the_input_states_its_shape() -> None:
    s = Sketch()
    x = s.node("input", shape=(3, 5))
    bare = s.node("input")
    inference = Inference(s.document)
    assert shape(inference, x) == "B x 3 x 5"
    assert [p.node for p in inference.problems] == [bare]
    assert "Input 2: its shape is not known" in inference.problems[0].message


def test_a_source_that_is_not_read_is_told_apart_from_none() -> None:
    s = Sketch()
    s.node("input")
    s.node("target")
    inference = Inference(s.document)
    assert [p.message.partition(": ")[2] for p in inference.problems] == [
        "its shape is not known. Choose the data, or set the shape of one example.",
        "there is no data to take the answer from. Choose the data to train on.",
    ]
    s.data("csv", path="/nowhere.csv")
    found = [p.message for p in inference.problems]
    assert len(found) == 2
    assert all("CSV table is chosen but not read: see in the Data panel what is wrong with it" in m for m in found)
    s.data("none")
    assert "Choose the data to train on" in inference.problems[1].message


@pytest.mark.parametrize(
    ("data", "encoding", "found"),
    [
        ("moons", "as_is", "B int"),
        ("moons", "index", "B int"),
        ("moons", "one_hot", "B x 2"),
        ("moons", "binary", "B x 1"),
        ("diabetes", "as_is", "B x 1"),
    ],
)
def test_encodings_of_the_target(data: str, encoding: str, found: str) -> None:
    s = Sketch()
    s.data(data)
    t = s.node("target", encoding=encoding)
    assert shape(Inference(s.document), t) == found


@pytest.mark.parametrize(
    ("data", "encoding", "says", "instead"),
    [
        ("iris", "binary", "tells two classes apart, and target has 3", "index"),
        ("diabetes", "one_hot", "only classes can be presented as one-hot, and target holds 1 numbers", "as_is"),
        ("diabetes", "index", "only classes can be presented as an index", "as_is"),
        ("diabetes", "binary", "only classes can be presented as one number 0 or 1", "as_is"),
    ],
)
def test_encodings_that_do_not_suit_the_data(data: str, encoding: str, says: str, instead: str) -> None:
    s = Sketch()
    s.data(data)
    s.node("target", encoding=encoding)
    [problem] = Inference(s.document).problems
    assert says in problem.message
    assert problem.fixes[0].args == {"name": "encoding", "value": instead}


def test_missing_field_lists_those_there_are(s: Sketch) -> None:
    x = s.node("input", field="pixels")
    [problem] = Inference(s.document).problems
    assert problem.message == "Input: the data has no field 'pixels'. It has features, target."
    assert problem.fixes[0].args == {"name": "field", "value": "features"}
    assert problem.node == x


def test_shapes_follow_an_edit(s: Sketch) -> None:
    x = s.node("input")
    flat = s.node("flatten", x)
    linear = s.node("linear", flat, out_features=16)
    relu = s.node("relu", linear)
    inference = Inference(s.document)
    assert shape(inference, flat) == "B x 64"
    assert shape(inference, relu) == "B x 16"
    assert inference.scope().costs[linear].parameters == 64 * 16 + 16
    heard: list[None] = []
    inference.changed.connect(lambda: heard.append(None))
    s.params(linear, out_features=7)
    assert shape(inference, relu) == "B x 7"
    assert len(heard) == 1
    s.set(linear, x=50.0, name="head")
    assert len(heard) == 1


def test_moves_and_looks_are_not_worked_out(s: Sketch) -> None:
    layer = dense_block(s)
    flat = s.node("flatten", s.node("input"))
    s.node(layer, flat, id="one")
    inference = Inference(s.document)
    inside = inference.scope("one").findings
    heard: list[None] = []
    inference.changed.connect(lambda: heard.append(None))
    s.set("dense_linear", "dense", x=40.0, colour="red")
    s.set(flat, y=7.0, collapsed=True)
    s.setting("title", "Moved")
    assert heard == []
    assert inference.scope("one").findings is inside
    s.set("dense_in", "dense", y=9.0)  # the order of the ports may be another
    assert len(heard) == 1


def test_mismatch_names_both_ends(s: Sketch) -> None:
    flat = s.node("flatten", s.node("input"))
    a = s.node("linear", flat, out_features=16)
    b = s.node("linear", flat, out_features=32)
    add = s.node("add", a, b)
    behind = s.node("relu", add)
    inference = Inference(s.document)
    [problem] = inference.problems
    assert problem.message.startswith("Add: a is B x 16 from Linear 1 and b is B x 32 from Linear 2; ")
    assert (problem.node, problem.others) == (add, (a, b))
    assert shape(inference, behind) == "?"
    s.set(b, name="Wide")
    assert "b is B x 32 from Wide" in inference.problems[0].message


def test_a_trouble_offers_the_fix_of_its_rule(s: Sketch) -> None:
    s.node("linear", s.node("input"))
    [problem] = Inference(s.document).problems
    assert problem.message == "Linear: x is B x 1 x 8 x 8 from Input; expected B x features."
    assert problem.fixes[0].action == "insert_before"


def test_wrong_parameter_says_what_was_expected_and_offers_the_default(s: Sketch) -> None:
    s.node("linear", s.node("flatten", s.node("input")), out_features=0)
    [problem] = Inference(s.document).problems
    assert "expected a whole number of 1 or more, received 0" in problem.message
    assert problem.fixes[0].args == {"name": "out_features", "value": 4}


def test_unknown_layers_and_parameters_are_reported_and_kept_apart(s: Sketch) -> None:
    x = s.node("input")
    odd = s.node("relu", x, slope=3)
    s.node("quantum", id="q1")
    inference = Inference(s.document)
    unknown, param = sorted(inference.problems, key=lambda p: p.severity)
    assert param.severity == Severity.WARNING
    assert shape(inference, odd) == "B x 1 x 8 x 8"
    assert unknown.message.startswith("quantum: there is no layer 'quantum'. It is kept in the file")


def test_missing_and_optional_inputs(s: Sketch) -> None:
    x = s.node("input")
    s.node("add", x)
    mix = s.node("mix", x)
    s.node("stack")
    inference = Inference(s.document)
    assert [p.message for p in inference.problems] == [
        "Add: the input b has no wire.",
        "Stack: the input xs needs at least one wire.",
    ]
    given = inference.main.outcomes[mix].given
    assert given is not None
    assert list(given.types) == ["q", "k", "v"]


def test_variadic_ends_may_have_gaps(s: Sketch) -> None:
    x = s.node("input")
    stack = s.node("stack")
    for end in (10, 2, 0):
        s.wire(x, f"{stack}:xs.{end}")
    inference = Inference(s.document)
    assert list(inference.scope().incoming(stack)) == ["xs.0", "xs.2", "xs.10"]
    assert shape(inference, stack) == "B x 1 x 8 x 8"


def test_kind_of_number_is_checked(s: Sketch) -> None:
    s.node("lookup", s.node("input"))
    s.node("lookup", s.node("target"))
    [problem] = Inference(s.document).problems
    assert "x takes whole numbers (int), not real numbers (float)" in problem.message


def test_a_faulty_rule_troubles_its_own_node_alone(s: Sketch) -> None:
    x = s.node("input")
    s.node("faulty", x)
    relu = s.node("relu", x)
    inference = Inference(s.document)
    [problem] = inference.problems
    assert problem.code == "rule"
    assert "Traceback" in problem.detail
    assert shape(inference, relu) == "B x 1 x 8 x 8"


def test_muted_passes_through_or_cuts(s: Sketch) -> None:
    x = s.node("input")
    flat = s.node("flatten", x)
    relu = s.node("relu", flat)
    stack = s.node("stack", relu, s.node("input", record={"muted": True}))
    inference = Inference(s.document)
    assert shape(inference, stack) == "B x 64"
    s.set(flat, muted=True)
    assert shape(inference, stack) == "B x 1 x 8 x 8"
    s.set(x, muted=True)
    assert shape(inference, stack) == "?"
    assert [p.code for p in inference.problems] == ["missing-input"]
    s.set(x, muted=False)
    assert inference.problems == []


def test_wires_at_ports_that_are_gone(s: Sketch) -> None:
    x = s.node("input")
    split = s.node("split", x)
    relu = s.node("relu", f"{split}.b")
    s.set(split, layer="relu")
    inference = Inference(s.document)
    [problem] = inference.problems
    assert problem.node == relu
    assert "output b of ReLU, which is not there" in problem.message
    assert problem.fixes[0].action == "disconnect"
    s.set(split, layer="split")
    assert inference.problems == []


def test_a_shared_layer_counts_its_weights_once(s: Sketch) -> None:
    flat = s.node("flatten", s.node("input"))
    owner = s.node("linear", flat)
    sharer = s.node("linear", flat, record={"shares": owner})
    inference = Inference(s.document)
    assert inference.scope().costs[sharer].parameters == 0
    s.remove(owner)
    assert inference.scope().costs[sharer].parameters == 64 * 4 + 4


def test_block_is_worked_out_for_each_instance(s: Sketch) -> None:
    layer = dense_block(s)
    flat = s.node("flatten", s.node("input"))
    one = s.node(layer, flat)
    two = s.node(layer, one + ".dense_out", width=9)
    inference = Inference(s.document)
    assert shape(inference, one, "dense_out") == "B x 4"
    assert shape(inference, two, "dense_out") == "B x 9"
    assert shape(inference, "dense_linear", path=one) == "B x 4"
    assert shape(inference, "dense_linear", path=two) == "B x 9"
    assert inference.scope().costs[two].parameters == 4 * 9 + 9
    s.params("dense_linear", "dense", out_features=5)
    assert shape(inference, one, "dense_out") == "B x 5"
    assert inference.scope().costs[two].parameters == 5 * 9 + 9


def test_repeated_block_counts_equal_copies_and_chains_others(s: Sketch) -> None:
    layer = dense_block(s)
    flat = s.node("flatten", s.node("input"))
    stage = s.node(layer, flat, record={"repeat": 5})
    inference = Inference(s.document)
    assert [count for _, count in inference.main.insides[stage]] == [1, 4]
    assert inference.scope().costs[stage].parameters == (64 * 4 + 4) + 4 * (4 * 4 + 4)
    s.set(stage, repeat=0)
    assert "from 1 to 1000 times" in inference.problems[0].message


def test_each_copy_feeds_its_outputs_to_the_first_inputs_of_the_next(s: Sketch) -> None:
    layer = s.block("pair", "Pair")
    for place, id in enumerate(("left", "right")):
        s.node("entry", scope="pair", id=id, position=place)
    s.node("linear", "left", scope="pair", id="l", out_features=3)
    s.node("exit", "l", scope="pair", id="out")
    flat = s.node("flatten", s.node("input"))
    stage = s.node(layer, flat, flat, record={"repeat": 3})
    inference = Inference(s.document)
    runs = inference.main.insides[stage]
    entries = [([str(t) for t in found.entries.values()], count) for found, count in runs]
    assert entries == [(["B x 64", "B x 64"], 1), (["B x 3", "B x 64"], 2)]
    for id in ("more", "most"):
        s.node("exit", "right", scope="pair", id=id)
    assert "cannot be repeated" in inference.problems[0].message
    assert (inference.problems[0].received, inference.problems[0].node) == ("3 outputs, 2 inputs", stage)


def test_a_trouble_of_a_later_copy_says_which(s: Sketch) -> None:
    layer = s.block("narrow", "Narrow")
    s.node("entry", scope="narrow", id="in")
    s.node("relu", "in", scope="narrow", id="inner")
    s.node("exit", "inner", scope="narrow", id="out")
    s.node(layer, s.node("flatten", s.node("input")), record={"repeat": 2})
    inference = Inference(s.document)
    assert inference.problems == []
    s.set("inner", "narrow", layer="needs_width")
    [problem] = inference.problems
    assert problem.message.startswith("Narrow (copy 2) › Needs width: x is B x 1")


def test_nested_blocks_and_their_troubles(s: Sketch) -> None:
    inner = dense_block(s)
    outer = s.block("outer", "Outer")
    entry = s.node("entry", scope="outer", id="o_in")
    middle = s.node(inner, entry, scope="outer", id="o_mid")
    s.node("exit", middle, scope="outer", id="o_out")
    s.promote("outer", Promotion("size", middle, "width"))
    flat = s.node("flatten", s.node("input"))
    a, b = s.node(outer, flat), s.node(outer, flat, size=3)
    inference = Inference(s.document)
    assert shape(inference, b, "o_out") == "B x 3"
    assert shape(inference, "dense_relu", path=f"{b}/o_mid") == "B x 3"
    s.set("dense_linear", "dense", layer="add")
    [problem] = [p for p in inference.problems if p.code == "no-port"]
    assert problem.node == f"{a}/o_mid/dense_linear"
    assert problem.message == "Outer 1 › Dense block › Add: a wire ends at the input x, which it does not have."


def tower(s: Sketch, levels: int, instances: int) -> str:
    """Blocks within blocks, each holding the one below several times in a row."""
    layer = dense_block(s, "b0", "Level 0")
    for level in range(1, levels):
        id = f"b{level}"
        above = s.block(id, f"Level {level}")
        last = s.node("entry", scope=id, id=f"{id}_in")
        for _ in range(instances):
            last = s.node(layer, last, scope=id)
        s.node("exit", last, scope=id, id=f"{id}_out")
        layer = above
    return layer


def test_equal_blocks_within_blocks_are_worked_out_once(s: Sketch) -> None:
    layer = tower(s, 40, 3)
    s.node(layer, s.node("flatten", s.node("input")), id="top")
    s.set("b0_relu", "b0", layer="quantum")
    inference = Inference(s.document)
    [problem] = inference.problems
    assert problem.code == "unknown-layer"
    s.set("b0_relu", "b0", layer="relu")
    assert shape(inference, "top", "b39_out") == "B x 4"
    assert inference.problems == []


def test_a_tower_too_deep_is_told(s: Sketch) -> None:
    s.node(tower(s, 100, 1), s.node("flatten", s.node("input")))
    [problem] = Inference(s.document).problems
    assert problem.code == "too-large"


def test_copies_that_multiply_without_end_are_told(s: Sketch) -> None:
    layer = s.block("grow", "Grow")
    s.node("entry", scope="grow", id="in")
    s.node("wider", "in", scope="grow", id="wide")
    s.node("exit", "wide", scope="grow", id="out")
    for level in range(1, 4):
        id = f"g{level}"
        above = s.block(id, id)
        s.node("entry", scope=id, id=f"{id}_in")
        s.node(layer, f"{id}_in", scope=id, id=f"{id}_many", record={"repeat": 1000})
        s.node("exit", f"{id}_many", scope=id, id=f"{id}_out")
        layer = above
    s.node(layer, s.node("flatten", s.node("input")))
    assert {p.code for p in Inference(s.document).problems} == {"too-large"}


def test_places(s: Sketch) -> None:
    s.node("entry")
    s.block("odd", "Odd")
    s.node("input", scope="odd")
    s.node("block:odd")
    assert [p.message for p in Inference(s.document).problems] == [
        "Block input: Block input belongs in blocks.",
        "Odd › Input: Input belongs in the main drawing, not inside a block.",
    ]


def test_scope_of_what_is_no_block(s: Sketch) -> None:
    x = s.node("input")
    with pytest.raises(KeyError):
        Inference(s.document).scope(x)
