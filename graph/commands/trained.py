"""What the training job says of nodes, kept true when nodes move into blocks and out of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any, TypeAlias

from graph.commands.base import Draft
from graph.records import MAIN, Setting

Renaming: TypeAlias = Callable[[str], Iterable[str]]  # what becomes of a node's path: itself, or others


def rename_trained(draft: Draft, renaming: Renaming) -> None:
    """Objectives that train some nodes only (`Objective.trains`) go on training the same nodes of the main graph.

    The rest of the job, valid or not, stays as it is.
    """
    job = draft.document.settings.get("job")
    setting = draft.now(MAIN, Setting("job", job)) if job else None
    objectives = setting.value.get("objectives") if setting and isinstance(setting.value, dict) else None
    if setting is not None and isinstance(objectives, list):
        renamed = [_renamed(objective, renaming) for objective in objectives]
        draft.put(MAIN, replace(setting, value={**setting.value, "objectives": renamed}))


def _renamed(objective: Any, renaming: Renaming) -> Any:
    trains = objective.get("trains") if isinstance(objective, dict) else None
    if not isinstance(trains, list) or not all(isinstance(path, str) for path in trains):
        return objective
    return {**objective, "trains": list(dict.fromkeys(new for path in trains for new in renaming(path)))}
