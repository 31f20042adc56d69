"""Layers over graphs: nodes with features, and who is joined to whom."""

from __future__ import annotations

from core.spec import rules_special as rules
from core.spec.layer import Call, LayerSpec, Port, dim
from core.spec.params import Bool, Choice, Int

CATEGORY = "Graph"

LAYERS = (
    LayerSpec(
        id="graph_conv",
        label="Graph convolution",
        doc="Each node takes in its neighbours' features, mixed by one matrix.",
        formula="y = D^-1/2 (A + I) D^-1/2 x W^T + b",
        when="Molecules, citations, roads: two to four of them, then Mean over the nodes to judge a whole graph.",
        source="Kipf and Welling, Semi-Supervised Classification with Graph Convolutional Networks, 2017",
        params=(
            Int("out_features", 32, min=1, implied=None, doc="How many features leave each node."),
            Choice(
                "normalise",
                "symmetric",
                ("symmetric", "mean", "sum"),
                labels={"mean": "mean of neighbours", "sum": "sum of neighbours"},
                doc="How neighbours are weighed.",
            ),
            Bool("self_loops", True, doc="Join each node to itself too."),
            Bool("bias", True, advanced=True, doc="Add a learned constant to each output."),
        ),
        inputs=(
            Port("x", doc="(batch, nodes, features)."),
            Port("adjacency", doc="Weight of the edge between two nodes, 0 for none: (batch, nodes, nodes)."),
        ),
        shape=rules.graph_conv,
        weights=rules.graph_conv_weights,
        macs=rules.graph_conv_macs,
        torch=Call(
            "core.modules.graph.GraphConv",
            computed={"in_features": dim("x", -1)},
            positional=("in_features", "out_features"),
            forward="{self}({x}, {adjacency})",
        ),
        keywords=("gcn", "gnn", "graph neural network", "message passing", "neighbours", "adjacency", "molecule"),
    ),
)
