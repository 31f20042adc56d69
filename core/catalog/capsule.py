"""Layers of vectors whose length says how surely something is there."""

from __future__ import annotations

from core.spec import rules_special as rules
from core.spec.layer import Call, Expr, Given, LayerSpec, Port, dim
from core.spec.params import Int

CATEGORY = "Capsule"

_SOURCE = "Sabour, Frosst and Hinton, Dynamic Routing Between Capsules, 2017"


def _mask(given: Given) -> str:
    return "{self}({x}, {target})" if given.has("target") else "{self}({x})"


LAYERS = (
    LayerSpec(
        id="primary_capsules",
        label="Primary capsules",
        doc="A convolution whose channels are read as vectors, one for each type and place.",
        formula="y = squash(conv(x)), (batch, types x places, size)",
        when="After one or two convolutions, before Capsules.",
        source=_SOURCE,
        params=(
            Int("types", 8, min=1, doc="Kinds of capsule at each place; 32 in the paper."),
            Int("size", 8, min=1, doc="Length of each vector."),
            Int("kernel_size", 9, min=1, doc="Side of the window."),
            Int("stride", 2, min=1, doc="Step of the window."),
        ),
        inputs=(Port("x", doc="(batch, channels, height, width)."),),
        shape=rules.primary_capsules,
        weights=rules.primary_weights,
        macs=rules.primary_macs,
        torch=Call(
            "core.modules.capsule.PrimaryCapsules", computed={"in_channels": dim("x", 1)}, positional=("in_channels",)
        ),
        keywords=("capsnet", "capsule", "routing", "vector"),
    ),
    LayerSpec(
        id="capsules",
        label="Capsules",
        doc="Capsules that those below vote for; votes that agree are listened to more.",
        formula="v = squash(sum_n c[n] W[n] u[n]), c = softmax(b), b[n] += v . W[n] u[n], again and again",
        when="One capsule for each class, after Primary capsules; Capsule length and Capsule margin follow.",
        source=_SOURCE,
        params=(
            Int("capsules", 10, min=1, implied=None, doc="How many; one for each class at the end."),
            Int("size", 16, min=1, doc="Length of each vector."),
            Int("routing", 3, min=1, doc="How often the votes are counted; 1: no routing."),
        ),
        inputs=(Port("x", doc="Capsules below, (batch, capsules, size)."),),
        outputs=(
            Port("y", doc="(batch, capsules, size)."),
            Port("shares", doc="How each capsule below divides its vote: (batch, below, capsules)."),
        ),
        shape=rules.capsules,
        weights=rules.capsules_weights,
        macs=rules.capsules_macs,
        torch=Call(
            "core.modules.capsule.Capsules",
            computed={"in_capsules": dim("x", 1), "in_size": dim("x", 2)},
            positional=("in_capsules", "in_size", "capsules"),
        ),
        keywords=("capsnet", "capsule", "dynamic routing", "agreement", "vector", "coupling"),
    ),
    LayerSpec(
        id="squash",
        label="Squash",
        doc="Keeps the direction of each vector and takes its length to between 0 and 1.",
        formula="y = |x|^2 / (1 + |x|^2) x / |x|",
        when="Wherever vectors should be read as capsules; Primary capsules and Capsules have it inside.",
        source=_SOURCE,
        shape=rules.squash,
        torch=Call("core.modules.capsule.Squash"),
        keywords=("capsnet", "capsule", "activation", "nonlinearity", "vector", "length"),
    ),
    LayerSpec(
        id="capsule_length",
        label="Capsule length",
        doc="The length of each vector: how surely what it stands for is there.",
        formula="y = |x|",
        when="After Capsules, to read classes; also the Euclidean norm of any features.",
        source="torch.linalg.vector_norm",
        inputs=(Port("x", doc="Vectors in the last dimension."),),
        shape=rules.capsule_length,
        torch=Expr("torch.linalg.vector_norm({x}, dim=-1)"),
        keywords=("capsnet", "capsule", "norm", "euclidean", "l2", "magnitude"),
    ),
    LayerSpec(
        id="capsule_mask",
        label="Capsule mask",
        doc="Keeps one capsule, sets the others to 0, and flattens.",
        formula="y = (0, …, x[c], …, 0), c the target, or the longest",
        when="Before the decoder that reconstructs the picture; wire the target in training, leave it to answer.",
        source=_SOURCE,
        inputs=(
            Port("x", doc="(batch, capsules, size)."),
            Port("target", doc="Class indices, or one-hot rows; empty: the longest capsule is kept.", optional=True),
        ),
        shape=rules.capsule_mask,
        torch=Call("core.modules.capsule.CapsuleMask", forward=_mask),
        keywords=("capsnet", "capsule", "reconstruction", "decoder", "select"),
    ),
)
