"""What a command is: one act of the person, which knows its label, its changes and so its inverse."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar, cast

from core.problem import LayerloomError
from core.spec.layer import LayerSpec
from graph.document import Document
from graph.graph import Graph
from graph.records import KIND_OF, MAIN, Change, Kind, Node, Record

R = TypeVar("R", bound=Record)


class Command(ABC):
    """One act. It holds plain values, never a document, and can be made before it is known whether it works."""

    @abstractmethod
    def changes(self, document: Document) -> list[Change]:
        """What would happen to the document as it stands; empty where nothing would.

        Raises:
            LayerloomError: the act makes no sense here (a missing node, a value that does not fit).
        """

    @abstractmethod
    def describe(self, document: Document) -> str:
        """The act in a few plain words, for the Undo menu; asked before the act, of one that can be done."""

    @property
    def merge_key(self) -> Hashable | None:
        """Two acts in a row with the same key are one undo step; None: a step of its own."""
        return None

    def apply(self, document: Document) -> Changes:
        """Do it, all or nothing; the result undoes it.

        Raises:
            LayerloomError: it cannot be; nothing happened.
        """
        changes, label = self.changes(document), self.describe(document)
        document.apply(changes)
        return Changes(label, inverse(changes))


@dataclass(frozen=True)
class Changes(Command):
    """Changes that were worked out before: what undo and redo consist of."""

    label: str
    recorded: tuple[Change, ...]

    def changes(self, document: Document) -> list[Change]:
        return list(self.recorded)

    def describe(self, document: Document) -> str:
        return self.label


@dataclass(frozen=True)
class Batch(Command):
    """Several commands as one act: each finds the document as those before it left it."""

    label: str
    commands: tuple[Command, ...]

    def changes(self, document: Document) -> list[Change]:
        with document.rehearsal() as done:
            for command in self.commands:
                document.apply(command.changes(document))
        return done

    def describe(self, document: Document) -> str:
        return self.label


def inverse(changes: Iterable[Change]) -> tuple[Change, ...]:
    return tuple(change.inverse() for change in reversed(tuple(changes)))


def compose(first: Sequence[Change], then: Sequence[Change]) -> tuple[Change, ...]:
    """Both in a row; changes of values alone are folded to one for each record."""
    every = (*first, *then)
    if any(change.before is None or change.after is None for change in every):
        return every
    folded: dict[tuple[str, str, str], Change] = {}
    for change in every:
        key = (change.scope, change.kind, change.id)
        folded[key] = Change(change.scope, folded[key].before if key in folded else change.before, change.after)
    return tuple(folded.values())


# -- what several commands ask


def graph_of(document: Document, scope: str) -> Graph:
    """Raises LayerloomError where no block has that id."""
    if scope not in document.scopes:
        raise LayerloomError(f"There is no block {scope}.", code="missing-block")
    return document.graph(scope)


def node_of(document: Document, scope: str, node: str) -> Node:
    """Raises LayerloomError where there is no such node."""
    graph = graph_of(document, scope)
    if node not in graph:
        raise LayerloomError(f"There is no node {node}; it may have been removed.", code="missing-node")
    return graph.node(node)


def spec_of(document: Document, layer: str) -> LayerSpec:
    """Raises LayerloomError where the layer is unknown."""
    spec = document.spec(layer)
    if spec is None:
        raise LayerloomError(f"There is no layer called {layer}.", code="unknown-layer")
    return spec


def checked(spec: LayerSpec, name: str, value: object) -> object:
    """The value in its normal form. Raises LayerloomError where there is no such parameter or the value is wrong."""
    field = spec.param.get(name)
    if field is None:
        known = ", ".join(spec.param) or "none"
        raise LayerloomError(f"{spec.label} has no parameter {name}; it has: {known}.", code="unknown-parameter")
    try:
        return field.check(value)
    except ValueError as error:
        raise LayerloomError(f"{spec.label}: {error}", code="value") from error


def names(document: Document, scope: str, nodes: Sequence[str]) -> str:
    """How a label names nodes: ``Conv 2D``, or ``3 nodes``."""
    graph = graph_of(document, scope)
    if len(nodes) == 1:
        return document.label(scope, nodes[0]) if nodes[0] in graph else nodes[0]
    return f"{len(nodes)} nodes"


class Draft:
    """Changes in the making: later ones build on earlier ones, each record from what it then is."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.changes: list[Change] = []
        self._now: dict[tuple[str, str, str], Record | None] = {}

    def put(self, scope: str, record: Record) -> None:
        """The record of that kind and id is added, or becomes this one."""
        self._change(scope, KIND_OF[type(record)], record.id, record)

    def drop(self, scope: str, record: Record) -> None:
        """The record of that kind and id goes, if it is still there."""
        self._change(scope, KIND_OF[type(record)], record.id, None)

    def new_id(self, prefix: str = "n") -> str:
        """An id that neither the document nor the changes so far have."""
        taken = {id for _, _, id in self._now}
        return next(id for id in iter(lambda: self.document.new_id(prefix), "") if id not in taken)

    def now(self, scope: str, record: R) -> R | None:
        """The record of that kind and id as the changes so far leave it."""
        key = (scope, KIND_OF[type(record)], record.id)
        held = self._now[key] if key in self._now else self._held(*key)
        return cast("R | None", held)

    def _change(self, scope: str, kind: Kind, id: str, after: Record | None) -> None:
        key = (scope, kind, id)
        before = self._now[key] if key in self._now else self._held(*key)
        if before != after:
            self._now[key] = after
            self.changes.append(Change(scope, before, after))

    def _held(self, scope: str, kind: Kind, id: str) -> Record | None:
        known = scope == MAIN or scope in self.document.scopes
        return self.document.record(scope, kind, id) if known else None
