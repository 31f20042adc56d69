"""What a node has beside its layer's parameters: muted, frozen, whose weights it uses, how often a block repeats."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.spec.layer import LayerSpec, Role
from core.spec.params import Bool, Choice, Int, Param
from designer.language import marked, tr
from designer.session import Session
from graph.fields import MAX_REPEAT
from graph.graph import Graph
from graph.records import Node

_MUTED = Bool("muted", doc="Left out: what enters passes through, as if the node were not there.")
_FROZEN = Bool("frozen", doc="Its weights stay as they are while the rest trains.")
_REPEAT = Int("repeat", 1, min=1, max=MAX_REPEAT, doc="How many copies of the block stand in a row, each with weights.")
OWN = ""


def fields(session: Session, scope: str, node: Node, spec: LayerSpec) -> tuple[Param, ...]:
    """The fields that make sense for this node."""
    weighted = spec.weights is not None or spec.role is Role.BLOCK
    found: list[Param] = []
    if spec.role is Role.BLOCK:
        found.append(_REPEAT)
    if spec.role in (Role.LAYER, Role.BLOCK, Role.LOSS):
        found.append(_MUTED)
    if weighted:
        found.append(_FROZEN)
    partners = _partners(session.document.graph(scope), node) if weighted else []
    if partners:
        labels = {OWN: tr("its own")} | {id: tr("of {node}", node=session.document.label(scope, id)) for id in partners}
        doc = marked("Uses the weights of another node: both stay equal while they train.")
        found.append(Choice("shares", OWN, (OWN, *partners), labels=labels, doc=doc, label="weights"))
    return tuple(found)


def values(node: Node) -> Mapping[str, Any]:
    return {name: getattr(node, name) for name in ("muted", "frozen", "repeat", "shares")}


def _partners(graph: Graph, node: Node) -> list[str]:
    return sorted(n.id for n in graph.nodes if n.layer == node.layer and n.id != node.id and not n.shares)
