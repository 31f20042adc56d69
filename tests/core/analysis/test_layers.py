"""Weights, what flows out, attention, dead units, and the latent scatter, against torch, NumPy and scikit-learn."""

from __future__ import annotations

import json
from collections.abc import Callable

import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA

from core.analysis.attention import attention
from core.analysis.latent import components, latent
from core.analysis.layers import detail, filters, layers, overview, shown
from core.analysis.observe import Scope
from core.analysis.shrink import sheet, shrunk, statistics
from core.analysis.subject import Subject
from core.problem import LayerloomError
from core.program.module import build
from tests import drawn, trainings

Get = Callable[[str], Subject]


def test_weights_are_told_as_they_are(subject: Get) -> None:
    digits = subject("digits")
    told = layers(digits, "test", node="conv", sample=4)
    node = told["node"]
    weight = digits.weights["conv.weight"]
    [row, bias] = node["weights"]
    assert (row["name"], row["shape"], bias["name"]) == ("weight", [8, 1, 3, 3], "bias")
    assert row["mean"] == pytest.approx(float(weight.mean()), abs=1e-7)
    assert row["std"] == pytest.approx(float(weight.std(correction=0)), abs=1e-7)
    counts, edges = np.histogram(weight.numpy().astype(np.float64), bins=64)
    assert row["counts"] == counts.tolist()
    np.testing.assert_allclose(row["edges"], edges)
    assert node["filters"]["kind"] == "kernels"
    assert np.array(node["filters"]["images"]).shape == (8, 3, 3)
    images = (np.array(node["filters"]["images"]) - 128) / 127 * node["filters"]["peak"]
    np.testing.assert_allclose(images, weight[:, 0].numpy(), atol=node["filters"]["peak"] / 127)
    assert json.loads(json.dumps(told)) == told


def test_feature_maps_are_what_the_layer_gives(subject: Get) -> None:
    digits = subject("digits")
    output = layers(digits, "test", node="conv", sample=4)["node"]["output"]
    x = torch.from_numpy(digits.prepared.splits["test"]["features"][4:5])
    expected = torch.nn.functional.conv2d(x, digits.weights["conv.weight"], digits.weights["conv.bias"], padding=1)[0]
    assert output["kind"] == "maps"
    assert output["shape"] == [8, 8, 8]
    maps = (np.array(output["images"]) - 128) / 127 * output["peak"]
    np.testing.assert_allclose(maps, expected.numpy(), atol=output["peak"] / 127)


def test_every_node_has_a_row_in_the_order_of_computation(subject: Get) -> None:
    told = layers(subject("digits"))
    assert [row["node"] for row in told["nodes"]] == ["conv", "norm", "relu", "pool", "logits", "loss"]
    norm = told["nodes"][1]
    assert norm["parameters"] == 16, "running statistics are none"
    relu = told["nodes"][2]
    assert relu["min"] == 0.0
    assert relu["dead"] is not None
    assert all(row["dead"] is None for row in told["nodes"] if row["node"] != "relu")
    assert told["node"] is None
    assert told["sample"]["truth"] in {str(k) for k in range(10)}
    assert told["sample"]["guess"] in {str(k) for k in range(10)}


def test_dead_units_are_counted() -> None:
    program = trainings.moons()
    weights = dict(build(program).state_dict())
    weights["norm.bias"] = weights["norm.bias"].clone()
    weights["norm.bias"][:4] = -1e6
    batch = {"features": torch.randn(32, 2), "target": torch.zeros(32, dtype=torch.long)}
    scope = Scope.main(program, weights, batch)
    step = scope.step("relu")
    assert step is not None
    silent = int((scope.values["relu"] == 0).all(0).sum())
    assert silent >= 4
    assert overview(scope, step)["dead"] == pytest.approx(silent / 16)


def test_weights_that_are_zero_are_counted() -> None:
    program = trainings.moons()
    weights = dict(build(program).state_dict())
    weights["hidden.weight"] = weights["hidden.weight"].clone()
    weights["hidden.weight"][:4] = 0.0
    weights["hidden.bias"] = torch.zeros(16)  # biases are not asked about
    scope = Scope.main(program, weights, {"features": torch.randn(4, 2), "target": torch.zeros(4, dtype=torch.long)})
    shares = {step.node: overview(scope, step)["sparse"] for step in program.steps}
    assert shares == {"hidden": 0.25, "norm": None, "relu": None, "dropout": None, "logits": 0.0, "loss": None}


def test_rows_over_the_pixels_are_shown_as_pictures(subject: Get) -> None:
    auto = subject("autoencoder")
    filters = layers(auto, node="squeeze")["node"]["filters"]
    assert filters["kind"] == "templates"
    assert np.array(filters["images"]).shape == (12, 8, 8)
    assert layers(auto, node="back")["node"]["filters"]["kind"] == "matrix"


def test_units_of_a_map_over_the_pixels_are_shown_as_pictures() -> None:
    d = drawn.Drawing("Map", "Map")
    x = d.input("features", 1, 8, 8)
    distances, _ = d.layer("som", "map", d.layer("flatten", "flat", x), params={"grid": (3, 4)})
    d.output(distances)
    program = d.program()
    weights = dict(build(program).state_dict())
    scope = Scope.main(program, weights, {"features": torch.randn(2, 1, 8, 8)})
    step = scope.step("map")
    assert step is not None
    told = filters(scope, step, {"weight": weights["map.weight"]})
    assert told is not None
    assert told["kind"] == "templates"
    pictures = (np.array(told["images"]) - 128) / 127 * told["peak"]
    np.testing.assert_allclose(pictures[5].ravel(), weights["map.weight"][1, 1].numpy(), atol=told["peak"] / 127)
    assert len(pictures) == 12


def test_attention_of_the_layer_is_softmax_of_its_products(subject: Get) -> None:
    net = subject("attention")
    part = net.part("test", 3)
    [batch] = net.batches(part)
    scope = Scope.main(net.program, net.weights, batch)
    step = scope.step("attend")
    assert step is not None
    [weights] = attention(scope, step).values()
    x = scope.values["embed"]
    query, key, _ = (x @ net.weights["attend.in_proj_weight"].T + net.weights["attend.in_proj_bias"]).chunk(3, dim=-1)
    query, key = (t.unflatten(-1, (4, -1)).transpose(1, 2) for t in (query, key))
    scores = query @ key.transpose(2, 3) / query.shape[-1] ** 0.5
    scores = scores.masked_fill(torch.ones(8, 8, dtype=torch.bool).triu(1), -torch.inf)
    torch.testing.assert_close(weights, scores.softmax(-1), atol=1e-5, rtol=1e-4)


def test_attention_inside_an_encoder_layer_is_found(subject: Get) -> None:
    net = subject("attention")
    [batch] = net.batches(net.part("test", 3))
    scope = Scope.main(net.program, net.weights, batch)
    step = scope.step("encoder")
    assert step is not None
    found = attention(scope, step)
    assert list(found) == ["self_attn"]
    weights = found["self_attn"]
    assert weights.shape == (3, 4, 8, 8)
    torch.testing.assert_close(weights.sum(-1), torch.ones(3, 4, 8))
    told = detail(scope, scope, step)["attention"]
    assert told[0]["heads"] == 4
    assert np.array(told[0]["images"]).shape == (4, 8, 8)
    assert attention(scope, next(s for s in scope.program.steps if s.name == "embed")) == {}


def test_attention_inside_a_decoder_layer_is_found_both_to_itself_and_to_memory() -> None:
    d = drawn.Drawing("Decoder", "Decoder")
    x, memory = d.input("features", 5, 8), d.input("memory", 7, 8)
    params = {"nhead": 2, "dim_feedforward": 16, "dropout": 0.0, "is_causal": True}
    d.output(d.layer("transformer_decoder_layer", "decoder", x, memory, params=params))
    program = d.program()
    torch.manual_seed(0)
    net = build(program).eval()
    batch = {"features": torch.randn(3, 5, 8), "memory": torch.randn(3, 7, 8)}
    scope = Scope.main(program, net.state_dict(), batch)
    step = scope.step("decoder")
    assert step is not None
    found = attention(scope, step)
    assert {name: tuple(weights.shape) for name, weights in found.items()} == {
        "self_attn": (3, 2, 5, 5),
        "multihead_attn": (3, 2, 5, 7),
    }
    for weights in found.values():
        torch.testing.assert_close(weights.sum(-1), torch.ones(weights.shape[:-1]))
    assert not found["self_attn"].triu(1).any()  # it does not look ahead
    assert [told["name"] for told in detail(scope, scope, step)["attention"]] == ["self_attn", "multihead_attn"]


def test_latent_directions_are_scikit_learns(subject: Get) -> None:
    random = np.random.default_rng(0)
    for shape in ((200, 12), (20, 300), (5, 1)):
        rows = random.normal(size=shape) * np.linspace(1, 5, shape[1])
        x, y, share = components(rows)
        pca = PCA(min(2, shape[1]), svd_solver="full").fit(rows)
        for found, expected in zip((x, y), pca.transform(rows).T, strict=False):
            sign = np.sign(found @ expected)
            np.testing.assert_allclose(found, sign * expected, atol=1e-8)
        assert share[: len(pca.explained_variance_ratio_)] == pytest.approx(pca.explained_variance_ratio_)
    told = latent(subject("digits"), "train", "pool")
    assert len(told["x"]) == len(told["y"]) == len(told["class"]) == told["examples"]
    assert told["width"] == 8
    assert told["classes"] == [str(k) for k in range(10)]
    assert latent(subject("regression"), "test", "hidden")["number"][0] > 1


def test_constant_outputs_have_no_directions() -> None:
    x, y, share = components(np.ones((7, 3)))
    assert not x.any()
    assert not y.any()
    assert share == [0.0, 0.0]


@pytest.mark.parametrize(("node", "words"), [("nowhere", "no node 'nowhere'"), ("loss", "no number for each example")])
def test_nothing_to_scatter_is_a_sentence(subject: Get, node: str, words: str) -> None:
    with pytest.raises(LayerloomError, match=words):
        latent(subject("moons"), "test", node)


def test_a_block_that_the_run_has_not_is_refused(subject: Get) -> None:
    with pytest.raises(LayerloomError, match="has no block n9"):
        layers(subject("moons"), place="n9")
    assert layers(subject("moons"), node="n9")["node"] is None


def test_pictures_are_shrunk_by_means_of_blocks() -> None:
    big = np.arange(100.0).reshape(10, 10)
    small = shrunk(big, 5)
    np.testing.assert_allclose(small, big.reshape(5, 2, 5, 2).mean((1, 3)))
    assert shrunk(np.ones((7, 3)), 3).shape == (3, 3)
    assert shrunk(np.ones((7, 3)), 3).tolist() == np.ones((3, 3)).tolist()


def test_numbers_that_are_none_are_counted_apart() -> None:
    told = statistics(np.array([1.0, np.nan, np.inf, 0.0]))
    assert (told["bad"], told["mean"], told["zeros"]) == (2, 0.5, 0.5)
    assert statistics(np.array([np.nan]))["mean"] is None
    assert sheet(np.full((1, 2, 2), np.nan), 8) == {"images": [[[0, 0], [0, 0]]], "peak": 0.0, "signed": False}
    assert shown(np.arange(4.0))["values"] == [0.0, 1.0, 2.0, 3.0]
