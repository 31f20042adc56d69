"""Checks of the training job against the data and the drawing."""

from __future__ import annotations

from collections.abc import Iterator

from core.catalog.datasets import source_values
from core.problem import Fix, LayerloomError, Problem, Severity
from core.spec.layer import Role
from core.training.job import Job
from graph.survey import Survey


def job_holds(survey: Survey) -> Iterator[Problem]:
    """The job, its data source and what it prepares."""
    try:
        job = survey.document.job
        source_values(job.data.source)
    except LayerloomError as error:
        yield error.problem
        return
    yield from _transforms(survey, job)
    yield from _validation(survey, job)


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
    if job.stopping.enabled and not job.data.split.validation and survey.all(Role.LOSS):
        text = "Early stopping watches the validation part, and none of the data is set aside for it."
        fixes = (
            Fix("Set 15 % aside for validation", "set_job", {"path": "data.split.validation", "value": 0.15}),
            Fix("Do not stop early", "set_job", {"path": "stopping.enabled", "value": False}),
        )
        yield Problem("no-validation", text, severity=Severity.WARNING, fixes=fixes)


MAIN_RULES = (job_holds,)
