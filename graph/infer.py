"""`Inference`: the shapes, costs and troubles of a document, kept up to date as it changes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from core.problem import Problem
from core.program.cost import Cost
from core.signal import Signal
from core.spec.layer import Role
from core.spec.shape import TensorType
from graph.document import Document
from graph.engine import Engine, total
from graph.findings import Findings, meaning
from graph.records import MAIN, Change, Frame, Node, Note
from graph.trouble import SEPARATOR, Arrival, Labels, join, told


class ScopeTypes:
    """What was found in the main graph, or in the inside of one block instance (its first copy)."""

    def __init__(self, inference: Inference, findings: Findings, path: str, within: str) -> None:
        self._inference, self._within = inference, within
        self.findings, self.path = findings, path

    @property
    def types(self) -> Mapping[tuple[str, str], TensorType]:
        """What leaves at (node, output port); nothing where it is unknown."""
        return self.findings.types

    @property
    def costs(self) -> Mapping[str, Cost]:
        """Parameters and multiply-accumulates of each node that could be worked out; of a block, all its copies."""
        return self.findings.costs

    @property
    def total(self) -> Cost:
        return total(self.costs.values())

    def incoming(self, node: str) -> Mapping[str, TensorType]:
        """What arrives at each port end where a wire brings something known."""
        return {end: type for end, type in self.findings.arriving(node).items() if type is not None}

    @property
    def problems(self) -> list[Problem]:
        """The troubles of this graph's own nodes, in the order of creation."""
        return list(self._inference.tell(self.findings, self.path, self._within))


class Inference:
    """Follows the document: after each change, works out again what it reaches.

    `changed` is emitted, after the document's own signal, when shapes, costs or troubles may be new.
    """

    def __init__(self, document: Document) -> None:
        self.changed: Signal[[]] = Signal()
        self.document = document
        self.engine = Engine(document)
        self._main = Findings(document.graph())
        self.engine.settle(self._main, self._main.graph.node_ids)
        self._labels: Labels | None = None
        self._remembered: dict[str, list[Problem]] = {}
        self.close = document.changed.connect(self._follow)

    @property
    def main(self) -> Findings:
        return self._main

    @property
    def labels(self) -> Labels:
        """The nodes' names as problems tell them; for use until the next change."""
        if self._labels is None:
            self._labels = Labels(self.document)
        return self._labels

    def scope(self, path: str = "") -> ScopeTypes:
        """The main graph, or the inside of the block instance at `path` (``"n7"``, ``"n7/n2"``).

        Raises KeyError where no instance of a block is at that path.
        """
        findings, within = self._main, ""
        for node in path.split("/") if path else ():
            record = findings.graph.node(node)
            inside = findings.insides.get(node)
            label = self.labels.of(findings.scope, node)
            within = f"{within}{SEPARATOR}{label}" if within else label
            findings = inside[0][0] if inside else self.engine.inside(record.block, {}, {})
        return ScopeTypes(self, findings, path, within)

    @property
    def problems(self) -> list[Problem]:
        """Every node's trouble, blocks included. One that several instances of a block share is told once."""
        return self.remembered("problems", lambda: list(self._tell_all(self._main, "", "", set())))

    def remembered(self, what: str, find: Callable[[], list[Problem]]) -> list[Problem]:
        """What was found out under this name since the last change that bears on it, or else now."""
        if what not in self._remembered:
            self._remembered[what] = find()
        return list(self._remembered[what])

    def tell(self, findings: Findings, place: str, within: str) -> Iterator[Problem]:
        """The troubles of one graph as problems."""
        for node in (node for node in findings.graph.node_ids if node in findings.troubles):
            wires = findings.wires(node)
            arrivals = [Arrival(w.target_port, w.source, findings.types.get((w.source, w.source_port))) for w in wires]
            yield told(
                findings.troubles[node],
                node,
                self.labels,
                scope=findings.scope,
                place=place,
                within=within,
                spec=self.document.spec(findings.graph.node(node).layer),
                arrivals=arrivals,
            )

    def _tell_all(self, findings: Findings, place: str, within: str, seen: set[object]) -> Iterator[Problem]:
        if id(findings) in seen:
            return  # another instance in the same circumstances has told all
        seen.add(id(findings))
        for problem in self.tell(findings, place, within):
            node = problem.node.rpartition("/")[2]
            trouble = findings.troubles[node]
            key = (findings.scope, node, trouble.code, trouble.text)
            if key not in seen:
                seen.add(key)
                yield problem
        for node, inside in findings.instances():
            label = self.labels.of(findings.scope, node)
            for copy, (found, _) in enumerate(inside, 1):
                name = f"{label} (copy {copy})" if copy > 1 else label
                name = f"{within}{SEPARATOR}{name}" if within else name
                yield from self._tell_all(found, join(place, node), name, seen)

    # -- following the document

    def _follow(self, changes: tuple[Change, ...]) -> None:
        telling = [change for change in changes if self._tells(change)]
        if not telling:
            return
        self._labels = None
        self._remembered.clear()
        dirty, blocks, renewed = set[str](), set[str](), set[str]()
        for change in telling:
            if change.kind == "block":
                blocks.add(change.id)
            elif change.kind == "setting":
                dirty |= self._follow_setting()
            elif change.scope == MAIN:
                dirty |= self._main.follow(change)
                if change.kind == "node" and (change.before is None or change.after is None):
                    renewed.add(change.id)
            else:
                blocks.add(change.scope)
        if renewed:
            dirty |= self._main.sharing(renewed)
        if blocks:
            dirty |= self._follow_blocks(blocks)
        dirty = {node for node in dirty if node in self._main.graph}
        if dirty or blocks:
            self.engine.settle(self._main, dirty)
            self.changed.emit()

    def _tells(self, change: Change) -> bool:
        """Whether a change bears on anything that is found or told here; moves and looks do not."""
        match change.before, change.after:
            case Node() as before, Node() as after:
                spec = self.document.spec(after.layer)
                if change.scope and spec is not None and spec.role in (Role.ENTRY, Role.EXIT):
                    return True  # their places order the ports
                return sense(before) != sense(after)
            case (Frame() | Note(), _) | (_, Frame() | Note()):
                return False
        return change.kind != "setting" or change.id == "job"

    def _follow_setting(self) -> set[str]:
        if not self.engine.reread_data():
            return set()
        specs = ((node.id, self.document.spec(node.layer)) for node in self._main.graph.nodes)
        return {node for node, spec in specs if spec is not None and spec.role in (Role.INPUT, Role.TARGET)}

    def _follow_blocks(self, blocks: set[str]) -> set[str]:
        """The instances that a change of these blocks reaches, and the nodes behind them (ports may have gone)."""
        holders = containing(self.document, blocks)
        self.engine.forget(holders)
        graph = self._main.graph
        instances = {node.id for node in graph.nodes if node.block in holders}
        return instances.union(*(graph.nx.successors(node) for node in instances))


def sense(node: Node) -> tuple[object, ...]:
    """What of a node's record is more than looks."""
    return *meaning(node), node.name, node.frozen, node.init


def containing(document: Document, blocks: set[str]) -> set[str]:
    """The given blocks and all that hold an instance of one of them, at any depth."""
    holds = {
        scope: {n.block for n in document.graph(scope).nodes if n.block} for scope in document.scopes if scope != MAIN
    }
    found, grown = set(blocks), True
    while grown:
        more = {scope for scope, held in holds.items() if scope not in found and held & found}
        found, grown = found | more, bool(more)
    return found
