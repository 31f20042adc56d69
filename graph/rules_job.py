"""Checks of the training job against the data and the drawing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from core.catalog.datasets import source_values
from core.catalog.optimizers import OPTIMIZERS
from core.catalog.schedules import SCHEDULES
from core.catalog.transforms import TRANSFORMS
from core.data.signature import FieldSignature
from core.problem import Fix, LayerloomError, Problem, Severity
from core.spec.layer import Role
from core.spec.option import OptionSpec
from core.training.job import Job
from graph.data_types import is_class_index
from graph.paths import locate
from graph.survey import Survey


def job_holds(survey: Survey) -> Iterator[Problem]:
    """The job, its data source and what it prepares."""
    try:
        job = survey.document.job
        source_values(job.data.source)
    except LayerloomError as error:
        yield error.problem
        return
    yield from _options(job)
    yield from _nodes(survey, job)
    yield from _split(job)
    yield from _transforms(survey, job)
    yield from _validation(survey, job)
    yield from _balance(survey, job)


def _options(job: Job) -> Iterator[Problem]:
    """Optimizers, schedules and transforms that do not exist, or whose fields do not hold."""
    picked: list[tuple[str, str, Mapping[str, Any], Mapping[str, OptionSpec]]] = []
    for index, objective in enumerate(job.objectives):
        optimizer, schedule = objective.optimizer, objective.schedule
        picked.append((f"objectives.{index}.optimizer", optimizer.kind, optimizer.params, OPTIMIZERS))
        picked.append((f"objectives.{index}.schedule", schedule.kind, schedule.params, SCHEDULES))
        for name, moves in objective.loss_schedules.items():
            picked.append((f"objectives.{index}.loss_schedules.{name}", moves.kind, moves.params, SCHEDULES))
    for index, transform in enumerate(job.data.transforms):
        picked.append((f"data.transforms.{index}", transform.kind, transform.params, TRANSFORMS))
    for path, kind, params, table in picked:
        spec = table.get(kind)
        if spec is None:
            yield Problem("option", f"Training job: {path}: there is no {kind!r:.60}; there are {', '.join(table)}.")
            continue
        try:
            spec.values(params)
        except ValueError as error:
            fix = Fix("Reset its fields", "set_job", {"path": f"{path}.params", "value": {}})
            yield Problem("option", f"Training job: {path}: {spec.label}: {error}", fixes=(fix,))


def _nodes(survey: Survey, job: Job) -> Iterator[Problem]:
    """Nodes that the job names and that are gone, or are muted and so have no weights."""
    named: list[tuple[str, str, tuple[str, ...] | Mapping[str, float]]] = [
        ("recompute", "computes again", job.recompute)
    ]
    for index, objective in enumerate(job.objectives):
        named += [
            (f"objectives.{index}.trains", "trains", objective.trains),
            (f"objectives.{index}.penalised", "penalises", objective.penalised),
            (f"objectives.{index}.rates", "has a learning rate for", objective.rates),
        ]
    for place, does, paths in named:
        for path in paths:
            wrong = _not_there(survey, path)
            if wrong:
                kept = {p: f for p, f in paths.items() if p != path} if isinstance(paths, Mapping) else [
                    p for p in paths if p != path]  # fmt: skip
                fix = Fix("Leave it out", "set_job", {"path": place, "value": kept or None})
                yield Problem("job-node", f"Training job: {place} {does} the node {path}, which {wrong}.", fixes=(fix,))


def _not_there(survey: Survey, path: str) -> str:
    """Why a node cannot be trained; empty where it can."""
    try:
        scope, node = locate(survey.document, path)
    except LayerloomError:
        return "is not in the design any more"
    return "is muted" if survey.document.graph(scope).node(node).muted else ""


def _split(job: Job) -> Iterator[Problem]:
    held = job.data.split.validation + job.data.split.test
    if held >= 1:
        text = f"Training job: validation and test take {held:.0%} of the data, so nothing is left to train on."
        fixes = tuple(
            Fix(f"Set the {part} share to 15 %", "set_job", {"path": f"data.split.{part}", "value": 0.15})
            for part in ("validation", "test")
        )
        yield Problem("split", text, fixes=fixes)


def _transforms(survey: Survey, job: Job) -> Iterator[Problem]:
    fields = survey.inference.engine.signature.fields
    for index, transform in enumerate(job.data.transforms) if fields else ():
        if transform.field not in fields:
            there = ", ".join(fields)
            text = f"Training job: {transform.kind} prepares the field {transform.field}; the data has {there}."
            fixes = tuple(
                Fix(f"Prepare {name}", "set_job", {"path": f"data.transforms.{index}.field", "value": name})
                for name in fields
            )
            yield Problem("transform", text, severity=Severity.ERROR, fixes=fixes)


def _validation(survey: Survey, job: Job) -> Iterator[Problem]:
    if job.stopping.enabled and not (job.data.split.validation or job.data.split.folds) and survey.all(Role.LOSS):
        text = "Early stopping watches the validation part, and none of the data is set aside for it."
        fixes = (
            Fix("Set 15 % aside for validation", "set_job", {"path": "data.split.validation", "value": 0.15}),
            Fix("Do not stop early", "set_job", {"path": "stopping.enabled", "value": False}),
        )
        yield Problem("no-validation", text, severity=Severity.WARNING, fixes=fixes)


def _balance(survey: Survey, job: Job) -> Iterator[Problem]:
    """Classes can be balanced where a target has some, and made in between where the inputs are numbers."""
    fields = survey.inference.engine.signature.fields
    if job.balance == "none" or not fields:
        return
    bound = {
        role: [_bound_field(survey, node, fields) for node in survey.all(role)] for role in (Role.INPUT, Role.TARGET)
    }
    answers = [field for field in bound[Role.TARGET] if field is not None]
    none = Fix("Do not balance", "set_job", {"path": "balance", "value": None})
    if answers and not any(is_class_index(field) for field in answers):
        text = "Training job: classes are to be balanced, and no Target of the design holds one class for each example."
        yield Problem("balance", text, severity=Severity.WARNING, fixes=(none,))
    elif job.balance == "smote" and any(field is not None and field.classes for field in bound[Role.INPUT]):
        text = (
            "Training job: SMOTE makes examples between others, and an Input holds words or symbols: between two of "
            "them lies nothing."
        )
        repeat = Fix("Repeat rare ones", "set_job", {"path": "balance", "value": "oversample"})
        yield Problem("balance", text, severity=Severity.WARNING, fixes=(repeat, none))


def _bound_field(survey: Survey, node: str, fields: Mapping[str, FieldSignature]) -> FieldSignature | None:
    spec = survey.specs[node]
    values = {**spec.defaults, **survey.node(node).params} if spec is not None else {}
    return fields.get(str(values.get("field", "")))


MAIN_RULES = (job_holds,)
