"""Softmax written out, and attention: shares of what a query meets, and the mean of values by them."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from core.analysis.trace.grids import Equation, Term, equal, exponentials, factor, number, place, real, summed
from core.analysis.trace.passes import Visit


def softmax(visit: Visit, index: tuple[int, ...]) -> tuple[Equation, ...]:
    """y[i] = exp(x[i]) / sum_j exp(x[j])."""
    [x], y = visit.given.values(), visit.output
    row = x.detach().movedim(_dim(visit), -1)[_others(index, _dim(visit))]
    told = f"y{place(index)} = exp({number(x[index])}) / ({exponentials(row.tolist())}) = {number(y[index])}"
    terms = (Term("X", x, "", index), Term("Y", y, "→", index))
    true = real(torch.softmax(row, 0)[index[_dim(visit)]])
    working = told if equal(true, real(y[index])) else ""
    return (Equation("Scores become shares", "y[i] = exp(x[i]) / sum_j exp(x[j])", terms, working),)


def softmax_back(visit: Visit, index: tuple[int, ...]) -> tuple[Equation, ...]:
    """dL/dx[i] = y[i] (dL/dy[i] - sum_j y[j] dL/dy[j])."""
    found = []
    upstream, y, dim = visit.upstream[visit.port], visit.output.detach(), _dim(visit)
    rows = [t.movedim(dim, -1)[_others(index, dim)].tolist() for t in (y, upstream)]
    mean = math.fsum(a * b for a, b in zip(*rows, strict=True))
    for gradient in visit.given_gradients.values():
        own, true = real(y[index]), real(gradient[index])
        told = f"{factor(own)}·({number(upstream[index])} − {factor(mean)}) = {number(true)}"
        working = f"dL/dx{place(index)} = {told}" if equal(own * (real(upstream[index]) - mean), true) else ""
        terms = (Term("dL/dY", upstream, "", index), Term("Y", y, "⊙", index), Term("dL/dX", gradient, "→", index))
        text = "dL/dx[i] = y[i] (dL/dy[i] − sum_j y[j] dL/dy[j])"
        found.append(Equation("Back to the scores", text, terms, working))
        if working:
            products = list(zip(*rows, strict=True))
            note = f"sum_j y[j] dL/dy[j] = {summed(products)} = {number(mean)}"
            found.append(Equation("The sum in it", "what the others would gain", (), note))
    return tuple(found)


def attention(visit: Visit, index: tuple[int, ...]) -> tuple[Equation, ...]:
    """One query: its scores with every key, the shares that softmax makes of them, and the values' mean by them."""
    query, key, value = (visit.given[end].detach() for end in ("query", "key", "value"))
    *lead, t, unit = index
    head, y = tuple(lead), visit.output
    q, keys, column = query[(*head, t)], key[head], value[head][:, unit]
    given = visit.step.params["scale"]
    scale = 1 / math.sqrt(len(q)) if given is None else float(given)
    scores = (keys @ q * scale).masked_fill(_hidden(visit, head, t, len(keys)), -math.inf)
    shares = torch.softmax(scores, 0)
    formula = "y = softmax(Q Kᵀ / sqrt(d)) V"
    terms = (Term("V", value[head], "", (None, unit)), Term("y", y, "→", index))
    if not equal(real(shares @ column), real(y[index])):
        return (Equation("A mean of values, by their shares", formula, terms),)
    best = int(shares.argmax())
    products = list(zip(q.tolist(), keys[best].tolist(), strict=True))
    met = f"s[{t}, {best}] = ({summed(products)}) · {number(scale)} = {number(scores[best])}"
    seen = scores[torch.isfinite(scores)]
    share = f"a[{t}, {best}] = exp({number(scores[best])}) / ({exponentials(seen.tolist())}) = {number(shares[best])}"
    mean = summed(list(zip(shares.tolist(), column.tolist(), strict=True)))
    where = (Term("q", q), Term("K", keys, "·", (best, None)), Term("s", scores, "→", (best,)))
    apart = (Term("a", shares, "", (best,)),)
    return (
        Equation("A query meets every key", "s = q Kᵀ · scale; what it may not look at is −∞", where, met),
        Equation("Scores become shares", "a[j] = exp(s[j]) / sum_k exp(s[k])", apart, share),
        Equation("A mean of values, by their shares", formula, terms, f"y{place(index)} = {mean} = {number(y[index])}"),
    )


def _hidden(visit: Visit, head: tuple[int, ...], t: int, keys: int) -> Tensor:
    """The keys that a query may not look at."""
    places, params = torch.arange(keys), visit.step.params
    hidden = torch.zeros(keys, dtype=torch.bool)
    if "attn_mask" in visit.given:
        mask = visit.given["attn_mask"]
        return torch.broadcast_to(mask, (*visit.output.shape[:-1], keys))[(*head, t)] if mask.dim() > 2 else mask[t]
    if params["is_causal"]:
        hidden |= places > t
    if params["window"] is not None:
        hidden |= (places - t).abs() > int(params["window"])
    return hidden


def _dim(visit: Visit) -> int:
    return int(visit.step.params["dim"]) % visit.output.dim()


def _others(index: tuple[int, ...], dim: int) -> tuple[int, ...]:
    return (*index[:dim], *index[dim + 1 :])
