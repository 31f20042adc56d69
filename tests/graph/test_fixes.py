"""Each kind of fix mends its problem, as one undo step."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from core.problem import Fix, LayerloomError, Problem
from core.program.program import Init
from graph.check import problems
from graph.codec import encode
from graph.fixes import STEP, command
from graph.history import History
from graph.infer import Inference
from tests.graph.sketch import Sketch, dense_block


def first(s: Sketch, code: str) -> Problem | None:
    return next((p for p in problems(s.document, Inference(s.document)) if p.code == code), None)


def mend(s: Sketch, code: str, number: int = 0) -> None:
    """Apply a fix of the first problem of this code; it must go, and undo must bring the very design back."""
    before, history = encode(s.document), History(s.document)
    problem = first(s, code)
    assert problem is not None
    fix = problem.fixes[number]
    history.do(command(s.document, problem, fix))
    assert problem not in problems(s.document, Inference(s.document))
    assert history.undo_label == fix.label
    history.undo()
    assert not history.can_undo
    assert encode(s.document) == before
    history.redo()


@pytest.fixture
def s() -> Sketch:
    """x -> linear -> head -> y and ce on iris."""
    sketch = Sketch()
    sketch.data("iris")
    sketch.node("input", id="x")
    sketch.node("linear", "x", id="linear", out_features=8)
    sketch.node("linear", "linear", id="head", out_features=3)
    sketch.node("output", "head", id="y")
    sketch.node("target", id="t")
    sketch.node("cross_entropy", "head", "t", id="ce")
    return sketch


def test_set_param_of_the_node_itself(s: Sketch) -> None:
    s.params("linear", out_features=0)
    mend(s, "param")
    assert s.document.graph().node("linear").params == {}


def test_set_param_of_another_node(s: Sketch) -> None:
    s.params("head", out_features=2)
    mend(s, "class-count")
    assert s.document.graph().node("head").params["out_features"] == 3


def test_set_param_of_the_data_field(s: Sketch) -> None:
    s.params("x", field="pixels")
    mend(s, "no-field")


def test_insert_before_puts_the_node_on_the_wire_and_makes_room(s: Sketch) -> None:
    s.data("digits")
    s.params("head", out_features=10)
    for column, node in enumerate(("x", "linear", "head", "y")):
        s.set(node, x=column * 240.0)
    mend(s, "mismatch")
    graph = s.document.graph()
    [link] = graph.incoming("linear")
    flatten = graph.node(link.source)
    assert flatten.layer == "flatten"
    assert [w.source for w in graph.incoming(flatten.id)] == ["x"]
    assert [graph.node(n).x for n in ("x", flatten.id, "linear", "head")] == [0, STEP, 2 * STEP, 2 * STEP + 240]


def test_insert_before_where_there_is_room_moves_nothing(s: Sketch) -> None:
    s.data("digits")
    s.set("linear", x=1000.0, y=200.0)
    mend(s, "mismatch")
    graph = s.document.graph()
    flatten = graph.node(graph.incoming("linear")[0].source)
    assert (flatten.x, flatten.y, graph.node("linear").x) == (500.0, 100.0, 1000.0)


def test_remove_node_heals_the_wire(s: Sketch) -> None:
    s.remove("ce")
    s.node("softmax", "head", id="soft")
    s.node("cross_entropy", "soft", "t", id="ce")
    mend(s, "before-loss")
    assert "soft" not in s.document.graph()
    assert {w.source for w in s.document.graph().incoming("ce")} == {"head", "t"}


def test_disconnect(s: Sketch) -> None:
    s.set("head", layer="lookup", params={})
    s.set("head", layer="linear", params={"out_features": 3})
    s.node("relu", "linear", id="odd")
    s.set("odd", layer="input")
    mend(s, "no-port")
    assert s.document.graph().incoming("odd") == ()


@pytest.mark.parametrize("number", [0, 1])
def test_set_job(s: Sketch, number: int) -> None:
    data = {"source": {"kind": "iris"}, "split": {"validation": 0.0}}
    s.setting("job", {"data": data, "stopping": {"enabled": True}})
    mend(s, "no-validation", number)


def test_set_job_in_a_list(s: Sketch) -> None:
    transforms = [{"kind": "standardise", "field": "pixels"}]
    s.setting("job", {"data": {"source": {"kind": "iris"}, "transforms": transforms}})
    mend(s, "transform")
    assert s.document.job.data.transforms[0].field == "features"


@pytest.mark.parametrize(
    ("spoil", "code", "number"),
    [
        (lambda s: s.set("linear", init=Init("magic")), "init", 0),
        (lambda s: s.set("head", shares="linear"), "shares", 0),
        (lambda s: s.set("head", shares="linear"), "shares", 1),
    ],
)
def test_set_node(s: Sketch, spoil: Callable[[Sketch], None], code: str, number: int) -> None:
    spoil(s)
    mend(s, code, number)


def test_a_fix_inside_a_block_edits_the_block(s: Sketch) -> None:
    layer = dense_block(s)
    s.node("linear", "dense_relu", scope="dense", id="bad", out_features=0)
    s.remove("dense_out", "dense")
    s.node("exit", "bad", scope="dense", id="out")
    s.node(layer, "x", id="one")
    s.node("output", "one", record={"name": "one"})
    mend(s, "param")
    assert s.document.graph("dense").node("bad").params == {}


def test_a_fix_of_a_promoted_parameter_sets_it_where_it_is_set(s: Sketch) -> None:
    layer = dense_block(s)
    s.node(layer, "x", id="one", width=7)
    s.node("cross_entropy", "one", "t", id="ce2")
    problem = Problem("test", "", "one/dense_linear")
    fix = Fix("Set it", "set_param", {"name": "out_features", "value": 3})
    History(s.document).do(command(s.document, problem, fix))
    assert s.document.graph().node("one").params == {"width": 3}
    assert s.document.graph("dense").node("dense_linear").params == {"out_features": 4}


def test_several_at_once_are_one_step_and_a_node_of_two_instances_is_set_once(s: Sketch) -> None:
    layer = dense_block(s)
    s.node(layer, "x", id="one")
    s.node(layer, "one", id="two")
    before, history = encode(s.document), History(s.document)
    init = {"weight": "kaiming_normal", "weight_params": {"nonlinearity": "relu"}, "bias": "zeros", "bias_params": {}}
    parts = [
        {"action": "set_node", "args": {"node": node, "name": "init", "value": init}}
        for node in ("linear", "one/dense_linear", "two/dense_linear")
    ]
    parts.append({"action": "set_job", "args": {"path": "objectives.0.l1", "value": 0.25}})
    made = command(s.document, Problem("tool", ""), Fix("All at once", "several", {"fixes": parts}))
    history.do(made)
    wanted = Init("kaiming_normal", {"nonlinearity": "relu"}, "zeros")
    assert s.document.graph().node("linear").init == wanted
    assert s.document.graph("dense").node("dense_linear").init == wanted
    assert s.document.job.objectives[0].l1 == 0.25
    assert history.undo_label == "All at once"
    history.undo()
    assert encode(s.document) == before


@pytest.mark.parametrize(
    ("fix", "says"),
    [
        (Fix("?", "explode"), "There is no fix called 'explode'"),
        (Fix("?", "set_param", {"name": "out_features"}), "lacks its 'value'"),
        (Fix("?", "set_param", {"node": "gone", "name": "a", "value": 1}), "There is no node gone"),
        (Fix("?", "set_param", {"node": "x/y", "name": "a", "value": 1}), "There is no node x/y"),
        (Fix("?", "insert_before", {"port": "mask", "layer": "relu"}), "No wire enters mask"),
        (Fix("?", "disconnect", {"link": "gone"}), "There is no wire gone"),
    ],
)
def test_what_no_longer_applies_says_so(s: Sketch, fix: Fix, says: str) -> None:
    with pytest.raises(LayerloomError, match=says):
        History(s.document).do(command(s.document, Problem("test", "", "linear"), fix))
