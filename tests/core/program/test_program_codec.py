"""Programs as JSON: the same ones come back, anything else is refused in a sentence."""

from __future__ import annotations

import json
from typing import Any

import pytest

from core.problem import LayerloomError
from core.program.codec import from_json, to_json
from core.program.plain import read_dim
from core.spec.shape import symbol
from tests import drawn


def data(name: str = "mlp") -> dict[str, Any]:
    result: dict[str, Any] = json.loads(json.dumps(to_json(drawn.ALL[name]())))
    return result


@pytest.mark.parametrize("name", drawn.ALL)
def test_programs_come_back_equal(name: str) -> None:
    assert from_json(data(name)) == drawn.ALL[name]()


@pytest.mark.parametrize("formula", [3, "B", "T-2", "H//2", "(H-2)//2+1", "B*T", "2*T+1", "-T+4"])
def test_sizes_come_back_equal(formula: int | str) -> None:
    dim = read_dim(formula)
    assert read_dim(dim if isinstance(dim, int) else str(dim)) == dim


def test_formulas_mean_what_they_say() -> None:
    height = symbol("H")
    assert read_dim("(H-2)//2+1") == (height - 2) // 2 + 1
    assert read_dim("H*H-1") == height * height - 1


@pytest.mark.parametrize(
    "formula",
    ["__import__('os')", "H.x", "f(H)", "H//0", "H//-1", "H**2", "", "1.5", True, None, [1], "(" * 150, "x" * 201],
)
def test_what_is_no_size_is_refused(formula: Any) -> None:
    with pytest.raises(LayerloomError, match="expected a size"):
        read_dim(formula)


def test_a_formula_that_would_explode_is_refused() -> None:
    with pytest.raises(LayerloomError, match="expected a size"):
        read_dim("*".join(f"({a}+{a}{a}+{a}{a}{a}+c)" for a in "defghijk"))


def change(path: str, value: Any) -> dict[str, Any]:
    """The perceptron's data with the part at the dotted path replaced, or removed where the value is None."""
    whole = data()
    part: Any = whole
    *way, last = path.split(".")
    for key in way:
        part = part[int(key)] if isinstance(part, list) else part[key]
    if value is None:
        del part[last]
    else:
        part[last] = value
    return whole


@pytest.mark.parametrize(
    ("path", "value", "sentence"),
    [
        ("format", 99, "expected format 1, received 99"),
        ("name", None, "name is missing"),
        ("name", "x: pass", "cannot name a class"),
        ("steps", {}, "steps should be list"),
        ("steps.0.layer", "os.system", "unknown layer 'os.system'"),
        ("steps.0.layer", "input", "unknown layer 'input'"),
        ("steps.0.module", "", "needs a module"),
        ("steps.0.module", "x)", "shared before it exists|cannot name a layer"),
        ("steps.0.repeat", 10**9, "repeat must be from 1 to 10000"),
        ("steps.0.repeat", True, "repeat should be int"),
        ("steps.0.params.out_features", "evil()", "expected a whole number"),
        ("steps.0.params.evil", 1, "has no parameter evil"),
        ("steps.0.inputs", {}, "type of each of its inputs"),
        ("steps.0.outputs", {"z": "hidden"}, "has no port 'z'"),
        ("steps.0.outputs", {"y": "a.b"}, "is no identifier"),
        ("steps.0.init.weight", "evil", "no initialisation 'evil'"),
        ("steps.0.init.weight_params", {"evil": 1}, "has no field evil"),
        ("inputs.0.type.dtype", "object", "expected a dtype"),
        ("inputs.0.type.shape", [{}], "expected a size"),
        ("losses.0.weight", "1", "weight should be float"),
        ("losses.0.value", "nothing", "which nothing makes"),
        ("blocks", {"A": 1}, "the program should be dict"),
    ],
)
def test_what_does_not_hold_is_refused(path: str, value: Any, sentence: str) -> None:
    with pytest.raises(LayerloomError, match=sentence) as caught:
        from_json(change(path, value))
    assert caught.value.problem.code == "program"
    assert str(caught.value).startswith("This program cannot be read: ")
