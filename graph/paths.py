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


def relative(path: str, to: str) -> str:
    """The path of what lies inside the node at a path (``"n2"``), or of the instance around it (``".."``)."""
    if to == "..":
        return path.rpartition("/")[0]
    return f"{path}/{to}" if to else path


def _gone(path: str) -> LayerloomError:
    return LayerloomError(f"There is no node {path}; it may have been removed.", code="missing-node")
