"""A source of graphs that only their edges tell apart."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from core.catalog.source_groups import EXAMPLES, GENERATED, MOST_SEED, SEED
from core.data.signature import DataSignature, FieldSignature
from core.spec.option import OptionSpec
from core.spec.params import Float, Int

GRAPH_SOURCES = (
    OptionSpec(
        "graphs",
        "Graphs",
        "Nodes of two kinds, as many of each; in one class of graphs like is joined to like, in the other to unlike.",
        (
            Int("n", 1000, min=10, max=100_000, label="examples", doc=EXAMPLES),
            Int("nodes", 24, min=4, max=500, doc="Nodes of the largest graph; others have half of them and more."),
            Int("features", 8, min=1, max=500, doc="Numbers that each node carries. The first hints at its kind."),
            Float("noise", 1.0, min=0.0, max=50.0, doc="Deviation of all features; the hint is 1 or -1."),
            Float("edges", 0.25, min=0.0, max=1.0, above=True, doc="Share of the pairs that may be joined and are."),
            Int("seed", 0, min=0, max=MOST_SEED, doc=SEED),
        ),
        source="after the stochastic block model of Holland, Laskey and Leinhardt, 1983",
        group=GENERATED,
    ),
)


def _graphs(values: Mapping[str, Any]) -> DataSignature:
    nodes = values["nodes"]
    fields = {
        "features": FieldSignature(
            shape=(nodes, values["features"]), doc="A row for each node; 0 where there is none."
        ),
        "adjacency": FieldSignature(shape=(nodes, nodes), dtype="bool", doc="Whether two nodes are joined."),
        "target": FieldSignature(shape=(), dtype="int", classes=("like to like", "like to unlike")),
    }
    return DataSignature(fields=fields, examples=values["n"])


GRAPH_SIGNATURES: Mapping[str, Callable[[Mapping[str, Any]], DataSignature]] = {"graphs": _graphs}
