"""Nodes: add, remove, move, set, replace."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from core.problem import LayerloomError
from core.spec.params import UNSET
from graph import fields
from graph.commands.base import Command, Draft, checked, graph_of, names, node_of, spec_of
from graph.commands.removal import remove_nodes
from graph.document import Document
from graph.graph import Graph
from graph.records import MAIN, Change, Frame, Node, Note, shifted


@dataclass(frozen=True)
class AddNode(Command):
    """A new node. Without an id it is given one; use `Document.new_id` to know it beforehand."""

    node: Node
    scope: str = MAIN

    def changes(self, document: Document) -> list[Change]:
        return [Change(self.scope, None, new_node(document, self.scope, self.node))]

    def describe(self, document: Document) -> str:
        return f"Add {self.node.name or spec_of(document, self.node.layer).label}"


@dataclass(frozen=True)
class RemoveNodes(Command):
    """Nodes and their wires go; with `heal`, what fed a removed node feeds what it fed.

    Nodes that used their weights get weights of their own, and notes that were bound to them stand free.
    """

    nodes: tuple[str, ...]
    scope: str = MAIN
    heal: bool = False

    def changes(self, document: Document) -> list[Change]:
        for node in self.nodes:
            node_of(document, self.scope, node)
        draft = Draft(document)
        remove_nodes(draft, self.scope, self.nodes, heal=self.heal)
        return draft.changes

    def describe(self, document: Document) -> str:
        return f"Remove {names(document, self.scope, self.nodes)}"


@dataclass(frozen=True)
class SetParam(Command):
    """One parameter's value; equal to the default, or UNSET, it is no longer stored.

    Keystrokes with the same token (anything that is not None) are one undo step.
    """

    node: str
    name: str
    value: Any
    scope: str = MAIN
    token: Hashable = None

    def changes(self, document: Document) -> list[Change]:
        node = node_of(document, self.scope, self.node)
        params = {name: value for name, value in node.params.items() if name != self.name}
        if self.value is not UNSET:
            spec = spec_of(document, node.layer)
            value = checked(spec, self.name, self.value)
            if value != spec.param[self.name].default:
                params[self.name] = value
        return _changed(self.scope, node, replace(node, params=params)) if params != node.params else []

    def describe(self, document: Document) -> str:
        node = node_of(document, self.scope, self.node)
        spec, label = document.spec(node.layer), document.label(self.scope, self.node)
        field = spec.param.get(self.name) if spec else None
        if self.value is UNSET:
            return f"Reset {self.name} of {label}"
        return f"Set {self.name} of {label} to {field.format(field.check(self.value)) if field else self.value}"

    @property
    def merge_key(self) -> Hashable | None:
        return None if self.token is None else ("param", self.scope, self.node, self.name, self.token)


@dataclass(frozen=True)
class SetNode(Command):
    """Fields of a node beside layer and parameters: name, muted, frozen, init, shares, repeat, solver,
    collapsed, pinned, colour."""

    node: str
    values: Mapping[str, Any]
    scope: str = MAIN
    token: Hashable = None

    def changes(self, document: Document) -> list[Change]:
        node = node_of(document, self.scope, self.node)
        values = {name: self._checked(document, name, value) for name, value in self.values.items()}
        draft = Draft(document)
        if values.get("shares"):
            values["shares"] = owner = _owner(document, self.scope, node, values["shares"])
            for other in graph_of(document, self.scope).nodes:
                if other.shares == node.id:
                    draft.put(self.scope, replace(other, shares=owner))
        draft.put(self.scope, replace(node, **values))
        return draft.changes

    def _checked(self, document: Document, name: str, value: Any) -> Any:
        label = document.label(self.scope, self.node)
        try:
            if name in fields.RECORDS:
                return fields.RECORDS[name](value)
            if name in fields.NODE:
                return fields.NODE[name].check(value)
        except ValueError as error:
            raise LayerloomError(f"{label}: {error}", code="value", node=self.node) from error
        raise LayerloomError(f"{label}: nodes have no field {name}.", code="unknown-field", node=self.node)

    def describe(self, document: Document) -> str:
        node_of(document, self.scope, self.node)
        label = document.label(self.scope, self.node)
        name, value = next(iter(self.values.items()), ("", ""))
        if name == "shares" and value in graph_of(document, self.scope):
            value = document.label(self.scope, value)
        return _SAYINGS[name](label, value) if name in _SAYINGS else f"Change {label}"

    @property
    def merge_key(self) -> Hashable | None:
        return None if self.token is None else ("node", self.scope, self.node, *self.values, self.token)


_SAYINGS: Mapping[str, Callable[[str, Any], str]] = {
    "name": lambda label, value: f"Rename {label} to {value}" if value else f"Clear the name of {label}",
    "muted": lambda label, value: f"{'Mute' if value else 'Unmute'} {label}",
    "frozen": lambda label, value: f"{'Freeze' if value else 'Unfreeze'} {label}",
    "init": lambda label, value: f"Set initialisation of {label}",
    "shares": lambda label, value: (
        f"Share weights of {value} with {label}" if value else f"Give {label} its own weights"
    ),
    "repeat": lambda label, value: f"Repeat {label} {value} times",
    "solver": lambda label, value: f"Set the solver of {label}" if value else f"Solve {label} no more",
    "collapsed": lambda label, value: f"{'Collapse' if value else 'Expand'} {label}",
    "pinned": lambda label, value: f"{'Pin' if value else 'Unpin'} {label}",
    "colour": lambda label, value: f"Colour {label}",
}


@dataclass(frozen=True)
class MoveNodes(Command):
    """New places, top left, by the id of a node, frame or note; notes follow the node that they are bound to.

    Moves with the same token (one drag; anything that is not None) are one undo step.
    """

    positions: Mapping[str, tuple[float, float]]
    scope: str = MAIN
    token: Hashable = None

    def changes(self, document: Document) -> list[Change]:
        graph, draft = graph_of(document, self.scope), Draft(document)
        followers: dict[str, list[Note]] = {}
        for note in graph.notes.values():
            followers.setdefault(note.node, []).append(note)
        moved = dict[str, tuple[float, float]]()  # how far each node goes
        for id, (x, y) in self.positions.items():
            x, y = _place(x, y)
            item: Node | Frame | Note | None = (
                graph.node(id) if id in graph else graph.frames.get(id) or graph.notes.get(id)
            )
            if item is None:
                raise LayerloomError(f"There is nothing called {id} to move.", code="missing-node")
            draft.put(self.scope, replace(item, x=x, y=y))
            moved[id] = (x - item.x, y - item.y)
            for note in followers.get(id, ()) if id in graph else ():
                if note.id not in self.positions:
                    draft.put(self.scope, replace(note, x=note.x + x - item.x, y=note.y + y - item.y))
        self._move_bends(draft, graph, moved)
        return draft.changes

    def _move_bends(self, draft: Draft, graph: Graph, moved: Mapping[str, tuple[float, float]]) -> None:
        """The bends of a wire go along where both its ends go equally far."""
        wires = (link for id in moved if id in graph for link in graph.outgoing(id) if link.bends)
        for link in wires:
            if moved.get(link.target) == moved[link.source]:
                draft.put(self.scope, replace(link, bends=shifted(link.bends, *moved[link.source])))

    def describe(self, document: Document) -> str:
        return f"Move {names(document, self.scope, tuple(self.positions))}"

    @property
    def merge_key(self) -> Hashable | None:
        return None if self.token is None else ("move", self.scope, self.token)


# -- how it is worked out


def new_node(document: Document, scope: str, node: Node) -> Node:
    """The node as it enters a scope: an id of its own, checked parameters, none that equals its default.

    Raises:
        LayerloomError: the layer is unknown, a value does not fit, the id is taken.
    """
    graph_of(document, scope)
    spec = spec_of(document, node.layer)
    if node.id and document.holds(node.id):
        raise LayerloomError(f"The id {node.id} is taken.", code="taken")
    values = {name: checked(spec, name, value) for name, value in node.params.items()}
    params = {name: value for name, value in values.items() if value != spec.param[name].default}
    fields.checked(spec.label, fields.NODE, {name: getattr(node, name) for name in fields.NODE})
    return replace(node, id=node.id or document.new_id(), layer=spec.id, params=params)


def _place(x: float, y: float) -> tuple[float, float]:
    try:
        return fields.X.check(x), fields.Y.check(y)
    except ValueError as error:
        raise LayerloomError(f"Move: {error}", code="value") from error


def _owner(document: Document, scope: str, node: Node, shares: str) -> str:
    """Whose weights it will be in the end. Raises LayerloomError where they cannot be used."""
    other = node_of(document, scope, shares)
    label = document.label(scope, node.id)
    if other.shares:
        other = node_of(document, scope, other.shares)
    if other.id == node.id:
        raise LayerloomError(f"{label} cannot share weights with itself.", code="value", node=node.id)
    if other.layer != node.layer:
        raise LayerloomError(
            f"{label} can share weights only with a node of its layer; {document.label(scope, other.id)} has another.",
            code="value",
            node=node.id,
        )
    return other.id


def _changed(scope: str, before: Node, after: Node) -> list[Change]:
    return [Change(scope, before, after)] if before != after else []
