"""How well a trained network answers: for classes, for numbers, and for the input itself."""

from __future__ import annotations

from typing import Any

from core.analysis.classes import classes
from core.analysis.detection import detection
from core.analysis.numbers import numbers, pairs
from core.analysis.subject import Subject
from core.training.pairing import Pairing


def evaluate(subject: Subject, split: str = "test") -> dict[str, Any]:
    """All that can be said of the answers to the examples of one part (at most 10,000 of them, evenly spread).

    Keys: those of `Subject.heading`, and ``tasks``: for each output that a loss compares with a target, its ``name``,
    ``target``, ``kind`` and what that kind has: ``classification`` (see `classes.classes`), ``regression`` (see
    `numbers.numbers`), ``reconstruction``, where the target is the input, a picture or a curve (see `numbers.pairs`),
    or ``detection``, where it is the boxes of classes on a grid that the network answers too (see
    `detection.detection`).

    Raises:
        LayerloomError: there is no such part, or it is empty; the network refuses the examples.
    """
    part = subject.part(split)
    answers = subject.answers(part)
    tasks = []
    for pairing in subject.pairings:
        kinds = _kinds_of(subject, pairing)
        if kinds is not None:
            kind, told = "detection", detection(subject, part, pairing, kinds, answers)
        else:
            kind = "reconstruction" if _is_seen(subject, pairing) else pairing.task
            told = {"classification": classes, "regression": numbers, "reconstruction": pairs}[kind](
                subject, part, pairing, answers[pairing.output]
            )
        tasks.append({"name": pairing.output, "target": pairing.target, "kind": kind, **told})
    return {**subject.heading(part), "tasks": tasks}


def _is_seen(subject: Subject, pairing: Pairing) -> bool:
    """Whether the answers are looked at as they are: the target is what the network was given, a picture or a curve."""
    target = subject.prepared.splits["train"][pairing.target]
    return pairing.task == "regression" and (subject.is_input(pairing.target) or target.ndim >= 3)


def _kinds_of(subject: Subject, pairing: Pairing) -> Pairing | None:
    """The answer that says what is in the boxes of this one, where this one is boxes."""
    prepared = subject.prepared
    kinds = prepared.signature.fields[prepared.fields[pairing.target]].boxes_of
    return next((other for other in subject.pairings if kinds and prepared.fields[other.target] == kinds), None)
