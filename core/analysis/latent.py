"""Where the examples lie in the space of a node's output: its two main directions."""

from __future__ import annotations

from typing import Any

import numpy as np

from core.analysis.attention import PORT
from core.analysis.observe import at_work
from core.analysis.subject import Part, Subject
from core.data.dataset import Array
from core.data.sources import load
from core.problem import LayerloomError

POINTS, NUMBERS = 1_500, 2**25


def latent(subject: Subject, split: str = "test", node: str = "") -> dict[str, Any]:
    """Principal components of a node's output over a part (up to 1,500 examples, fewer where it is very wide).

    Keys: those of `Subject.heading`; ``node``, ``width`` (numbers an example); ``x``, ``y``; ``share`` (of the variance
    that each direction explains); ``positions`` of the examples; ``classes`` (names) and ``class`` (index of each
    example), or ``number`` (the target of each example), whichever the data has.

    Raises:
        LayerloomError: the run has no such node (code ``node``), or it gives no number for each example.
    """
    width = _rows(subject, subject.part(split, 1), node).shape[1]
    part = subject.part(split, max(2, min(POINTS, NUMBERS // max(1, width))))
    rows = _rows(subject, part, node)
    x, y, share = components(rows)
    return {
        **subject.heading(part),
        "node": node,
        "width": int(rows.shape[1]),
        "x": _plain(x),
        "y": _plain(y),
        "share": share,
        "positions": part.positions.tolist(),
        **colours(subject, part),
    }


def axes(rows: Array) -> tuple[Array, list[float]]:
    """`components` side by side, (examples, 2)."""
    x, y, share = components(rows)
    return np.stack([x, y], axis=-1), share


def components(rows: Array) -> tuple[Array, Array, list[float]]:
    """The first two principal components of rows ``(examples, numbers)``, and the shares of variance they explain.

    Each is turned so that its number furthest from zero is positive.
    """
    centred = np.nan_to_num(rows.astype(np.float64))
    centred = centred - centred.mean(0)
    tall = centred.shape[0] >= centred.shape[1]
    square = centred.T @ centred if tall else centred @ centred.T
    values, vectors = np.linalg.eigh(square)
    whole = float(np.trace(square))
    found, share = [np.zeros(len(rows)), np.zeros(len(rows))], [0.0, 0.0]
    for index in range(min(2, len(values))):
        value = max(0.0, float(values[-1 - index]))
        axis = vectors[:, -1 - index]
        scores = centred @ axis if tall else axis * np.sqrt(value)
        found[index] = scores if scores[np.argmax(np.abs(scores))] >= 0 else -scores
        share[index] = value / whole if whole > 0 else 0.0
    return found[0], found[1], share


def _rows(subject: Subject, part: Part, node: str) -> Array:
    found = []
    for scope, step, examples in at_work(subject, part, node):
        value = next((v for port, v in scope.values_of(step).items() if port != PORT), None)
        if value is None or not value.dim() or len(value) != examples:
            label = step.label or step.name
            message = f"{label} gives no number for each example, so there is nothing to scatter."
            raise LayerloomError(message, code="node")
        found.append(value.flatten(1).float().numpy() if value.dim() > 1 else value[:, None].float().numpy())
    return np.concatenate(found)


def colours(subject: Subject, part: Part) -> dict[str, Any]:
    """``classes`` and ``class``, or ``number``, of the examples, whichever the data has."""
    for name, task in subject.prepared.tasks.items():
        values = part.arrays[name]
        if task.classes:
            index = values.argmax(-1) if task.encoding == "one_hot" else values
            if index.size == len(values):
                return {"classes": list(task.classes), "class": index.reshape(-1).astype(int).tolist()}
    for target in subject.program.targets:
        values = part.arrays[target.name]
        if values.size == len(values):
            return {"number": _plain(subject.prepared.inverse(target.name, values).reshape(-1))}
    return {}


def kinds(subject: Subject, *parts: Part) -> list[dict[str, Any]]:
    """For each part its `colours`, or, where those are no classes and the data has a field of classes that the design
    does not look at, ``classes`` and ``class`` of that. The data is read once at most."""
    found = [colours(subject, part) for part in parts]
    fields = subject.prepared.signature.fields
    name = next((name for name, field in fields.items() if field.classes and field.shape == ()), None)
    if name is None or all("classes" in one for one in found):
        return found
    index, names = load(subject.run.job.data.source, subject.run.base).fields[name], list(fields[name].classes)
    rows = [subject.prepared.indices[part.name][part.positions] for part in parts]
    return [{"classes": names, "class": index[row].astype(int).tolist()} for row in rows]


def _plain(values: Array) -> list[float]:
    return [float(f"{value:.5g}") for value in values.tolist()]
