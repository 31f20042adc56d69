"""Paths of nodes: ``"n7/n2"`` is the node n2 inside the block that n7 instantiates."""

from __future__ import annotations

from core.problem import LayerloomError
from graph.document import Document
from graph.records import MAIN


def locate(document: Document, path: str) -> tuple[str, str]:
    """The scope and the id of the node at a path.

    Raises:
        LayerloomError: no node is there.
    """
    scope, (*instances, node) = MAIN, path.split("/")
    for instance in instances:
        graph = document.graph(scope)
        scope = graph.node(instance).block if instance in graph else ""
        if scope not in document.blocks:
            raise _gone(path)
    if node not in document.graph(scope):
        raise _gone(path)
    return scope, node


def owner(document: Document, path: str, param: str) -> tuple[str, str, str]:
    """Scope, id and name where a parameter of the node at a path is set: at an instance around it where it is promoted.

    Raises:
        LayerloomError: no node is there.
    """
    scope, node = locate(document, path)
    while scope and (name := _promoted(document, scope, node, param)):
        path, param = path.rpartition("/")[0], name
        scope, node = locate(document, path)
    return scope, node, param


def _promoted(document: Document, block: str, node: str, param: str) -> str:
    """The name under which each instance of the block sets this parameter; empty where it does not."""
    promoted = document.blocks[block].promoted
    return next((p.name for p in promoted if (p.node, p.param) == (node, param)), "")


def relative(path: str, to: str) -> str:
    """The path of what lies inside the node at a path (``"n2"``), or of the instance around it (``".."``)."""
    if to == "..":
        return path.rpartition("/")[0]
    return f"{path}/{to}" if to else path


def _gone(path: str) -> LayerloomError:
    return LayerloomError(f"There is no node {path}; it may have been removed.", code="missing-node")
