"""One step of a recurrent layer written out: its gates, and the state that they make of what was and what comes.

The equations are those of `torch.nn.RNN`, `GRU` and `LSTM`: of one layer, from left to right. What has several layers,
or goes both ways, is told by its formula.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import NamedTuple

import torch
from torch import Tensor

from core.analysis.trace.grids import Equation, Term, equal, factor, number, place, real
from core.analysis.trace.passes import Visit
from core.catalog.families import default_catalog

Index = tuple[int, ...]
GATES: Mapping[str, int] = {"rnn": 1, "gru": 3, "lstm": 4}
LAYERS = tuple(GATES)


class Moment(NamedTuple):
    """What a step begins with, for one example: the input, the state, and with an LSTM its cell."""

    x: Tensor
    h: Tensor
    c: Tensor


def forward(visit: Visit, index: Index) -> tuple[Equation, ...]:
    """One unit at one step: the gates, then the new state."""
    [x], y = visit.given.values(), visit.output
    sequence, layer = y.dim() == 3, visit.step.layer
    step, unit = (index[1] if sequence else x.shape[1] - 1), index[-1]
    title, formula = "One step through time", default_catalog()[layer].formula
    terms = (Term("X", x[index[0]].detach(), "", (step, None)), Term("y", y, "→", index))
    if int(visit.step.params["num_layers"]) > 1 or visit.step.params["bidirectional"]:
        return (Equation(title, formula, terms),)
    at = _before(visit, x[index[0]].detach(), step)
    from_x, from_h = _sums(visit, at)
    made, gates, told = _WORDS[layer](visit, from_x, from_h, at, unit)
    if not equal(made, real(y[index])):
        return (Equation(title, formula, terms),)
    state = Term("h[t−1]", at.h, "", (unit,))
    told_gates = Equation("Its gates", "each from W x[t] + U h[t−1] + b;  s(v) = 1 / (1 + exp(−v))", (state,), gates)
    working = f"h{place(index)} = {told} = {number(y[index])}"
    return (*((told_gates,) if gates else ()), Equation(title, formula, terms, working))


def _before(visit: Visit, x: Tensor, step: int) -> Moment:
    """The state before a step, from zeros on."""
    size = int(visit.step.params["hidden_size"])
    at = Moment(x[0], x.new_zeros(size), x.new_zeros(size))
    for t in range(step):
        h, c = _advanced(visit, at)
        at = Moment(x[t + 1], h, c)
    return at


def _sums(visit: Visit, at: Moment) -> tuple[Tensor, Tensor]:
    """What comes from the input and from the state, a row for each gate."""
    weights = {name: tensor.detach() for name, tensor in visit.weights.items()}
    none = at.h.new_zeros(())
    from_x = weights["weight_ih_l0"] @ at.x + weights.get("bias_ih_l0", none)
    from_h = weights["weight_hh_l0"] @ at.h + weights.get("bias_hh_l0", none)
    gates = GATES[visit.step.layer]
    return from_x.reshape(gates, -1), from_h.reshape(gates, -1)


def _advanced(visit: Visit, at: Moment) -> tuple[Tensor, Tensor]:
    """The next state and cell."""
    a, b = _sums(visit, at)
    if visit.step.layer == "rnn":
        return _bend(visit)(a[0] + b[0]), at.c
    if visit.step.layer == "gru":
        r, z = torch.sigmoid(a[:2] + b[:2])
        return (1 - z) * torch.tanh(a[2] + r * b[2]) + z * at.h, at.c
    i, f, o = torch.sigmoid((a + b)[[0, 1, 3]])
    c = f * at.c + i * torch.tanh(a[2] + b[2])
    return o * torch.tanh(c), c


def _bend(visit: Visit) -> Callable[[Tensor], Tensor]:
    return torch.relu if visit.step.params["nonlinearity"] == "relu" else torch.tanh


def _rnn(visit: Visit, a: Tensor, b: Tensor, at: Moment, unit: int) -> tuple[float, str, str]:
    value, name = a[0, unit] + b[0, unit], str(visit.step.params["nonlinearity"])
    told = f"{name}({number(a[0, unit])} + {factor(b[0, unit])})"
    return real(_bend(visit)(value)), "", told


def _gru(visit: Visit, a: Tensor, b: Tensor, at: Moment, unit: int) -> tuple[float, str, str]:
    r, z = (real(torch.sigmoid(a[gate, unit] + b[gate, unit])) for gate in (0, 1))
    n = real(torch.tanh(a[2, unit] + r * b[2, unit]))
    gates = ", ".join(
        (
            f"r = s({number(a[0, unit] + b[0, unit])}) = {number(r)}",
            f"z = s({number(a[1, unit] + b[1, unit])}) = {number(z)}",
            f"n = tanh({number(a[2, unit])} + {number(r)}·{factor(b[2, unit])}) = {number(n)}",
        )
    )
    told = f"(1 − {number(z)})·{factor(n)} + {number(z)}·{factor(at.h[unit])}"
    return (1 - z) * n + z * real(at.h[unit]), gates, told


def _lstm(visit: Visit, a: Tensor, b: Tensor, at: Moment, unit: int) -> tuple[float, str, str]:
    sums = (a + b)[:, unit]
    i, f, o = (real(torch.sigmoid(sums[gate])) for gate in (0, 1, 3))
    g = real(torch.tanh(sums[2]))
    c = f * real(at.c[unit]) + i * g
    opened = (("i", 0, i), ("f", 1, f), ("o", 3, o))
    shown = [f"{name} = s({number(sums[gate])}) = {number(value)}" for name, gate, value in opened]
    shown.append(f"g = tanh({number(sums[2])}) = {number(g)}")
    shown.append(f"c = {number(f)}·{factor(at.c[unit])} + {number(i)}·{factor(g)} = {number(c)}")
    return o * math.tanh(c), ", ".join(shown), f"{number(o)}·tanh({number(c)})"


_WORDS: Mapping[str, Callable[[Visit, Tensor, Tensor, Moment, int], tuple[float, str, str]]] = {
    "rnn": _rnn,
    "gru": _gru,
    "lstm": _lstm,
}
