"""Weighted sums written out: linear layers as matrices, convolutions and poolings as the window that a number sees."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from core.analysis.trace.grids import Equation, Term, equal, factor, number, place, real, summed
from core.analysis.trace.passes import Visit
from core.catalog.families import default_catalog


def linear(visit: Visit, index: tuple[int, ...]) -> tuple[Equation, ...]:
    """Y = X · Wᵀ + b, and one number of it as a sum of products."""
    [x], y, weight = visit.given.values(), visit.output, visit.weights["weight"]
    bias = visit.weights.get("bias")
    *rows, unit = index
    row = x[tuple(rows)].tolist() if rows else x.tolist()
    constant = [("bias", real(bias[unit]))] if bias is not None else []
    products = list(zip(row, weight[unit].tolist(), strict=True))
    total = math.fsum(a * b for a, b in products) + math.fsum(v for _, v in constant)
    true = real(y[index])
    working = f"y{place(index)} = {summed(products, constant)} = {number(true)}" if equal(total, true) else ""
    terms = [Term("X", x, "", (*rows, None)), Term("Wᵀ", weight.T, "·", (None, unit))]
    terms += [Term("b", bias, "+", (unit,))] if bias is not None else []
    text = "Y = X · Wᵀ + b" if bias is not None else "Y = X · Wᵀ"
    return (Equation("Weighted sums", text, (*terms, Term("Y", y, "=", index)), working),)


def linear_back(visit: Visit, index: tuple[int, ...]) -> tuple[Equation, ...]:
    """dL/dW = (dL/dY)ᵀ · X,  dL/db = sum of dL/dY over examples,  dL/dX = dL/dY · W."""
    [(end, x)], upstream = visit.given.items(), visit.upstream[visit.port]
    unit = index[-1]
    flat, arrived = upstream.reshape(-1, upstream.shape[-1]), x.detach().reshape(-1, x.shape[-1])
    found = []
    terms: tuple[Term, ...]
    if "weight" in visit.weight_gradients:
        gradient = visit.weight_gradients["weight"]
        source = int(arrived.abs().sum(0).argmax())
        products = list(zip(flat[:, unit].tolist(), arrived[:, source].tolist(), strict=True))
        left, true = f"dL/dW{place((unit, source))}", real(gradient[unit, source])
        terms = (
            Term("(dL/dY)ᵀ", flat.T, "", (unit, None)),
            Term("X", arrived, "·", (None, source)),
            Term("dL/dW", gradient, "=", (unit, source)),
        )
        found.append(Equation("To the weights", "dL/dW = (dL/dY)ᵀ · X", terms, _worked(left, products, true)))
    if "bias" in visit.weight_gradients:
        gradient = visit.weight_gradients["bias"]
        parts = " + ".join(factor(v) for v in flat[:5, unit].tolist()) + (" + …" if len(flat) > 5 else "")
        working = f"dL/db{place((unit,))} = {parts} = {number(gradient[unit])}" if len(flat) > 1 else ""
        terms = (Term("dL/dY", flat, "", (None, unit)), Term("dL/db", gradient, "=", (unit,)))
        found.append(Equation("To the bias", "dL/db = sum of dL/dY over the examples", terms, working))
    if end in visit.given_gradients:
        gradient, weight = visit.given_gradients[end], visit.weights["weight"].detach()
        rows = index[:-1]
        source = int(arrived.abs().sum(0).argmax())
        products = list(zip(upstream[rows].tolist(), weight[:, source].tolist(), strict=True))
        left, true = f"dL/dX{place((*rows, source))}", real(gradient[(*rows, source)])
        terms = (
            Term("dL/dY", upstream, "", (*rows, None)),
            Term("W", weight, "·", (None, source)),
            Term("dL/dX", gradient, "=", (*rows, source)),
        )
        found.append(Equation("Back to what arrived", "dL/dX = dL/dY · W", terms, _worked(left, products, true)))
    return tuple(found)


def window(visit: Visit, index: tuple[int, ...]) -> tuple[Equation, ...]:
    """One number as the weighted sum of the cells that it sees: dy/dx of a weighted sum are its weights."""
    [x], y = visit.given.values(), visit.output
    influence = visit.slope(y[index], x)
    parts = (x.detach() * influence)[index[0]]
    constant = real(y[index]) - real(parts.sum())
    seen = influence[index[0]]
    if not bool(seen.any()):
        return (_whole(visit, index),)
    channel = int(parts.abs().flatten(1).sum(1).argmax()) if parts.dim() > 1 else 0
    patch, kernel = _patch(x.detach()[index[0]], seen, channel)
    sums = _channels(parts, seen, x.detach()[index[0]], constant)
    told = f"y{place(index)} = {sums} = {number(y[index])}"
    terms = (Term(f"x in channel {channel}", patch), Term("weights", kernel, "⊙"), Term("y", y, "→", index))
    return (Equation("One neighbourhood, weighed and summed", _formula(visit), terms, told),)


def window_back(visit: Visit, index: tuple[int, ...]) -> tuple[Equation, ...]:
    """The way back through filters: each weight gathers from every place where it was used."""
    upstream, found = visit.upstream[visit.port], []
    texts = {
        "weight": "dL/dw[o, i] = sum over places and examples of dL/dy[o] · x[i]",
        "bias": "dL/db[o] = sum of dL/dy[o]",
    }
    for name, gradient in visit.weight_gradients.items():
        text = texts.get(name, f"dL/d{name} = (dy/d{name})ᵀ · dL/dy")
        terms = (Term("dL/dy", upstream), Term(f"dL/d{name[:1] if name in texts else name}", gradient, "→"))
        found.append(
            Equation(f"To {name}", text, terms, _gathered_bias(gradient, upstream, index) if name == "bias" else "")
        )
    for gradient in visit.given_gradients.values():
        text = "dL/dx = every dL/dy[o], spread back over the window by its weights"
        found.append(Equation("Back to x", text, (Term("dL/dy", upstream), Term("dL/dx", gradient, "→"))))
    return tuple(found)


def _gathered_bias(gradient: Tensor, upstream: Tensor, index: tuple[int, ...]) -> str:
    """Of the channel pointed at, as the sum over its places."""
    channel = index[1]
    own = upstream.movedim(1, 0)[channel].flatten()
    if not equal(math.fsum(own.tolist()), real(gradient[channel])):
        return ""
    parts = " + ".join(factor(v) for v in own[:4].tolist()) + (f" + … ({len(own) - 4:,} more)" if len(own) > 4 else "")
    return f"dL/db[{channel}] = {parts} = {number(gradient[channel])}"


def greatest(visit: Visit, index: tuple[int, ...]) -> tuple[Equation, ...]:
    """A maximum: the cell that wins is the one through which the gradient goes back."""
    [x], y = visit.given.values(), visit.output
    influence = visit.slope(y[index], x)
    winners = influence.nonzero().tolist()
    if len(winners) != 1 or not equal(real(x[tuple(winners[0])]), real(y[index])):
        return (_whole(visit, index),)
    won = tuple(winners[0])
    terms = (Term("x", x, "", won), Term("y", y, "→", index))
    told = f"y{place(index)} = x{place(won)} = {number(y[index])}, the greatest of its window"
    return (Equation("The greatest of each window", _formula(visit), terms, told),)


def _worked(left: str, products: list[tuple[float, float]], true: float) -> str:
    total = math.fsum(a * b for a, b in products)
    return f"{left} = {summed(products)} = {number(true)}" if equal(total, true) else ""


def _whole(visit: Visit, index: tuple[int, ...]) -> Equation:
    [x] = visit.given.values()
    return Equation("What the layer gives", _formula(visit), (Term("x", x), Term("y", visit.output, "→", index)))


def _formula(visit: Visit) -> str:
    spec = default_catalog().get(visit.step.layer)
    return spec.formula if spec is not None else ""


def _patch(x: Tensor, seen: Tensor, channel: int) -> tuple[Tensor, Tensor]:
    """The cells of one channel that count, and what each of them counts."""
    if x.dim() < 2:
        return x, seen
    places = seen.abs().sum(0).nonzero()
    low, high = places.amin(0).tolist(), places.amax(0).tolist()
    box = tuple(slice(a, b + 1) for a, b in zip(low, high, strict=True))
    return x[channel][box], seen[channel][box]


def _channels(parts: Tensor, seen: Tensor, x: Tensor, constant: float) -> str:
    """Every product where they are few, else the sum of each channel."""
    rest = [("bias", constant)] if abs(constant) > 1e-12 else []
    where = seen.flatten().nonzero().flatten()
    if len(where) <= 9 or parts.dim() < 2 or len(parts) == 1:
        products = list(zip(x.flatten()[where].tolist(), seen.flatten()[where].tolist(), strict=True))
        return summed(products, rest)
    sums = parts.flatten(1).sum(1)
    order = torch.argsort(sums.abs(), descending=True)[:4].sort().values.tolist()
    told = [f"{number(sums[c])} (channel {c})" for c in order]
    left = len(sums) - len(order)
    if left:
        told.append(f"{number(sums.sum() - sums[order].sum())} ({left} more)")
    return " + ".join([*told, *(number(value) for _, value in rest)])
