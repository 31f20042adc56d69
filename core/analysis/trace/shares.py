"""Softmax written out."""

from __future__ import annotations

import math

import torch

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


def _dim(visit: Visit) -> int:
    return int(visit.step.params["dim"]) % visit.output.dim()


def _others(index: tuple[int, ...], dim: int) -> tuple[int, ...]:
    return (*index[:dim], *index[dim + 1 :])
