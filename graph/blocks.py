"""Blocks seen from outside: the declaration that an instance shows, and the rule that no block contains itself."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from core.spec.layer import Given, LayerSpec, Mismatch, Port, Role, Types
from core.spec.params import Param
from graph.records import BLOCK_PREFIX, Node

if TYPE_CHECKING:
    from graph.document import Document


def block_spec(document: Document, block: str) -> LayerSpec:
    """The declaration of an instance of the block: ports from its entries and exits, parameters from its promotions."""
    record = document.blocks[block]
    entries, exits = ports(document, block, Role.ENTRY), ports(document, block, Role.EXIT)
    return LayerSpec(
        id=BLOCK_PREFIX + block,
        label=record.name,
        doc=record.doc or "A block of this design; double-click to look inside.",
        icon="block",
        shape=_only_inside,
        params=promoted_params(document, block),
        inputs=tuple(Port(n.id, n.name or "x") for n in entries),
        outputs=tuple(Port(n.id, n.name or "y") for n in exits),
        role=Role.BLOCK,
        category="Blocks",
    )


def ports(document: Document, block: str, role: Role) -> list[Node]:
    """The entries or exits of a block in the order of its ports: by `position`, then from top to bottom."""
    inner = (n for n in document.graph(block).nodes if not n.block)
    nodes = [n for n in inner if (spec := document.spec(n.layer)) is not None and spec.role == role]
    return sorted(nodes, key=_place)


def _place(node: Node) -> tuple[int, float, float, str]:
    position = node.params.get("position", 0)
    return position if isinstance(position, int) else 0, node.y, node.x, node.id


def promoted_params(document: Document, block: str) -> tuple[Param, ...]:
    """One field for each promoted name, taken from the first node it reaches, with that node's value as default."""
    graph, fields = document.graph(block), dict[str, Param]()
    for promotion in document.blocks[block].promoted:
        if promotion.name in fields or promotion.node not in graph:
            continue
        node = graph.node(promotion.node)
        spec = document.spec(node.layer)
        if spec is not None and promotion.param in spec.param:
            field = spec.param[promotion.param]
            default = node.params.get(promotion.param, field.default)
            fields[promotion.name] = replace(field, name=promotion.name, default=default, label="", when=None)
    return tuple(fields.values())


def would_contain(document: Document, block: str, scope: str) -> bool:
    """Whether an instance of `block` inside `scope` would make `scope` contain itself."""
    todo, seen = [block], set[str]()
    while todo:
        current = todo.pop()
        if current == scope:
            return True
        if current not in seen and current in document.blocks:
            seen.add(current)
            todo += [n.block for n in document.graph(current).nodes if n.block]
    return False


def instances(document: Document, block: str) -> list[tuple[str, Node]]:
    """Every instance of the block, with the scope that it lies in."""
    layer = BLOCK_PREFIX + block
    return [(scope, node) for scope in document.scopes for node in document.graph(scope).nodes if node.layer == layer]


def _only_inside(given: Given) -> Types:
    raise Mismatch("the shapes of a block are found by looking inside.")
