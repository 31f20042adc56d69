"""`Document`: the drawing. Each change is checked, applied, then announced by one signal."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from core.catalog import Catalog
from core.problem import LayerloomError
from core.signal import Signal
from core.spec.layer import LayerSpec
from core.training.job import Job, read_job
from graph.blocks import block_spec, instances, would_contain
from graph.graph import Graph, end_port, id_order
from graph.records import BLOCK_PREFIX, MAIN, Block, Change, Link, Node, Record, Setting

_FEW = 8  # new links that are worth a walk each; above it, one walk of the whole graph


class Document:
    """Nodes, links, frames and notes of the main graph and of named blocks; the training job; view data.

    `changed` is emitted once for each `apply`, with the tuple of changes, after all of them hold.
    """

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self.token = secrets.token_hex(8)  # tells this document from any other, while it is open
        self.changed: Signal[[tuple[Change, ...]]] = Signal()
        self.blocks: dict[str, Block] = {}
        self.settings: dict[str, Any] = {}
        self._graphs: dict[str, Graph] = {MAIN: Graph()}
        self._specs: dict[str, LayerSpec] = {}
        self._job: Job | None = None
        self._next_id = 1
        self._rehearsed: list[Change] | None = None

    # -- queries

    def graph(self, scope: str = MAIN) -> Graph:
        """Raises KeyError where no block has that id."""
        return self._graphs[scope]

    @property
    def scopes(self) -> tuple[str, ...]:
        return tuple(self._graphs)

    @property
    def title(self) -> str:
        return str(self.settings.get("title", ""))

    @property
    def job(self) -> Job:
        """The training job. Raises LayerloomError where the stored one does not hold."""
        if self._job is None:
            self._job = read_job(self.settings.get("job", {}))
        return self._job

    def spec(self, layer: str) -> LayerSpec | None:
        """The declaration of a layer id or of ``block:<id>``; None where it is unknown."""
        if not layer.startswith(BLOCK_PREFIX):
            return self.catalog.get(layer)
        block = layer.removeprefix(BLOCK_PREFIX)
        if block not in self.blocks:
            return None
        if block not in self._specs:
            self._specs[block] = block_spec(self, block)
        return self._specs[block]

    def label(self, scope: str, node: str) -> str:
        """What a person reads as the node's name."""
        record = self.graph(scope).node(node)
        spec = self.spec(record.layer)
        return record.name or (spec.label if spec else record.layer)

    def new_id(self, prefix: str = "n") -> str:
        """An id that no record of the document has."""
        while True:
            id = f"{prefix}{self._next_id}"
            self._next_id += 1
            if not self.holds(id):
                return id

    def holds(self, id: str) -> bool:
        """Whether any record has that id, in any scope."""
        graphs = self._graphs.values()
        return id in self.blocks or any(id in held for g in graphs for held in (g, g.links, g.frames, g.notes))

    # -- changes

    def apply(self, changes: Sequence[Change]) -> None:
        """Apply all changes or none, then announce them.

        Raises:
            LayerloomError: a change would break a rule (an occupied port, a circle, a missing end); nothing happened.
        """
        done: list[Change] = []
        try:
            for change in changes:
                self._check(change)
                self._put(change)
                done.append(change)
            self._forget(done)
            self._check_whole(done)
        except LayerloomError:
            self._take_back(done)
            raise
        if self._rehearsed is not None:
            self._rehearsed += done
        elif done:
            self.changed.emit(tuple(done))

    @contextmanager
    def rehearsal(self) -> Iterator[list[Change]]:
        """What is applied inside is collected in the list, announced to nobody, and taken back at the end."""
        outer, self._rehearsed = self._rehearsed, []
        try:
            yield (done := self._rehearsed)
        finally:
            self._rehearsed = outer
            self._take_back(done)

    def adopt(self, blocks: Mapping[str, Block], graphs: Mapping[str, Graph], settings: Mapping[str, Any]) -> None:
        """Take over content that the caller has checked. For a fresh document: nothing is announced."""
        self.blocks, self._graphs, self.settings = dict(blocks), {MAIN: Graph(), **graphs}, dict(settings)
        self._specs.clear()
        self._job = None
        ids = (id for g in self._graphs.values() for held in (g.nx, g.links, g.frames, g.notes) for id in held)
        self._next_id = 1 + max((id_order(id)[1] for id in (*ids, *self.blocks)), default=0)

    def _take_back(self, done: Sequence[Change]) -> None:
        for change in reversed(done):
            self._put(change.inverse())
        self._forget(done)

    def _check(self, change: Change) -> None:
        """The rules that one change can break by itself."""
        held = self.record(change.scope, change.kind, change.id)
        if held is not change.before and held != change.before:  # equality alone is slow for thousands of nodes
            raise LayerloomError(f"{change.kind} {change.id} is not as the change expects.", code="stale")
        after = change.after
        if isinstance(after, Link):
            self._check_link(change.scope, after, change.before)
        elif after is None and isinstance(change.before, Node) and self.graph(change.scope).is_linked(change.id):
            raise LayerloomError(f"Node {change.id} still has links.", code="linked")
        elif after is None and isinstance(change.before, Block) and not self._graphs[change.id].is_empty:
            raise LayerloomError(f"Block {change.before.name} is not empty.", code="not-empty")

    def _check_link(self, scope: str, link: Link, before: Record | None) -> None:
        graph = self.graph(scope)
        for end in (link.source, link.target):
            if end not in graph:
                raise LayerloomError(f"There is no node {end} to link.", code="missing-node")
        occupant = graph.link_into(link.target, link.target_port)
        if occupant is not None and occupant != before:
            target = self.label(scope, link.target)
            raise LayerloomError(
                f"{target}: the input {end_port(link.target_port)} already has a wire.",
                code="occupied",
                node=link.target,
            )

    def _check_whole(self, done: Sequence[Change]) -> None:
        """The rules that all changes together must keep: no circle of wires, no block inside itself."""
        links: dict[str, list[Link]] = {}
        for change in done:
            before, after = change.before, change.after
            if isinstance(after, Link):
                links.setdefault(change.scope, []).append(after)
            elif isinstance(after, Node) and after.block and not _same_layer(before, after):
                self._check_nesting(change.scope, after.block)
            elif isinstance(after, Block) and before is None:
                for scope, _ in instances(self, after.id):
                    self._check_nesting(scope, after.id)
        for scope, new in links.items():
            self._check_circles(scope, new)

    def _check_circles(self, scope: str, new: Sequence[Link]) -> None:
        graph = self.graph(scope)
        if len(new) > _FEW and graph.is_acyclic():
            return
        for link in new:
            if link.id in graph.links and graph.would_cycle(link.source, link.target):
                ends = f"{self.label(scope, link.source)} to {self.label(scope, link.target)}"
                raise LayerloomError(
                    f"A wire from {ends} would close a circle; data must flow one way.", code="cycle", node=link.target
                )

    def _check_nesting(self, scope: str, block: str) -> None:
        if block in self.blocks and scope and would_contain(self, block, scope):
            raise LayerloomError(f"Block {self.blocks[block].name} cannot contain itself.", code="recursion")

    def record(self, scope: str, kind: str, id: str) -> Record | None:
        """The record of that kind and id, or None."""
        if kind == "block":
            return self.blocks.get(id)
        if kind == "setting":
            return Setting(id, self.settings[id]) if id in self.settings else None
        graph = self._graphs.get(scope)
        if graph is None:
            raise LayerloomError(f"There is no block {scope}.", code="missing-block")
        if kind == "node":
            return graph.node(id) if id in graph else None
        if kind == "link":
            return graph.links.get(id)
        return graph.frames.get(id) if kind == "frame" else graph.notes.get(id)

    def _put(self, change: Change) -> None:
        before, after = change.before, change.after
        match change.kind:
            case "block":
                self._put_block(change.id, after)
            case "setting":
                self.settings.pop(change.id, None)
                if isinstance(after, Setting):
                    self.settings[after.id] = after.value
            case "node":
                assert after is None or isinstance(after, Node)
                self.graph(change.scope).put_node(change.id, after)
            case "link":
                assert before is None or isinstance(before, Link)
                assert after is None or isinstance(after, Link)
                self.graph(change.scope).put_link(before, after)
            case "frame" | "note":
                graph = self.graph(change.scope)
                held: dict[str, Any] = graph.frames if change.kind == "frame" else graph.notes
                held.pop(change.id, None)
                if after is not None:
                    held[change.id] = after

    def _put_block(self, id: str, after: Record | None) -> None:
        if isinstance(after, Block):
            self.blocks[id] = after
            self._graphs.setdefault(id, Graph())
        else:
            del self.blocks[id], self._graphs[id]

    def _forget(self, changes: Iterable[Change]) -> None:
        """Drop what was derived from what changed."""
        if any(change.scope or change.kind == "block" for change in changes):
            self._specs.clear()
        if any(change.kind == "setting" and change.id == "job" for change in changes):
            self._job = None


def _same_layer(before: Record | None, after: Node) -> bool:
    return isinstance(before, Node) and before.layer == after.layer
