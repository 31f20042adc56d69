"""Which nodes matter to what: the topology behind the checks and the lowering."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

from core.spec.layer import LayerSpec, Role
from graph.document import Document
from graph.findings import Findings
from graph.infer import Inference
from graph.records import Link, Node

SINKS = (Role.OUTPUT, Role.LOSS, Role.EXIT)


@dataclass(frozen=True)
class Survey:
    """One graph looked at as a whole: the main one, or the inside of a block (`place` is the path of an instance)."""

    document: Document
    inference: Inference
    findings: Findings
    place: str = ""
    _behind: dict[tuple[str, ...], frozenset[str]] = field(default_factory=dict, repr=False)

    @cached_property
    def _nodes(self) -> dict[str, Node]:
        return {node.id: node for node in self.findings.graph.nodes}

    @cached_property
    def specs(self) -> dict[str, LayerSpec | None]:
        spec = self.document.spec
        return {node.id: spec(node.layer) for node in self.findings.graph.nodes}

    @cached_property
    def _by_role(self) -> dict[Role, list[str]]:
        groups: dict[Role, list[str]] = {}
        for node in self.findings.graph.nodes:
            spec = self.specs[node.id]
            if spec is not None and not node.muted:
                groups.setdefault(spec.role, []).append(node.id)
        return groups

    def all(self, role: Role) -> list[str]:
        """The nodes of a role that are not muted, in the order of creation."""
        return self._by_role.get(role, [])

    @cached_property
    def sinks(self) -> list[str]:
        return [node for role in SINKS for node in self.all(role)]

    @cached_property
    def needed(self) -> set[str]:
        """The nodes that an output or a loss (or an exit) depends on, these included."""
        return self.behind(self.sinks)

    def behind(self, nodes: Iterable[str]) -> set[str]:
        """The given nodes and all that they are computed from, through muted nodes along the passed wire alone."""
        start = tuple(nodes)
        if start not in self._behind:
            seen, todo = set(start), list(start)
            while todo:
                for wire in self.wires(todo.pop()):
                    if wire.source not in seen:
                        seen.add(wire.source)
                        todo.append(wire.source)
            self._behind[start] = frozenset(seen)
        return set(self._behind[start])

    def reading_order(self, sinks: Iterable[str]) -> list[str]:
        """The nodes behind the sinks in the order in which one would write them down: each branch to its end."""
        order: dict[str, None] = {}
        todo = [(sink, False) for sink in reversed(list(sinks))]
        while todo:
            node, is_ready = todo.pop()
            if is_ready:
                order[node] = None
            elif node not in order:
                todo.append((node, True))
                todo += [(wire.source, False) for wire in reversed(self.wires(node))]
        return list(order)

    def wires(self, node: str) -> tuple[Link, ...]:
        """The wires whose values a node uses."""
        if not self._nodes[node].muted:
            return self.findings.wires(node)
        passed = self.findings.passed_on(node, self.specs[node])
        return (passed,) if passed is not None else ()

    def node(self, node: str) -> Node:
        return self._nodes[node]

    def origin(self, link: Link) -> Link | None:
        """The wire that really brings the value: the muted nodes on the way are skipped. None where it is cut."""
        while self.node(link.source).muted:
            before = self.findings.passed_on(link.source, self.specs[link.source])
            if before is None:
                return None
            link = before
        return link

    def source(self, node: str, end: str) -> str | None:
        """The node that computes what arrives at a port end."""
        link = next((w for w in self.findings.wires(node) if w.target_port == end), None)
        origin = self.origin(link) if link is not None else None
        return origin.source if origin is not None else None

    def label(self, node: str) -> str:
        return self.inference.labels.of(self.findings.scope, node)

    def path(self, node: str) -> str:
        return f"{self.place}/{node}" if self.place else node
