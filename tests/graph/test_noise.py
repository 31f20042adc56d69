"""Noise: an input that is bound to no field of the data."""

from __future__ import annotations

from core.program.codec import from_json, to_json
from graph.check import problems
from graph.infer import Inference
from graph.lower import lower
from tests.graph.sketch import Sketch


def generator(kind: str) -> Sketch:
    s = Sketch()
    s.data(kind)
    s.node("noise", id="z", shape=(3,), encoding="uniform")
    s.node("linear", "z", id="made", out_features=4)
    s.node("output", "made", id="y")
    s.node("target", id="t", field="features")
    s.node("mse", "made", "t", id="loss")
    return s


def test_its_shape_is_its_own_whatever_the_data() -> None:
    s = generator("iris")
    inference = Inference(s.document)
    assert problems(s.document, inference) == []
    assert str(inference.scope().types["z", "y"]) == "B x 3"
    s.data("none")
    assert str(inference.scope().types["z", "y"]) == "B x 3"


def test_it_lowers_to_an_input_that_says_what_it_is_drawn_from() -> None:
    program = lower(generator("iris").document)
    program.verify()
    [z] = program.inputs
    assert (z.name, z.field, z.encoding, str(z.type)) == ("noise", "", "uniform", "B x 3")
    assert [t.field for t in program.targets] == ["features"]
    assert from_json(to_json(program)).inputs == program.inputs


def test_it_does_not_give_the_target_away() -> None:
    s = Sketch()
    s.data("python_text")
    s.node("noise", id="z", shape=(64,))
    s.node("target", id="t", field="features")
    s.node("output", "z", id="y")
    s.node("input", id="x", field="target")
    s.node("output", "x", id="y2")
    assert not [p for p in problems(s.document, Inference(s.document)) if p.code == "leak"]
