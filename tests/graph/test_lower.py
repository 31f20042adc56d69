"""What a drawing means as a Program: names, order, blocks, shared weights, what is left out."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.problem import LayerloomError, Severity
from core.program.program import Init, Program
from graph.check import problems
from graph.infer import Inference
from graph.lower import lower
from graph.naming import class_name, short_name
from graph.records import Promotion
from tests.graph.sketch import Sketch, dense_block, random_design


@pytest.fixture
def s() -> Sketch:
    sketch = Sketch()
    sketch.data("iris")
    sketch.node("input", id="x")
    return sketch


def lowered(s: Sketch) -> Program:
    program = lower(s.document)
    program.verify()
    return program


def names(program: Program) -> list[str]:
    return [step.name for step in program.steps]


def test_a_classifier(s: Sketch) -> None:
    s.setting("title", "Iris, small")
    s.node("linear", "x", id="l1", out_features=8)
    s.node("relu", "l1", id="r")
    s.node(
        "linear", "r", id="l2", out_features=3, record={"name": "Class scores", "frozen": True, "init": Init("normal")}
    )
    s.node("output", "l2", id="y", record={"name": "Species"})
    s.node("target", id="t")
    s.node("cross_entropy", "l2", "t", id="ce")
    s.node("relu", "r", id="unused")
    program = lowered(s)
    assert program.name == "IrisSmall"
    assert [(v.name, v.field, str(v.type)) for v in program.inputs] == [("features", "features", "B x 4")]
    assert [(v.name, v.field, v.encoding) for v in program.targets] == [("target", "target", "as_is")]
    assert names(program) == ["linear", "relu", "class_scores", "loss"]
    assert [step.node for step in program.steps] == ["l1", "r", "l2", "ce"]
    assert [step.module for step in program.steps] == ["linear", "", "class_scores", ""]
    scores = program.steps[2]
    assert (scores.inputs, scores.outputs) == ({"x": "relu"}, {"y": "class_scores"})
    assert (scores.frozen, scores.init, scores.params) == (True, Init("normal"), {"out_features": 3})
    assert [(r.name, r.value, r.node) for r in program.outputs] == [("species", "class_scores", "y")]
    assert [(r.name, r.value, r.weight) for r in program.losses] == [("loss", "loss", 1.0)]


def test_layers_of_one_kind_are_numbered_round_the_names_of_people(s: Sketch) -> None:
    last = "x"
    for name in ("", "linear2", "", "forward", "relu"):
        last = s.node("linear", last, record={"name": name})
    last = s.node("relu", last)
    s.node("output", last)
    assert names(lowered(s)) == ["linear1", "linear2", "linear3", "forward_2", "relu", "relu_2"]


@pytest.mark.parametrize(
    ("layer", "name"),
    [("conv2d", "conv"), ("batch_norm1d", "norm"), ("multihead_attention", "attention"), ("relu6", "relu6")],
)
def test_short_names(layer: str, name: str) -> None:
    assert short_name(layer) == name


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("residual block", "ResidualBlock"),
        ("ResNet-18 (small)", "ResNet18Small"),
        ("", "Network"),
        ("3 layers", "Network3Layers"),
        ("Tensor", "Tensor2"),
        ("Größe", "Größe"),
        ("\u2460\u2461 !", "Network12"),
    ],
)
def test_class_names(label: str, name: str) -> None:
    assert class_name(label, taken=()) == name


def test_several_losses_have_weights_and_names(s: Sketch) -> None:
    s.node("target", id="t", encoding="one_hot")
    s.node("linear", "x", id="l", out_features=3)
    s.node("mse", "l", "t", weight=0.5)
    s.node("mse", "l", "t", record={"name": "loss"})
    s.node("output", "l")
    assert [(r.name, r.weight) for r in lowered(s).losses] == [("mse", 0.5), ("loss_2", 1.0)]


def test_optional_variadic_and_same_as_ports(s: Sketch) -> None:
    s.node("linear", "x", id="l")
    s.node("mix", "x", id="mix")
    s.node("stack", "mix", "l", "", id="stack")
    s.wire("x", "stack:xs.7")
    s.node("output", "stack")
    program = lowered(s)
    by_name = {step.name: step for step in program.steps}
    assert by_name["mix"].inputs == {"q": "features", "k": "features", "v": "features"}
    assert list(by_name["mix"].input_types) == ["q", "k", "v"]
    assert by_name["stack"].inputs == {"xs.0": "mix", "xs.1": "linear", "xs.7": "features"}


def test_outputs_that_nobody_uses_are_left_out(s: Sketch) -> None:
    split = s.node("split", "x")
    s.node("output", f"{split}.b")
    [step] = lowered(s).steps
    assert step.outputs == {"b": "split_b"}
    assert set(step.output_types) == {"a", "b"}


def test_muted_nodes_are_not_there(s: Sketch) -> None:
    s.node("linear", "x", id="l", record={"muted": True})
    s.node("relu", "l", id="r")
    s.node("stack", "r", s.node("input", record={"muted": True}), id="stack")
    s.node("output", "stack")
    program = lowered(s)
    assert names(program) == ["relu", "stack"]
    assert program.steps[0].inputs == {"x": "features"}
    assert program.steps[1].inputs == {"xs.0": "relu"}


def test_shared_weights_are_constructed_by_the_first_that_is_computed(s: Sketch) -> None:
    s.node("linear", "x", id="a", record={"name": "first", "shares": "c"})
    s.node("linear", "a", id="b", record={"name": "second", "shares": "c"})
    s.node("linear", "b", id="c", record={"name": "owner", "frozen": True, "init": Init("normal")})
    s.node("output", "c")
    program = lowered(s)
    assert [step.module for step in program.steps] == ["first", "first", "first"]
    assert [step.frozen for step in program.steps] == [True, False, False]
    assert [step.init for step in program.steps] == [Init("normal"), None, None]


def test_equal_instances_share_a_program_and_others_have_their_own(s: Sketch) -> None:
    layer = dense_block(s)
    s.node(layer, "x", id="one")
    s.node(layer, "one", id="two")
    s.node(layer, "two", id="three", record={"name": "third"})
    s.node(layer, "three", id="four", width=6)
    s.node("output", "four")
    program = lowered(s)
    assert list(program.blocks) == ["DenseBlock", "DenseBlock2"]
    assert [step.block for step in program.steps] == ["DenseBlock", "DenseBlock", "DenseBlock", "DenseBlock2"]
    assert names(program) == ["dense_block1", "dense_block2", "third", "dense_block3"]
    block = program.blocks["DenseBlock"]
    assert [v.name for v in block.inputs] == ["x"]
    assert [(r.name, r.value) for r in block.outputs] == [("y", "relu")]
    assert [step.node for step in block.steps] == ["one/dense_linear", "one/dense_relu"]
    assert [step.params["out_features"] for step in program.blocks["DenseBlock2"].steps[:1]] == [6]


def test_repeat_and_chains(s: Sketch) -> None:
    layer = dense_block(s)
    s.node("linear", "x", id="wide", out_features=7)
    s.node(layer, "wide", id="stage", record={"repeat": 4})
    s.node(layer, "stage", id="more", record={"repeat": 3, "name": "Encoder"})
    s.node("output", "more")
    program = lowered(s)
    runs = [(step.name, step.block, step.repeat, list(step.inputs.values())) for step in program.steps[1:]]
    assert runs == [
        ("dense_block1", "DenseBlock", 1, ["linear"]),
        ("dense_block2", "DenseBlock2", 3, ["dense_block1"]),
        ("encoder", "DenseBlock2", 3, ["dense_block2"]),
    ]


def test_nested_blocks_come_before_those_that_use_them(s: Sketch) -> None:
    inner = dense_block(s)
    outer = s.block("outer", "Dense block")
    s.node("entry", scope="outer", id="o_in", record={"name": "left", "y": 0.0})
    s.node("entry", scope="outer", id="o_in2", record={"name": "right", "y": 100.0})
    s.node(inner, "o_in", scope="outer", id="mid", width=3)
    s.node("exit", "mid", scope="outer", id="o_out")
    s.node("exit", "o_in2", scope="outer", id="o_out2", record={"y": 100.0})
    s.promote("outer", Promotion("size", "mid", "width"))
    both = s.node(outer, "x", "x", size=5)
    s.node("output", f"{both}.o_out")
    s.node("output", f"{both}.o_out2", record={"name": "same"})
    program = lowered(s)
    assert list(program.blocks) == ["DenseBlock", "DenseBlock2"]
    block = program.blocks["DenseBlock2"]
    assert [v.name for v in block.inputs] == ["left", "right"]
    assert [(r.name, r.value) for r in block.outputs] == [("y", "dense_block"), ("y_2", "right")]
    assert [step.params["out_features"] for step in program.blocks["DenseBlock"].steps[:1]] == [5]


def test_without_data_the_losses_are_left_out() -> None:
    s = Sketch()
    s.node("input", id="x", shape=(4,))
    s.node("linear", "x", id="l")
    s.node("mse", "l", s.node("target"))
    s.node("output", "l")
    program = lowered(s)
    assert (program.losses, program.targets) == ((), ())
    assert names(program) == ["linear"]


def test_the_first_error_is_raised(s: Sketch) -> None:
    s.node("linear", "x", id="l", out_features=0)
    s.node("output", "l")
    with pytest.raises(LayerloomError, match="expected a whole number of 1 or more, received 0") as caught:
        lower(s.document)
    assert caught.value.problem.node == "l"


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_random_designs_keep_every_rule_of_programs(data: st.DataObject) -> None:
    s = random_design(data)
    errors = [p.code for p in problems(s.document, Inference(s.document)) if p.severity == Severity.ERROR]
    assert set(errors) <= {"shares"}
    if errors:
        return
    program = lowered(s)
    assert program == lower(s.document)
    inside = {step.node.rpartition("/")[2] for _, step in program.walk()}
    assert inside <= {id for scope in s.document.scopes for id in s.document.graph(scope).node_ids}
