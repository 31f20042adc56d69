"""How well a trained network answers: for classes, for numbers, and for the input itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.analysis.classes import classes
from core.analysis.numbers import numbers, pairs
from core.analysis.subject import Subject
from core.training.pairing import Pairing


def evaluate(subject: Subject, split: str = "test") -> dict[str, Any]:
    """All that can be said of the answers to the examples of one part (at most 10,000 of them, evenly spread).

    Keys: those of `Subject.heading`, and ``tasks``: for each output that a loss compares with a target, its ``name``,
    ``target``, ``kind`` and what that kind has: ``classification`` (see `classes.classes`), ``regression`` (see
    `numbers.numbers`) or ``reconstruction``, where the target is the input (see `numbers.pairs`).

    Raises:
        LayerloomError: there is no such part, or it is empty; the network refuses the examples.
    """
    part = subject.part(split)
    answers = subject.answers(part)
    tasks = []
    for pairing in subject.pairings:
        kind = "reconstruction" if _is_input(subject, pairing) else pairing.task
        told = {"classification": classes, "regression": numbers, "reconstruction": pairs}[kind](
            subject, part, pairing, answers[pairing.output]
        )
        tasks.append({"name": pairing.output, "target": pairing.target, "kind": kind, **told})
    return {**subject.heading(part), "tasks": tasks}


def _is_input(subject: Subject, pairing: Pairing) -> bool:
    """Whether the target is what the network was given."""
    fields, inputs = subject.prepared.fields, [value.name for value in subject.program.inputs]
    given: Mapping[str, str] = {name: fields[name] for name in inputs}
    return pairing.target in inputs or fields.get(pairing.target) in given.values()
