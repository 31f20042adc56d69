"""Normalisation written out: which numbers share a mean and a variance, and what becomes of one of them.

Backward through shared statistics (Ioffe and Szegedy, 2015; Ba, Kiros and Hinton, 2016): with z = (x - mean) / s and
u = g dL/dy, dL/dx = (u - mean(u) - z mean(u z)) / s; where they are kept from training, dL/dx = u / s.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from core.analysis.trace.grids import Equation, Term, equal, factor, number, place, real
from core.analysis.trace.passes import Visit
from core.catalog.families import default_catalog

Index = tuple[int, ...]
BY_CHANNEL = ("batch_norm1d", "batch_norm2d", "batch_norm3d", "group_norm", "instance_norm2d")
LAYERS = (*BY_CHANNEL, "layer_norm", "rms_norm")


@dataclass(frozen=True)
class Shared:
    """The numbers that one is normalised with: where they lie, their mean and variance, and what is added to it.

    `kept`: the statistics are those of training. `centred`: a mean is taken away.
    """

    where: tuple[int | slice, ...]
    mean: float
    variance: float
    eps: float
    kept: bool = False
    centred: bool = True

    @property
    def root(self) -> float:
        return math.sqrt(self.variance + self.eps)


def forward(visit: Visit, index: Index) -> tuple[Equation, ...]:
    """y = g (x - mean) / sqrt(var + eps) + b, and where mean and variance come from."""
    [x], y = visit.given.values(), visit.output
    shared, (gain, offset) = _shared(visit, index), _affine(visit, index)
    made = gain * (real(x[index]) - shared.mean) / shared.root + offset
    terms = (Term("X", x, "", index), Term("Y", y, "→", index))
    text = default_catalog()[visit.step.layer].formula
    if not equal(made, real(y[index])):
        return (Equation("Numbers brought to one scale", text, terms),)
    centred = f"({number(x[index])} − {factor(shared.mean)})" if shared.centred else number(x[index])
    told = f"{factor(gain)}·{centred} / sqrt({number(shared.variance)} + {number(shared.eps)})"
    told += f" + {factor(offset)}" if "bias" in visit.weights else ""
    working = f"y{place(index)} = {told} = {number(y[index])}"
    return (Equation("Numbers brought to one scale", text, terms, working), _statistics(visit, shared, index[1]))


def back(visit: Visit, index: Index) -> tuple[Equation, ...]:
    """Back through the statistics, which depend on every number that shares them."""
    upstream, found = visit.upstream[visit.port], []
    for gradient in visit.given_gradients.values():
        shared, (gain, _) = _shared(visit, index), _affine(visit, index)
        terms = (Term("dL/dY", upstream, "", index), Term("dL/dX", gradient, "→", index))
        text = "dL/dx = (u − mean(u) − z mean(u z)) / s,  u = g dL/dy,  z = (x − mean) / s"
        if shared.kept:
            text = "dL/dx = g dL/dy / s: mean and variance are kept from training"
        elif not shared.centred:
            text = "dL/dx = (u − z mean(u z)) / s,  u = g dL/dy,  z = x / s"
        made, told = _returned(visit, index, shared, gain)
        true = real(gradient[index])
        working = f"dL/dx{place(index)} = {told} = {number(true)}" if equal(made, true) else ""
        found.append(Equation("Back to x", text, terms, working))
    texts = {"weight": ("g", "dL/dg = sum of dL/dy · z"), "bias": ("b", "dL/db = sum of dL/dy")}
    for name, gradient in visit.weight_gradients.items():
        symbol, text = texts.get(name, (name, f"dL/d{name} = (dy/d{name})ᵀ · dL/dy"))
        terms = (Term("dL/dY", upstream), Term(f"dL/d{symbol}", gradient, "→"))
        found.append(Equation(f"To {symbol}", text, terms))
    return tuple(found)


def _returned(visit: Visit, index: Index, shared: Shared, gain: float) -> tuple[float, str]:
    """dL/dx of one number, and how it is worked out."""
    own = gain * real(visit.upstream[visit.port][index])
    if shared.kept:
        return own / shared.root, f"{factor(own)} / {number(shared.root)}"
    [x] = visit.given.values()
    scaled = (x.detach() - shared.mean) / shared.root
    u = (visit.upstream[visit.port] * _gains(visit))[shared.where]
    together, z = real((u * scaled[shared.where]).mean()), real(scaled[index])
    mean = real(u.mean()) if shared.centred else 0.0
    told = f"({number(own)}" + (f" − {factor(mean)}" if shared.centred else "")
    told += f" − {factor(z)}·{factor(together)}) / {number(shared.root)}"
    return (own - mean - z * together) / shared.root, told


def _statistics(visit: Visit, shared: Shared, channel: int) -> Equation:
    """Where mean and variance come from."""
    told = f"mean = {number(shared.mean)}, var = {number(shared.variance)}"
    if shared.kept:
        terms = tuple(Term(symbol, visit.kept[f"running_{symbol}"], "", (channel,)) for symbol in ("mean", "var"))
        return Equation("Mean and variance", "running averages of training, one of each for a channel", terms, told)
    [x] = visit.given.values()
    own = x.detach()[shared.where]
    numbers = own.flatten().tolist()
    few = [factor(v) if shared.centred else f"{factor(v)}²" for v in numbers[:4]]
    total = " + ".join([*few, *([f"… ({len(numbers) - 4:,} more)"] if len(numbers) > 4 else [])])
    if not shared.centred:
        told = f"mean of squares = ({total}) / {len(numbers):,} = {number(shared.variance)}"
        return Equation("Mean of squares", f"over the {len(numbers):,} numbers that share it", (Term("x", own),), told)
    told = f"mean = ({total}) / {len(numbers):,} = {number(shared.mean)}, var = {number(shared.variance)}"
    return Equation("Mean and variance", f"over the {len(numbers):,} numbers that share them", (Term("x", own),), told)


def _shared(visit: Visit, index: Index) -> Shared:
    """Raises KeyError for a layer that is none of `LAYERS`."""
    [x], layer, params = visit.given.values(), visit.step.layer, visit.step.params
    x = x.detach()
    every = (slice(None),) * (x.dim() - 2)
    if layer in ("layer_norm", "rms_norm"):
        where: tuple[int | slice, ...] = (*index[: x.dim() - _dims(visit)], *(slice(None),) * _dims(visit))
    elif layer == "group_norm":
        size = x.shape[1] // int(params["num_groups"])
        start = index[1] // size * size
        where = (index[0], slice(start, start + size), *every)
    else:
        where = (slice(None) if layer.startswith("batch_norm") else index[0], index[1], *every)
    eps = torch.finfo(x.dtype).eps if params["eps"] is None else float(params["eps"])
    if (mean := visit.kept.get("running_mean")) is not None:
        return Shared(where, real(mean[index[1]]), real(visit.kept["running_var"][index[1]]), eps, kept=True)
    own = x[where]
    if layer == "rms_norm":
        return Shared(where, 0.0, real((own**2).mean()), eps, centred=False)
    return Shared(where, real(own.mean()), real(own.var(correction=0)), eps)


def _dims(visit: Visit) -> int:
    return int(visit.step.params["dims"])


def _gains(visit: Visit) -> Tensor:
    """The gains, in a shape that spreads over what leaves."""
    weight = visit.weights.get("weight")
    if weight is None:
        return torch.ones((), dtype=visit.output.dtype)
    weight = weight.detach()
    return weight.reshape(-1, *(1,) * (visit.output.dim() - 2)) if visit.step.layer in BY_CHANNEL else weight


def _affine(visit: Visit, index: Index) -> tuple[float, float]:
    """Gain and offset of one number."""
    own = (index[1],) if visit.step.layer in BY_CHANNEL else index[visit.output.dim() - _dims(visit) :]
    gain, offset = (visit.weights.get(name) for name in ("weight", "bias"))
    return real(gain[own]) if gain is not None else 1.0, real(offset[own]) if offset is not None else 0.0
