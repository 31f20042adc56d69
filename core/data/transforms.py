"""Standardising and scaling, fitted on the training part only: by field one bend at most, then one affine map."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from core.catalog.transforms import TRANSFORMS
from core.data.curves import CURVES, Curve
from core.data.dataset import Array, Dataset, refuse
from core.data.holes import Filler, filler
from core.training.job import Transform

CHUNK = 4096


@dataclass(frozen=True)
class Affine:
    """``y = (x - offset) * scale``, both broadcast over one example (float64)."""

    offset: Array
    scale: Array

    def __call__(self, x: Array) -> Array:
        result: Array = (x - self.offset) * self.scale
        return result

    def inverse(self, y: Array) -> Array:
        result: Array = y / self.scale + self.offset
        return result

    def then(self, other: Affine) -> Affine:
        """This map, then the other, as one."""
        return Affine(self.offset + other.offset / self.scale, self.scale * other.scale)


IDENTITY = Affine(np.zeros(()), np.ones(()))


@dataclass(frozen=True)
class Fitted:
    """What was learned from the training part: by field, what fills its holes (raw units), how its numbers are bent,
    and the map that follows."""

    maps: Mapping[str, Affine] = field(default_factory=dict)
    fill: Mapping[str, Filler] = field(default_factory=dict)
    curves: Mapping[str, Curve] = field(default_factory=dict)

    def apply(self, fields: Mapping[str, Array]) -> dict[str, Array]:
        """The fields as a network gets them: mapped fields become float32; all others stay as they are."""
        return {name: self.apply_to(name, values) for name, values in fields.items()}

    def apply_to(self, name: str, values: Array) -> Array:
        """One field, first dimension counting the examples."""
        if name not in self.maps and name not in self.fill:
            return values
        real = as_real(values)
        if name in self.fill:
            real = self.fill[name](real)
        if name in self.curves:
            real = self.curves[name](real)
        return self.maps.get(name, IDENTITY)(real).astype(np.float32)

    def inverse(self, name: str, values: Array) -> Array:
        """Values of a field back in the units of the data, float64. Fields without a map come back unchanged."""
        if name not in self.maps:
            return values
        straight = self.maps[name].inverse(np.asarray(values, np.float64))
        return self.curves[name].inverse(straight) if name in self.curves else straight

    def to_json(self) -> dict[str, Any]:
        maps = {n: {"offset": m.offset.tolist(), "scale": m.scale.tolist()} for n, m in self.maps.items()}
        told = {"maps": maps, "fill": {n: fill.to_json() for n, fill in self.fill.items()}}
        return {**told, "curves": {n: curve.to_json() for n, curve in self.curves.items()}} if self.curves else told

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Fitted:
        """Raises LayerloomError where the data is not what `to_json` wrote."""
        try:
            maps = {n: Affine(_array(m["offset"]), _array(m["scale"])) for n, m in data["maps"].items()}
            fill = {n: Filler.from_json(told) for n, told in data["fill"].items()}
            return cls(maps, fill, {n: Curve.from_json(told) for n, told in data.get("curves", {}).items()})
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise refuse(f"The stored preparation of the data does not hold: {error}.", "data.fitted") from error


def told(fitted: Mapping[str, Any]) -> dict[str, Any]:
    """What `Fitted.to_json` wrote, short enough to be read: how many rows are looked through stands for the rows."""
    fill = dict(fitted.get("fill", {}))
    for name, each in fill.items():
        if isinstance(each, Mapping) and "neighbours" in each:
            near = each["neighbours"]
            fill[name] = {**each, "neighbours": {**near, "rows": len(near["rows"])}}
    return {**fitted, "fill": fill} if fill else dict(fitted)


def fit(dataset: Dataset, train: Array, transforms: Sequence[Transform]) -> Fitted:
    """Fit the transforms in order on the rows `train`; what fills the holes of a field comes from these rows too.

    Raises:
        LayerloomError: an unknown transform or field, a field of classes, or a parameter that does not hold.
    """
    fill = {name: filler(dataset, name, train) for name in sorted(dataset.holes)}
    whole = {name: fills(as_real(dataset.fields[name][train])) for name, fills in fill.items()}
    maps: dict[str, Affine] = {}
    curves: dict[str, Curve] = {}
    for transform in transforms:
        values = _checked(dataset, transform)
        if transform.kind in CURVES:
            curves[transform.field] = _curve(dataset, train, transform, whole, transform.field in maps)
        so_far = maps.get(transform.field, IDENTITY)
        filled = whole.get(transform.field)
        array, rows = (dataset.fields[transform.field], train) if filled is None else (filled, np.arange(len(train)))
        chunks = _Chunks(array, rows, so_far, curves.get(transform.field))
        axes = _axes(chunks.array.ndim, values.get("per", "element"))
        maps[transform.field] = so_far.then(_RULES[transform.kind](chunks, axes, values))
    return Fitted(maps, fill, curves)


def _curve(dataset: Dataset, train: Array, transform: Transform, filled: Mapping[str, Array], is_mapped: bool) -> Curve:
    """The bend of a field, fitted on its training rows without holes. Raises LayerloomError where there can be none."""
    stored, label = dataset.fields[transform.field], TRANSFORMS[transform.kind].label
    if is_mapped:
        raise refuse(
            f"{label} bends the numbers as they come, so it must be the first preparation of {transform.field}. "
            "Put the others behind it, or leave them out: it standardises by itself.",
            "data.transform",
        )
    if stored.dtype == np.uint8:
        raise refuse(f"{label}: {transform.field} holds bytes of pictures, which are not bent.", "data.transform")
    rows = filled.get(transform.field)
    return Curve(transform.kind, CURVES[transform.kind].fit(as_real(stored[train]) if rows is None else rows))


def as_real(values: Array) -> Array:
    """float64 numbers of a field; bytes stand for byte / 255."""
    return values / 255.0 if values.dtype == np.uint8 else values.astype(np.float64)


@dataclass(frozen=True)
class _Chunks:
    """The training rows of one field in float64, a few thousand at a time, so that bytes never swell at once."""

    array: Array
    rows: Array
    map: Affine
    curve: Curve | None = None

    def __iter__(self) -> Iterator[Array]:
        for start in range(0, len(self.rows), CHUNK):
            real = as_real(self.array[self.rows[start : start + CHUNK]])
            yield self.map(real if self.curve is None else self.curve(real))

    def total(self, axes: tuple[int, ...], value: Callable[[Array], Array] = lambda x: x) -> Array:
        sums: Array = np.sum([np.sum(value(chunk), axis=axes, keepdims=True)[0] for chunk in self], axis=0)
        return sums

    def size(self, axes: tuple[int, ...]) -> int:
        """How many numbers share one statistic."""
        return len(self.rows) * int(np.prod([self.array.shape[a] for a in axes if a], dtype=np.int64))


def _standardise(chunks: _Chunks, axes: tuple[int, ...], values: Mapping[str, Any]) -> Affine:
    size = chunks.size(axes)
    mean = chunks.total(axes) / size
    deviation = np.sqrt(chunks.total(axes, lambda x: (x - mean) ** 2) / size)
    rounding = size * np.finfo(np.float64).eps  # as scikit-learn has it
    constant = deviation**2 <= rounding * deviation**2 + (rounding * mean) ** 2
    return Affine(mean, 1 / np.where(constant, 1.0, deviation))


def _min_max(chunks: _Chunks, axes: tuple[int, ...], values: Mapping[str, Any]) -> Affine:
    low, high = values["low"], values["high"]
    if low >= high:
        raise refuse(f"Min-max: low must be below high, received {low:g} and {high:g}.", "data.transform")
    least = np.min([chunk.min(axis=axes, keepdims=True)[0] for chunk in chunks], axis=0)
    most = np.max([chunk.max(axis=axes, keepdims=True)[0] for chunk in chunks], axis=0)
    scale = (high - low) / np.where(most > least, most - least, 1.0)
    return Affine(least - low / scale, scale)


def _robust(chunks: _Chunks, axes: tuple[int, ...], values: Mapping[str, Any]) -> Affine:
    low, high = values["low"], values["high"]
    if low >= high:
        raise refuse(
            f"Robust: the low quantile must be below the high one, received {low:g} and {high:g}.", "data.transform"
        )
    whole = np.concatenate(list(chunks))
    least, middle, most = (np.quantile(whole, q, axis=axes, keepdims=True)[0] for q in (low, 0.5, high))
    return Affine(middle, 1 / np.where(most > least, most - least, 1.0))


_RULES: Mapping[str, Callable[[_Chunks, tuple[int, ...], Mapping[str, Any]], Affine]] = {
    "standardise": _standardise,
    "min_max": _min_max,
    "robust": _robust,
    "log": _standardise,
    "yeo_johnson": _standardise,
}


def _axes(ndim: int, per: str) -> tuple[int, ...]:
    """The axes (0 counts the examples) over which one statistic is taken."""
    if ndim == 1 or per == "element" or (per == "auto" and ndim == 2):
        return (0,)
    kept = {"auto": 1, "channel": 1, "last": ndim - 1, "all": 0}[per]
    return tuple(axis for axis in range(ndim) if axis == 0 or axis != kept)


def _checked(dataset: Dataset, transform: Transform) -> dict[str, Any]:
    spec = TRANSFORMS.get(transform.kind)
    if spec is None:
        raise refuse(
            f"There is no transform {transform.kind!r:.60}; known are {', '.join(TRANSFORMS)}.", "data.transform"
        )
    signature = dataset.signature.fields.get(transform.field)
    if signature is None:
        known = ", ".join(dataset.signature.fields)
        raise refuse(f"{spec.label}: the data has no field {transform.field!r:.60}; it has {known}.", "data.transform")
    if signature.dtype != "float":
        kind = "classes" if signature.classes else f"{signature.dtype} values"
        raise refuse(
            f"{spec.label}: the field {transform.field} holds {kind}, which have no mean or range. "
            "Remove this transform.",
            "data.transform",
        )
    try:
        return spec.values(transform.params)
    except ValueError as error:
        raise refuse(f"{spec.label}: {error}", "data.transform") from error


def _array(values: Any) -> Array:
    return np.asarray(values, dtype=np.float64)
