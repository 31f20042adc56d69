"""What is compared with what: which output answers which target, so that metrics can be measured beside the losses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from core.catalog.families import default_catalog
from core.catalog.metrics import Task
from core.data.dataset import Array
from core.data.prepare import Task as TargetTask
from core.program.program import Program, Result, Step
from core.program.settled import settled

PREDICTION = "input"  # the port of a loss


@dataclass(frozen=True, slots=True)
class Pairing:
    """An output of the network and the target (or input, for autoencoders) that a loss compares it with.

    `logits`: the output has not been through a sigmoid or softmax yet.
    """

    output: str
    target: str
    task: Task
    encoding: str
    classes: int
    logits: bool


def pairings(program: Program, tasks: Mapping[str, TargetTask]) -> tuple[Pairing, ...]:
    """One pairing for each loss whose target comes from the data and whose prediction is seen at an output.

    The prediction is seen at an output where both are one value, or where the output has its shape (logits in the
    loss, probabilities at the output).
    """
    made = {value: step for step in program.steps for value in step.outputs.values()}
    found: dict[tuple[str, str], Pairing] = {}
    for loss in program.losses:
        step = made.get(loss.value)
        pairing = _pairing(program, step, tasks) if step else None
        if pairing:
            found.setdefault((pairing.output, pairing.target), pairing)
    return tuple(found.values())


def probabilities(scores: Array, pairing: Pairing) -> Array | None:
    """Scores (examples, classes) as probabilities, or None where they are none: softmax of logits, or what already
    sums to one, itself or by its logarithms."""
    if pairing.logits:
        shifted = np.exp(scores - scores.max(1, keepdims=True))
        found: Array = shifted / shifted.sum(1, keepdims=True)
        return found
    if _sums_to_one(scores):
        return scores
    exponential = np.exp(np.minimum(scores, 1.0))
    return exponential if _sums_to_one(exponential) else None


def _sums_to_one(values: Array) -> bool:
    return bool(np.all(values >= 0) and np.allclose(values.sum(1), 1.0, atol=1e-3))


def _pairing(program: Program, step: Step, tasks: Mapping[str, TargetTask]) -> Pairing | None:
    target = settled(program, step.inputs.get("target", ""))
    task = tasks.get(target)
    output = _seen_at(program, step) if PREDICTION in step.inputs else None
    if task is None or output is None:
        return None
    classes = {"binary": 2}.get(task.kind, len(task.classes))
    kind: Task = "classification" if classes else "regression"
    if kind == "classification" and not _answers(output, step.input_types["target"].rank, task.encoding):
        return None
    scores = default_catalog()[step.layer].input[PREDICTION].scores
    logits = scores and output.value == step.inputs[PREDICTION]
    return Pairing(output.name, target, kind, task.encoding, classes, logits)


def _seen_at(program: Program, step: Step) -> Result | None:
    same = [o for o in program.outputs if o.value == step.inputs[PREDICTION]]
    alike = [o for o in program.outputs if o.type.shape == step.input_types[PREDICTION].shape]
    return next(iter(same + alike), None)


def _answers(output: Result, target_rank: int, encoding: str) -> bool:
    """Whether the output has one score for each class (an index has no dimension for them)."""
    return output.type.rank == target_rank + (encoding in ("as_is", "index"))
