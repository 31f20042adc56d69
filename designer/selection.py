"""What is selected, and which graph of the document is looked at."""

from __future__ import annotations

from collections.abc import Iterable

from core.signal import Signal
from graph.document import Document
from graph.records import MAIN, Change

Ids = frozenset[str]
_NONE: Ids = frozenset()


class Selection:
    """Ids of selected records within one scope.

    `path` is the place looked at: ``""`` for the main graph, ``"n7/n2"`` for the inside of the block instance n2 that
    lies inside the instance n7. `scope` is the graph found there (the id of the block). Follows the document: what
    vanishes is no longer selected, and a place that vanishes is left. `changed` is emitted once per act.
    """

    def __init__(self, document: Document) -> None:
        self.changed: Signal[[]] = Signal()
        self.path = ""
        self.nodes: Ids = _NONE
        self.links: Ids = _NONE
        self.frames: Ids = _NONE
        self.notes: Ids = _NONE
        self._document = document
        document.changed.connect(self._clean)

    @property
    def scope(self) -> str:
        return scope_at(self._document, self.path) or MAIN

    def __bool__(self) -> bool:
        return bool(self.nodes or self.links or self.frames or self.notes)

    @property
    def node(self) -> str:
        """The selected node where it is the only one; else empty."""
        return next(iter(self.nodes)) if len(self.nodes) == 1 else ""

    @property
    def paths(self) -> tuple[str, ...]:
        """The full paths of the selected nodes, sorted."""
        return tuple(sorted(join(self.path, node) for node in self.nodes))

    def set(
        self,
        nodes: Iterable[str] = (),
        links: Iterable[str] = (),
        *,
        frames: Iterable[str] = (),
        notes: Iterable[str] = (),
        path: str | None = None,
    ) -> None:
        """Select exactly these, in the place given (by default where we are); ids that are not there are passed over.

        Raises:
            LookupError: nothing is at that path.
        """
        path = self.path if path is None else path
        scope = scope_at(self._document, path)
        if scope is None:
            raise LookupError(f"There is no block at {path}.")
        self._become(path, self._there(scope, nodes, links, frames, notes))

    def clear(self) -> None:
        self.set()

    def toggle(self, node: str) -> None:
        """Add a node to what is selected, or take it out."""
        self._become(self.path, (self.nodes ^ {node}, self.links, self.frames, self.notes))

    def enter(self, path: str) -> None:
        """Look into the block instance at `path` (``""``: the main graph), with nothing selected there."""
        self.set(path=path)

    def leave(self) -> None:
        """Go one level up and select the instance that we came from."""
        if self.path:
            outer, _, node = self.path.rpartition("/")
            self.set([node], path=outer)

    def _become(self, path: str, ids: tuple[Ids, Ids, Ids, Ids]) -> None:
        before = (self.path, (self.nodes, self.links, self.frames, self.notes))
        self.path, (self.nodes, self.links, self.frames, self.notes) = path, ids
        if before != (path, ids):
            self.changed.emit()

    def _clean(self, changes: tuple[Change, ...]) -> None:
        if not any(change.after is None for change in changes):
            return
        path = self.path
        while scope_at(self._document, path) is None:
            path = path.rpartition("/")[0]
        if path != self.path:
            self._become(path, (_NONE, _NONE, _NONE, _NONE))
            return
        self._become(path, self._there(self.scope, self.nodes, self.links, self.frames, self.notes))

    def _there(
        self, scope: str, nodes: Iterable[str], links: Iterable[str], frames: Iterable[str], notes: Iterable[str]
    ) -> tuple[Ids, Ids, Ids, Ids]:
        """Those of the ids that the graph has."""
        graph = self._document.graph(scope)
        return (
            frozenset(id for id in nodes if id in graph),
            frozenset(id for id in links if id in graph.links),
            frozenset(id for id in frames if id in graph.frames),
            frozenset(id for id in notes if id in graph.notes),
        )


def scope_at(document: Document, path: str) -> str | None:
    """The id of the graph inside the block instance at `path`; None where there is no such instance."""
    scope = MAIN
    for node in filter(None, path.split("/")):
        graph = document.graph(scope)
        if node not in graph or graph.node(node).block not in document.blocks:
            return None
        scope = graph.node(node).block
    return scope


def join(path: str, node: str) -> str:
    return f"{path}/{node}" if path else node
