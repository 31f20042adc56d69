"""Blocks: make, change and remove the definition; promote parameters."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from core.problem import LayerloomError
from core.program.program import is_name
from core.spec.layer import Role
from graph import fields
from graph.blocks import instances, ports
from graph.commands.base import Command, Draft, graph_of, node_of, spec_of
from graph.commands.removal import remove_nodes, set_promotions
from graph.document import Document
from graph.records import MAIN, Block, Change, Link, Node, Promotion, Record


@dataclass(frozen=True)
class AddBlock(Command):
    """A new block with one input wired to one output. Without an id it is given one."""

    block: Block

    def changes(self, document: Document) -> list[Change]:
        if self.block.id and document.holds(self.block.id):
            raise LayerloomError(f"The id {self.block.id} is taken.", code="taken")
        draft, name = Draft(document), self.block.name or free_name(document, "Block")
        block = replace(self.block, id=self.block.id or document.new_id("b"), name=name)
        draft.put(MAIN, block)
        entry = Node(draft.new_id(), "entry", x=0.0, y=0.0)
        draft.put(block.id, entry)
        exit_ = Node(draft.new_id(), "exit", x=400.0, y=0.0)
        draft.put(block.id, exit_)
        draft.put(block.id, Link(draft.new_id("l"), entry.id, "y", exit_.id, "x"))
        return draft.changes

    def describe(self, document: Document) -> str:
        return f"Add block {self.block.name}".rstrip()


@dataclass(frozen=True)
class RemoveBlock(Command):
    """The definition of a block that nobody uses goes."""

    block: str

    def changes(self, document: Document) -> list[Change]:
        record, used = block_of(document, self.block), len(instances(document, self.block))
        if used:
            times = "once" if used == 1 else f"{used} times"
            raise LayerloomError(
                f"Block {record.name} is used {times}; remove or unpack what uses it first.", code="used"
            )
        draft = Draft(document)
        empty_block(draft, self.block)
        return draft.changes

    def describe(self, document: Document) -> str:
        return f"Remove block {block_of(document, self.block).name}"


@dataclass(frozen=True)
class SetBlock(Command):
    """Name and description of a block."""

    block: str
    values: Mapping[str, Any]
    token: Hashable = None

    def changes(self, document: Document) -> list[Change]:
        record = block_of(document, self.block)
        after = replace(record, **fields.checked(f"Block {record.name}", fields.BLOCK, self.values))
        return [Change(MAIN, record, after)] if after != record else []

    def describe(self, document: Document) -> str:
        name = block_of(document, self.block).name
        return f"Rename block {name} to {self.values['name']}" if "name" in self.values else f"Describe block {name}"

    @property
    def merge_key(self) -> Hashable | None:
        return None if self.token is None else ("block", self.block, *self.values, self.token)


@dataclass(frozen=True)
class SetPromotion(Command):
    """A parameter of a node inside a block becomes one that each instance sets for itself, under `name` (by default its
    own); an empty name ends that. One name may reach parameters of several nodes."""

    block: str
    node: str
    param: str
    name: str | None = None

    def changes(self, document: Document) -> list[Change]:
        record, node = block_of(document, self.block), node_of(document, self.block, self.node)
        name = self.param if self.name is None else self.name
        kept = [p for p in record.promoted if (p.node, p.param) != (self.node, self.param)]
        if name:
            self._check(document, node, name, kept)
            kept.append(Promotion(name, self.node, self.param))
        draft = Draft(document)
        set_promotions(draft, self.block, tuple(kept))
        return draft.changes

    def _check(self, document: Document, node: Node, name: str, others: list[Promotion]) -> None:
        spec = spec_of(document, node.layer)
        if self.param not in spec.param:
            raise LayerloomError(f"{spec.label} has no parameter {self.param}.", code="unknown-parameter")
        if not is_name(name) or len(name) > 64:
            raise LayerloomError(f"{name!r:.70} must be a name of letters, digits and underscores.", code="value")
        for other in (p for p in others if p.name == name):
            there = document.spec(graph_of(document, self.block).node(other.node).layer)
            field = there.param.get(other.param) if there else None
            if field is not None and field.kind != spec.param[self.param].kind:
                raise LayerloomError(f"{name} already stands for another kind of value here.", code="value")

    def describe(self, document: Document) -> str:
        node_of(document, self.block, self.node)
        label = document.label(self.block, self.node)
        return f"{'Keep' if self.name == '' else 'Promote'} {self.param} of {label}"


@dataclass(frozen=True)
class ReorderPorts(Command):
    """The inputs (`Role.ENTRY`) or outputs (`Role.EXIT`) of a block stand in this order, at every instance."""

    block: str
    role: Role
    order: tuple[str, ...]

    def changes(self, document: Document) -> list[Change]:
        block_of(document, self.block)
        held = {node.id: node for node in ports(document, self.block, self.role)}
        if sorted(self.order) != sorted(held):
            raise LayerloomError("The new order must name each port of the block once.", code="value")
        draft = Draft(document)
        for place, id in enumerate(self.order):
            params = {name: value for name, value in held[id].params.items() if name != "position"}
            draft.put(self.block, replace(held[id], params=params | ({"position": place} if place else {})))
        return draft.changes

    def describe(self, document: Document) -> str:
        return (
            f"Reorder the {'inputs' if self.role == Role.ENTRY else 'outputs'} of {block_of(document, self.block).name}"
        )


def block_of(document: Document, block: str) -> Block:
    """Raises LayerloomError where there is no such block."""
    if block not in document.blocks:
        raise LayerloomError(f"There is no block {block}.", code="missing-block")
    return document.blocks[block]


def empty_block(draft: Draft, block: str) -> None:
    """All inside the block goes, then the block."""
    graph = draft.document.graph(block)
    records: tuple[Record, ...] = (*graph.frames.values(), *graph.notes.values())
    for record in records:
        draft.drop(block, record)
    remove_nodes(draft, block, graph.node_ids)
    draft.drop(MAIN, draft.document.blocks[block])


def free_name(document: Document, name: str) -> str:
    """The name, or with the first number that no other block has: ``Block 2``."""
    taken = {block.name for block in document.blocks.values()}
    if name not in taken:
        return name
    return next(f"{name} {i}" for i in range(2, len(taken) + 3) if f"{name} {i}" not in taken)
