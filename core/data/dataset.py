"""`Dataset`: what a source yields, in numpy arrays; and the limits that every source keeps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.data.signature import DataSignature, FieldSignature
from core.problem import LayerloomError

Array = NDArray[Any]
MAX_BYTES = 4 * 2**30
MAX_CLASSES = 10_000
MAX_FILES = 1_000_000


@dataclass(frozen=True)
class Holes:
    """The missing numbers of a field, NaN in it, and what is to fill them.

    `rule` is one of `core.catalog.holes.FILLED`; `value` is that of ``constant``, `neighbours` and `scaled` are those
    of ``neighbours``. The last ``len(marks)`` columns of the field hold no numbers of their own: each is 1 where the
    column that it names has a hole.
    """

    rule: str
    value: float = 0.0
    neighbours: int = 5
    scaled: bool = True
    marks: tuple[int, ...] = ()

    def marking(self, columns: tuple[int, ...]) -> Holes:
        return replace(self, marks=columns)


@dataclass(frozen=True)
class Dataset:
    """All examples of a source.

    Attributes:
        fields: by name, the first dimension counting the examples. Numbers are float32, class indices int64. A field
            that is float by its signature may be held as uint8: each byte then stands for byte / 255.
        signature: the shapes, kinds and class names of the fields.
        columns: names of the elements of a field of shape ``(n,)``, where they have names.
        holes: float fields of shape ``(n,)`` in which NaN is a missing number, with how it is to be filled.
        groups: for each example a number; examples of one number stay in one part. None: each stands for itself.
    """

    fields: Mapping[str, Array]
    signature: DataSignature
    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    holes: Mapping[str, Holes] = field(default_factory=dict)
    groups: Array | None = None

    def __len__(self) -> int:
        return self.signature.examples

    @property
    def class_field(self) -> str | None:
        """The field by which a split is stratified: ``target`` where it holds classes, else the first that does."""
        classes = [name for name, f in self.signature.fields.items() if f.classes and f.shape == ()]
        return "target" if "target" in classes else next(iter(classes), None)


def numbers(array: Array, doc: str = "") -> FieldSignature:
    """The signature of a field of real numbers."""
    return FieldSignature(shape=array.shape[1:], doc=doc)


def refuse(message: str, code: str = "data", **fields: Any) -> LayerloomError:
    """The error of a source, to be raised."""
    return LayerloomError(message, code=code, **fields)


def check_size(what: str, shape: Sequence[int], itemsize: int) -> None:
    """Raises LayerloomError where an array of that shape would not fit the limit."""
    size = prod(shape) * itemsize
    if size > MAX_BYTES:
        raise refuse(
            f"{what} holds {size / 2**30:.1f} GiB in memory; the limit is {MAX_BYTES // 2**30} GiB. "
            "Take fewer examples or make each one smaller.",
            code="data.size",
        )


def names_of(values: Sequence[Any]) -> tuple[str, ...]:
    """Class names of the given values; whole numbers without a point."""
    return tuple(str(int(v)) if isinstance(v, float) and v.is_integer() else str(v) for v in values)


def as_classes(values: Array, what: str) -> tuple[Array, tuple[str, ...]]:
    """Index of each value among the sorted different values, and their names.

    Raises:
        LayerloomError: there are more different values than a classification can mean.
    """
    found, index = np.unique(values, return_inverse=True)
    if len(found) > MAX_CLASSES:
        raise refuse(
            f"{what} has {len(found):,} different values; as classes at most {MAX_CLASSES:,} are taken. "
            "Set “target holds” to numbers, or choose another column.",
            code="data.classes",
        )
    return index.reshape(values.shape).astype(np.int64), names_of(found.tolist())


def looks_like_classes(values: Array, most: int = 20) -> bool:
    """The rule of ``target_is = auto`` for numbers: whole, and few different ones."""
    if not np.all(np.isfinite(values)) or not np.all(values == np.round(values)):
        return False
    return len(np.unique(values)) <= min(most, max(2, len(values) // 2))
