"""``--set KEY=VALUE``: values of the job by their path, parameters of nodes by the node's name or id."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from core.problem import LayerloomError
from core.training.job import Job
from graph.commands import SetJob, SetParam
from graph.document import Document
from graph.paths import locate, owner
from graph.values import NODE_FIELDS, SetValue

SHORT: Mapping[str, str] = {
    "lr": "objectives.0.optimizer.params.lr",
    "optimizer": "objectives.0.optimizer.kind",
    "momentum": "objectives.0.optimizer.params.momentum",
    "weight_decay": "objectives.0.optimizer.params.weight_decay",
    "schedule": "objectives.0.schedule.kind",
    "l1": "objectives.0.l1",
    "l2": "objectives.0.l2",
    "clip_norm": "objectives.0.clip_norm",
    "source": "data.source.kind",
}


def apply_settings(document: Document, settings: Sequence[str]) -> None:
    """Apply each ``key=value`` in order.

    Keys: ``job.batch_size`` or ``batch_size``, ``objectives.0.optimizer.params.lr`` (or ``lr``), ``conv1.out_channels``
    (a node by name or id, in the main graph or in a block), ``n7/n2.p`` (by path, and at the instance where it is
    promoted), ``act.layer``, ``act.muted``, ``block.repeat``. Values of the job are JSON, or plain text.

    Raises:
        LayerloomError: the key means nothing, or the value does not fit; the sentence says what would.
    """
    for setting in settings:
        key, sign, value = setting.partition("=")
        if not sign or not key.strip():
            raise LayerloomError(f"--set {setting}: expected KEY=VALUE, for example --set batch_size=64.", code="set")
        try:
            _apply(document, key.strip(), value.strip())
        except LayerloomError as error:
            raise LayerloomError(f"--set {setting}: {error}", code="set") from error


def is_of_job(key: str) -> bool:
    """Whether a key names something of the job, rather than a node."""
    return _path(key).partition(".")[0] in Job.model_fields


def full_path(document: Document, key: str) -> str:
    """The path of `core.training.search` that a key means: ``job.batch_size``, ``node.n2.out_features``.

    Raises:
        LayerloomError: neither the job nor a node is called so.
    """
    if is_of_job(key):
        return f"job.{_path(key)}"
    name, _, param = key.rpartition(".")
    scope, id = _node(document, name or key)
    place = next((path for path, (s, n) in _places(document, "", "") if (s, n) == (scope, id)), id)
    return f"node.{place}.{param}"


def short_path(document: Document, path: str) -> str:
    """The reverse of `full_path`, as short as can be: ``lr``, ``batch_size``, ``hidden.out_features``."""
    if path.startswith("job."):
        bare = path.removeprefix("job.")
        return next((word for word, long in SHORT.items() if long == bare), bare)
    place, _, param = path.removeprefix("node.").rpartition(".")
    try:
        scope, id = locate(document, place)
        name = document.graph(scope).node(id).name if owner(document, place, param) == (scope, id, param) else ""
        return f"{name if name and _node(document, name) == (scope, id) else place}.{param}"
    except LayerloomError:  # gone, or one of several of that name
        return f"{place}.{param}"


def _places(document: Document, scope: str, outer: str) -> Iterator[tuple[str, tuple[str, str]]]:
    """Path -> scope and id of every node, blocks included."""
    for node in document.graph(scope).nodes:
        yield f"{outer}{node.id}", (scope, node.id)
        if node.block in document.blocks:
            yield from _places(document, node.block, f"{outer}{node.id}/")


def _path(key: str) -> str:
    return SHORT.get(key, key).removeprefix("job.")


def _apply(document: Document, key: str, value: str) -> None:
    if is_of_job(key):
        _set_job(document, _path(key), value)
    else:
        _set_param(document, key, value)


def _set_job(document: Document, path: str, text: str) -> None:
    """A new kind of an option starts with its own defaults: the fields of the former kind go."""
    parent, _, last = path.rpartition(".")
    if last == "kind" and parent:
        SetJob(parent, {"kind": text}).apply(document)
    else:
        SetJob(path, plain(text)).apply(document)


def _set_param(document: Document, key: str, text: str) -> None:
    name, _, param = key.rpartition(".")
    if not name:
        raise LayerloomError(_unknown(document, key))
    scope, id = _node(document, name)
    if "/" in name or param in NODE_FIELDS:
        SetValue(full_path(document, key), plain(text)).apply(document)
        return
    spec = document.spec(document.graph(scope).node(id).layer)
    field = spec.param.get(param) if spec else None
    if field is None:
        known = ", ".join(spec.param) if spec and spec.param else "none"
        raise LayerloomError(f"{name} has no parameter {param}; it has {known}.")
    try:
        SetParam(id, param, field.parse(text), scope).apply(document)
    except ValueError as error:
        raise LayerloomError(str(error)) from error


def _node(document: Document, name: str) -> tuple[str, str]:
    """Scope and id of the one node of that name, id or path."""
    if "/" in name:
        return locate(document, name)
    places = [
        (s, n.id) for s in document.scopes for n in document.graph(s).nodes if name in (n.id, _label(document, s, n.id))
    ]
    if not places:
        raise LayerloomError(_unknown(document, name))
    if len(places) > 1:
        ids = ", ".join(id for _, id in places)
        raise LayerloomError(f"{len(places)} nodes are called {name}: {ids}. Use the id of one.")
    return places[0]


def _label(document: Document, scope: str, id: str) -> str:
    return document.label(scope, id)


def _unknown(document: Document, name: str) -> str:
    labels = [_label(document, s, n.id) for s in document.scopes for n in document.graph(s).nodes]
    close = get_close_matches(name, [*labels, *Job.model_fields, *SHORT], n=3)
    hint = f" Did you mean {' or '.join(close)}?" if close else ""
    return f"neither a field of the job nor a node is called {name}.{hint}"


def plain(text: str) -> Any:
    """JSON where the text is such, else the text itself; Python's words for true, false and none are understood."""
    words = {"True": True, "False": False, "None": None, "none": None}
    if text in words:
        return words[text]
    try:
        return json.loads(text)
    except ValueError:
        return text
