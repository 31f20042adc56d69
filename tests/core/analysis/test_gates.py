"""Recurrent layers written out by hand against those of PyTorch."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from core.analysis.gates import gates, unrolled
from core.analysis.layers import layers
from core.analysis.subject import Subject, moment
from core.problem import LayerloomError
from core.program.program import Program
from tests import drawn, trainings
from tests.analysed import fresh


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("made", [nn.LSTM, nn.GRU, nn.RNN], ids=lambda made: made.__name__)
def test_what_is_written_out_is_what_the_layer_gives(made: type[nn.RNNBase], bias: bool, bidirectional: bool) -> None:
    torch.manual_seed(0)
    layer = made(3, 5, 2, bias=bias, batch_first=True, bidirectional=bidirectional).double()
    x = torch.randn(7, 3, dtype=torch.float64)
    with torch.no_grad():
        written, whole = unrolled(layer, x)
        torch.testing.assert_close(whole, layer(x[None])[0][0], rtol=0, atol=1e-12)
    assert set(written) == {(k, way) for k in range(2) for way in ((False, True) if bidirectional else (False,))}


def test_rectified_states_too() -> None:
    layer, x = nn.RNN(3, 4, nonlinearity="relu", batch_first=True), torch.randn(5, 3)
    with torch.no_grad():
        torch.testing.assert_close(unrolled(layer, x)[1], layer(x[None])[0][0])


def test_a_forget_gate_held_open_keeps_the_cell() -> None:
    layer = nn.LSTM(1, 1, batch_first=True)
    for weight in layer.parameters():
        nn.init.zeros_(weight)
    with torch.no_grad():
        layer.bias_ih_l0[:] = torch.tensor([0.0, 50.0, 50.0, 0.0])  # input half, forget open, candidate 1, output half
        written, _ = unrolled(layer, torch.zeros(4, 1))
    course = written[0, False]
    torch.testing.assert_close(course["forget gate"], torch.ones(4, 1))
    torch.testing.assert_close(course["cell state"][:, 0], torch.tensor([0.5, 1.0, 1.5, 2.0]))
    torch.testing.assert_close(course["hidden state"], 0.5 * course["cell state"].tanh())


def reader(layer: str, **params: Any) -> Program:
    """Rows of a digit, read one after the other."""
    d = drawn.Drawing("Reader", "Reader")
    x, target = d.input("features", 1, 8, 8), d.target("target", dtype="int")
    rows = d.layer("flatten", "rows", x, params={"start_dim": 1, "end_dim": 2})
    read, _ = d.layer(layer, "read", rows, params={"hidden_size": 6, **params})
    logits = d.layer("linear", "logits", d.layer("flatten", "flat", read), params={"out_features": 10})
    d.output(logits)
    d.loss(d.layer("cross_entropy", "loss", logits, target))
    return d.program()


@pytest.fixture(scope="module")
def subject(tmp_path_factory: pytest.TempPathFactory) -> Subject:
    folder = Path(tmp_path_factory.mktemp("gates")) / "run"
    program = reader("lstm", num_layers=2, bidirectional=True)
    run = fresh(folder, program, trainings.job("digits", epochs=1, batch_size=256))
    return Subject(run, moment(run))


def node_of(subject: Subject, name: str) -> str:
    return next(step.node for step in subject.program.steps if step.name == name)


@pytest.mark.parametrize(("layer", "backward"), [(0, False), (1, True)])
def test_a_trained_layer_is_told_whole(subject: Subject, layer: int, backward: bool) -> None:
    node = node_of(subject, "read")
    answer = gates(subject, "test", node, 3, layer, backward)
    assert answer["apart"] < 1e-5
    assert (answer["kind"], answer["layers"], answer["directions"], answer["units"]) == ("LSTM", 2, 2, 6)
    assert answer["gates"] == ["input gate", "forget gate", "output gate"]
    assert answer["others"] == ["candidate", "cell state", "hidden state"]
    assert np.shape(answer["pictures"]["images"]) == (3, 6, answer["steps"])
    assert all(0 < value < 1 for name in answer["gates"] for value in answer["mean"][name])
    assert all(0 <= low + high <= 1 for low, high in answer["saturated"].values())
    assert json.loads(json.dumps(answer)) == answer
    assert "gates" in layers(subject, "test", "", node, 0)["node"]["further"]


@pytest.mark.parametrize(
    ("name", "layer", "backward", "says"),
    [("logits", 0, False, "no recurrent layer"), ("read", 2, False, "has 2 layers, counted from 0, in both")],
)
def test_what_is_not_there_is_told(subject: Subject, name: str, layer: int, backward: bool, says: str) -> None:
    with pytest.raises(LayerloomError, match=says):
        gates(subject, "test", node_of(subject, name), 0, layer, backward)
