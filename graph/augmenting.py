"""Which changes an example goes through in training between the data and a node."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.catalog import augmentation, regularisation
from core.spec.layer import LayerSpec, Role
from graph.document import Document
from graph.graph import Graph
from graph.records import Node

CATEGORIES = (augmentation.CATEGORY, regularisation.CATEGORY)


@dataclass(frozen=True)
class Chain:
    """Layers that act in training only, in the order in which examples of a field pass them."""

    field: str
    layers: tuple[tuple[str, Mapping[str, Any]], ...]

    def to_json(self) -> dict[str, Any]:
        return {"field": self.field, "layers": [[layer, dict(params)] for layer, params in self.layers]}


def changes(spec: LayerSpec | None) -> bool:
    """Whether a layer only disturbs what passes, in training, and has nothing to learn."""
    return (
        spec is not None
        and spec.category in CATEGORIES
        and spec.trains_differently
        and spec.weights is None
        and len(spec.inputs) == 1
    )


def chain(document: Document, node: str) -> Chain | None:
    """From an Input to the given node of the main graph, both ends of nothing but such layers (muted ones are passed);
    None where anything else stands between."""
    graph, layers = document.graph(), list[tuple[str, Mapping[str, Any]]]()
    here: Node | None = graph.node(node) if node in graph else None
    while here is not None:
        spec = document.spec(here.layer)
        if spec is not None and spec.role is Role.INPUT:
            field = spec.values(here.params).get("field", "") if layers else ""
            return Chain(field, tuple(reversed(layers))) if field else None
        if not changes(spec) or spec is None:
            return None
        if not here.muted:
            layers.append((here.layer, dict(here.params)))
        here = _before(graph, here.id, spec)
    return None


def _before(graph: Graph, node: str, spec: LayerSpec) -> Node | None:
    link = graph.link_into(node, spec.inputs[0].id)
    return graph.node(link.source) if link is not None else None
