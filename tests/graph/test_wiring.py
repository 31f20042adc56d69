"""Why a wire cannot be, while it is dragged."""

from __future__ import annotations

import pytest

from core.problem import Problem
from graph.fixes import command
from graph.history import History
from graph.infer import Inference
from graph.records import Link
from graph.wiring import refusal
from tests.graph.sketch import Sketch, dense_block


@pytest.fixture
def s() -> Sketch:
    sketch = Sketch()
    sketch.data("iris")
    sketch.node("input", id="x")
    sketch.node("linear", "x", id="a", out_features=16)
    sketch.node("linear", "x", id="b", out_features=32)
    sketch.node("add", "a", id="add")
    sketch.node("stack", "a", id="stack")
    return sketch


def why(s: Sketch, source: str, target: str, path: str = "", replugged: str = "") -> Problem | None:
    node, _, out = source.partition(".")
    end, _, port = target.partition(":")
    return refusal(s.document, Inference(s.document), path, Link("", node, out or "y", end, port), replugged)


def text(problem: Problem | None) -> str:
    return problem.message if problem else ""


def test_what_fits_is_let_be(s: Sketch) -> None:
    assert why(s, "a", "add:b") is None
    assert why(s, "b", "add:a") is None  # the occupant is replaced, b is still empty
    assert why(s, "a", "stack:xs.1") is None
    assert why(s, "a", "stack:xs") is None


def test_shapes_that_do_not_fit_name_both_ends(s: Sketch) -> None:
    problem = why(s, "b", "add:b")
    assert text(problem).startswith("Add: a is B x 16 from Linear 1 and b is B x 32 from Linear 2; ")
    assert problem is not None
    assert (problem.node, problem.others) == ("add", ("a", "b"))
    assert "xs 1 is B x 16 from Linear 1 and xs 2 is B x 32 from Linear 2" in text(why(s, "b", "stack:xs"))


def test_the_wire_that_is_replugged_does_not_count(s: Sketch) -> None:
    [held] = s.document.graph().incoming("add")
    assert why(s, "b", "add:b", replugged=held.id) is None


def test_circles_and_self(s: Sketch) -> None:
    s.wire("add", "stack:xs.1")
    assert "would close a circle" in text(why(s, "stack", "add:b"))
    assert text(why(s, "add", "add:b")) == "Add cannot feed itself."


def test_direction_and_scope(s: Sketch) -> None:
    assert "from an output to an input" in text(why(s, "add.a", "a:y"))
    assert "cannot leave its drawing" in text(why(s, "elsewhere", "add:b"))


def test_kind_of_number(s: Sketch) -> None:
    s.node("lookup", id="lookup")
    assert "takes whole numbers (int), not real numbers (float)" in text(why(s, "a", "lookup:x"))
    s.node("target", id="t")
    assert why(s, "t", "lookup:x") is None


def test_what_is_not_known_is_not_refused(s: Sketch) -> None:
    s.node("relu", id="loose")
    assert why(s, "loose", "add:b") is None
    s.node("mse", id="mse")
    assert why(s, "a", "mse:input") is None


def test_what_a_parameter_mends_is_not_refused(s: Sketch) -> None:
    s.node("groups", id="groups")
    assert why(s, "a", "groups:x") is None
    s.wire("a", "groups:x")
    assert "3 does not divide 16" in Inference(s.document).problems[-1].message


def test_a_refused_wire_can_be_made_with_what_lets_it_fit(s: Sketch) -> None:
    s.data("digits")
    s.cut(s.document.graph().incoming("a")[0].id)
    problem = why(s, "x", "a:x")
    assert problem is not None
    assert [fix.label for fix in problem.fixes] == ["Insert a Flatten"]
    history = History(s.document)
    history.do(command(s.document, Problem.from_json(problem.to_json()), problem.fixes[0]))
    inference = Inference(s.document)
    assert str(inference.scope().types["a", "y"]) == "B x 16"
    history.undo()
    assert s.document.graph().incoming("a") == ()


def test_inside_a_block_and_into_one(s: Sketch) -> None:
    layer = dense_block(s)
    s.node("add", "dense_in", scope="dense", id="sum")
    s.node(layer, "a", id="one")
    assert "b is B x 4 from Linear" in text(why(s, "dense_linear", "sum:b", path="one"))
    s.wire("dense_linear", "sum:b", "dense")
    s.node(layer, id="two")
    problem = why(s, "b", "two:dense_in")
    assert text(problem).startswith("Dense block 2: x is B x 32 from Linear 2; › Add: ")
