"""From a problem's fix to the command that applies it, as one undo step."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from core.problem import Fix, LayerloomError, Problem
from graph.commands.base import Batch, Command
from graph.commands.links import Connect, Disconnect, InsertOnLink, link_of
from graph.commands.nodes import MoveNodes, RemoveNodes, SetNode, SetParam
from graph.commands.settings import SetJob
from graph.document import Document
from graph.fields import RECORDS
from graph.graph import Graph, end_port
from graph.paths import locate, owner, relative
from graph.records import Change, Link, Node

STEP = 256.0  # from one node's left edge to the next one's, where room must be made


def command(document: Document, problem: Problem, fix: Fix) -> Command:
    """The act that the fix stands for; paths of nodes may lead into blocks, whose definition then changes.

    Raises:
        LayerloomError: the drawing has changed so that the fix no longer applies, or nobody knows such a fix.
    """
    build = _ACTIONS.get(fix.action)
    if build is None:
        raise LayerloomError(f"There is no fix called {fix.action!r}.", code="unknown-fix")
    try:
        place = str(fix.args.get("node") or relative(problem.node, str(fix.args.get("at", ""))))
        commands = build(document, place, fix.args)
    except KeyError as missing:
        raise LayerloomError(f"The fix {fix.label!r} lacks its {missing}.", code="unknown-fix") from missing
    return Batch(fix.label, commands)


def _set_param(document: Document, path: str, args: Mapping[str, Any]) -> tuple[Command, ...]:
    scope, node, name = owner(document, path, str(args["name"]))
    return (SetParam(node, name, args["value"], scope),)


def _set_node(document: Document, path: str, args: Mapping[str, Any]) -> tuple[Command, ...]:
    scope, node = locate(document, path)
    name, value = str(args["name"]), args["value"]
    read = RECORDS.get(name)
    return (SetNode(node, {name: read(value) if read is not None and isinstance(value, Mapping) else value}, scope),)


def _insert_before(document: Document, path: str, args: Mapping[str, Any]) -> tuple[Command, ...]:
    scope, node = locate(document, path)
    graph = document.graph(scope)
    link = _link_into(graph, node, str(args["port"]))
    source, target = graph.node(link.source), graph.node(link.target)
    shift = max(0.0, source.x + 2 * STEP - target.x)
    x = source.x + STEP if shift else (source.x + target.x) / 2
    new = Node("", str(args["layer"]), params=dict(args.get("params", {})), x=x, y=(source.y + target.y) / 2)
    insert = InsertOnLink(link.id, new, scope)
    if not shift:
        return (insert,)
    moved = {n: (graph.node(n).x + shift, graph.node(n).y) for n in _right_of(graph, target)}
    return MoveNodes(moved, scope), insert


def _link_into(graph: Graph, node: str, port: str) -> Link:
    """The wire at a port end, or the first at a variadic port."""
    into = graph.incoming(node)
    found = [link for link in into if link.target_port == port] or [
        link for link in into if end_port(link.target_port) == port
    ]
    if not found:
        raise LayerloomError(f"No wire enters {port} any more.", code="missing-link", node=node)
    return found[0]


def _right_of(graph: Graph, target: Node) -> list[str]:
    """The target and what follows it in the flow and on the canvas."""
    return [n for n in graph.downstream({target.id}) if graph.node(n).x >= target.x]


def _disconnect(document: Document, path: str, args: Mapping[str, Any]) -> tuple[Command, ...]:
    scope, _ = locate(document, path)
    return (Disconnect((link_of(document, scope, str(args["link"])).id,), scope),)


def _set_job(document: Document, path: str, args: Mapping[str, Any]) -> tuple[Command, ...]:
    return (SetJob(str(args["path"]), args["value"]),)


def _remove_node(document: Document, path: str, args: Mapping[str, Any]) -> tuple[Command, ...]:
    scope, node = locate(document, path)
    return (RemoveNodes((node,), scope, heal=True),)


def _connect(document: Document, path: str, args: Mapping[str, Any]) -> tuple[Command, ...]:
    """A wire that was refused while it was dragged, together with what makes it fit."""
    scope, node = locate(document, path)
    connect = Connect(args["source"], args["source_port"], node, args["target_port"], scope, replace=True)
    return connect, _Then(path, Fix("", args["then"]["action"], args["then"]["args"]))


def _several(document: Document, path: str, args: Mapping[str, Any]) -> tuple[Command, ...]:
    """Fixes that do not build on one another. One node that lies in several instances is set once."""
    found: list[Command] = []
    for part in args["fixes"]:
        place = str(part["args"].get("node") or path)
        found += (made for made in _ACTIONS[part["action"]](document, place, part["args"]) if made not in found)
    return tuple(found)


@dataclass(frozen=True)
class _Then(Command):
    """A fix that is looked up when the commands before it have been applied."""

    path: str
    fix: Fix

    def changes(self, document: Document) -> list[Change]:
        return command(document, Problem("", "", self.path), self.fix).changes(document)

    def describe(self, document: Document) -> str:
        return self.fix.label


_ACTIONS: Mapping[str, Callable[[Document, str, Mapping[str, Any]], tuple[Command, ...]]] = {
    "set_param": _set_param,
    "set_node": _set_node,
    "insert_before": _insert_before,
    "connect": _connect,
    "disconnect": _disconnect,
    "set_job": _set_job,
    "remove_node": _remove_node,
    "several": _several,
}
