"""Layers that compare what arrives with learned examples."""

from __future__ import annotations

from core.spec import rules_special as rules
from core.spec.layer import Call, Given, LayerSpec, Port, dim
from core.spec.params import Bool, Choice, Float, Int, Ints

CATEGORY = "Prototype"


def _rbf(given: Given) -> str:
    return "{self}({x}, need_distances=True)" if given.uses("distances") else "{self}({x})"


def _rbf_results(given: Given) -> str:
    return "{y}, {distances}" if given.uses("distances") else "{y}"


LAYERS = (
    LayerSpec(
        id="rbf",
        label="RBF",
        doc="Each output is a bump: 1 where the input meets a centre of its own, falling to 0 away from it.",
        formula="y[i] = exp(-|x - c[i]|^2 / (2 s[i]^2))",
        when="Before a Linear: a radial basis function network, for few features on one scale. K-means finds centres.",
        source="Broomhead and Lowe, 1988; Moody and Darken, 1989",
        params=(
            Int("out_features", 32, min=1, implied=None, label="centres", doc="How many bumps."),
            Choice(
                "start",
                "random",
                ("random", "data", "kmeans"),
                labels={"random": "random", "data": "examples", "kmeans": "K-means of the examples"},
                label="centres start as",
                doc="Where they stand before training: drawn as a standard normal, at training examples, or at the "
                "centres of their clusters.",
            ),
            Float("width", 1.0, min=0.0, above=True, doc="How wide they start, s of the formula."),
            Bool("train_centres", True, doc="Learn where they stand."),
            Bool("train_widths", True, doc="Learn how wide each is."),
            Bool("normalise", False, doc="Divide by their sum, so that some bump always speaks."),
        ),
        outputs=(Port("y"), Port("distances", doc="The squared distance to each centre, for the K-means loss.")),
        shape=rules.rbf,
        weights=rules.rbf_weights,
        macs=rules.rbf_macs,
        data_start=("start", "centres"),
        torch=Call(
            "core.modules.prototype.RBF",
            computed={"in_features": dim("x", -1)},
            positional=("in_features", "out_features"),
            skip=("start",),
            forward=_rbf,
            results=_rbf_results,
        ),
        keywords=("radial basis function", "rbfn", "gaussian", "kernel", "centre", "center", "local"),
    ),
    LayerSpec(
        id="som",
        label="Self-organising map",
        doc="A grid of units with an example each: tells how far each is from the input, and which is nearest.",
        formula="d[j] = |x - w[j]|^2, winner = argmin d",
        when="To map data on a plane so that what is alike lies close. Wire distances to a SOM loss.",
        source="Kohonen, Self-Organized Formation of Topologically Correct Feature Maps, 1982",
        params=(Ints("grid", (10, 10), min=1, doc="Units along each direction: one, two or three numbers."),),
        inputs=(Port("x", doc="(batch, features), on one scale."),),
        outputs=(
            Port("distances", doc="Squared distances, (batch, *grid)."),
            Port("winner", doc="Index of the nearest unit, (batch,)."),
        ),
        shape=rules.som,
        weights=rules.som_weights,
        macs=rules.som_macs,
        torch=Call("core.modules.prototype.SOM", computed={"features": dim("x", -1)}, positional=("features", "grid")),
        keywords=("som", "kohonen", "competitive", "clustering", "topology", "map", "u-matrix", "quantisation"),
    ),
)
