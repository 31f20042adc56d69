"""Layers that mix all features."""

from __future__ import annotations

from core.spec import rules, rules_special
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
    LayerSpec(
        id="mixture_of_experts",
        label="Mixture of experts",
        doc="Small networks side by side; a gate says for each input how much each counts.",
        formula="y = sum_e g[e] (V[e] relu(W[e] x + b[e]) + c[e]), g = softmax(G x), the k largest kept",
        when="In place of a feed-forward part. Wire gates to a Load balance loss, or few experts get all the work.",
        source="Jacobs et al., 1991; Shazeer et al., 2017; Fedus et al., Switch Transformers, 2021",
        params=(
            Int("experts", 4, min=2, doc="How many networks there are."),
            Int("hidden", 64, min=1, doc="Width of each."),
            Int("top_k", None, min=1, optional=True, doc="How many of them speak; empty: all."),
        ),
        outputs=(Port("y"), Port("gates", doc="How much each expert counts: (batch, …, experts).")),
        shape=rules_special.experts,
        weights=rules_special.experts_weights,
        macs=rules_special.experts_macs,
        torch=Call(
            "core.modules.experts.MixtureOfExperts", computed={"features": dim("x", -1)}, positional=("features",)
        ),
        keywords=("moe", "gate", "switch", "sparse", "router", "conditional computation", "feed-forward"),
    ),
)
