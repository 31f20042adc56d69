"""What the training job says of nodes, kept true when nodes move into blocks and out of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, TypeAlias

from graph.commands.base import Draft
from graph.document import Document
from graph.records import MAIN, Setting

Renaming: TypeAlias = Callable[[str], Iterable[str]]  # what becomes of a node's path: itself, or others
OF_JOB, OF_OBJECTIVE = ("recompute",), ("trains", "penalised", "rates")  # what names nodes by their paths


def rename_trained(draft: Draft, scope: str, renaming: Renaming) -> None:
    """What the job says of nodes of a graph, seen from any instance of it, it goes on saying of the same nodes.

    `renaming` gets paths that start in that graph. The rest of the job, valid or not, stays as it is.
    """
    job = draft.document.settings.get("job")
    setting = draft.now(MAIN, Setting("job", job)) if job else None
    if setting is None or not isinstance(setting.value, dict):
        return

    def anew(path: str) -> list[str]:
        before, within = _split(draft.document, path, scope)
        return [before + new for new in renaming(within)] if within else [path]

    value = _renamed(setting.value, OF_JOB, anew)
    if isinstance(objectives := value.get("objectives"), list):
        renamed = [_renamed(o, OF_OBJECTIVE, anew) if isinstance(o, dict) else o for o in objectives]
        value = {**value, "objectives": renamed}
    if value != setting.value:
        draft.put(MAIN, replace(setting, value=value))


def _split(document: Document, path: str, scope: str) -> tuple[str, str]:
    """A path cut where it enters a graph (blocks never contain themselves: once at most); no second part where it does
    not."""
    here, before, rest = MAIN, "", path
    while here != scope:
        head, _, rest = rest.partition("/")
        graph = document.graph(here)
        if not rest or head not in graph or not (here := graph.node(head).block) or here not in document.blocks:
            return path, ""
        before += f"{head}/"
    return before, rest


def _renamed(held: dict[str, Any], fields: Iterable[str], renaming: Renaming) -> dict[str, Any]:
    changed: dict[str, Any] = {}
    for field in fields:
        match held.get(field):
            case list() as paths if all(isinstance(path, str) for path in paths):
                changed[field] = list(dict.fromkeys(new for path in paths for new in renaming(path)))
            case Mapping() as factors if all(isinstance(path, str) for path in factors):
                changed[field] = {new: factor for path, factor in factors.items() for new in renaming(path)}
    return {**held, **changed}
