"""Nodes that change their graph: into a block, or out of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from core.problem import LayerloomError
from core.spec.layer import Role
from graph.commands.base import Command, Draft, graph_of, names, node_of
from graph.commands.blocks import block_of
from graph.commands.carry import CarryingIn, CarryingOut, can_carry_in, can_carry_out
from graph.commands.removal import remove_nodes
from graph.commands.trained import rename_trained
from graph.document import Document
from graph.graph import id_order
from graph.records import MAIN, Change, Node, Record, shifted

_ONLY_IN_MAIN = (Role.INPUT, Role.TARGET, Role.OUTPUT, Role.LOSS)
_PORTS = (Role.ENTRY, Role.EXIT, Role.TIME)
_BELOW = 80.0  # canvas units between what is in the graph and what comes into it


@dataclass(frozen=True)
class MoveInto(Command):
    """Nodes go into the block of an instance (of this scope), with the wires among them and their notes.

    Neighbours of the only instance of a block go in with all their wires, through ports of the block that are reused,
    made or dropped (`carry.can_carry_in`): what is computed stays the same. Of others, and where `wired` is False,
    what fed them from outside then feeds what they fed, and every instance of the block gets them.
    """

    nodes: tuple[str, ...]
    instance: str
    scope: str = MAIN
    wired: bool = True

    def changes(self, document: Document) -> list[Change]:
        block = node_of(document, self.scope, self.instance).block
        block_of(document, block)
        if self.instance in self.nodes:
            raise LayerloomError("A block cannot be moved into itself.", code="recursion", node=self.instance)
        _check_all(document, self.scope, self.nodes, block)
        if self.keeps_wires(document):
            draft = CarryingIn(document, self.nodes, self.scope, self.instance).changes()
        else:
            draft = _transferred(document, self.nodes, self.scope, block)
        rename_trained(draft, self.scope, lambda path: (_prefixed(path, self.instance, self.nodes),))
        return draft.changes

    def keeps_wires(self, document: Document) -> bool:
        """Whether the nodes, all of which are there, take their wires along."""
        return self.wired and can_carry_in(document, self.nodes, self.scope, self.instance)

    def describe(self, document: Document) -> str:
        block = document.label(self.scope, self.instance)
        return f"Move {names(document, self.scope, self.nodes)} into {block}"


@dataclass(frozen=True)
class MoveOut(Command):
    """Nodes leave a block for the graph (`outer`) that its instance lies in; else as `MoveInto`."""

    nodes: tuple[str, ...]
    block: str
    instance: str
    outer: str = MAIN

    def changes(self, document: Document) -> list[Change]:
        node_of(document, self.outer, self.instance)
        _check_all(document, self.block, self.nodes, self.outer)
        if self.keeps_wires(document):
            draft = CarryingOut(document, self.nodes, self.outer, self.instance).changes()
        else:
            draft = _transferred(document, self.nodes, self.block, self.outer)
        left = {f"{self.instance}/{node}": node for node in self.nodes}
        rename_trained(draft, self.outer, lambda path: (_out(path, left),))
        return draft.changes

    def keeps_wires(self, document: Document) -> bool:
        """Whether the nodes, all of which are there, take their wires along."""
        return can_carry_out(document, self.nodes, self.block, self.instance, self.outer)

    def describe(self, document: Document) -> str:
        return f"Move {names(document, self.block, self.nodes)} out of {block_of(document, self.block).name}"


def _prefixed(path: str, instance: str, nodes: Iterable[str]) -> str:
    return f"{instance}/{path}" if path.partition("/")[0] in nodes else path


def _out(path: str, left: Mapping[str, str]) -> str:
    """What a path becomes where what it leads to, or through, has left the block."""
    instance, _, rest = path.partition("/")
    node, slash, deeper = rest.partition("/")
    return f"{left[f'{instance}/{node}']}{slash}{deeper}" if f"{instance}/{node}" in left else path


def _transferred(document: Document, nodes: tuple[str, ...], scope: str, into: str) -> Draft:
    graph, inside, draft = graph_of(document, scope), set(nodes), Draft(document)
    held = [graph.node(id) for id in sorted(inside, key=id_order)]
    inner = [link for link in graph.links.values() if link.source in inside and link.target in inside]
    notes = [note for note in graph.notes.values() if note.node in inside]
    leaving: list[Record] = [*inner, *notes]
    for record in leaving:
        draft.drop(scope, record)
    remove_nodes(draft, scope, [node.id for node in held], heal=True)
    dx, dy = _room(held, list(graph_of(document, into).nodes))
    records: list[Record] = [
        *(_own(node, inside, dx, dy) for node in held),
        *(replace(link, bends=shifted(link.bends, dx, dy)) for link in inner),
        *(replace(note, x=note.x + dx, y=note.y + dy) for note in notes),
    ]
    for record in records:
        draft.put(into, record)
    return draft


def _own(node: Node, inside: set[str], dx: float, dy: float) -> Node:
    return replace(node, x=node.x + dx, y=node.y + dy, shares=node.shares if node.shares in inside else "")


def _room(nodes: list[Node], others: list[Node]) -> tuple[float, float]:
    """How far the nodes go to stand below all that is there, in line with its middle."""
    if not others:
        return 0.0, 0.0
    middle = (min(n.x for n in others) + max(n.x for n in others)) / 2
    here = (min(n.x for n in nodes) + max(n.x for n in nodes)) / 2
    dy = max(n.y for n in others) + 2 * _BELOW - min(n.y for n in nodes)
    return float(round(middle - here)), float(round(dy))


def _check_all(document: Document, scope: str, nodes: Iterable[str], into: str) -> None:
    """Raises LayerloomError where there are none, or one must stay."""
    held = [node_of(document, scope, id) for id in sorted(nodes, key=id_order)]
    if not held:
        raise LayerloomError("Select the nodes that shall be moved.", code="nothing")
    for node in held:
        _check(document, scope, node, into)


def _check(document: Document, scope: str, node: Node, into: str) -> None:
    spec = document.spec(node.layer)
    if spec is None:
        return
    label = document.label(scope, node.id)
    if spec.role in _PORTS:
        raise LayerloomError(f"{label} belongs to its block and stays in it.", code="role", node=node.id)
    if into and spec.role in _ONLY_IN_MAIN:
        text = f"{label} must stay outside of blocks: inputs, targets, outputs and losses belong to the whole design."
        raise LayerloomError(text, code="role", node=node.id)
