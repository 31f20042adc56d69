"""What the training job may name: nodes that have weights, by their path, and losses by the name that a run knows."""

from __future__ import annotations

from collections.abc import Iterator

from core.problem import LayerloomError
from core.spec.layer import Role
from graph.document import Document
from graph.infer import Inference
from graph.lower import lower
from graph.paths import locate
from graph.records import MAIN

MOST = 2000  # places are listed up to so many


def weighted_places(document: Document, inference: Inference) -> dict[str, str]:
    """Path -> label (``Encoder / Linear 2``) of every node with weights, blocks before what lies in them."""
    found: dict[str, str] = {}
    for path, label in _within(document, inference, "", ""):
        found[path] = label
        if len(found) >= MOST:
            break
    return found


def _within(document: Document, inference: Inference, place: str, outer: str) -> Iterator[tuple[str, str]]:
    scope = inference.scope(place)
    here = locate(document, place) if place else None
    graph_id = document.graph(here[0]).node(here[1]).block if here else MAIN
    for node in document.graph(graph_id).nodes:
        cost = scope.costs.get(node.id)
        if node.muted or cost is None or not cost.parameters:
            continue
        path = f"{place}/{node.id}" if place else node.id
        label = f"{outer}{inference.labels.of(graph_id, node.id)}"
        yield path, label
        if node.block:
            yield from _within(document, inference, path, f"{label} / ")


def label_at(document: Document, inference: Inference, path: str) -> str:
    """The label of the node at a path, with those of the blocks around it; empty where there is none."""
    parts, labels = path.split("/"), []
    try:
        for end in range(1, len(parts) + 1):
            scope, node = locate(document, "/".join(parts[:end]))
            labels.append(inference.labels.of(scope, node))
    except LayerloomError:
        return ""
    return " / ".join(labels)


def loss_nodes(document: Document) -> list[str]:
    """The ids of the losses that are not muted, in the order of their creation."""
    specs = ((node, document.spec(node.layer)) for node in document.graph().nodes if not node.muted)
    return [node.id for node, spec in specs if spec is not None and spec.role == Role.LOSS]


def loss_names(document: Document, inference: Inference) -> dict[str, str]:
    """Node -> the name that jobs and runs know a loss by; empty where the design has errors."""
    try:
        return {loss.node: loss.name for loss in lower(document, inference).losses}
    except LayerloomError:
        return {}
