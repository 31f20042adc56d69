"""Fields of a node whose values come from elsewhere: from a wire, or from the instance of its block."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.spec.layer import LayerSpec
from designer.forms.field import WIRED
from designer.language import tr
from designer.selection import scope_at
from designer.session import Session
from graph.records import MAIN


def given(session: Session, path: str, node: str) -> Mapping[str, Any]:
    """The values that the instance at `path` sets of a node inside, its defaults among them."""
    return session.inference.scope(path).findings.promoted.get(node, {}) if path else {}


def held(session: Session, path: str, node: str, spec: LayerSpec) -> dict[str, str]:
    """The fields that are not edited at the node, each with why."""
    graph = session.document.graph(scope_at(session.document, path) or MAIN)
    wired = (port.field for port in spec.inputs if port.field and graph.link_into(node, port.id))
    own = {**spec.defaults, **graph.node(node).params}
    values = given(session, path, node)
    outer = [name for name, value in values.items() if value != own.get(name) or _is_set(session, path, node, name)]
    return {**{name: _why(session, path) for name in outer}, **dict.fromkeys(wired, tr(WIRED))}


def _is_set(session: Session, path: str, node: str, param: str) -> bool:
    """Whether the instance sets the promoted parameter itself, and not by its default."""
    document, (place, _, instance) = session.document, path.rpartition("/")
    outer = document.graph(scope_at(document, place) or MAIN).node(instance)
    names = {p.name for p in document.blocks[outer.block].promoted if (p.node, p.param) == (node, param)}
    return any(name in outer.params or (place and _is_set(session, place, instance, name)) for name in names)


def _why(session: Session, path: str) -> str:
    place, _, instance = path.rpartition("/")
    name = session.document.label(scope_at(session.document, place) or MAIN, instance)
    return tr("{block}, which you look into, sets this for itself: change it there.", block=name)
