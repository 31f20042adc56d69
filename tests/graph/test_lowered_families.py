"""Whole designs of the newer families: drawn, lowered, written, built, and moved by one step of training."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from core.catalog.families import default_catalog
from core.program.codec import from_json, to_json
from core.program.module import build
from core.program.program import Program
from graph.check import problems
from graph.document import Document
from graph.infer import Inference
from graph.lower import lower
from tests.graph.sketch import Sketch

BATCH = 6


def start(data: str) -> Sketch:
    s = Sketch()
    s.document = Document(default_catalog())
    s.data(data)
    s.node("input", id="x")
    return s


def autoencoder() -> Sketch:
    """Variational, on iris, with noise on what comes in and a sparse code beside."""
    s = start("iris")
    s.node("gaussian_noise", "x", id="noisy")
    s.node("linear", "noisy", id="hidden", out_features=8)
    s.node("tanh", "hidden", id="bent")
    s.node("linear", "bent", id="mu", out_features=2)
    s.node("linear", "bent", id="logvar", out_features=2)
    s.node("reparameterise", "mu", "logvar", id="z")
    s.node("linear", "z", id="back", out_features=4)
    s.node("output", "back", id="y", record={"name": "reconstruction"})
    s.node("output", "mu", id="code", record={"name": "code"})
    s.node("mse_loss", "back", "x", reduction="batchmean")
    s.node("gaussian_kl", "mu", "logvar", weight=0.5)
    s.node("activity_l1", "bent", weight=0.001)
    return s


def radial() -> Sketch:
    """A radial basis function network whose centres also follow K-means."""
    s = start("iris")
    s.node("rbf", "x", id="bumps", out_features=7)
    s.node("linear", "bumps", id="head", out_features=3)
    s.node("output", "head", id="y")
    s.node("target", id="t")
    s.node("multi_margin_loss", "head", "t")
    s.node("kmeans_loss", "bumps.distances", weight=0.1)
    return s


def kohonen() -> Sketch:
    s = start("iris")
    sgd = {"optimizer": {"kind": "sgd", "params": {"lr": 0.5}}}
    s.setting("job", {**s.document.record("", "setting", "job").value, "objectives": [sgd]})
    s.node("som", "x", id="som", grid=(4, 5))
    s.node("output", "som.winner", id="y")
    s.node("som_loss", "som.distances")
    return s


def capsules() -> Sketch:
    """Digits, with a decoder that is fed the right capsule in training and the longest one to answer."""
    s = start("digits")
    s.node("conv2d", "x", id="conv", out_channels=8)
    s.node("relu", "conv", id="relu")
    s.node("primary_capsules", "relu", id="low", types=4, size=4, kernel_size=3)
    s.node("capsules", "low", id="high", size=6)
    s.node("capsule_length", "high", id="length")
    s.node("output", "length", id="y", record={"name": "classes"})
    s.node("target", id="t")
    s.node("capsule_margin_loss", "length", "t")
    s.node("capsule_mask", "high", "t", id="right")
    s.node("capsule_mask", "high", id="longest")
    s.node("linear", "right", id="decoder", out_features=64)
    s.node("linear", "longest", id="again", record={"shares": "decoder"}, out_features=64)
    s.node("output", "again", id="picture", record={"name": "picture"})
    s.node("flatten", "x", id="flat")
    s.node("mse_loss", "decoder", "flat", weight=0.0005, reduction="batchmean")
    return s


def aligned() -> Sketch:
    """A recurrent reader whose last state asks all its outputs, and a modern attention layer before it."""
    s = start("mnist1d")
    s.node("permute", "x", id="series", dims=(0, 2, 1))
    s.node("linear", "series", id="wide", out_features=16)
    s.node("self_attention", "wide", id="near", kv_heads=2, window=5)
    s.node("multihead_attention", "near", id="seen", is_causal=True)
    s.node("gru", "seen", id="gru", hidden_size=12)
    s.node("additive_attention", "gru.last", "gru.sequence", id="asked")
    s.node("linear", "asked", id="head", out_features=10)
    s.node("output", "head", id="y", record={"name": "classes"})
    s.node("output", "asked.weights", id="map", record={"name": "alignment"})
    s.node("output", "seen.weights", id="maps", record={"name": "heads"})
    s.node("target", id="t")
    s.node("focal_loss", "head", "t")
    return s


def excited() -> Sketch:
    """Squeeze and excitation, drawn from plain layers, around a depthwise convolution."""
    s = start("digits")
    s.node("conv2d", "x", id="stem", out_channels=8)
    s.node("conv2d", "stem", id="depthwise", out_channels=8, groups=8)
    s.node("mean", "depthwise", id="squeeze", dim=(2, 3), keepdim=True)
    s.node("conv2d", "squeeze", id="less", out_channels=2, kernel_size=1)
    s.node("relu", "less", id="relu")
    s.node("conv2d", "relu", id="more", out_channels=8, kernel_size=1)
    s.node("sigmoid", "more", id="gate")
    s.node("multiply", "depthwise", "gate", id="excite")
    s.node("global_avg_pool", "excite", id="pool")
    s.node("mixture_of_experts", "pool", id="experts", top_k=2)
    s.node("linear", "experts", id="head", out_features=10)
    s.node("output", "head", id="y")
    s.node("target", id="t")
    s.node("cross_entropy", "head", "t", label_smoothing=0.1)
    s.node("load_balance_loss", "experts.gates", weight=0.01)
    return s


DESIGNS = [autoencoder, radial, kohonen, capsules, aligned, excited]
every_design = pytest.mark.parametrize("draw", DESIGNS, ids=[draw.__name__ for draw in DESIGNS])


def batch(program: Program) -> dict[str, Tensor]:
    made = torch.Generator().manual_seed(0)
    values: dict[str, Tensor] = {}
    for value in (*program.inputs, *program.targets):
        sizes = [int(str(size)) for size in value.type.evaluate({"B": BATCH}).shape]
        floats, classes = torch.randn(sizes, generator=made), torch.randint(0, 3, sizes, generator=made)
        values[value.name] = floats if value.type.dtype == "float" else classes
    return values


@every_design
def test_drawn_without_a_problem(draw: Callable[[], Sketch]) -> None:
    s = draw()
    assert problems(s.document, Inference(s.document)) == []


@every_design
def test_a_step_moves_every_weight(draw: Callable[[], Sketch]) -> None:
    program = lower(draw().document)
    program.verify()
    assert to_json(from_json(to_json(program))) == to_json(program)
    torch.manual_seed(0)
    net = build(program)
    outputs, losses = net.step(batch(program))  # type: ignore[operator]
    assert list(outputs) == [result.name for result in program.outputs]
    assert len(losses) == len(program.losses)
    torch.stack(list(losses.values())).sum().backward()
    assert all(p.grad is not None and torch.isfinite(p.grad).all() for p in net.parameters())


@every_design
def test_the_network_answers_without_targets(draw: Callable[[], Sketch]) -> None:
    program = lower(draw().document)
    net: nn.Module = build(program).eval()
    given = batch(program)
    found = net(*(given[value.name] for value in program.inputs))
    for result, value in zip(program.outputs, found if isinstance(found, tuple) else (found,), strict=True):
        assert tuple(value.shape) == result.type.evaluate({"B": BATCH}).shape
