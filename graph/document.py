"""`Document`: the drawing. Each change is checked, applied, then announced by one signal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from core.catalog import Catalog
from core.problem import LayerloomError
from core.signal import Signal
from core.spec.layer import LayerSpec
from core.training.job import Job, read_job
from graph.blocks import block_spec, would_contain
from graph.graph import Graph, end_port
from graph.records import BLOCK_PREFIX, MAIN, Block, Change, Frame, Link, Node, Note, Record, Setting


class Document:
    """Nodes, links, frames and notes of the main graph and of named blocks; the training job; view data.

    `changed` is emitted once for each `apply`, with the tuple of changes, after all of them hold.
    """

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self.changed: Signal[[tuple[Change, ...]]] = Signal()
        self.blocks: dict[str, Block] = {}
        self.settings: dict[str, Any] = {}
        self._graphs: dict[str, Graph] = {MAIN: Graph()}
        self._specs: dict[str, LayerSpec] = {}
        self._job: Job | None = None
        self._next_id = 1

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
            if id not in self.blocks and not any(self._holds(g, id) for g in self._graphs.values()):
                return id

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
        except LayerloomError:
            for change in reversed(done):
                self._put(change.inverse())
            raise
        self._forget(done)
        if done:
            self.changed.emit(tuple(done))

    def _check(self, change: Change) -> None:
        if change.kind == "setting":
            return
        held = self.record(change.scope, change.kind, change.id)
        if held != change.before:
            raise LayerloomError(f"{change.kind} {change.id} is not as the change expects.", code="stale")
        after = change.after
        if isinstance(after, Link):
            self._check_link(change.scope, after, change.before)
        elif isinstance(after, Node) and after.block and change.before is None:
            self._check_nesting(change.scope, after.block)
        elif after is None and isinstance(change.before, Node) and self._is_linked(change.scope, change.id):
            raise LayerloomError(f"Node {change.id} still has links.", code="linked")
        elif after is None and isinstance(change.before, Block) and len(self._graphs[change.id]):
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
        if graph.would_cycle(link.source, link.target):
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
        held: Mapping[str, Link | Frame | Note] = {"link": graph.links, "frame": graph.frames, "note": graph.notes}[
            kind
        ]  # type: ignore[assignment]
        return held.get(id)

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

    def _is_linked(self, scope: str, node: str) -> bool:
        graph = self.graph(scope)
        return bool(graph.incoming(node) or graph.outgoing(node))

    @staticmethod
    def _holds(graph: Graph, id: str) -> bool:
        return id in graph or id in graph.links or id in graph.frames or id in graph.notes
