"""Layers that mix all features."""

from __future__ import annotations

from core.spec import rules
from core.spec.layer import Call, LayerSpec, Port, dim
from core.spec.params import Bool, Int

CATEGORY = "Linear"

LAYERS = (
    LayerSpec(
        id="linear",
        label="Linear",
        doc="Each output is a weighted sum of all features, plus a bias.",
        formula="y = x W^T + b",
        when="The basic layer: hidden layers of an MLP, and the last layer of almost every network.",
        source="torch.nn.Linear",
        params=(
            Int("out_features", 64, min=1, implied=None, doc="How many features leave."),
            Bool("bias", True, doc="Add a learned constant to each output."),
        ),
        shape=rules.linear,
        weights=rules.linear_weights,
        macs=rules.linear_macs,
        torch=Call(
            "torch.nn.Linear",
            computed={"in_features": dim("x", -1)},
            positional=("in_features", "out_features"),
        ),
        keywords=("dense", "fully connected", "fc", "perceptron", "projection", "affine"),
    ),
    LayerSpec(
        id="bilinear",
        label="Bilinear",
        doc="Each output weighs every product of a feature of a with a feature of b.",
        formula="y[o] = a W[o] b^T + bias[o]",
        when="To relate two vectors, such as two words or two pictures, beyond what adding or joining them can say.",
        source="torch.nn.Bilinear",
        inputs=(Port("a"), Port("b")),
        params=(
            Int("out_features", 64, min=1, implied=None, doc="How many features leave."),
            Bool("bias", True, doc="Add a learned constant to each output."),
        ),
        shape=rules.bilinear,
        weights=rules.bilinear_weights,
        macs=rules.bilinear_macs,
        torch=Call(
            "torch.nn.Bilinear",
            computed={"in1_features": dim("a", -1), "in2_features": dim("b", -1)},
            positional=("in1_features", "in2_features", "out_features"),
            forward="{self}({a}, {b})",
        ),
        keywords=("relation", "product", "two inputs"),
    ),
)
