"""Normalisation, attention and recurrent layers worked out in numbers, against PyTorch's own."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from core.analysis.trace import faces
from core.analysis.trace.grids import Equation
from core.analysis.trace.passes import Visit, visited
from core.program.module import build
from tests import drawn

NORMS: Mapping[str, tuple[tuple[int, ...], dict[str, Any]]] = {
    "layer_norm": ((5, 6), {"dims": 1}),
    "rms_norm": ((5, 6), {"dims": 1}),
    "batch_norm1d": ((4,), {}),
    "batch_norm2d": ((4, 3, 3), {}),
    "group_norm": ((6, 3, 3), {"num_groups": 3}),
    "instance_norm2d": ((4, 3, 3), {}),
}


def at_work(layer: str, shapes: Mapping[str, tuple[int, ...]], params: Mapping[str, Any]) -> Visit:
    """One layer between inputs and an output, with random weights, statistics and numbers, and a random way back."""
    torch.manual_seed(0)
    d = drawn.Drawing("One")
    names = [d.input(name, *shape) for name, shape in shapes.items()]
    made = d.layer(layer, "one", *names, params=params)
    d.output(made if isinstance(made, str) else made[0])
    program = d.program()
    net = build(program)
    state = {k: torch.rand_like(v) + 0.5 if v.is_floating_point() else v for k, v in net.state_dict().items()}
    given = {name: torch.randn(2, *shape) for name, shape in shapes.items()}
    [step] = program.steps
    arrives = {end: given[value] for end, value in step.inputs.items()}
    visit = visited(program, step, "one", state, arrives, "")
    visit.upstream = {visit.port: torch.randn_like(visit.output)}
    visit.back()
    return visit


def result(equation: Equation) -> float:
    return float(equation.working.rpartition("=")[2].replace("−", "-"))


def evaluated(text: str) -> float:
    """A worked-out right side as Python computes it."""
    plain = text.replace("−", "-").replace("·", "*").replace("²", "**2")
    plain = re.sub(r"\bs\(", "sigmoid(", plain)
    known = {"sqrt": math.sqrt, "exp": math.exp, "tanh": math.tanh, "sigmoid": lambda v: 1 / (1 + math.exp(-v))}
    return float(eval(plain, {"__builtins__": {}}, known))


@pytest.mark.parametrize("layer", NORMS)
class TestNorms:
    def test_a_number_is_what_pytorch_makes(self, layer: str) -> None:
        shape, params = NORMS[layer]
        visit = at_work(layer, {"x": shape}, params)
        for index in ((0,) * visit.output.dim(), tuple(size - 1 for size in visit.output.shape)):
            first, second = faces.forward(visit, index)
            left, _, rest = first.working.partition(" = ")
            told, _, value = rest.rpartition(" = ")
            assert left.startswith("y[")
            assert float(value.replace("−", "-")) == pytest.approx(float(visit.output[index].detach()), rel=1e-3)
            assert evaluated(told) == pytest.approx(float(visit.output[index].detach()), rel=0.02, abs=2e-3)
            assert second.working
            assert second.terms

    def test_the_way_back_is_what_autograd_finds(self, layer: str) -> None:
        shape, params = NORMS[layer]
        visit = at_work(layer, {"x": shape}, params)
        index = tuple(size - 1 for size in visit.output.shape)
        back = {equation.title: equation for equation in faces.back(visit, index)}
        working = back["Back to x"].working
        [gradient] = visit.given_gradients.values()
        assert float(working.rpartition(" = ")[2].replace("−", "-")) == pytest.approx(float(gradient[index]), rel=1e-3)
        assert evaluated(working.partition(" = ")[2].rpartition(" = ")[0]) == pytest.approx(
            float(gradient[index]), rel=0.03, abs=3e-3
        )
        assert ("To g" in back) == ("weight" in visit.weights)


def test_kept_statistics_are_those_of_training() -> None:
    visit = at_work("batch_norm2d", {"x": (4, 3, 3)}, {})
    mean = float(visit.kept["running_mean"][1])
    assert f"mean = {mean:.4g}" in faces.forward(visit, (0, 1, 2, 2))[1].working
    assert "kept from training" in faces.back(visit, (0, 1, 2, 2))[0].text
    visit = at_work("batch_norm2d", {"x": (4, 3, 3)}, {"track_running_stats": False})
    assert "18 numbers" in faces.forward(visit, (0, 1, 2, 2))[1].text


@pytest.mark.parametrize("params", [{}, {"is_causal": True}, {"window": 1}, {"scale": 0.3}])
@pytest.mark.parametrize("heads", [(), (2,)])
def test_one_query_of_attention(heads: tuple[int, ...], params: dict[str, Any]) -> None:
    shape = (*heads, 5, 4)
    visit = at_work("scaled_dot_product_attention", dict.fromkeys(("query", "key", "value"), shape), params)
    for t in (0, 4):
        index = (1, *(0 for _ in heads), t, 2)
        met, shared, mean = faces.forward(visit, index)
        [shares] = [term.numbers for term in shared.terms]
        assert float(shares.sum()) == pytest.approx(1.0)
        assert result(shared) == pytest.approx(float(shares.max()), rel=1e-3)
        assert result(mean) == pytest.approx(float(visit.output[index].detach()), rel=1e-3)
        assert evaluated(met.working.split(" = ")[1]) == pytest.approx(result(met), rel=0.02, abs=2e-3)
    hidden = params.get("is_causal") or params.get("window") is not None
    first = faces.forward(visit, (1, *(0 for _ in heads), 0, 2))[1].terms[0].numbers
    assert bool((first[2:] == 0).all()) == bool(hidden)


@pytest.mark.parametrize("layer", ["rnn", "gru", "lstm"])
@pytest.mark.parametrize("bias", [True, False])
def test_one_step_through_time(layer: str, bias: bool) -> None:
    visit = at_work(layer, {"x": (4, 3)}, {"hidden_size": 5, "bias": bias})
    cell = {"rnn": nn.RNNCell, "gru": nn.GRUCell, "lstm": nn.LSTMCell}[layer](3, 5, bias).double()
    cell.load_state_dict({name.removesuffix("_l0"): tensor for name, tensor in visit.weights.items()})
    [x] = visit.given.values()
    state: Any = None
    for step in range(4):
        state = cell(x[1:2, step].detach(), state) if state is not None else cell(x[1:2, step].detach())
        h: Tensor = state[0] if isinstance(state, tuple) else state
        index = (1, step, 3)
        last = faces.forward(visit, index)[-1]
        assert result(last) == pytest.approx(float(h[0, 3].detach()), rel=1e-3)
        told = last.working.partition(" = ")[2].rpartition(" = ")[0]
        assert evaluated(told) == pytest.approx(float(h[0, 3].detach()), rel=0.02, abs=2e-3)
    if layer != "rnn":
        gates = faces.forward(visit, (1, 3, 3))[0].working.split(", ")
        for gate in gates:
            _, told, value = gate.split(" = ")
            assert evaluated(told) == pytest.approx(float(value.replace("−", "-")), rel=0.02, abs=2e-3)


def test_several_layers_are_told_by_their_formula() -> None:
    visit = at_work("gru", {"x": (4, 3)}, {"hidden_size": 5, "num_layers": 2})
    [equation] = faces.forward(visit, (0, 2, 1))
    assert equation.working == ""
    assert "h[t]" in equation.text
