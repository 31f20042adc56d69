"""Which settings of a design may change while it trains, and how they differ between two versions of it.

- ``epochs``: how many there are in all
- ``objectives.<i>.<name>``: a number of the optimizer, ``clip_norm``, ``clip_value``, ``l1``, ``l2``
- ``objectives.<i>.losses.<name>``: the weight of a loss
- ``nodes.<path>.p``: a dropout's share; ``nodes.<path>.frozen``: 1 where a node's or block's weights stand still
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from core.catalog.optimizers import OPTIMIZERS
from core.program.program import Placed, Program
from core.training.job import Job, Objective

LIMITS = ("clip_norm", "clip_value", "l1", "l2")


def differences(job: Job, program: Program, new_job: Job, new_program: Program) -> list[tuple[str, float | None]]:
    """The live settings that differ, as (path, new value): what to tell a run of the old to make it one of the new."""
    found: list[tuple[str, float | None]] = []
    if job.epochs != new_job.epochs:
        found.append(("epochs", float(new_job.epochs)))
    for index, (old, new) in enumerate(zip(job.objectives, new_job.objectives, strict=False)):
        found += [(f"objectives.{index}.{name}", value) for name, value in _changed(old, new)]
    weights, new_weights = ({loss.name: loss.weight for loss in p.losses} for p in (program, new_program))
    if not any(objective.losses for objective in new_job.objectives):
        for index in range(len(new_job.objectives)):
            names = [name for name in weights if name in new_weights and weights[name] != new_weights[name]]
            found += [(f"objectives.{index}.losses.{name}", new_weights[name]) for name in names]
    before = {placed.node: placed for placed in program.placed()}
    for placed in new_program.placed():
        if placed.node in before:
            found += _changed_node(before[placed.node], placed)
    return found


def _changed(old: Objective, new: Objective) -> Iterator[tuple[str, float | None]]:
    before, after = _numbers(old), _numbers(new)
    if old.optimizer.kind == new.optimizer.kind:
        yield from ((name, value) for name, value in after.items() if before.get(name) != value)
    for name in LIMITS:
        if getattr(old, name) != getattr(new, name):
            yield name, getattr(new, name)
    for name, weight in new.losses.items():
        if name in old.losses and old.losses[name] != weight:
            yield f"losses.{name}", weight


def _numbers(objective: Objective) -> dict[str, float]:
    spec = OPTIMIZERS.get(objective.optimizer.kind)
    try:
        values: dict[str, Any] = spec.values(objective.optimizer.params) if spec else {}
    except ValueError:
        return {}
    return {name: value for name, value in values.items() if isinstance(value, float)}


def _changed_node(old: Placed, new: Placed) -> Iterator[tuple[str, float]]:
    if old.step.frozen != new.step.frozen:
        yield f"nodes.{new.node}.frozen", float(new.step.frozen)
    before, after = (placed.step.params.get("p", 0.0) for placed in (old, new))
    if new.step.layer == old.step.layer and "dropout" in new.step.layer and before != after:
        yield f"nodes.{new.node}.p", float(after)
