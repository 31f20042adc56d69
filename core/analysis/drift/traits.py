"""What is compared of examples: the columns of tables, and of pictures, curves and texts a few numbers each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from core.data.dataset import Array, Dataset
from core.data.signature import FieldSignature
from core.data.transforms import as_real

COLUMNS = 300  # of a row; wider ones are summarised


@dataclass(frozen=True)
class Trait:
    """One thing that every example has: a number (float64, NaN where it is missing) or a word (empty where missing).

    `unreadable`: how many cells held a word where a number belongs; they count as missing.
    """

    kind: Literal["number", "word"]
    values: Array
    unreadable: int = 0

    @property
    def missing(self) -> Array:
        found: Array = self.values == "" if self.kind == "word" else np.isnan(self.values)
        return found

    @property
    def known(self) -> Array:
        """The values that are there."""
        return self.values[~self.missing]

    def rows(self, chosen: Array) -> Trait:
        return Trait(self.kind, self.values[chosen])


Traits: TypeAlias = dict[str, Trait]


def numbers(values: Array) -> Trait:
    return Trait("number", np.asarray(values, np.float64))


def words(values: Array) -> Trait:
    return Trait("word", np.asarray(values, np.str_))


def of_fields(dataset: Dataset, fields: Mapping[str, Array], leave_out: tuple[str, ...] = ()) -> Traits:
    """The traits of examples that are held as the fields of `dataset` are."""
    found: Traits = {}
    for name, values in fields.items():
        if name not in leave_out:
            signature = dataset.signature.fields[name]
            found.update(_of_field(name, values, signature, dataset.columns.get(name, ())))
    return found


def _of_field(name: str, values: Array, signature: FieldSignature, columns: tuple[str, ...]) -> Traits:
    if signature.classes and values.ndim == 1:
        return {name: words(np.array(signature.classes)[values])}
    if np.issubdtype(values.dtype, np.integer) and values.dtype != np.uint8:
        return _named(name, _TOKENS, values.reshape(len(values), -1))
    if values.ndim == 1:
        return {name: numbers(values)}
    if values.ndim == 2 and values.shape[1] <= COLUMNS:
        titles = columns or tuple(name if values.shape[1] == 1 else f"{name} {i}" for i in range(values.shape[1]))
        return {title: numbers(column) for title, column in zip(titles, values.T, strict=True)}
    if values.ndim == 4:
        return _named(name, _PICTURES, values)
    if values.ndim == 3:
        return _named(name, _CURVES, values)
    return _named(name, _ROWS, values.reshape(len(values), -1))


def _named(name: str, table: Mapping[str, Callable[[Array], Array]], values: Array) -> Traits:
    """By chunks, so that bytes never swell at once. A field called features needs no name of its own."""
    prefix = "" if name == "features" else f"{name} "
    chunks = [values[at : at + 512] for at in range(0, len(values), 512)]
    return {
        f"{prefix}{title}": numbers(np.concatenate([measure(c) for c in chunks]) if chunks else np.zeros(0))
        for title, measure in table.items()
    }


def _real(values: Array) -> Array:
    return as_real(values)


def _flat(values: Array) -> Array:
    return _real(values).reshape(len(values), -1)


def _sharpness(values: Array) -> Array:
    """The variance of the Laplacian of the mean channel (Pech-Pacheco et al., 2000): small where a picture is out of
    focus."""
    grey = _real(values).mean(1)
    around = grey[:, :-2, 1:-1] + grey[:, 2:, 1:-1] + grey[:, 1:-1, :-2] + grey[:, 1:-1, 2:]
    found: Array = (around - 4 * grey[:, 1:-1, 1:-1]).reshape(len(grey), -1).var(1)
    return found


def _colourfulness(values: Array) -> Array:
    """The mean spread between the channels of a pixel; 0 for grey."""
    found: Array = _real(values).std(1).reshape(len(values), -1).mean(1)
    return found


def _centre(values: Array) -> Array:
    """The mean of the middle quarter less that of the whole."""
    real = _real(values)
    height, width = real.shape[2:]
    middle = real[:, :, height // 4 : -(height // 4) or None, width // 4 : -(width // 4) or None]
    found: Array = middle.reshape(len(real), -1).mean(1) - real.reshape(len(real), -1).mean(1)
    return found


_PICTURES: Mapping[str, Callable[[Array], Array]] = {
    "brightness": lambda values: _flat(values).mean(1),
    "contrast": lambda values: _flat(values).std(1),
    "sharpness": _sharpness,
    "darkest tenth": lambda values: np.quantile(_flat(values), 0.1, axis=1),
    "brightest tenth": lambda values: np.quantile(_flat(values), 0.9, axis=1),
    "colourfulness": _colourfulness,
    "middle against edge": _centre,
}


def _roughness(values: Array) -> Array:
    """The mean step from one point to the next."""
    found: Array = np.abs(np.diff(_real(values), axis=2)).reshape(len(values), -1).mean(1)
    return found


def _slope(values: Array) -> Array:
    """The slope of the straight line of best fit, from end to end."""
    real = _real(values).mean(1)
    x = np.linspace(-0.5, 0.5, real.shape[1])
    found: Array = (real - real.mean(1, keepdims=True)) @ x / ((x @ x) or 1.0)
    return found


_CURVES: Mapping[str, Callable[[Array], Array]] = {
    "mean": lambda values: _flat(values).mean(1),
    "spread": lambda values: _flat(values).std(1),
    "least": lambda values: _flat(values).min(1),
    "greatest": lambda values: _flat(values).max(1),
    "roughness": _roughness,
    "slope": _slope,
}
_ROWS: Mapping[str, Callable[[Array], Array]] = {
    name: _CURVES[name] for name in ("mean", "spread", "least", "greatest")
}


def _different(values: Array) -> Array:
    ordered = np.sort(values, axis=1)
    found: Array = 1.0 + (np.diff(ordered, axis=1) != 0).sum(1)
    return found


_TOKENS: Mapping[str, Callable[[Array], Array]] = {
    "different symbols": _different,
    "mean symbol": lambda values: values.mean(1),
    "spread of symbols": lambda values: values.std(1),
    "repeats": lambda values: (np.diff(values, axis=1) == 0).mean(1) if values.shape[1] > 1 else np.zeros(len(values)),
    "first symbol": lambda values: values[:, 0].astype(np.float64),
}
