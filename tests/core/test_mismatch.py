"""What a person reads where layers do not fit, and what is offered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from core.catalog.families import default_catalog
from core.spec.layer import Given, Mismatch
from core.spec.shape import BATCH as B
from core.spec.shape import DType, TensorType, symbol

T, H, W = symbol("T"), symbol("H"), symbol("W")
Wires = Mapping[str, TensorType]


def t(*shape: Any, dtype: DType = "float") -> TensorType:
    return TensorType(shape, dtype)


def shape(id: str, wires: Wires, **params: Any) -> tuple[Any, ...]:
    """The shape of the first output."""
    return next(iter(default_catalog()[id].shape(_given(id, wires, params)).values())).shape


def told(id: str, wires: Wires, **params: Any) -> Mismatch:
    with pytest.raises(Mismatch) as caught:
        default_catalog()[id].shape(_given(id, wires, params))
    return caught.value


def _given(id: str, wires: Wires, params: Mapping[str, Any]) -> Given:
    spec, types = default_catalog()[id], dict(wires)
    for port in spec.inputs:
        if port.same_as and port.id not in types:
            types[port.id] = types[port.same_as]
    return Given(types, spec.values(params))


PICTURE, ROW, SERIES = t(B, 16, H, W), t(B, 64), t(B, T, 8)


@pytest.mark.parametrize(
    ("id", "wires", "params", "expected"),
    [
        ("linear", {"x": t(B, T, 8)}, {"out_features": 4}, (B, T, 4)),
        ("conv2d", {"x": PICTURE}, {}, (B, 32, H, W)),
        ("conv2d", {"x": PICTURE}, {"stride": 2}, (B, 32, (H - 1) // 2 + 1, (W - 1) // 2 + 1)),
        ("conv1d", {"x": t(B, 8, T)}, {"padding": "valid"}, (B, 32, T - 2)),
        ("conv_transpose2d", {"x": PICTURE}, {}, (B, 32, 2 * H, 2 * W)),
        ("max_pool2d", {"x": PICTURE}, {}, (B, 16, H // 2, W // 2)),
        ("global_avg_pool", {"x": PICTURE}, {}, (B, 16)),
        ("flatten", {"x": PICTURE}, {"start_dim": 2}, (B, 16, H * W)),
        ("flatten", {"x": t(B, 16, 8, 8)}, {}, (B, 1024)),
        ("unflatten", {"x": t(B, 16, H * 4)}, {"dim": 2, "sizes": (-1, 4)}, (B, 16, H, 4)),
        ("pad", {"x": PICTURE}, {"pad": (1, 2, 0, 0)}, (B, 16, H, W + 3)),
        ("slice", {"x": SERIES}, {"start": 1, "stop": -1}, (B, T - 2, 8)),
        ("select", {"x": SERIES}, {}, (B, 8)),
        ("upsample", {"x": PICTURE}, {"scale_factor": 2}, (B, 16, 2 * H, 2 * W)),
        ("concatenate", {"xs.0": PICTURE, "xs.1": t(B, 4, H, W)}, {}, (B, 20, H, W)),
        ("class_token", {"x": SERIES}, {}, (B, T + 1, 8)),
        ("lstm", {"x": SERIES}, {"bidirectional": True}, (B, T, 128)),
        ("multihead_attention", {"query": SERIES, "key": t(B, 5, 6)}, {}, (B, T, 8)),
        ("embedding", {"x": t(B, T, dtype="int")}, {}, (B, T, 64)),
        ("cross_entropy", {"input": t(B, 10, H, W), "target": t(B, H, W, dtype="int")}, {}, ()),
    ],
)
def test_varying_sizes_pass_through(
    id: str, wires: Wires, params: Mapping[str, Any], expected: tuple[Any, ...]
) -> None:
    assert shape(id, wires, **params) == expected


def test_a_picture_can_be_cut_into_patches() -> None:
    """A strided convolution, a Flatten and a Permute make the sequence that attention reads."""
    patches = t(*shape("conv2d", {"x": t(B, 1, 8, 8)}, out_channels=32, kernel_size=2, stride=2, padding=0))
    assert patches.shape == (B, 32, 4, 4)
    row = t(*shape("flatten", {"x": patches}, start_dim=2))
    tokens = t(*shape("permute", {"x": row}, dims=(0, 2, 1)))
    assert tokens.shape == (B, 16, 32)
    assert shape("positional_encoding", {"x": tokens}) == (B, 16, 32)
    assert shape("transformer_encoder_layer", {"x": tokens}) == (B, 16, 32)


@pytest.mark.parametrize(
    ("id", "wires", "params", "sentence", "fixes"),
    [
        (
            "linear",
            {"x": t(B, 4, dtype="int")},
            {},
            "x must be real numbers, not int.",
            ["Insert a conversion to real numbers"],
        ),
        (
            "linear",
            {"x": t(B, 3, T)},
            {},
            "the number of features at x must be fixed, because weights are made for it; it is T.",
            [],
        ),
        (
            "conv2d",
            {"x": ROW},
            {},
            "x must be (batch, channels, height, width); it has 2 dimensions.",
            ["Insert an Unflatten to 1 x 8 x 8"],
        ),
        (
            "conv2d",
            {"x": t(B, 8, 8)},
            {},
            "x must be (batch, channels, height, width); it has 3 dimensions.",
            ["Insert a channel dimension of size 1"],
        ),
        (
            "conv2d",
            {"x": t(B, 16, 4, 4)},
            {"kernel_size": 7, "padding": "valid"},
            "the window spans 7 cells, but the height at x is only 4.",
            [],
        ),
        (
            "conv2d",
            {"x": t(B, 16, 8, 8)},
            {"groups": 6},
            "groups 6 does not divide the 16 channels at x.",
            ["Set groups to 2"],
        ),
        (
            "conv2d",
            {"x": t(B, 16, 8, 8)},
            {"groups": 16, "out_channels": 24},
            "groups 16 does not divide out channels 24.",
            ["Set out channels to 32", "Set groups to 8"],
        ),
        (
            "conv2d",
            {"x": PICTURE},
            {"kernel_size": 4, "stride": 2},
            'padding "same" with stride 2 needs an odd kernel size, it is 4.',
            ["Set padding to 1", "Set kernel size to 5"],
        ),
        (
            "group_norm",
            {"x": t(B, 12, 4, 4)},
            {},
            "num groups 8 does not divide the 12 channels at x.",
            ["Set num groups to 6"],
        ),
        (
            "add",
            {"a": t(B, 64, 4, 4), "b": t(B, 32, 8, 8)},
            {},
            "a and b differ in dimension 1, 64 and 32; dimension 2, 4 and 8; dimension 3, 4 and 8.",
            ["Insert a 1x1 convolution to 64 channels, stride 2, at b"],
        ),
        (
            "add",
            {"a": t(B, 64, H, W), "b": t(B, 32, H, W)},
            {},
            "a and b differ in dimension 1, 64 and 32.",
            ["Insert a 1x1 convolution to 64 channels at b", "Insert a 1x1 convolution to 32 channels at a"],
        ),
        (
            "add",
            {"a": t(B, 64, (H - 1) // 2 + 1, (W - 1) // 2 + 1), "b": t(B, 32, H, W)},
            {},
            None,
            ["Insert a 1x1 convolution to 64 channels, stride 2, at b"],
        ),
        (
            "add",
            {"a": t(B, 64), "b": t(B, 32)},
            {},
            "a and b differ in dimension 1, 64 and 32.",
            ["Insert a Linear to 64 features at b", "Insert a Linear to 32 features at a"],
        ),
        (
            "multiply",
            {"a": t(B, 16, 8, 8), "b": t(B, 16)},
            {},
            "a and b differ in their number of dimensions, 4 and 2.",
            ["Insert an Unflatten to 16 x 1 x 1 at b"],
        ),
        (
            "concatenate",
            {"xs.0": t(B, 16, 8, 8), "xs.1": t(B, 16, 4, 4)},
            {},
            "input 1 and input 2 differ in dimension 2, 8 and 4; only dimension 1 may.",
            ["Insert a 1x1 convolution to 16 channels, stride 2, at input 1"],
        ),
        (
            "matmul",
            {"a": t(B, 5, 8), "b": t(B, 7, 8)},
            {},
            "the 8 columns of a must equal the 7 rows of b.",
            ["Insert a Permute that transposes b"],
        ),
        (
            "lstm",
            {"x": t(B, 20)},
            {},
            "x must be (batch, time, features); it has 2 dimensions.",
            ["Treat each feature as one step in time", "Treat all features as a single step"],
        ),
        (
            "multihead_attention",
            {"query": t(B, T, 10)},
            {},
            "num heads 4 does not divide the 10 features at query.",
            ["Set num heads to 5", "Insert a Linear to 12 features at query"],
        ),
        (
            "embedding",
            {"x": t(B, 4)},
            {},
            "x must be indices (whole numbers), not float.",
            [],
        ),
        (
            "positional_encoding",
            {"x": t(B, 600, 8)},
            {},
            "x has 600 steps, more than max length 512.",
            ["Set max length to 600"],
        ),
        (
            "cross_entropy",
            {"input": t(B, 10, 4, 4), "target": t(B, dtype="int")},
            {},
            "prediction has its 10 classes in dimension 1, so target must be B x 4 x 4 int, not B int.",
            ["Insert a Flatten at prediction", "Insert a global average at prediction"],
        ),
        (
            "cross_entropy",
            {"input": t(B, T, 10), "target": t(B, T, dtype="int")},
            {},
            None,
            ["Move the classes of prediction to dimension 1"],
        ),
        (
            "cross_entropy",
            {"input": t(B, 5), "target": t(B, 3)},
            {},
            None,
            ["Insert a Linear to 3 features at prediction"],
        ),
        (
            "mse_loss",
            {"input": t(B, 10), "target": t(B, 1)},
            {},
            "prediction and target must have one shape, not B x 10 and B x 1.",
            ["Insert a Linear to 1 feature at prediction"],
        ),
        (
            "mse_loss",
            {"input": t(B, 1), "target": t(B)},
            {},
            "prediction and target must have one shape, not B x 1 and B.",
            ["Drop the last dimension of prediction"],
        ),
        (
            "bce_with_logits",
            {"input": t(B, 1), "target": t(B, dtype="int")},
            {},
            "target must be real numbers in the shape of the prediction, B x 1, not B int. Set the encoding of the "
            'Target node to "one-hot" or "binary" for classes; for measured values take a column of real numbers.',
            [],
        ),
        (
            "unflatten",
            {"x": ROW},
            {"sizes": (3, 4, 4)},
            "sizes 3 x 4 x 4 holds 48 numbers, but dimension 1 of x has 64.",
            ["Set sizes to -1 x 4 x 4"],
        ),
    ],
)
def test_a_mismatch_names_values_and_ports_and_offers_a_way_out(
    id: str, wires: Wires, params: Mapping[str, Any], sentence: str | None, fixes: list[str]
) -> None:
    mismatch = told(id, wires, **params)
    if sentence is not None:
        assert str(mismatch) == sentence
    assert [fix.label for fix in mismatch.fixes] == fixes
