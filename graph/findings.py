"""What was found in one graph under given circumstances, and in what order its nodes are worked out."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from typing import Any

from core.program.cost import Cost
from core.spec.layer import LayerSpec, Types
from core.spec.shape import TensorType
from graph.evaluate import NO_COST, UNKNOWN, Arriving, Outcome, Values, checked
from graph.graph import Graph, end_port
from graph.records import MAIN, Change, Link, Node
from graph.trouble import Trouble


class Findings:
    """The outcome of each node of the main graph, or of a block with given types at its entries.

    `entries` are the types that arrive from outside, by entry node; `promoted` the values that the instance sets, by
    node and parameter. `leaving` are the types at a block's exits, by exit node; `total` the cost of all nodes. Kept up
    to date by `graph.engine`.
    """

    def __init__(
        self,
        graph: Graph,
        scope: str = MAIN,
        entries: Types | None = None,
        promoted: Mapping[str, Values] | None = None,
    ) -> None:
        self.graph, self.scope = graph, scope
        self.entries: Types = entries or {}
        self.promoted: Mapping[str, Values] = promoted or {}
        self.outcomes: dict[str, Outcome] = {}
        self.types: dict[tuple[str, str], TensorType] = {}
        self.costs: dict[str, Cost] = {}
        self.troubles: dict[str, Trouble] = {}
        self.insides: dict[str, tuple[tuple[Findings, int], ...]] = {}
        self.total = NO_COST
        self.leaving: Types = {}
        self._cut: set[str] = set()
        self._ranks: dict[str, int] | None = None
        self._last = 0  # no rank is greater
        self._wires: dict[str, tuple[Link, ...]] = {}
        self._values: dict[str, tuple[Values, LayerSpec, tuple[Values | None, Trouble | None]]] = {}

    # -- what enters a node

    def wires(self, node: str) -> tuple[Link, ...]:
        """The links into a node, in order; those from a cut branch count as not there."""
        wires = self._wires.get(node)
        if wires is None:
            wires = self._wires[node] = self.graph.incoming(node)
        return tuple([w for w in wires if w.source not in self._cut]) if self._cut else wires

    def arriving(self, node: str) -> Arriving:
        types = self.types
        return {w.target_port: types.get((w.source, w.source_port)) for w in self.wires(node)}

    def values(self, node: Node, spec: LayerSpec) -> tuple[Values | None, Trouble | None]:
        """The node's checked parameters; remembered while record and declaration stay the same objects."""
        held = self._values.get(node.id)
        if held is None or held[0] is not node.params or held[1] is not spec:
            params: Mapping[str, Any] = node.params
            if node.id in self.promoted:
                params = {**params, **self.promoted[node.id]}
            held = self._values[node.id] = (node.params, spec, checked(spec, params))
        return held[2]

    def passed_on(self, node: str, spec: LayerSpec | None) -> Link | None:
        """The wire whose value a muted node passes through: that into the first of its input ports which has one."""
        places = {port.id: place for place, port in enumerate(spec.inputs)} if spec is not None else {}
        wires = self.wires(node)
        return min(wires, key=lambda wire: places.get(end_port(wire.target_port), len(places)), default=None)

    def instances(self) -> Iterator[tuple[str, tuple[tuple[Findings, int], ...]]]:
        """What was found inside each block instance, in the order of creation."""
        return ((node, self.insides[node]) for node in self.graph.node_ids if node in self.insides)

    # -- bookkeeping

    def store(self, node: str, outcome: Outcome) -> bool:
        """Keep an outcome; returns whether the nodes behind it must be looked at again."""
        before = self.outcomes.get(node, UNKNOWN)
        self.outcomes[node] = outcome
        self._put(self.troubles, node, outcome.trouble)
        self._put(self.insides, node, outcome.inside or None)
        self._put(self.costs, node, outcome.cost if outcome.given is not None else None)
        if outcome.outputs == before.outputs and outcome.cut == before.cut:
            return False
        (self._cut.add if outcome.cut else self._cut.discard)(node)
        for port in before.outputs:
            del self.types[node, port]
        for port, type in outcome.outputs.items():
            self.types[node, port] = type
        return True

    @staticmethod
    def _put(held: dict[str, Any], node: str, value: object) -> None:
        if value is None:
            held.pop(node, None)
        else:
            held[node] = value

    def drop(self, node: str) -> None:
        """Forget a node that is gone."""
        for port in self.outcomes.pop(node, UNKNOWN).outputs:
            del self.types[node, port]
        self._cut.discard(node)
        held: dict[str, Any]
        for held in (self.troubles, self.insides, self.costs, self._wires, self._values, self._ranks or {}):
            held.pop(node, None)

    @property
    def ranks(self) -> dict[str, int]:
        """A place for each node, after all that it depends on."""
        if self._ranks is None:
            self._ranks = {node: rank for rank, node in enumerate(self.graph.order())}
            self._last = len(self._ranks)
        return self._ranks

    def follow(self, change: Change) -> set[str]:
        """Take in a change of this graph; returns the nodes to look at again."""
        if change.kind == "link":
            return self._follow_link(change.before, change.after)
        return self._follow_node(change.before, change.after) if change.kind == "node" else set()

    def _follow_link(self, *ends: object) -> set[str]:
        dirty = set[str]()
        for link in ends:
            if isinstance(link, Link):
                self._wires.pop(link.target, None)
                if link.target in self.graph:
                    dirty.add(link.target)
                self._keep_order(link)
        return dirty

    def _keep_order(self, link: Link) -> None:
        """Work the order out anew only where a new wire runs against it."""
        if self._ranks is not None and link.id in self.graph.links:
            source, target = self._ranks.get(link.source), self._ranks.get(link.target)
            if source is None or target is None or source >= target:
                self._ranks = None

    def _follow_node(self, before: object, after: object) -> set[str]:
        node = after if isinstance(after, Node) else before
        assert isinstance(node, Node)
        if node.id not in self.graph:
            self.drop(node.id)
            return set()
        if self._ranks is not None and node.id not in self._ranks:
            self._ranks[node.id] = self._last = self._last + 1
        if not isinstance(before, Node) or not isinstance(after, Node):
            return {node.id}
        if meaning(before) == meaning(after):
            return set()
        return {node.id, *(self.graph.nx.successors(node.id) if before.layer != after.layer else ())}

    def sharing(self, owners: Container[str]) -> set[str]:
        """The nodes that use the weights of one of these."""
        return {node.id for node in self.graph.nodes if node.shares and node.shares in owners}


def meaning(node: Node) -> tuple[object, ...]:
    """What of a node's record bears on shapes and costs."""
    return node.layer, node.params, node.muted, node.shares, node.repeat, node.solver
