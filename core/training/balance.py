"""Classes that are rare made to count as much as the others: by the weights of losses, or by how batches are drawn."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from core.catalog.families import default_catalog
from core.data.prepare import Prepared
from core.problem import Fix, LayerloomError
from core.program.program import Program, Step, Value
from core.program.settled import settled

_FIX = (Fix("Do not balance", "set_job", {"path": "balance", "value": "none"}),)


def weighted(program: Program, prepared: Prepared) -> Program:
    """The program with class weights in each loss that takes them and has none: ``examples / (classes * count)``.

    These are scikit-learn's ``balanced``, over the training part; a class without examples counts 1. A binary loss gets
    ``pos_weight``: examples of no by those of yes.

    Raises:
        LayerloomError: no loss takes class weights.
    """
    steps = tuple(_weighted(step, program, prepared) for step in program.steps)
    if steps == program.steps:
        raise LayerloomError(
            "The job asks for balanced class weights, but no loss of the design takes them, or all have weights of "
            "their own; balance by sampling instead.",
            code="job",
            fixes=(Fix("Balance by sampling", "set_job", {"path": "balance", "value": "sampling"}), *_FIX),
        )
    return replace(program, steps=steps)


def sampling_weights(program: Program, prepared: Prepared) -> np.ndarray[Any, Any]:
    """The probability of each training example, such that every class of the first target with classes is as likely.

    Raises:
        LayerloomError: no target has classes.
    """
    _, labels = labelled(program, prepared)
    chances = 1.0 / np.bincount(labels)[labels]
    return np.asarray(chances / chances.sum(), np.float64)


def labelled(program: Program, prepared: Prepared) -> tuple[Value, np.ndarray[Any, Any]]:
    """The first target that has one class for each example, and the classes of the training part.

    Raises:
        LayerloomError: no target has classes.
    """
    for target in program.targets:
        labels = _labels(target.name, program, prepared)
        if labels is not None:
            return target, labels
    raise LayerloomError(
        "The job asks for training with balanced classes, but no target of the design has one class for each example.",
        code="job",
        fixes=_FIX,
    )


def _weighted(step: Step, program: Program, prepared: Prepared) -> Step:
    spec = default_catalog().get(step.layer) if step.layer else None
    target = settled(program, step.inputs.get("target", ""))
    labels = _labels(target, program, prepared) if spec else None
    if spec is None or labels is None:
        return step
    if "class_weights" in spec.param and step.params.get("class_weights") is None:
        classes = len(prepared.tasks[target].classes)
        counts = np.bincount(labels, minlength=classes)
        weights = np.where(counts, len(labels) / (np.count_nonzero(counts) * np.maximum(counts, 1)), 1.0)
        return replace(step, params={**step.params, "class_weights": tuple(float(w) for w in weights)})
    if "pos_weight" in spec.param and step.params.get("pos_weight") is None and labels.max() <= 1:
        no, yes = np.bincount(labels, minlength=2)
        return replace(step, params={**step.params, "pos_weight": (float(no / max(yes, 1)),)})
    return step


def _labels(target: str, program: Program, prepared: Prepared) -> np.ndarray[Any, Any] | None:
    """The class of each training example; None where the target has none, or several an example."""
    encoding = {value.name: value.encoding for value in program.targets}.get(target)
    task = prepared.tasks.get(target)
    if encoding is None or task is None or task.kind == "regression" or not len(prepared.indices["train"]):
        return None
    values = prepared.splits["train"][target]
    if encoding == "one_hot":
        values = values.argmax(-1)
    labels = np.asarray(values).reshape(len(values), -1)
    return labels[:, 0].astype(np.int64) if labels.shape[1] == 1 else None
