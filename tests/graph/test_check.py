"""Every check finds what it is for, and is silent where all is well."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from core.problem import Problem, Severity
from core.program.program import Init
from graph.check import problems
from graph.infer import Inference
from tests.graph.sketch import Sketch, dense_block


def found(s: Sketch, code: str = "") -> list[Problem]:
    every = problems(s.document, Inference(s.document))
    return [p for p in every if p.code == code] if code else every


def classifier(width: int = 3, data: str = "iris") -> Sketch:
    """x -> linear -> relu -> head -> y and ce, with iris; nothing is wrong with it."""
    s = Sketch()
    s.data(data)
    s.node("input", id="x")
    s.node("linear", "x", id="linear", out_features=8)
    s.node("relu", "linear", id="relu")
    s.node("linear", "relu", id="head", out_features=width)
    s.node("output", "head", id="y")
    s.node("target", id="t")
    s.node("cross_entropy", "head", "t", id="ce")
    return s


def test_a_sound_design_has_no_problems() -> None:
    assert found(classifier()) == []


def test_empty_design_says_what_to_add() -> None:
    assert [p.code for p in found(Sketch())] == ["no-input", "no-output", "no-loss"]


def test_loss_without_target() -> None:
    s = classifier()
    s.node("add", "head", "head", id="twice")
    s.node("mse", "head", "twice", id="mse")
    assert [p.node for p in found(s, "loss-target")] == ["mse"]


def test_an_autoencoder_compares_with_its_input() -> None:
    s = classifier()
    s.node("linear", "relu", id="back", out_features=4)
    s.node("mse", "back", "x")
    assert found(s) == []


def test_what_is_made_of_the_input_without_weights_is_an_answer() -> None:
    """As the hidden symbols of a text are; what a weight stands behind is no answer."""
    s = classifier()
    s.node("linear", "relu", id="back", out_features=4)
    s.node("relu", "x", id="bent")
    s.node("mse", "back", "bent", id="mse")
    assert found(s) == []
    s.node("linear", "x", id="learned", out_features=4)
    s.node("mse", "back", "learned", id="other")
    assert [p.node for p in found(s, "loss-target")] == ["other"]


def test_output_that_no_input_reaches() -> None:
    s = classifier()
    s.node("target", id="t2", encoding="one_hot")
    s.node("output", "t2", id="y2")
    assert [p.node for p in found(s, "output-input")] == ["y2"]
    assert [p.others for p in found(s, "output-target")] == [("t2",)]


def test_input_of_the_answer_gives_it_away() -> None:
    s = classifier()
    s.node("input", id="x2", field="target")
    [problem] = found(s, "leak")
    assert problem.fixes[0].args == {"node": "x2", "name": "field", "value": "features"}


def test_a_trouble_that_nothing_needs_is_a_warning() -> None:
    s = classifier()
    s.node("add", "x", id="add")
    [problem] = found(s, "missing-input")
    assert problem.severity == Severity.WARNING
    assert problem.message == "Add: the input b has no wire. (No output or loss needs it.)"
    s.node("output", "add", record={"name": "sum"})
    [problem] = found(s, "missing-input")
    assert problem.severity == Severity.ERROR


def test_dead_branch_is_a_hint_at_its_end() -> None:
    s = classifier()
    s.node("relu", "relu", id="r2")
    s.node("relu", "r2", id="r3")
    [problem] = found(s)
    assert (problem.code, problem.node, problem.severity) == ("unused", "r3", Severity.HINT)
    assert "it and the node before it are left out" in problem.message
    s.set("r3", muted=True)
    assert [p.node for p in found(s)] == ["r2"]


def test_names_that_stand_twice() -> None:
    s = classifier()
    s.set("linear", name="layer")
    s.set("head", name="layer")
    [problem] = found(s)
    assert (problem.severity, problem.node, problem.others) == (Severity.HINT, "head", ("linear",))
    s.node("output", "relu", id="y2", record={"name": "answer"})
    s.set("y", name="answer")
    assert found(s)[0].severity == Severity.ERROR


def test_missing_field_of_the_data() -> None:
    s = classifier()
    s.params("x", field="pixels")
    problem = found(s)[0]
    assert problem.code == "no-field"
    assert "It has features, target." in problem.message


@pytest.mark.parametrize(("width", "severity"), [(2, Severity.ERROR), (7, Severity.WARNING)])
def test_class_count(width: int, severity: Severity) -> None:
    [problem] = found(classifier(width))
    assert problem.severity == severity
    assert problem.message == f"Cross-entropy: the data has 3 classes, but input has {width} scores (B x {width})."
    assert problem.fixes[0].args == {"node": "head", "name": "out_features", "value": 3}


def test_softmax_before_cross_entropy_even_behind_a_muted_node() -> None:
    s = classifier()
    s.remove("ce")
    s.node("softmax", "head", id="soft")
    s.node("relu", "soft", id="quiet", record={"muted": True})
    s.node("cross_entropy", "quiet", "t", id="ce")
    [problem] = found(s, "before-loss")
    assert problem.others == ("soft",)
    assert problem.fixes[0].action == "remove_node"
    assert found(s, "class-count") == []


def test_nll_needs_logarithms() -> None:
    s = classifier()
    s.set("ce", layer="nll_loss")
    [problem] = found(s)
    assert problem.fixes[0].args == {"port": "input", "layer": "log_softmax", "params": {}}
    s.remove("ce")
    s.node("log_softmax", "head", id="log")
    s.node("nll_loss", "log", "t", id="ce")
    assert found(s) == []


def shares(s: Sketch, **fields: object) -> list[str]:
    s.node("linear", "linear", id="again", record={"shares": "linear", **fields}, out_features=8)
    s.node("output", "again", record={"name": "again"})
    return [p.message for p in found(s, "shares")]


def test_sharing_that_works() -> None:
    s = classifier()
    s.params("linear", out_features=4)
    s.node("linear", "linear", id="again", record={"shares": "linear"})
    s.node("output", "again", record={"name": "again"})
    assert found(s, "shares") == []


def test_sharing_weights_of_another_shape() -> None:
    [message] = shares(classifier())
    assert "their inputs ask for weights of different shapes" in message


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda s: s.params("linear", out_features=9), "so out_features must be the same"),
        (lambda s: s.set("linear", layer="relu", params={}), "another kind of layer"),
        (lambda s: s.set("linear", shares="again"), "has none of its own"),
        (lambda s: s.set("again", shares="gone"), "is gone"),
        (lambda s: s.set("again", shares="again"), "has none of its own"),
    ],
)
def test_sharing_that_cannot_be(spoil: Callable[[Sketch], None], says: str) -> None:
    s = classifier()
    shares(s)
    spoil(s)
    assert says in found(s, "shares")[0].message


def test_shared_blocks() -> None:
    s = classifier()
    layer = dense_block(s)
    s.node(layer, "relu", id="one")
    s.node(layer, "relu", id="two", record={"shares": "one"})
    s.node("output", "two.dense_out", record={"name": "two"})
    assert found(s, "shares") == []
    s.params("one", width=5)
    assert "so width must be the same" in found(s, "shares")[0].message


def test_initialisation() -> None:
    s = classifier()
    s.set("linear", init=Init("xavier_uniform", bias="zeros"))
    assert found(s) == []
    s.set("linear", init=Init(bias="kaiming_normal"))
    assert "needs weights of two or more dimensions, and its bias has one" in found(s, "init")[0].message
    s.set("linear", init=Init("magic"))
    assert "no initialisation called magic" in found(s, "init")[0].message


def test_nothing_to_train() -> None:
    s = classifier()
    s.set("linear", frozen=True)
    assert found(s) == []
    s.set("head", frozen=True)
    assert "every layer with weights is frozen" in found(s, "nothing-trains")[0].message


def test_job() -> None:
    s = classifier()
    data = {"source": {"kind": "iris"}, "split": {"validation": 0.0}}
    s.setting("job", {"data": data, "stopping": {"enabled": True}})
    assert [f.action for f in found(s, "no-validation")[0].fixes] == ["set_job", "set_job"]
    s.setting("job", {"data": {**data, "transforms": [{"kind": "standardise", "field": "pixels"}]}})
    assert "the data has features, target" in found(s, "transform")[0].message
    s.setting("job", {"data": {"source": {"kind": "oracle"}}})
    assert "There is no data source 'oracle'" in found(s, "data.source")[0].message
    s.setting("job", {"epochs": 0})
    assert "epochs" in found(s, "job")[0].message


def test_block_without_an_exit_and_with_a_dead_branch() -> None:
    s = classifier()
    layer = dense_block(s)
    s.node("relu", "dense_in", id="dead", scope="dense")
    s.node(layer, "x", id="one")
    s.node("output", "one.dense_out", id="y2", record={"name": "y2"})
    assert [p.node for p in found(s)] == ["one/dead"]
    s.remove("y2")
    s.remove("dense_out", "dense")
    assert "Block Dense block has no Block output" in found(s, "no-exit")[0].message


def test_worst_first_then_in_order() -> None:
    s = classifier(width=2)
    s.node("relu", "relu", id="dead")
    s.params("linear", out_features=0)
    every = found(s)
    assert [p.severity for p in every] == sorted((p.severity for p in every), key=list(Severity).index)
    assert every[0].node == "linear"


def balanced(sketch: Sketch, way: str, data: dict[str, object]) -> list[Problem]:
    sketch.setting("job", {"data": data, "balance": way})
    return found(sketch, "balance")


@pytest.mark.parametrize("way", ["weights", "sampling", "oversample", "undersample", "smote"])
def test_classes_can_be_balanced_where_there_are_some(way: str) -> None:
    assert balanced(classifier(), way, {"source": {"kind": "iris"}}) == []
    [problem] = balanced(classifier(), way, {"source": {"kind": "diabetes"}})
    assert "no Target of the design holds one class for each example" in problem.message
    assert problem.fixes[0].args == {"path": "balance", "value": None}


def test_nothing_is_made_between_words() -> None:
    words = {"shape": [], "dtype": "int", "classes": ["red", "blue"]}
    data = {"source": {"kind": "csv"}, "signature": {"fields": {"features": words, "target": words}, "examples": 9}}
    assert balanced(classifier(), "oversample", data) == []
    [problem] = balanced(classifier(), "smote", data)
    assert "an Input holds words or symbols" in problem.message
    assert [fix.args["value"] for fix in problem.fixes] == ["oversample", None]


def test_folds_validate_too() -> None:
    s = classifier()
    data = {"source": {"kind": "iris"}, "split": {"validation": 0.0, "folds": 5}}
    s.setting("job", {"data": data, "stopping": {"enabled": True}})
    assert found(s, "no-validation") == []
