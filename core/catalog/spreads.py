"""The law that a tensor of weights starts by, in closed formulas: what initialisers draw, without drawing. No torch.

Fans as Glorot and Bengio, 2010, and He et al., 2015, count them, and as `torch.nn.init` does.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from core.catalog.initialisers import INITIALISERS
from core.spec.layer import LayerSpec

Shape: TypeAlias = tuple[int, ...]
Weights: TypeAlias = Mapping[str, Shape]  # of a layer, by name
GAINS = {"relu": math.sqrt(2), "tanh": 5 / 3, "selu": 0.75, "sigmoid": 1.0, "linear": 1.0}


@dataclass(frozen=True, slots=True)
class Law:
    """A distribution between two ends: normal of spread `sigma` round `centre`, cut at the ends; without a spread every
    value between the ends alike, or one value where they are equal."""

    low: float = -math.inf
    high: float = math.inf
    centre: float = 0.0
    sigma: float = 0.0

    @property
    def mean(self) -> float:
        if not self.sigma:
            return (self.low + self.high) / 2
        a, b = self._ends
        return self.centre + self.sigma * (_density(a) - _density(b)) / (_below(b) - _below(a))

    @property
    def std(self) -> float:
        if not self.sigma:
            return (self.high - self.low) / math.sqrt(12)
        a, b = self._ends
        inside = _below(b) - _below(a)
        edges = (_times(a, _density(a)) - _times(b, _density(b))) / inside
        return self.sigma * math.sqrt(max(0.0, 1 + edges - ((_density(a) - _density(b)) / inside) ** 2))

    def share(self, low: float, high: float) -> float:
        """The chance of a value from `low` up to `high`."""
        low, high = max(low, self.low), min(high, self.high)
        if high < low:
            return 0.0
        if not self.sigma:
            return (high - low) / (self.high - self.low) if self.high > self.low else 1.0
        a, b = self._ends
        found = _below((high - self.centre) / self.sigma) - _below((low - self.centre) / self.sigma)
        return found / (_below(b) - _below(a))

    @property
    def _ends(self) -> tuple[float, float]:
        return (self.low - self.centre) / self.sigma, (self.high - self.centre) / self.sigma


def fans(shape: Shape) -> tuple[int, int]:
    """How many numbers a unit is made of, and how many are made of one (fan_in, fan_out).

    Raises:
        ValueError: the tensor has fewer than two dimensions.
    """
    if len(shape) < 2:
        raise ValueError(f"Fans need two dimensions or more, not {shape}.")
    field = math.prod(shape[2:])
    return shape[1] * field, shape[0] * field


def law(kind: str, params: Mapping[str, Any], shape: Shape) -> Law | None:
    """What an initialiser of `INITIALISERS` draws a tensor of this shape from; None where that is left to the layer,
    the initialiser is unknown, or it needs two dimensions and the tensor has one. An orthogonal matrix has dependent
    numbers: each alone is nearly normal."""
    make = _LAWS.get(kind)
    try:
        return make(INITIALISERS[kind].values(params), shape) if make else None
    except ValueError:
        return None


def own_law(spec: LayerSpec, weights: Weights, name: str) -> Law | None:
    """The law of one of a layer's tensors where nobody chose an initialiser: that of PyTorch's `reset_parameters`.

    None where the layer has one of its own that is not told here.
    """
    make = _OWN.get(str(getattr(spec.torch, "target", "")))
    return make(weights, name) if make else None


def _density(x: float) -> float:
    return math.exp(-x * x / 2) / math.sqrt(2 * math.pi)


def _below(x: float) -> float:
    return (1 + math.erf(x / math.sqrt(2))) / 2


def _times(x: float, density: float) -> float:
    return x * density if math.isfinite(x) else 0.0


def _even(reach: float) -> Law:
    return Law(-reach, reach)


def _normal(std: float) -> Law:
    return Law(sigma=std) if std else Law(0.0, 0.0)


def _xavier(values: Mapping[str, Any], shape: Shape) -> float:
    return float(values["gain"]) * math.sqrt(2 / sum(fans(shape)))


def _kaiming(values: Mapping[str, Any], shape: Shape) -> float:
    kind = values["nonlinearity"]
    gain = math.sqrt(2 / (1 + values["a"] ** 2)) if kind == "leaky_relu" else GAINS[kind]
    return gain / math.sqrt(fans(shape)[values["mode"] == "fan_out"])


def _orthogonal(values: Mapping[str, Any], shape: Shape) -> Law:
    fans(shape)
    return _normal(float(values["gain"]) / math.sqrt(max(shape[0], math.prod(shape[1:]))))


def _point(value: float) -> Law:
    return Law(value, value)


_LAWS: Mapping[str, Callable[[Mapping[str, Any], Shape], Law]] = {
    "xavier_uniform": lambda values, shape: _even(math.sqrt(3) * _xavier(values, shape)),
    "xavier_normal": lambda values, shape: _normal(_xavier(values, shape)),
    "kaiming_uniform": lambda values, shape: _even(math.sqrt(3) * _kaiming(values, shape)),
    "kaiming_normal": lambda values, shape: _normal(_kaiming(values, shape)),
    "normal": lambda values, _: (
        Law(centre=values["mean"], sigma=values["std"]) if values["std"] else _point(values["mean"])
    ),
    "trunc_normal": lambda values, _: Law(values["a"], values["b"], values["mean"], values["std"]),
    "uniform": lambda values, _: Law(values["a"], values["b"]),
    "orthogonal": _orthogonal,
    "zeros": lambda _values, _: _point(0.0),
    "ones": lambda _values, _: _point(1.0),
    "constant": lambda values, _: _point(values["val"]),
}


def _by_fan(weights: Weights, _name: str) -> Law:
    """Kaiming uniform with a = sqrt(5) is U(-1 / sqrt(fan_in), 1 / sqrt(fan_in)), and the bias starts the same way."""
    return _even(1 / math.sqrt(fans(weights["weight"])[0]))


def _by_state(weights: Weights, _name: str) -> Law:
    hidden = next(shape[1] for name, shape in weights.items() if name.startswith("weight_hh"))
    return _even(1 / math.sqrt(hidden))


_OWN: Mapping[str, Callable[[Weights, str], Law]] = {
    **{f"torch.nn.{name}": _by_fan for name in ("Linear", "Conv1d", "Conv2d", "Conv3d")},
    **{f"torch.nn.ConvTranspose{n}d": _by_fan for n in (1, 2, 3)},
    **{f"core.modules.recurrent.{name}": _by_state for name in ("RNN", "LSTM", "GRU")},
    "torch.nn.Embedding": lambda _weights, _name: Law(sigma=1.0),
}
