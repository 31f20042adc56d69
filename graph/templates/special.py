"""Radial basis functions, a self-organising map, capsules, a mixture of experts, and graph convolutions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.catalog import Catalog
from graph.commands.nodes import SetNode
from graph.document import Document
from graph.lessons.lesson import Task
from graph.lessons.shorthand import SOURCE, fails, trained
from graph.templates.drawing import Drawing
from graph.templates.parts import adamw, classifier, data, yes_or_no
from graph.templates.template import Expected, Template, example, starter

PROTOTYPES, CAPSULES, EXPERTS, GRAPHS = "Prototypes", "Capsules", "Mixture of experts", "Graphs"


def moons_rbf(catalog: Catalog) -> Document:
    """Two moons by 20 round bumps: K-means finds where they stand, and one neuron weighs them."""
    d = Drawing(catalog, "Moons RBF")
    x = d.node("input", at=(0, 0), name="point")
    bumps = d.node("rbf", x, at=(1.2, 0), name="bumps", out_features=20, width=0.4, train_widths=False)
    score = d.node("linear", bumps, at=(2.6, 0), name="score", out_features=1)
    yes_or_no(d, score, "moon")
    d.node("kmeans_loss", f"{bumps}.distances", at=(2.6, 2.6), name="clusters")
    d.lesson(
        "Each unit of the RBF layer is a bump: it says 1 where the point lies on its centre and falls to 0 around it. "
        "One neuron weighs the bumps (Broomhead, Lowe, 1988). Two objectives share the work (Moody, Darken, 1989): "
        "K-means moves the centres without looking at the answers, and the answers teach the neuron alone.",
        "The boundary in the plots: it is made of round pieces, and far from all data, where every bump is 0, the "
        "network has nothing to say but its bias. A Tanh network says something everywhere.",
        (
            "Set the width to 0.05: the bumps no longer touch, and between them the network only guesses (0.68). Set "
            "it to 3: they overlap so much that the boundary cannot bend (0.87).",
            "Set the centres to 4: 0.83. Then let the second objective train everything, so that the answers move "
            "the centres too: about 0.9. Centres that suit the data are not always those that suit the question.",
            "Choose Spirals in the Data panel: 20 bumps are too few; 60 follow both arms.",
        ),
    )
    d.job(
        data=data("moons", "standardise", n=2000, noise=0.1),
        epochs=30,
        batch_size=32,
        seed=0,
        objectives=[
            _objective("centres", bumps, {"clusters": 1.0}, "adam", lr=0.03),
            _objective("answer", score, {"bce_with_logits": 1.0}, "adam", lr=0.05),
        ],
    )
    return d.document


def digits_som(catalog: Catalog) -> Document:
    """A map of all handwritten digits, drawn without being told a single answer: what looks alike lies close."""
    d = Drawing(catalog, "Digits SOM")
    x = d.node("input", at=(0, 0), name="digit")
    flat = d.node("flatten", x, at=(1, 0))
    som = d.node("som", flat, at=(2, 0), name="map", grid=(8, 8))
    d.node("output", f"{som}.winner", at=(3.4, 0), name="place")
    d.node("som_loss", f"{som}.distances", at=(3.4, 1.0), name="pull", sigma=4.0, decay="linear", steps=15_000)
    d.node("kmeans_loss", f"{som}.distances", at=(3.4, 2.0), name="quantisation")
    d.node("output", f"{som}.distances", at=(3.4, 3.0), name="distances")
    d.lesson(
        "64 units on a grid, each with an example of its own. A digit pulls the unit that is most like it, and that "
        "unit's neighbours on the grid, towards itself (Kohonen, 1982). The neighbourhood begins as wide as half the "
        "map and shrinks to the unit alone, so the map first unfolds and then fills in. No answer is used.",
        "The loss called quantisation, which is measured and not trained: the squared distance of a digit to its unit. "
        "In the Lens panel, the weights of the map are 64 digits, row by row, each blending into those beside it; its "
        "output for one digit is a landscape with a single valley.",
        (
            "Set sigma to 0.3 and decay to none: without neighbours to pull them along, most units never win. "
            "Quantisation stays at 2.7, in place of 1.7.",
            "Set the grid to 64: a string of units in place of a sheet. It fits the digits as well, but what is alike "
            "has only two sides to lie on.",
            "Choose Iris in the Data panel and Standardise as its preparation: every measurement should count alike.",
        ),
    )
    d.job(
        data=data("digits", "min_max", per="all", validation=0.1),
        epochs=12,
        batch_size=1,
        seed=0,
        objectives=[_objective("map", som, {"pull": 1.0}, "sgd", lr=0.5)],
    )
    return d.document


def capsules_digits(catalog: Catalog) -> Document:
    """Digits by capsules: vectors whose length says what is there, and whose direction says how it looks."""
    d = Drawing(catalog, "Capsule digits")
    x = d.node("input", at=(0, 0), name="digit")
    conv = d.node("conv2d", x, at=(1, 0), out_channels=32, kernel_size=3, padding="same")
    relu = d.node("relu", conv, at=(2, 0))
    low = d.node("primary_capsules", relu, at=(3, 0), name="parts", types=8, size=8, kernel_size=3)
    high = d.node("capsules", low, at=(4, 0), name="digits", size=16)
    length = d.node("capsule_length", high, at=(5.1, 0), name="length")
    d.node("output", length, at=(6.2, 0), name="class")
    target = d.node("target", at=(4, 1.6))
    d.node("capsule_margin_loss", length, target, at=(6.2, 1.0), name="margin")
    layer = _decoder(d)
    right = d.node("capsule_mask", high, target, at=(5.1, 2.0), name="right one")
    drawn = d.node(layer, right, at=(6.2, 2.2), name="decoder")
    d.node("mse_loss", drawn, x, at=(7.4, 2.2), name="reconstruction", reduction="batchmean", weight=0.03)
    longest = d.node("capsule_mask", high, at=(5.1, 3.4), name="longest one")
    again = d.node(layer, longest, at=(6.2, 3.4), name="the same decoder")
    d.do(SetNode(again, {"shares": drawn}))
    d.node("output", again, at=(7.4, 3.4), name="picture")
    d.lesson(
        "A capsule is a vector: its length says how surely something is there, its direction how it looks. Small "
        "capsules vote for the ten digits, and votes that agree are listened to more (Sabour, Frosst, Hinton, 2017). A "
        "decoder draws the digit again from the right capsule alone, so the capsule must keep how it was written.",
        "In the Evaluation panel, what the decoder draws beside the digits themselves: it is given the 16 numbers of "
        "one capsule, and nothing else. In training that is the capsule of the right class; to answer, a second "
        "decoder with the same weights draws from the longest one.",
        (
            "Set routing of digits to 1: every vote counts the same. The accuracy barely moves on pictures so small, "
            "but the margin loss doubles: the lengths tell right from wrong less clearly.",
            "Set the weight of the reconstruction to 0: the accuracy may fall a little. Drawing is a second teacher.",
            "Set the size of digits to 2: a length still fits in, but little of how the digit was written.",
        ),
    )
    d.job(
        data=data("digits", "min_max", per="all", validation=0.1),
        epochs=30,
        batch_size=32,
        metrics=("accuracy",),
        objectives=[adamw(0.003, weight_decay=0.01, schedule="one_cycle")],
    )
    return d.document


def spirals_experts(catalog: Catalog) -> Document:
    """Four arms by four small networks side by side; a gate sends each point to two of them."""
    d = Drawing(catalog, "Spirals by experts")
    x = d.node("input", at=(0, 0), name="point")
    wide = d.node("linear", x, at=(1, 0), out_features=32)
    relu = d.node("relu", wide, at=(2, 0))
    experts = d.node("mixture_of_experts", relu, at=(3, 0), name="experts", experts=4, hidden=32, top_k=2)
    scores = d.node("linear", experts, at=(4.2, 0), name="scores", out_features=4)
    classifier(d, scores, "arm")
    d.node("output", f"{experts}.gates", at=(4.2, 3.4), name="gates")
    d.node("load_balance_loss", f"{experts}.gates", at=(4.2, 2.4), name="balance", weight=0.01)
    d.frame("Two of four speak", experts)
    d.lesson(
        "Four small networks of one shape, and a gate that looks at each point and says how much each of them counts "
        "(Jacobs et al., 1991). Only the two with the largest gates speak (Shazeer et al., 2017): the parameters of "
        "four, for the work of two. Language models grow in this way.",
        "The loss called balance: 1 where all experts have the same share of the points, 2 where two of four do "
        "everything. The output named gates tells, for each point, who speaks.",
        (
            "Set the weight of balance to 0. The answers are as good, but balance ends at 2: half of the network is "
            "idle. On four arms this is harmless; where experts are paid for, it is not.",
            "Set top k to 1, as in the Switch Transformer: one expert for each point, and a gate that learns less well "
            "to share, since it hears only of the one that it chose.",
            "Set hidden to 4: tiny experts still do, since each has only a part of the plane to care for.",
        ),
    )
    d.job(
        data=data("spirals", "standardise", n=4000, classes=4, turns=1.0),
        epochs=40,
        batch_size=64,
        seed=0,
        objectives=[adamw(0.01, weight_decay=1e-4)],
    )
    return d.document


def _two_steps(d: Drawing, nodes: str, edges: str, *, features: int) -> None:
    """Two graph convolutions, the mean over the nodes, and one of two classes."""
    first = d.node("graph_conv", nodes, edges, at=(2.2, 0), name="neighbours", out_features=features)
    relu = d.node("relu", first, at=(3.4, 0))
    second = d.node("graph_conv", relu, edges, at=(4.4, 0), name="their neighbours", out_features=features)
    relu2 = d.node("relu", second, at=(5.6, 0))
    mean = d.node("mean", relu2, at=(6.6, 0), name="whole graph", dim=(1,))
    scores = d.node("linear", mean, at=(7.6, 0), name="scores", out_features=2)
    classifier(d, scores, "kind")
    d.frame("Two steps along the edges", first, relu, second, relu2)


def graph_classifier(catalog: Catalog) -> Document:
    """Graphs of up to 32 nodes by two graph convolutions: each node hears its neighbours, then all are averaged."""
    d = Drawing(catalog, "Graph classifier")
    table = d.node("input", at=(0, 0), name="graph", shape=(32, 16 + 32))
    nodes = d.node("slice", table, at=(1, 0), name="features", dim=2, stop=16)
    edges = d.node("slice", table, at=(1, 1.4), name="adjacency", dim=2, start=16)
    _two_steps(d, nodes, edges, features=64)
    d.lesson(
        "A graph is a table of nodes and a matrix that says who is joined to whom. A graph convolution (Kipf, Welling, "
        "2017) replaces each node by a mean of itself and its neighbours, and mixes the features by one matrix. After "
        "two of them a node knows those two steps away; the mean over all nodes stands for the whole graph.",
        "The shapes on the wires: the number of nodes stays, and no weight depends on it or on the order of the nodes.",
        (
            "Choose an .npz file in the Data panel: features (graphs, 32, 16 + 32), where each node's row holds its "
            "features and then its row of the adjacency, and target (graphs). Fill up smaller graphs with zeros.",
            "Remove the mean and wire the scores to the nodes: a class for each node in place of one for the graph.",
            "Set normalise to sum of neighbours: nodes with many edges then speak louder.",
        ),
    )
    d.job(epochs=50, batch_size=32, objectives=[adamw(0.005, weight_decay=0.01)])
    return d.document


def graph_kinds(catalog: Catalog) -> Document:
    """Graphs that only their edges tell apart: like is joined to like in one kind, to unlike in the other."""
    d = Drawing(catalog, "Graph kinds")
    nodes = d.node("input", at=(0, 0), name="nodes")
    edges = d.node("input", at=(0, 1.4), name="edges", field="adjacency")
    ones = d.node("cast", edges, at=(1.2, 1.4), name="as numbers")
    _two_steps(d, nodes, ones, features=32)
    d.lesson(
        "A graph convolution (Kipf, Welling, 2017) makes each node a mean of itself and its neighbours, and mixes the "
        "features by one matrix. Where like is joined to like, that mean keeps what a node is; where it is joined "
        "to unlike, the mean cancels. Two of them see two steps, and the mean over all nodes is the graph.",
        "The accuracy. The features of both classes are the same numbers, so whatever looks at nodes alone stays at "
        "one half; no weight depends on how many nodes there are, or on their order.",
        (
            Task(
                "Replace both graph convolutions by Linear: the edges are out of sight, and it guesses.",
                fails("accuracy", 0.65, {"layers.graph_conv": 0}),
            ),
            Task(
                "Set edges to 0.05 in the Data panel: a node has hardly a neighbour, and little is left to tell.",
                fails("accuracy", 0.9, {f"{SOURCE}.edges": {"at_most": 0.05}}),
            ),
            Task(
                "Leave out the second graph convolution: one step is enough here, with more noise it is not.",
                trained({"layers.graph_conv": 1}),
            ),
        ),
    )
    job = {"source": {"kind": "graphs", "params": {"n": 3000}}, "split": {"validation": 0.1, "test": 0.2}}
    d.job(data=job, epochs=30, batch_size=32, objectives=[adamw(0.005, weight_decay=0.01)])
    return d.document


# -- parts


def _objective(name: str, node: str, losses: Mapping[str, float], optimizer: str, *, lr: float) -> dict[str, Any]:
    """These losses, with these weights, teach this node alone."""
    return {
        "name": name,
        "losses": dict(losses),
        "trains": (node,),
        "optimizer": {"kind": optimizer, "params": {"lr": lr}},
    }


def _decoder(d: Drawing) -> str:
    """From the capsules, all but one of them 0, back to the picture."""
    layer, inside = d.block("Decoder", "From one capsule back to a picture.")
    entry = inside.node("entry", at=(0, 0))
    wide = inside.node("linear", entry, at=(1, 0), out_features=128)
    relu = inside.node("relu", wide, at=(2, 0))
    pixels = inside.node("linear", relu, at=(3, 0), name="pixels", out_features=64)
    shades = inside.node("sigmoid", pixels, at=(4, 0))
    picture = inside.node("unflatten", shades, at=(5, 0), sizes=(1, 8, 8))
    inside.node("exit", picture, at=(6, 0))
    return layer


TEMPLATES: Mapping[str, Template] = {
    "moons_rbf": example(PROTOTYPES, "Moons, radial basis functions", moons_rbf, Expected("accuracy", 0.99)),
    "digits_som": example(
        PROTOTYPES,
        "Digits, self-organising map",
        digits_som,
        Expected("quantisation", 1.85, source="64 free centres by K-means: 1.71"),
    ),
    "capsules_digits": example(CAPSULES, "Digits, capsules", capsules_digits, Expected("target/accuracy", 0.98)),
    "spirals_experts": example(EXPERTS, "Spirals, mixture of experts", spirals_experts, Expected("accuracy", 0.97)),
    "graph_kinds": example(
        GRAPHS, "Graphs told by their edges", graph_kinds, Expected("accuracy", 0.93, source="nodes alone: 0.5")
    ),
    "graph_classifier": starter(GRAPHS, "Graph classifier", graph_classifier, data=False),
}
