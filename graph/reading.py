"""From the plain data of a design file to records; what does not hold is reported, and left out if it must be."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from core.catalog import Catalog
from core.problem import Problem, Severity
from core.spec.params import Param
from graph import fields
from graph.circles import closing_links
from graph.graph import Graph
from graph.records import BLOCK_PREFIX, MAIN, Bends, Frame, Link, Node, Note

LAYOUT = "@layout"  # where a node's `extra` keeps the unknown fields of its place
MAX_PROBLEMS = 200

ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_END = re.compile(r"[A-Za-z0-9_-]{1,64}(\.[0-9]{1,6})?")
_NODE_KEYS = {"layer", "params", *fields.RECORDS, LAYOUT, *fields.LOGIC}
_PLACE = ("x", "y", "collapsed", "colour", "pinned")
D = TypeVar("D", Frame, Note)


class Findings:
    """What is wrong with a file, collected while it is read."""

    def __init__(self) -> None:
        self.scope = MAIN  # where the reading is
        self._found: list[tuple[str, Problem]] = []

    def report(self, code: str, message: str, node: str = "", severity: Severity = Severity.WARNING) -> None:
        self._found.append((self.scope, Problem(code, message, node=node, severity=severity)))

    def problems(self, paths: Mapping[str, str]) -> list[Problem]:
        """In the order found, each node with its path, given that of one instance of each scope (``"n7/"``); the last
        one counts what would be too much to tell."""
        told = [
            replace(p, node=paths[scope] + p.node if p.node and scope in paths else "")
            for scope, p in self._found[:MAX_PROBLEMS]
        ]
        more = len(self._found) - len(told)
        return [*told, Problem("more", f"There are {more} more problems in the file.")] if more > 0 else told


class GraphReader:
    """Reads nodes, wires, frames and notes of one scope after another; `known_blocks` are the ids that may be used."""

    def __init__(self, catalog: Catalog, known_blocks: Container[str], findings: Findings) -> None:
        self.catalog, self.known_blocks = catalog, known_blocks
        self._findings, self.report = findings, findings.report

    def read(self, data: Mapping[str, Any], layout: Mapping[str, Any]) -> Graph:
        """The graph that a scope's plain data and layout hold, without circles."""
        graph, nodes = Graph(), dict[str, Node]()
        places = part(self._findings, layout, "nodes")
        for id, plain in part(self._findings, data, "nodes").items():
            node = self._node(id, plain, places.get(id))
            if node is not None:
                nodes[id] = node
        self._check_shares(nodes)
        links = self._links(part(self._findings, data, "links"), nodes, part(self._findings, layout, "links"))
        graph.fill(nodes.values(), links)
        if not graph.is_acyclic():
            for link in closing_links(graph):
                self.report("left-out", f"The wire {link.id} closes a circle; it was left out.", link.target)
                graph.put_link(link, None)
        graph.frames.update(self._decor(Frame, fields.FRAME, part(self._findings, layout, "frames"), nodes))
        graph.notes.update(self._decor(Note, fields.NOTE, part(self._findings, layout, "notes"), nodes))
        return graph

    def _node(self, id: str, plain: Any, place: Any) -> Node | None:
        layer = plain.get("layer") if isinstance(plain, dict) else None
        if not ID.fullmatch(id) or not isinstance(layer, str) or not 0 < len(layer) <= 200:
            self.report("left-out", f"The node {id!r:.80} has no valid id and layer; it was left out.")
            return None
        spec = self.catalog.get(layer)
        if spec is None and layer.removeprefix(BLOCK_PREFIX) not in self.known_blocks:
            self.report(
                "unknown-layer", f"{id}: the layer {layer!r:.80} is unknown here; the node is kept as it is.", id
            )
        values = self._values(id, plain, fields.LOGIC)
        extra = {k: v for k, v in plain.items() if k not in _NODE_KEYS}
        if isinstance(place, dict):
            values |= self._values(id, place, _PLACE)
            unknown = {k: v for k, v in place.items() if k not in _PLACE}
            extra |= {LAYOUT: unknown} if unknown else {}
        params = plain.get("params", {})
        if not isinstance(params, dict):
            self.report("left-out", f"{id}: params must be an object; they were left out.", id)
            params = {}
        elif params and spec is not None:
            params = self.params(id, spec.label, spec.param, params)
        values |= {name: self._record(id, name, plain) for name in fields.RECORDS}
        return Node(id, spec.id if spec else layer, params=params, extra=extra, **values)

    def _values(self, id: str, plain: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for name in names:
            if name in plain:
                try:
                    values[name] = fields.NODE[name].check(plain[name])
                except ValueError as error:
                    self.report("left-out", f"{id}: {error} The default is used.", id)
        return values

    def _record(self, id: str, name: str, plain: Mapping[str, Any]) -> Any:
        try:
            return fields.RECORDS[name](plain.get(name))
        except ValueError as error:
            self.report("left-out", f"{id}: {error} The default is used.", id)
            return None

    def params(self, id: str, label: str, known: Mapping[str, Param], params: Mapping[str, Any]) -> dict[str, Any]:
        """The values in their normal forms; what does not fit is reported and stays."""
        read = dict(params)
        for name, value in params.items():
            field = known.get(name)
            if field is None:
                self.report("unknown-parameter", f"{id}: {label} has no parameter {name!r:.80}; it is kept.", id)
                continue
            try:
                read[name] = field.check(value)
            except ValueError as error:
                self.report("value", f"{id}: {label}: {error}", id, Severity.ERROR)
        return read

    def _check_shares(self, nodes: dict[str, Node]) -> None:
        """Weights are those of a node of the same layer, which has its own."""
        for id, node in nodes.items():
            if node.shares:
                owner = nodes.get(node.shares)
                if owner is None or owner.layer != node.layer or owner.shares or owner is node:
                    self.report("left-out", f"{id}: it cannot use the weights of {node.shares!r:.80}.", id)
                    nodes[id] = replace(node, shares="")

    def _links(self, data: Mapping[str, Any], nodes: Mapping[str, Node], layout: Mapping[str, Any]) -> list[Link]:
        links: list[Link] = []
        taken: set[tuple[str, str]] = set()
        for id, plain in data.items():
            link = _link(id, plain)
            if link is None:
                self.report("left-out", f"The wire {id!r:.80} must be [node, port, node, port]; it was left out.")
            elif link.source not in nodes or link.target not in nodes:
                missing = link.source if link.source not in nodes else link.target
                self.report("left-out", f"The wire {id} ends at {missing!r:.80}, which is not there; it was left out.")
            elif (link.target, link.target_port) in taken:
                text = f"The wire {id} enters {link.target_port}, which has one already; it was left out."
                self.report("left-out", text, link.target)
            else:
                taken.add((link.target, link.target_port))
                links.append(replace(link, bends=self._bends(id, layout[id])) if id in layout else link)
        return links

    def _bends(self, id: str, plain: Any) -> Bends:
        rows = plain.get("bends", []) if isinstance(plain, dict) else plain
        try:
            return fields.read_bends(rows)
        except ValueError as error:
            self.report("left-out", f"The wire {id}: {error} It runs straight.")
            return ()

    def _decor(self, kind: type[D], table: Mapping[str, Param], data: Any, nodes: Mapping[str, Node]) -> dict[str, D]:
        """Frames or notes by id; wrong fields take their defaults."""
        read: dict[str, D] = {}
        for id, plain in data.items():
            if not ID.fullmatch(id) or not isinstance(plain, dict):
                self.report("left-out", f"The {kind.__name__.lower()} {id!r:.80} cannot be read; it was left out.")
                continue
            values = {name: field.default for name, field in table.items()}
            for name in table.keys() & plain.keys():
                try:
                    values[name] = table[name].check(plain[name])
                except ValueError as error:
                    self.report("left-out", f"{id}: {error} The default is used.")
            if values.get("node", "") not in ("", *nodes):
                values["node"] = ""
            read[id] = kind(id=id, extra={k: v for k, v in plain.items() if k not in table}, **values)
        return read


def part(findings: Findings, data: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """The object under a key; empty, and reported, where it is none."""
    value = data.get(key, {})
    if isinstance(value, dict):
        return value
    findings.report("left-out", f"{key} must be an object, found {value!r:.60}; it was left out.")
    return {}


def _link(id: str, plain: Any) -> Link | None:
    if not ID.fullmatch(id) or not isinstance(plain, list) or not 4 <= len(plain) <= 5:
        return None
    source, source_port, target, target_port, *rest = plain
    if not all(isinstance(end, str) for end in plain[:4]) or (rest and not isinstance(rest[0], dict)):
        return None
    if not _END.fullmatch(source_port) or not _END.fullmatch(target_port):
        return None
    return Link(id, source, source_port, target, target_port, rest[0] if rest else {})
