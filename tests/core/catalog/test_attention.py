"""Attention beside torch's own and beside the papers' formulas in NumPy."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F  # noqa: N812 - as everybody calls it
from torch import Tensor, nn

from core.catalog.families import default_catalog
from core.modules.attention import AdditiveAttention, LuongAttention, RotaryPositions, SelfAttention
from core.program.module import build
from core.program.source import source
from core.spec.layer import Given
from core.spec.shape import BATCH, TensorType
from tests.contract import direct
from tests.contract.cases import Case
from tests.contract.programs import program

Array = np.ndarray[Any, Any]


def drawn(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def softmax(x: Array) -> Array:
    e = np.exp(x - x.max(-1, keepdims=True))
    return np.asarray(e / e.sum(-1, keepdims=True))


def array(x: Tensor | nn.Module) -> Array:
    tensor = x.weight if isinstance(x, nn.Linear) else x
    assert isinstance(tensor, Tensor)
    return tensor.detach().numpy()


def multihead(**params: Any) -> Case:
    """Self-attention over 6 steps of 8 features, its keys and values filled in."""
    spec, x = default_catalog()["multihead_attention"], TensorType((BATCH, 6, 8))
    return Case(spec, Given({"query": x, "key": x, "value": x}, spec.values({"num_heads": 2, **params})))


def test_the_weights_of_multi_head_attention_are_softmax_of_its_scores() -> None:
    case = multihead(is_causal=True)
    layer, x = direct.module(case), drawn(3, 6, 8)
    assert isinstance(layer, nn.MultiheadAttention)
    found = direct.run(case, layer, {"query": x, "key": x, "value": x})
    q, k, v = (array(x) @ w.T for w in np.split(array(layer.in_proj_weight), 3))
    q, k, v = (np.swapaxes(t.reshape(3, 6, 2, 4), 1, 2) for t in (q, k, v))
    scores = q @ np.swapaxes(k, 2, 3) / math.sqrt(4) + np.triu(np.full((6, 6), -np.inf), 1)
    assert np.allclose(array(found["weights"]), softmax(scores), atol=1e-6)
    gathered = np.swapaxes(softmax(scores) @ v, 1, 2).reshape(3, 6, 8)
    assert np.allclose(array(found["y"]), gathered @ array(layer.out_proj).T, atol=1e-5)


def test_multi_head_attention_takes_the_fast_way_where_nobody_looks_at_the_weights() -> None:
    case = multihead()
    assert "need_weights=False" in source(program(case, "y")).text
    assert "need_weights=False" not in source(program(case)).text
    x = drawn(2, 6, 8)
    fast, seen = build(program(case, "y")).eval(), build(program(case)).eval()
    seen.load_state_dict(fast.state_dict())
    assert torch.allclose(fast(x, x, x), seen(x, x, x)[0], atol=1e-6)


@pytest.mark.parametrize("causal", [False, True])
def test_a_window_is_the_mask_of_near_steps(causal: bool) -> None:
    distance = torch.arange(6).unsqueeze(1) - torch.arange(6)
    near = (distance.abs() <= 2) & (distance >= 0 if causal else True)
    for id, ends in (("multihead_attention", "query key value"), ("scaled_dot_product_attention", "query key value")):
        spec, x = default_catalog()[id], TensorType((BATCH, 6, 8))
        types = dict.fromkeys(ends.split(), x)
        params = {"window": 2, "is_causal": causal}
        windowed = Case(spec, Given(types, spec.values(params)))
        masked = Case(spec, Given({**types, "attn_mask": TensorType((6, 6), "bool")}, spec.values({})))
        layer, wires = direct.module(windowed), {end: drawn(2, 6, 8, seed=i) for i, end in enumerate(types)}
        expected = direct.run(masked, layer, {**wires, "attn_mask": ~near})["y"]
        assert torch.allclose(direct.run(windowed, layer, wires)["y"], expected, atol=1e-6), id


@pytest.mark.parametrize("score", ["dot", "scaled_dot", "general"])
def test_luong(score: str) -> None:
    torch.manual_seed(0)
    layer = LuongAttention(5, 5, score)
    q, h = drawn(3, 4, 5), drawn(3, 7, 5, seed=1)
    asked = array(q) @ array(layer.transform).T if score == "general" else array(q)
    scores = asked @ np.swapaxes(array(h), 1, 2) / (math.sqrt(5) if score == "scaled_dot" else 1)
    context, weights = layer(q, h)
    assert np.allclose(array(weights), softmax(scores), atol=1e-6)
    assert np.allclose(array(context), softmax(scores) @ array(h), atol=1e-5)
    if score == "scaled_dot":
        assert torch.allclose(context, F.scaled_dot_product_attention(q, h, h), atol=1e-6)
    single = layer(q[:, 0], h)
    assert torch.allclose(single[0], context[:, 0], atol=1e-6)
    assert torch.allclose(single[1], weights[:, 0], atol=1e-6)


def test_bahdanau() -> None:
    torch.manual_seed(0)
    layer = AdditiveAttention(5, 6, hidden=3)
    q, h = drawn(2, 4, 5), drawn(2, 7, 6, seed=1)
    asked = array(q) @ array(layer.query).T + array(layer.query.bias)
    mixed = np.tanh(asked[:, :, None] + (array(h) @ array(layer.memory).T)[:, None])
    expected = softmax(mixed @ array(layer.score)[0])
    context, weights = layer(q, h)
    assert np.allclose(array(weights), expected, atol=1e-6)
    assert np.allclose(array(context), expected @ array(h), atol=1e-5)


@pytest.mark.parametrize("layer", [LuongAttention(5, 5), AdditiveAttention(5, 5)], ids=["luong", "bahdanau"])
def test_filling_is_not_looked_at(layer: nn.Module) -> None:
    q, h = drawn(2, 4, 5), drawn(2, 7, 5, seed=1)
    padding = torch.zeros(2, 7, dtype=torch.bool)
    padding[:, 4:] = True
    context, weights = layer(q, h, padding)
    assert float(weights[:, :, 4:].detach().abs().max()) == 0
    assert torch.allclose(weights.sum(-1), torch.ones(2, 4))
    assert torch.allclose(context, layer(q, h[:, :4])[0], atol=1e-6)


def test_luong_looks_around_its_own_step() -> None:
    torch.manual_seed(0)
    layer, q = LuongAttention(5, 5, local="monotonic", window=2), drawn(2, 7, 5)
    weights = layer(q, q)[1]
    far = (torch.arange(7).unsqueeze(1) - torch.arange(7)).abs() > 2
    assert float(weights[:, far].detach().abs().max()) == 0
    assert torch.allclose(weights.sum(-1), torch.ones(2, 7))
    wide = LuongAttention(5, 5, local="monotonic", window=7)
    plain = LuongAttention(5, 5)
    plain.load_state_dict(wide.state_dict())
    assert torch.equal(wide(q, q)[1], plain(q, q)[1])


def test_luong_looks_around_a_predicted_step() -> None:
    torch.manual_seed(0)
    layer = LuongAttention(5, 5, local="predictive", window=3)
    q, h = drawn(2, 4, 5), drawn(2, 7, 5, seed=1)
    hidden = np.tanh(array(q) @ array(layer.hidden).T)
    place = 7 / (1 + np.exp(-hidden @ array(layer.place).T))
    distance = np.arange(7) - place
    near = np.exp(-(distance**2) / (2 * 1.5**2)) * (np.abs(distance) <= 3)
    scores = array(q) @ array(layer.transform).T @ np.swapaxes(array(h), 1, 2)
    assert np.allclose(array(layer(q, h)[1]), softmax(scores) * near, atol=1e-6)


def test_rotary_positions_are_complex_turns() -> None:
    x = drawn(2, 3, 9, 8)
    pairs = array(x)[..., 0::2] + 1j * array(x)[..., 1::2]
    turned = pairs * np.exp(1j * np.arange(9)[:, None] * 10000.0 ** (-np.arange(4) / 4))
    expected = np.stack((turned.real, turned.imag), -1).reshape(2, 3, 9, 8)
    assert np.allclose(array(RotaryPositions(8)(x)), expected, atol=1e-5)


def test_products_of_rotated_vectors_depend_on_distance_alone() -> None:
    q, k = (drawn(8, seed=seed).expand(12, 8) for seed in (0, 1))
    rotate = RotaryPositions(8)
    products = rotate(q) @ rotate(k).T
    for distance in range(-11, 12):
        assert torch.allclose(products.diagonal(distance), products.diagonal(distance)[:1], atol=1e-5)


def test_self_attention_without_its_extras_is_torchs() -> None:
    torch.manual_seed(0)
    ours, x = SelfAttention(8, 2, rotary=False), drawn(3, 6, 8)
    theirs = nn.MultiheadAttention(8, 2, batch_first=True)
    with torch.no_grad():
        for name in ("weight", "bias"):
            rows = [getattr(part, name) for part in (ours.query, ours.key, ours.value)]
            getattr(theirs, f"in_proj_{name}").copy_(torch.cat(rows))
            getattr(theirs.out_proj, name).copy_(getattr(ours.out, name))
    expected, shares = theirs(x, x, x, average_attn_weights=False)
    assert torch.allclose(ours(x)[0], expected, atol=1e-6)
    y, weights = ours(x, need_weights=True)
    assert torch.allclose(y, expected, atol=1e-6)
    assert torch.allclose(weights, shares, atol=1e-6)


def test_grouped_heads_share_keys_and_values() -> None:
    torch.manual_seed(0)
    grouped, x = SelfAttention(16, 4, kv_heads=2, is_causal=True), drawn(2, 6, 16)
    full = SelfAttention(16, 4, is_causal=True)
    state = grouped.state_dict()
    for part in ("key.weight", "key.bias", "value.weight", "value.bias"):
        state[part] = state[part].unflatten(0, (2, 4)).repeat_interleave(2, dim=0).flatten(0, 1)
    full.load_state_dict(state)
    assert torch.allclose(grouped(x)[0], full(x)[0], atol=1e-6)


@pytest.mark.parametrize(("window", "filled"), [(None, False), (2, False), (2, True), (None, True)])
def test_self_attention_sees_no_further_than_it_may(window: int | None, filled: bool) -> None:
    """What a step gives does not change when what it may not see changes; with weights and without."""
    torch.manual_seed(0)
    layer, x = SelfAttention(8, 2, is_causal=True, window=window), drawn(1, 6, 8)
    padding = torch.tensor([[False, False, True, False, False, False]]) if filled else None
    for need_weights in (False, True):
        y, weights = layer(x, padding, need_weights)
        assert (weights is not None) == need_weights
        if weights is not None:
            assert torch.allclose(weights.sum(-1), torch.ones(1, 2, 6), atol=1e-6)
        for changed in range(6):
            other = x.clone()
            other[:, changed] += 1
            moved = (layer(other, padding, need_weights)[0] - y).abs().sum(-1)[0] > 1e-6
            hidden = filled and changed == 2
            expected = [
                t == changed or (not hidden and t > changed and (window is None or t - changed <= window))
                for t in range(6)
            ]
            assert moved.tolist() == expected, f"step {changed}"


def test_wrong_widths_are_told() -> None:
    with pytest.raises(ValueError, match="4 heads must divide 10 features"):
        SelfAttention(10, 4)
    with pytest.raises(ValueError, match="pairs of features"):
        RotaryPositions(7)
