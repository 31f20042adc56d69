"""Training parts in which every class has as many examples as the others: repeated, left out, or made in between."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from core.data.dataset import Array
from core.data.prepare import Prepared
from core.problem import Fix, LayerloomError
from core.program.program import Program, Value
from core.training.balance import labelled

NEIGHBOURS = 5  # of SMOTE, as its authors have it
_INSTEAD = (
    Fix("Repeat rare examples", "set_job", {"path": "balance", "value": "oversample"}),
    Fix("Draw them equally often", "set_job", {"path": "balance", "value": "sampling"}),
    Fix("Do not balance", "set_job", {"path": "balance", "value": "none"}),
)


def resampled(way: str, program: Program, prepared: Prepared, seed: int) -> dict[str, Array]:
    """The arrays of the training part by name, resampled; the same for the same seed.

    Args:
        way: a key of `RESAMPLED`. Examples, and their number, are those of imbalanced-learn with `seed`.

    Raises:
        LayerloomError: no target has classes, or (for ``smote``) nothing lies between two examples.
    """
    target, labels = labelled(program, prepared)
    arrays = prepared.splits["train"]
    if len(np.unique(labels)) < 2:
        return dict(arrays)
    return RESAMPLED[way](program, prepared, target, labels, seed)


def _repeated(program: Program, prepared: Prepared, target: Value, labels: Array, seed: int) -> dict[str, Array]:
    from imblearn.over_sampling import RandomOverSampler

    return _rows(prepared, labels, RandomOverSampler(random_state=seed))


def _cut(program: Program, prepared: Prepared, target: Value, labels: Array, seed: int) -> dict[str, Array]:
    from imblearn.under_sampling import RandomUnderSampler

    return _rows(prepared, labels, RandomUnderSampler(random_state=seed))


def _rows(prepared: Prepared, labels: Array, sampler: Any) -> dict[str, Array]:
    """The examples that a sampler chooses when it is given their numbers."""
    rows = sampler.fit_resample(np.arange(len(labels))[:, None], labels)[0][:, 0]
    return {name: array[rows] for name, array in prepared.splits["train"].items()}


def _between(program: Program, prepared: Prepared, target: Value, labels: Array, seed: int) -> dict[str, Array]:
    """Numbers are interpolated; what follows the class, and noise, are those of a first example of the class."""
    from imblearn.over_sampling import SMOTE

    arrays = prepared.splits["train"]
    numeric = _numeric(program, prepared, target)
    there, first, counts = np.unique(labels, return_index=True, return_counts=True)
    if counts.min() < 2:
        raise _alone(prepared, target, int(there[counts.argmin()]))
    flat = np.concatenate([arrays[name].reshape(len(labels), -1) for name in numeric], axis=1)
    sampler = SMOTE(random_state=seed, k_neighbors=min(NEIGHBOURS, int(counts.min()) - 1))
    made, classes = sampler.fit_resample(flat, labels)
    like = np.concatenate([np.arange(len(labels)), first[np.searchsorted(there, classes[len(labels) :])]])
    ends = np.cumsum([arrays[name][0].size for name in numeric])[:-1]
    parts = dict(zip(numeric, np.split(made, ends, axis=1), strict=True))
    return {
        name: parts[name].reshape(-1, *array.shape[1:]).astype(array.dtype) if name in parts else array[like]
        for name, array in arrays.items()
    }


RESAMPLED: Mapping[str, Callable[[Program, Prepared, Value, Array, int], dict[str, Array]]] = {
    "oversample": _repeated,
    "undersample": _cut,
    "smote": _between,
}


def _numeric(program: Program, prepared: Prepared, target: Value) -> list[str]:
    """The names that new examples are made of. What is bound to the field of the classes follows the class.

    Raises:
        LayerloomError: some value can neither be interpolated nor does it follow.
    """
    found = []
    for value in (*program.inputs, *program.targets):
        if value.name in prepared.drawn or value.field == target.field:
            continue
        alone = value in program.targets and value.field not in {given.field for given in program.inputs}
        why = _no_between(value, prepared, alone)
        if why:
            raise LayerloomError(
                f"SMOTE makes examples between two others, and {value.name} {why} "
                "Repeat rare examples instead, or draw batches with all classes as likely.",
                code="job",
                node=value.node,
                fixes=_INSTEAD,
            )
        found.append(value.name)
    return list(dict.fromkeys(found))


def _alone(prepared: Prepared, target: Value, label: int) -> LayerloomError:
    return LayerloomError(
        f"SMOTE makes examples between two of a class, and {prepared.tasks[target.name].classes[label]} has one in the "
        "training part. Repeat rare examples instead, or bring more.",
        code="job",
        node=target.node,
        fixes=_INSTEAD,
    )


def _no_between(value: Value, prepared: Prepared, answer: bool) -> str:
    """Why nothing lies between two examples of a value; empty where something does."""
    if prepared.signature.fields[value.field].classes:
        return "holds words or symbols: between two of them lies nothing."
    if value.name in prepared.scalings:
        return "holds pictures: a mixture of two shows neither."
    if value.type.dtype != "float":
        return f"holds {value.type.dtype} values: between two of them lies nothing."
    return "is an answer of numbers, which a point in between would be given without anybody knowing." if answer else ""
