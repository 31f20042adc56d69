"""The values of a design by their paths, whatever they belong to; paths are those of `core.training.search`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from core.problem import LayerloomError
from core.training.job import Job
from graph.commands.base import Command, node_of
from graph.commands.nodes import SetNode, SetParam
from graph.commands.replacing import ReplaceLayer
from graph.commands.settings import SetJob
from graph.document import Document
from graph.paths import locate, owner
from graph.records import Change

JOB, NODE = "job.", "node."


@dataclass(frozen=True)
class SetValue(Command):
    """The value at a path of a search, whatever it belongs to.

    Another ``kind`` of an option starts with its own defaults, as in the window: the fields of the former go.

    Raises:
        LayerloomError: the path leads nowhere, or the value does not fit there; nothing changed.
    """

    path: str
    value: Any

    def changes(self, document: Document) -> list[Change]:
        return self._command(document).changes(document)

    def describe(self, document: Document) -> str:
        return self._command(document).describe(document)

    def _command(self, document: Document) -> Command:
        if self.path.startswith(JOB):
            return _of_job(document, self.path.removeprefix(JOB), self.value)
        place, _, name = self.path.removeprefix(NODE).rpartition(".")
        if not self.path.startswith(NODE) or not place:
            text = f"{self.path}: a path begins with job. or node., as job.batch_size or node.n3.out_features."
            raise LayerloomError(text, code="search-path")
        return _of_node(document, place, name, self.value)


def _of_job(document: Document, path: str, value: Any) -> Command:
    parent, _, last = path.rpartition(".")
    if last == "kind" and parent and value_at(document, f"{JOB}{path}") != value:
        return SetJob(parent, {"kind": value})
    return SetJob(path, value)


def _of_node(document: Document, place: str, name: str, value: Any) -> Command:
    scope, node = locate(document, place)
    spec = document.spec(node_of(document, scope, node).layer)
    if name in _FIELDS and not (spec and name in spec.param):
        return _FIELDS[name](scope, node, value)
    scope, node, name = owner(document, place, name)
    return SetParam(node, name, tuple(value) if isinstance(value, list) else value, scope)


_FIELDS: Mapping[str, Callable[[str, str, Any], Command]] = {
    "layer": lambda scope, node, value: ReplaceLayer(node, str(value), scope),
    "muted": lambda scope, node, value: SetNode(node, {"muted": value}, scope),
    "repeat": lambda scope, node, value: SetNode(node, {"repeat": value}, scope),
}
NODE_FIELDS = tuple(_FIELDS)


def value_at(document: Document, path: str) -> Any:
    """What stands at a path now, as JSON has it; the default of what is not stored.

    Raises:
        LayerloomError: the path leads nowhere.
    """
    if path.startswith(JOB):
        return _value_of_job(document.job, path.removeprefix(JOB))
    place, _, name = path.removeprefix(NODE).rpartition(".")
    scope, id = locate(document, place)
    record = document.graph(scope).node(id)
    spec = document.spec(record.layer)
    if name in _FIELDS and not (spec and name in spec.param):
        return getattr(record, name)
    scope, id, name = owner(document, place, name)
    record = document.graph(scope).node(id)
    spec = document.spec(record.layer)
    if spec is None or name not in spec.param:
        known = ", ".join((*(spec.param if spec else ()), *_FIELDS))
        text = f"{document.label(scope, id)} has no parameter {name}; it has {known}."
        raise LayerloomError(text, code="search-path", node=place)
    return record.params.get(name, spec.param[name].default)


def place_of(document: Document, path: str) -> tuple[str, ...]:
    """What a path really sets: the same for two paths that lead to one value (a node inside a block has a path through
    each instance).

    Raises:
        LayerloomError: the path leads nowhere.
    """
    if not path.startswith(NODE):
        return (path,)
    place, _, name = path.removeprefix(NODE).rpartition(".")
    scope, id = locate(document, place)
    spec = document.spec(document.graph(scope).node(id).layer)
    if name in _FIELDS and not (spec and name in spec.param):
        return scope, id, name
    return owner(document, place, name)


def _value_of_job(job: Job, path: str) -> Any:
    value: Any = job.model_dump(mode="json")
    parts = path.split(".")
    for index, part in enumerate(parts):
        if isinstance(value, list) and part.isdecimal() and int(part) < len(value):
            value = value[int(part)]
        elif isinstance(value, dict) and part in value:
            value = value[part]
        elif isinstance(value, dict) and index == len(parts) - 1:
            return None  # a field of an option, at its default
        else:
            raise LayerloomError(f"Training job: there is no field {path}.", code="search-path", received=path)
    return value


def refusal(document: Document, path: str, value: Any) -> str:
    """Why a value cannot stand at a path; empty where it can. The network as a whole is not looked at."""
    try:
        SetValue(path, value).changes(document)
    except LayerloomError as error:
        return str(error)
    return ""
