"""Works out the nodes of a graph in order, only those that a change reaches; blocks once for each circumstance."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from heapq import heapify, heappop, heappush

from core.data.signature import DataSignature
from core.problem import Fix
from core.program.cost import Cost
from core.spec.layer import Given, LayerSpec, Role, Types
from core.spec.shape import TensorType
from graph import solving
from graph.blocks import ports
from graph.data_types import data_signature, entering, unread_source
from graph.document import Document
from graph.evaluate import NO_COST, Gathered, Outcome, Values, by_data, by_rules, gather, wrong_kind
from graph.fields import MAX_REPEAT
from graph.findings import Findings
from graph.records import MAIN, Link, Node
from graph.trouble import Trouble

_REMEMBERED = 1024
_DEEPEST = 48  # blocks within blocks
_MOST_INSIDE = 20_000  # nodes worked out inside blocks for one change: a hostile file must not hold up the window
_Key = tuple[str, tuple[tuple[str, TensorType], ...], tuple[tuple[str, object], ...]]


class Engine:
    """Shapes, costs and troubles of a document's graphs. Remembers each block by what arrives and what is set."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.signature: DataSignature = data_signature(document)
        self._unread = unread_source(document)
        self._memo: dict[_Key, Findings] = {}
        self._answers: dict[tuple[object, ...], Outcome] = {}
        self._depth = self._worked = 0
        self._by_role: Mapping[Role, Callable[[Findings, Node, LayerSpec, Given], Outcome]] = {
            Role.INPUT: self._data,
            Role.TARGET: self._data,
            Role.ENTRY: self._entry,
            Role.BLOCK: self._block,
            Role.TIME: self._time,
        }

    def settle(self, findings: Findings, dirty: Iterable[str]) -> None:
        """Work out the given nodes and, where what leaves them is new, those behind them."""
        if findings.scope == MAIN:
            self._worked = 0
        ranks = findings.ranks
        queued = set(dirty)
        heap = [(ranks[node], node) for node in queued]
        heapify(heap)
        while heap:
            node = heappop(heap)[1]
            if findings.store(node, self._outcome(findings, findings.graph.node(node))):
                for behind in findings.graph.nx.successors(node):
                    if behind not in queued:
                        queued.add(behind)
                        heappush(heap, (ranks[behind], behind))

    def reread_data(self) -> bool:
        """Look at the job's data again; returns whether it offers something else now."""
        before = self.signature, self._unread
        self.signature, self._unread = data_signature(self.document), unread_source(self.document)
        return (self.signature, self._unread) != before

    def forget(self, blocks: set[str]) -> None:
        """Blocks whose inside, or the inside of a block within, has changed."""
        self._memo = {key: findings for key, findings in self._memo.items() if key[0] not in blocks}

    def inside(self, block: str, entries: Types, values: Values) -> Findings:
        """What is found inside a block when these types arrive and these values are set."""
        key: _Key = (block, tuple(entries.items()), tuple(values.items()))
        found = self._memo.get(key)
        if found is None:
            found = Findings(self.document.graph(block), block, entries, self._promoted(block, values))
            self._depth += 1
            self._worked += len(found.graph)
            self.settle(found, found.graph.node_ids)
            self._depth -= 1
            found.total = total(found.costs.values())
            found.leaving = self._leaving(found)
            if len(self._memo) >= _REMEMBERED:
                self._memo.clear()
            self._memo[key] = found
        return found

    def _promoted(self, block: str, values: Values) -> Mapping[str, Values]:
        promoted: dict[str, dict[str, object]] = {}
        for promotion in self.document.blocks[block].promoted:
            if promotion.name in values:
                promoted.setdefault(promotion.node, {})[promotion.param] = values[promotion.name]
        return promoted

    # -- one node

    def _outcome(self, findings: Findings, node: Node) -> Outcome:
        spec = self.document.spec(node.layer)
        if node.muted:
            return self._muted(findings, node, spec)
        if spec is None:
            return Outcome(trouble=_unknown_layer(node))
        gathered = gather(spec, findings.arriving(node.id))
        values, trouble = findings.values(node, spec)
        blocking = self._misplaced(findings, spec) or self._stray(findings, node, gathered) or gathered.trouble
        if values is None or blocking:
            inside = self._unconnected(findings, node, gathered, values)
            return Outcome(trouble=trouble if values is None else blocking, inside=inside)
        if gathered.unknown and spec.role != Role.BLOCK:
            return Outcome(trouble=trouble)
        outcome = self._computed(findings, node, spec, Given(gathered.types, values))
        return outcome if trouble is None or outcome.trouble else _with(outcome, trouble)

    def _computed(self, findings: Findings, node: Node, spec: LayerSpec, given: Given) -> Outcome:
        special = self._by_role.get(spec.role)
        if special is not None:
            return special(findings, node, spec, given)
        wrong = wrong_kind(spec, given.types)
        if wrong is not None:
            return Outcome(trouble=wrong)
        outcome = self._ruled(spec, given)
        if node.shares and node.shares in findings.graph and outcome.cost.parameters:
            return _with(outcome, outcome.trouble, Cost(0, outcome.cost.macs))
        return outcome

    def _ruled(self, spec: LayerSpec, given: Given) -> Outcome:
        """What the rules say. They are pure, and networks repeat themselves: equal questions are asked once."""
        key = (spec.id, tuple(given.types.items()), tuple(given.params.values()))
        outcome = self._answers.get(key)
        if outcome is None:
            if len(self._answers) >= _REMEMBERED:
                self._answers.clear()
            outcome = self._answers[key] = by_rules(spec, given)
        return outcome

    def _muted(self, findings: Findings, node: Node, spec: LayerSpec | None) -> Outcome:
        wire = findings.passed_on(node.id, spec)
        if wire is None:
            return Outcome(cut=True)
        type = findings.types.get((wire.source, wire.source_port))
        if type is None:
            return Outcome()
        leaving = [link.source_port for link in findings.graph.outgoing(node.id)]
        names = [port.id for port in spec.outputs] if spec is not None else leaving
        return Outcome(dict.fromkeys(names, type))

    def _data(self, findings: Findings, node: Node, spec: LayerSpec, given: Given) -> Outcome:
        return by_data(given, entering(spec.role, given, self.signature, self._unread), spec)

    def _entry(self, findings: Findings, node: Node, spec: LayerSpec, given: Given) -> Outcome:
        type = findings.entries.get(node.id)
        return Outcome() if type is None else by_data(given, type, spec)

    def _time(self, findings: Findings, node: Node, spec: LayerSpec, given: Given) -> Outcome:
        return by_data(given, findings.entries.get(solving.TIME) or solving.untimed(), spec)

    # -- blocks

    def _block(self, findings: Findings, node: Node, spec: LayerSpec, given: Given) -> Outcome:
        if not 1 <= node.repeat <= MAX_REPEAT:
            text = f"it can stand from 1 to {MAX_REPEAT} times in a row, not {node.repeat} times."
            return Outcome(trouble=Trouble("repeat", text, received=str(node.repeat)))
        if node.repeat > 1 and not 0 < len(spec.outputs) <= len(spec.inputs):
            text = "it cannot be repeated: each copy feeds its outputs to the next one's inputs, and it lacks some."
            counts = f"{len(spec.outputs)} outputs, {len(spec.inputs)} inputs"
            return Outcome(trouble=Trouble("repeat", text, expected="as many inputs as outputs", received=counts))
        if node.solver is not None and (refusal := solving.refused(node, spec, given.types)):
            return Outcome(trouble=refusal)
        runs = self._copies(node, spec, given) if self._depth < _DEEPEST else []
        if not runs or self._worked > _MOST_INSIDE:
            text = "blocks within blocks go too deep, or come to too many nodes, to be worked out."
            return Outcome(trouble=Trouble("too-large", text, expected=f"at most {_DEEPEST} deep"))
        outputs = runs[-1][0].leaving
        cost = total(found.total.times(count) for found, count in runs)
        if node.solver is not None:
            solved = solving.leaving(node, spec, runs[0][0])
            if isinstance(solved, Trouble):
                return Outcome(trouble=solved, inside=tuple(runs))
            outputs, cost = solved, solving.cost(node, cost)
        if node.shares and node.shares in findings.graph:
            cost = Cost(0, cost.macs)
        complete = len(outputs) == len(spec.outputs) and len(given.types) == len(spec.inputs)
        return Outcome(outputs, cost=cost, given=given if complete else None, inside=tuple(runs))

    def _copies(self, node: Node, spec: LayerSpec, given: Given) -> list[tuple[Findings, int]]:
        """Each copy feeds its outputs to the first inputs of the next; equal copies in a row are counted."""
        runs: list[tuple[Findings, int]] = []
        entries = given.types if node.solver is None else solving.with_time(given.types)
        left = node.repeat
        while left and self._worked <= _MOST_INSIDE:
            found = self.inside(node.block, entries, given.params)
            after = entries
            if left > 1 and len(found.leaving) == len(spec.outputs):
                fed = zip(spec.inputs, found.leaving.values(), strict=False)
                after = {**entries, **{port.id: type for port, type in fed}}
            count = left if after == entries else 1
            runs.append((found, count))
            entries, left = after, left - count
        return runs

    def _leaving(self, found: Findings) -> Types:
        """The types at a block's exits, by exit node."""
        leaving: dict[str, TensorType] = {}
        for exit in ports(self.document, found.scope, Role.EXIT):
            type = found.arriving(exit.id).get("x")
            if type is not None:
                leaving[exit.id] = type
        return leaving

    def _unconnected(
        self, findings: Findings, node: Node, gathered: Gathered, values: Values | None
    ) -> tuple[tuple[Findings, int], ...]:
        """The inside of a block that lacks a wire: what does not depend on it is still worked out."""
        if not node.block or values is None or gathered.stray or self._depth >= _DEEPEST:
            return ()
        return ((self.inside(node.block, gathered.types, values), 1),)

    # -- what can be wrong before any rule is asked

    def _misplaced(self, findings: Findings, spec: LayerSpec) -> Trouble | None:
        """Data enters and leaves in the main graph; a block has entries and exits instead."""
        if spec.role not in (_ONLY_IN_BLOCKS if findings.scope == MAIN else _ONLY_IN_MAIN):
            return None
        where = "blocks" if findings.scope == MAIN else "the main drawing, not inside a block"
        return Trouble("place", f"{spec.label} belongs in {where}.")

    def _stray(self, findings: Findings, node: Node, gathered: Gathered) -> Trouble | None:
        """A wire at a port that one of the two layers does not have (any more)."""
        for wire in findings.wires(node.id) if gathered.stray or gathered.unknown else ():
            if wire.target_port == gathered.stray:
                return _no_port(wire, f"a wire ends at the input {wire.target_port}, which it does not have.")
            if (wire.source, wire.source_port) not in findings.types:
                spec = self.document.spec(findings.graph.node(wire.source).layer)
                if spec is not None and wire.source_port not in spec.output:
                    where = f"an output {wire.source_port} of {spec.label}, which is not there."
                    return _no_port(wire, f"its input {wire.target_port} is wired to {where}")
        return None


def total(costs: Iterable[Cost]) -> Cost:
    return sum(costs, NO_COST)


def _with(outcome: Outcome, trouble: Trouble | None, cost: Cost | None = None) -> Outcome:
    cost = outcome.cost if cost is None else cost
    return Outcome(outcome.outputs, trouble, cost, outcome.cut, outcome.given, outcome.inside)


def _no_port(wire: Link, text: str) -> Trouble:
    fix = Fix("Remove the wire", "disconnect", {"link": wire.id})
    return Trouble("no-port", text, wire.target_port, fixes=(fix,))


def _unknown_layer(node: Node) -> Trouble:
    what = "the block that it stands for is not in this design" if node.block else f"there is no layer {node.layer!r}"
    text = f"{what}. It is kept in the file; mute it, replace it or remove it."
    return Trouble("unknown-layer", text, received=node.layer)


_ONLY_IN_MAIN = (Role.INPUT, Role.TARGET, Role.OUTPUT, Role.LOSS)
_ONLY_IN_BLOCKS = (Role.ENTRY, Role.EXIT, Role.TIME)
