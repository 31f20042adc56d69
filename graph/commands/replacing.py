"""Another layer in a node's place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from core.problem import LayerloomError
from core.spec.layer import LayerSpec, Port, Role
from graph.commands.base import Command, Draft, checked, graph_of, node_of, spec_of
from graph.document import Document
from graph.graph import end_port
from graph.records import MAIN, Change, Link


@dataclass(frozen=True)
class ReplaceLayer(Command):
    """Another layer in a node's place. Wires stay where the new layer has their port, by id or else by order;
    parameters stay where it has their name and takes their value. Weights are no longer shared."""

    node: str
    layer: str
    scope: str = MAIN

    def changes(self, document: Document) -> list[Change]:
        node, graph = node_of(document, self.scope, self.node), graph_of(document, self.scope)
        spec, old, draft = spec_of(document, self.layer), document.spec(node.layer), Draft(document)
        ends = _input_ends([link.target_port for link in graph.incoming(node.id)], spec)
        order = list(old.output) if old else sorted({link.source_port for link in graph.outgoing(node.id)})
        for link in graph.incoming(node.id):
            _relink(draft, self.scope, link, target_port=ends[link.target_port])
        for link in graph.outgoing(node.id):
            _relink(draft, self.scope, link, source_port=_output_port(link.source_port, order, spec))
        if spec.id != node.layer:
            for other in graph.nodes:
                if other.shares == node.id:
                    draft.put(self.scope, replace(other, shares=""))
        shares = node.shares if spec.id == node.layer else ""
        solver = node.solver if spec.role == Role.BLOCK else None
        params = _fitting(spec, node.params)
        draft.put(self.scope, replace(node, layer=spec.id, params=params, shares=shares, solver=solver))
        return draft.changes

    def describe(self, document: Document) -> str:
        node_of(document, self.scope, self.node)
        return f"Replace {document.label(self.scope, self.node)} by {spec_of(document, self.layer).label}"


def _fitting(spec: LayerSpec, params: Mapping[str, Any]) -> dict[str, Any]:
    fitting: dict[str, Any] = {}
    for name, value in params.items():
        try:
            fitting[name] = checked(spec, name, value)
        except LayerloomError:
            continue
    return {name: value for name, value in fitting.items() if value != spec.param[name].default}


def _input_ends(ends: list[str], spec: LayerSpec) -> dict[str, str | None]:
    """Where each wire enters the new layer: at the port of its id, else at the next free one; None: nowhere."""
    result: dict[str, str | None] = {}
    for end in ends:
        port = spec.input.get(end_port(end))
        result[end] = end if port is not None and port.variadic == ("." in end) else None
    free = [port for port in spec.inputs if port.variadic or port.id not in result.values()]
    for end in (end for end, kept in result.items() if kept is None):
        if not free:
            break
        result[end] = _next_end(free[0], set(result.values()))
        if not free[0].variadic:
            free.pop(0)
    return result


def _next_end(port: Port, used: set[str | None]) -> str:
    if not port.variadic:
        return port.id
    return next(f"{port.id}.{i}" for i in range(len(used) + 1) if f"{port.id}.{i}" not in used)


def _output_port(port: str, order: list[str], spec: LayerSpec) -> str | None:
    if port in spec.output:
        return port
    index = order.index(port) if port in order else 0
    return spec.outputs[index].id if index < len(spec.outputs) else None


def _relink(draft: Draft, scope: str, link: Link, **ends: str | None) -> None:
    """The wire with another end; None: the wire goes."""
    if any(end is None for end in ends.values()):
        draft.drop(scope, link)
    else:
        draft.put(scope, replace(link, **ends))  # type: ignore[arg-type]
