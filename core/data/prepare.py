"""From a data job to what a network is fed: loaded, split, transformed, encoded, by the names of the design."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np

from core.catalog.datasets import signature
from core.data.dataset import Array, Dataset, check_size, refuse
from core.data.noise import draw
from core.data.signature import DRAWN, DataSignature, FieldSignature
from core.data.sources import load
from core.data.split import split, tiny_classes
from core.data.transforms import IDENTITY, Affine, Fitted, fit
from core.problem import LayerloomError, Problem
from core.program.program import Value
from core.training.job import DataJob


@dataclass(frozen=True)
class Task:
    """What a value asks of the network where it is a target; metrics are chosen by it.

    `kind` is ``binary`` for one number per example of two classes (a ``binary`` encoding), ``classification`` for an
    index or one-hot, ``regression`` for numbers.
    """

    kind: Literal["classification", "binary", "regression"]
    encoding: str
    classes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Prepared:
    """All that a run needs of the data.

    Attributes:
        splits: part (``train``, ``validation``, ``test``) -> name of an input or target -> its examples. Real numbers
            are float32, indices int64; bytes stay uint8 and are mapped by `scalings` as each batch is made.
        scalings: name -> the map from byte / 255 to what the network gets, for every name that is held as uint8.
        indices: part -> the rows of the source that it holds.
        fields: name -> the field of the data that it is bound to.
        drawn: name -> what it is drawn from (``normal`` or ``uniform``), for inputs that are noise. Their examples in
            `splits` are one draw, seeded by the split; training draws anew in each epoch.
        tasks: name -> what it asks where it is a target.
        problems: warnings to show; the run goes on.
    """

    splits: dict[str, dict[str, Array]]
    fitted: Fitted
    signature: DataSignature
    indices: dict[str, Array]
    fields: Mapping[str, str] = field(default_factory=dict)
    drawn: Mapping[str, str] = field(default_factory=dict)
    scalings: Mapping[str, Affine] = field(default_factory=dict)
    tasks: Mapping[str, Task] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()

    @property
    def examples(self) -> dict[str, int]:
        return {part: len(rows) for part, rows in self.indices.items()}

    def inverse(self, name: str, values: Array) -> Array:
        """Values of a target (or predictions of it) back in the units of the data; noise stays as it was drawn."""
        return values if name in self.drawn else self.fitted.inverse(self.fields[name], values)


def prepare(job: DataJob, values: Sequence[Value], base: Path | None = None) -> Prepared:
    """Load, split, fit and encode what the inputs and targets in `values` ask for; numpy only.

    Raises:
        LayerloomError: the source, the split or a transform does not hold; a value is bound to a field that does not
            exist, that has another shape than the design was drawn for, or that cannot be encoded as asked.
    """
    dataset = load(job.source, base)
    if signature(job.source) is None:
        _check_classes(job.signature, dataset.signature, values)
    parts = split(dataset, job.split)
    fitted = fit(dataset, parts["train"], job.transforms)
    bound = [value for value in values if value.encoding not in DRAWN]
    noise = [value for value in values if value.encoding in DRAWN]
    columns = fed(dataset, fitted, values, job.split.seed)
    return Prepared(
        splits={part: {name: array[rows] for name, array in columns.items()} for part, rows in parts.items()},
        fitted=fitted,
        signature=dataset.signature,
        indices=parts,
        fields={value.name: value.field for value in bound},
        drawn={value.name: value.encoding for value in noise},
        scalings={v.name: fitted.maps.get(v.field, IDENTITY) for v in bound if columns[v.name].dtype == np.uint8},
        tasks={value.name: _task(value, dataset.signature.fields[value.field]) for value in bound},
        problems=tuple(tiny_classes(dataset, parts)),
    )


def fed(dataset: Dataset, fitted: Fitted, values: Sequence[Value], seed: int) -> dict[str, Array]:
    """All examples of a dataset as the inputs and targets in `values` take them; noise is drawn by the seed.

    Raises:
        LayerloomError: a value is bound to a field that does not exist, has another shape or no such encoding.
    """
    noise = [value for value in values if value.encoding in DRAWN]
    columns = {value.name: _column(dataset, fitted, value) for value in values if value.encoding not in DRAWN}
    return columns | {v.name: _drawn(v, len(dataset), [seed, i]) for i, v in enumerate(noise)}


def _column(dataset: Dataset, fitted: Fitted, value: Value) -> Array:
    """One input or target, all examples, encoded; checked against what the design was drawn for."""
    field_signature = dataset.signature.fields.get(value.field)
    if field_signature is None:
        known = ", ".join(dataset.signature.fields)
        raise _refuse(value, f"the data has no field {value.field!r:.60}; it has {known}", "data.field")
    stored = dataset.fields[value.field]
    if stored.dtype != np.uint8:
        stored = fitted.apply_to(value.field, stored)
    encoded = ENCODE[value.encoding](value, stored, field_signature)
    _check_type(value, encoded)
    return encoded


def _drawn(value: Value, count: int, seed: list[int]) -> Array:
    """Noise for every example, float32."""
    shape = (count, *(size for size in value.type.shape[1:] if isinstance(size, int)))
    check_size(value.name, shape, 4)
    return draw(value.encoding, np.random.default_rng(seed), shape)


def _as_is(value: Value, stored: Array, signature: FieldSignature) -> Array:
    return stored


def _index(value: Value, stored: Array, signature: FieldSignature) -> Array:
    _require_classes(value, signature)
    return stored


def _one_hot(value: Value, stored: Array, signature: FieldSignature) -> Array:
    _require_classes(value, signature)
    result = np.zeros((*stored.shape, len(signature.classes)), np.float32)
    np.put_along_axis(result, stored[..., None], 1.0, axis=-1)
    return result


def _binary(value: Value, stored: Array, signature: FieldSignature) -> Array:
    _require_classes(value, signature)
    if len(signature.classes) != 2:
        count = len(signature.classes)
        message = f"the encoding binary needs two classes, {value.field} has {count}; choose index or one_hot"
        raise _refuse(value, message, "data.encoding")
    return stored.astype(np.float32)[..., None]


ENCODE: Mapping[str, Callable[[Value, Array, FieldSignature], Array]] = {
    "as_is": _as_is,
    "index": _index,
    "one_hot": _one_hot,
    "binary": _binary,
}


def _require_classes(value: Value, signature: FieldSignature) -> None:
    if not signature.classes:
        message = f"the field {value.field} holds numbers, which have no {value.encoding} encoding; choose as_is"
        raise _refuse(value, message, "data.encoding")


def _check_classes(drawn: DataSignature, now: DataSignature, values: Sequence[Value]) -> None:
    """Files may have changed since the design was drawn: an index would then mean another class."""
    for value in values:
        before, after = drawn.fields.get(value.field), now.fields.get(value.field)
        if before and after and before.classes and before.classes != after.classes:
            met, expected = (f"{len(f.classes)} ({', '.join(f.classes)[:80]})" for f in (after, before))
            message = f"the classes of {value.field} were {expected} when the design was drawn, now there are {met}"
            raise _refuse(value, message + "; read the data again in the Data panel", "data.classes", expected, met)


def _check_type(value: Value, array: Array) -> None:
    """The data may have changed since the design was drawn: a CSV has lost a column, a folder gained a class."""
    expected, received = value.type.shape[1:], array.shape[1:]
    fits = len(expected) == len(received) and all(
        e == r for e, r in zip(expected, received, strict=True) if isinstance(e, int)
    )
    if not fits:
        drawn, met = (" x ".join(map(str, shape)) or "one number" for shape in (expected, received))
        message = f"the design was drawn for {drawn} an example, the field {value.field} now has {met}"
        raise _refuse(value, message + "; read the data again in the Data panel", "data.shape", drawn, met)


def _task(value: Value, signature: FieldSignature) -> Task:
    if value.encoding == "binary":
        return Task("binary", value.encoding, signature.classes)
    if signature.classes:
        return Task("classification", value.encoding, signature.classes)
    return Task("regression", value.encoding)


def _refuse(value: Value, message: str, code: str, expected: str = "", received: str = "") -> LayerloomError:
    return refuse(f"{value.name}: {message}.", code, node=value.node, expected=expected, received=received)
