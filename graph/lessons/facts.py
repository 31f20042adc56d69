"""What can be asked of a design: a value by its path, and conditions on such values.

``job.epochs``, ``job.data.source.params.gate``      a value of the training job, given or default
``node.hidden.out_features``, ``node.pool.muted``    of the nodes that the person reads as ``hidden`` or ``pool``: a
                                                     parameter, ``muted``, ``frozen``, ``repeat``, ``shares``,
                                                     ``layer``, ``solver`` (empty where it is no dynamics)
``wires.Concatenate``                                how many wires arrive at a node of that name
``layers.tanh``                                      how many nodes of a layer there are, muted ones left out
``parameters``                                       how many numbers are trained

A condition is a plain value to be equal to, or an object with one or more of ``at_least``, ``at_most``, ``not`` and
``one_of``. Of several nodes of one name, one that holds is enough.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

from core.catalog.datasets import SOURCES
from core.catalog.optimizers import OPTIMIZERS
from core.catalog.schedules import SCHEDULES
from core.problem import LayerloomError
from core.spec.option import OptionSpec
from core.spec.params import defaults
from graph.document import Document
from graph.infer import Inference
from graph.records import MAIN, Node

Conditions: TypeAlias = Mapping[str, Any]

_FIELDS = ("muted", "frozen", "repeat", "shares", "layer", "name")
_NUMBER = (int, float)


def values(document: Document, path: str) -> list[Any]:
    """All values at a path; several where nodes share a name, none where the design has no such thing."""
    kind, _, rest = path.partition(".")
    return list(_FACTS[kind](document, rest))


def holds(document: Document, conditions: Conditions) -> bool:
    """Whether a design is as the conditions say."""
    return all(any(_fits(value, wanted) for value in values(document, path)) for path, wanted in conditions.items())


def check_conditions(conditions: Conditions) -> None:
    """Raises ValueError where a path or a test is none."""
    for path, wanted in conditions.items():
        check_path(path)
        if isinstance(wanted, Mapping):
            unknown = sorted(set(wanted) - set(_TESTS))
            if unknown or not wanted:
                raise ValueError(f"{path}: expected one of {', '.join(_TESTS)}, received {dict(wanted)!r:.60}.")
            for test in ("at_least", "at_most"):
                if test in wanted and not _is_number(wanted[test]):
                    raise ValueError(f"{path}.{test}: expected a number, received {wanted[test]!r:.40}.")
            if not isinstance(wanted.get("one_of", []), list | tuple):
                raise ValueError(f"{path}.one_of: expected a list, received {wanted['one_of']!r:.40}.")


def check_path(path: str) -> None:
    """Raises ValueError where a path begins with nothing that can be asked."""
    kind, _, rest = path.partition(".")
    if kind not in _FACTS or bool(rest) == (kind == "parameters"):
        known = "job.…, node.NAME.…, wires.NAME, layers.ID or parameters"
        raise ValueError(f"There is nothing to ask at {path!r:.60}; expected {known}.")


def told(conditions: Conditions) -> str:
    """Conditions in words: ``gate xor, hidden out features at most 2``."""
    return ", ".join(_told(path, wanted) for path, wanted in conditions.items())


def name(path: str) -> str:
    """A path in words: ``hidden out features``."""
    return _name(path).strip()


def _fits(value: Any, wanted: Any) -> bool:
    if not isinstance(wanted, Mapping):
        return bool(_plain(value) == _plain(wanted))
    return all(_TESTS[test](value, bound) for test, bound in wanted.items())


def _is_number(value: Any) -> bool:
    return isinstance(value, _NUMBER) and not isinstance(value, bool)


_TESTS: Mapping[str, Callable[[Any, Any], bool]] = {
    "at_least": lambda value, bound: _is_number(value) and value >= bound,
    "at_most": lambda value, bound: _is_number(value) and value <= bound,
    "not": lambda value, other: bool(_plain(value) != _plain(other)),
    "one_of": lambda value, others: any(_plain(value) == _plain(other) for other in others),
}


def _plain(value: Any) -> Any:
    """Tuples as the lists that a file makes of them."""
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value


# -- the facts


def _job(document: Document, path: str) -> Iterator[Any]:
    try:
        value: Any = document.job.model_dump(mode="json")
    except LayerloomError:
        return
    for key in path.split("."):
        if isinstance(value, Mapping) and key in value:
            value = _completed(value[key], _PICKED.get(key, {}))
        elif isinstance(value, list) and key.isdecimal() and int(key) < len(value):
            value = value[int(key)]
        else:
            return
    yield value


def _completed(value: Any, options: Mapping[str, OptionSpec]) -> Any:
    """A thing that was picked by name, with the defaults of the fields that nobody set."""
    spec = options.get(value.get("kind", "")) if isinstance(value, Mapping) else None
    return {**value, "params": {**defaults(spec.params), **value["params"]}} if spec is not None else value


_PICKED: Mapping[str, Mapping[str, OptionSpec]] = {"source": SOURCES, "optimizer": OPTIMIZERS, "schedule": SCHEDULES}


def _node(document: Document, path: str) -> Iterator[Any]:
    name, _, what = path.rpartition(".")
    for _, node in _named(document, name):
        spec = document.spec(node.layer)
        if what in _FIELDS:
            yield getattr(node, what)
        elif what == "solver":
            yield node.solver.method if node.solver is not None else ""
        elif what in node.params:
            yield node.params[what]
        elif spec is not None and what in spec.param:
            yield spec.param[what].default


def _wires(document: Document, name: str) -> Iterator[Any]:
    for scope, node in _named(document, name):
        yield len(document.graph(scope).incoming(node.id))


def _named(document: Document, name: str) -> Iterator[tuple[str, Node]]:
    for scope, node in _nodes(document):
        if name in (node.name, document.label(scope, node.id)):
            yield scope, node


def _layers(document: Document, id: str) -> Iterator[Any]:
    yield sum(node.layer == id and not node.muted for _, node in _nodes(document))


def _parameters(document: Document, _rest: str) -> Iterator[Any]:
    inference = Inference(document)
    try:
        yield inference.scope().total.parameters
    finally:
        inference.close()


def _nodes(document: Document) -> Iterator[tuple[str, Node]]:
    """Every node that takes part: of the main graph, and of the blocks that are used."""
    seen, todo = {MAIN}, [MAIN]
    while todo:
        scope = todo.pop()
        for node in document.graph(scope).nodes:
            yield scope, node
            if node.block and not node.muted and node.block in document.blocks and node.block not in seen:
                seen.add(node.block)
                todo.append(node.block)


_FACTS: Mapping[str, Callable[[Document, str], Iterator[Any]]] = {
    "job": _job,
    "node": _node,
    "wires": _wires,
    "layers": _layers,
    "parameters": _parameters,
}


# -- in words


def _name(path: str) -> str:
    kind, _, rest = path.partition(".")
    match kind:
        case "job":
            own = rest.replace("data.source.kind", "data").rpartition("params.")[2].removeprefix("objectives.0.")
            return own.replace(".", " ").replace("_", " ") + " "
        case "node":
            owner, _, what = rest.rpartition(".")
            return f"{owner}: {what.replace('_', ' ')} "
        case "wires":
            return f"{rest}: wires that arrive "
        case "layers":
            return f"{rest.replace('_', ' ')} nodes "
        case _:
            return "parameters "


def _told(path: str, wanted: Any) -> str:
    name = _name(path)
    if path.startswith("layers.") and wanted in (0, {"at_least": 1}):
        return f"{'no' if wanted == 0 else 'some'} {name.removesuffix(' nodes ')}"
    if isinstance(wanted, bool):
        owner, _, what = name.strip().rpartition(": ")
        return f"{owner} {'' if wanted else 'not '}{what}".strip()
    return f"{name}{_wanted(wanted)}"


def _wanted(wanted: Any) -> str:
    if not isinstance(wanted, Mapping):
        return _value(wanted)
    words = {"at_least": "at least ", "at_most": "at most ", "not": "other than ", "one_of": ""}
    return " and ".join(f"{words[test]}{_value(bound)}" for test, bound in wanted.items())


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return " / ".join(map(_value, value)) or "nothing"
    return f"{value:,}" if isinstance(value, int) else str(value)
