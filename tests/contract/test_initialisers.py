"""Every initialiser: generated source applies it, and the weights spread as its formula says."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch

from core.catalog.initialisers import INITIALISERS
from core.program.module import build
from core.program.program import Init
from core.program.source import source
from core.spec.option import OptionSpec
from tests.drawn import Drawing

FAN_IN, FAN_OUT = 400, 200


def _weights(init: Init) -> tuple[str, torch.Tensor, torch.Tensor]:
    drawing = Drawing("Net")
    drawing.output(
        drawing.layer("linear", "fc", drawing.input("x", FAN_IN), params={"out_features": FAN_OUT}, init=init)
    )
    torch.manual_seed(0)
    program = drawing.program()
    state = build(program).state_dict()
    return source(program).text, state["fc.weight"], state["fc.bias"]


STD: dict[str, float] = {
    "default": 1 / math.sqrt(3 * FAN_IN),
    "xavier_uniform": math.sqrt(2 / (FAN_IN + FAN_OUT)),
    "xavier_normal": math.sqrt(2 / (FAN_IN + FAN_OUT)),
    "kaiming_uniform": math.sqrt(2 / FAN_IN),
    "kaiming_normal": math.sqrt(2 / FAN_IN),
    "normal": 0.02,
    "trunc_normal": 0.02,
    "uniform": 0.2 / math.sqrt(12),
    "orthogonal": 1 / math.sqrt(max(FAN_IN, FAN_OUT)),
    "zeros": 0.0,
    "ones": 0.0,
    "constant": 0.0,
}


@pytest.mark.parametrize("option", INITIALISERS.values(), ids=lambda option: option.id)
def test_weights_spread_as_the_formula_says(option: OptionSpec) -> None:
    text, weight, _ = _weights(Init(option.id))
    assert float(weight.std()) == pytest.approx(STD[option.id], rel=0.03, abs=1e-7)
    called = option.torch.removeprefix("torch.") or "nn.init"
    assert (called in text) == (option.id != "default")


@pytest.mark.parametrize(
    ("id", "params", "std"),
    [
        ("xavier_normal", {"gain": 2.0}, 2 * STD["xavier_normal"]),
        ("kaiming_normal", {"nonlinearity": "linear"}, math.sqrt(1 / FAN_IN)),
        ("kaiming_normal", {"nonlinearity": "leaky_relu", "a": 1.0}, math.sqrt(1 / FAN_IN)),
        ("kaiming_uniform", {"mode": "fan_out"}, math.sqrt(2 / FAN_OUT)),
        ("normal", {"std": 0.5}, 0.5),
        ("uniform", {"a": 0.0, "b": 1.0}, math.sqrt(1 / 12)),
    ],
)
def test_fields_reach_torch(id: str, params: dict[str, Any], std: float) -> None:
    _, weight, _ = _weights(Init(id, params))
    assert float(weight.std()) == pytest.approx(std, rel=0.03)


def test_bias_has_a_start_of_its_own() -> None:
    _, weight, bias = _weights(Init("default", {}, "constant", {"val": 0.5}))
    assert torch.equal(bias, torch.full((FAN_OUT,), 0.5))
    assert float(weight.std()) > 0
