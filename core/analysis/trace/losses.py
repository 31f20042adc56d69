"""Losses written out, for the example pointed at, and where their gradient begins."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from core.analysis.trace.grids import Equation, Term, equal, exponentials, factor, number, real
from core.analysis.trace.passes import Visit
from core.catalog.families import default_catalog


def cross_entropy(visit: Visit, _index: tuple[int, ...]) -> tuple[Equation, ...]:
    """L = mean of -log(softmax(x)[t]) over the examples."""
    scores, target = visit.given["input"].detach(), visit.given["target"]
    text = "L = mean of −log(exp(x[t]) / sum_c exp(x[c]))"
    terms = [Term("x", scores), Term("t", target, ""), Term("L", visit.output, "→")]
    if scores.dim() != 2 or target.dim() != 1:
        return (Equation("How wrong the answer is", text, tuple(terms)),)
    each = -torch.log_softmax(scores, 1)[torch.arange(len(scores)), target.clamp(0, scores.shape[1] - 1)]
    true, first, right = real(visit.output), scores[0].tolist(), int(target[0])
    working = ""
    if equal(real(each.mean()), true):
        told = f"−log(exp({number(first[right])}) / ({exponentials(first)})) = {number(each[0])}"
        working = f"L = {told}" if len(scores) == 1 else f"of the first example {told}; mean of all {number(true)}"
    terms[0] = Term("x", scores, "", (0, right))
    terms[1] = Term("t", target, "", (0,))
    return (Equation("How wrong the answer is", text, tuple(terms), working),)


def cross_entropy_back(visit: Visit, _index: tuple[int, ...]) -> tuple[Equation, ...]:
    """dL/dx = (softmax(x) - one-hot of t) / examples."""
    gradient = visit.given_gradients.get("input")
    if gradient is None:
        return ()
    scores, target = visit.given["input"].detach(), visit.given["target"]
    shares = torch.softmax(scores, 1)
    scale = real(visit.upstream[visit.port])
    text = "dL/dx = (softmax(x) − 1 at the right class) / examples"
    if scores.dim() != 2 or target.dim() != 1 or not bool(((target >= 0) & (target < scores.shape[1])).all()):
        return (Equation("Where the way back begins", text, (Term("dL/dx", gradient),)),)
    wanted = torch.nn.functional.one_hot(target, scores.shape[1]).double()
    expected = scale * (shares - wanted) / len(scores)
    right = int(target[0])
    working = ""
    if torch.allclose(expected, gradient, rtol=1e-9, atol=1e-12):
        over = f" / {len(scores)}" if len(scores) > 1 else ""
        times = f"{number(scale)}·" if scale != 1 else ""
        told = f"{times}({number(shares[0, right])} − 1){over} = {number(gradient[0, right])}"
        working = f"dL/dx[0, {right}] = {told}"
    terms = (
        Term("softmax(x)", shares, "", (0, right)),
        Term("right", wanted, "−", (0, right)),
        Term("dL/dx", gradient, "→", (0, right)),
    )
    return (Equation("Where the way back begins", text, terms, working),)


@dataclass(frozen=True)
class ByElement:
    """A loss that is the mean (or sum) of something over all numbers: it, its slope, and how both are written."""

    value: Callable[[Tensor, Tensor], Tensor]
    slope: Callable[[Tensor, Tensor], Tensor]
    text: str
    back: str
    told: Callable[[str, str], str]
    told_back: Callable[[str, str], str]


BY_ELEMENT: Mapping[str, ByElement] = {
    "mse_loss": ByElement(
        lambda x, t: (x - t) ** 2,
        lambda x, t: 2 * (x - t),
        "L = mean of (x − t)²",
        "dL/dx = 2 (x − t) / n",
        lambda x, t: f"({x} − {t})²",
        lambda x, t: f"2·({x} − {t})",
    ),
    "l1_loss": ByElement(
        lambda x, t: (x - t).abs(),
        lambda x, t: (x - t).sign(),
        "L = mean of |x − t|",
        "dL/dx = sign(x − t) / n",
        lambda x, t: f"|{x} − {t}|",
        lambda x, t: f"sign({x} − {t})",
    ),
    "bce_with_logits": ByElement(
        lambda x, t: -(t * torch.nn.functional.logsigmoid(x) + (1 - t) * torch.nn.functional.logsigmoid(-x)),
        lambda x, t: torch.sigmoid(x) - t,
        "L = mean of −(t log s(x) + (1 − t) log(1 − s(x))),  s(x) = 1 / (1 + exp(−x))",
        "dL/dx = (s(x) − t) / n",
        lambda x, t: f"−({t} log s({x}) + (1 − {t}) log(1 − s({x})))",
        lambda x, t: f"(s({x}) − {t})",
    ),
}


def by_element(visit: Visit, _index: tuple[int, ...]) -> tuple[Equation, ...]:
    """The loss of the first number, and the mean of all."""
    own = BY_ELEMENT[visit.step.layer]
    x, t = visit.given["input"].detach(), visit.given["target"].detach()
    first = (0,) * x.dim()
    each, true = own.value(x, t), real(visit.output)
    working = ""
    if equal(real(each.mean()), true):
        told = f"{own.told(number(x[first]), factor(t[first]))} = {number(each[first])}"
        working = f"L = {told}" if each.numel() == 1 else f"of the first number {told}; mean of all {number(true)}"
    text = own.text if working else default_catalog()[visit.step.layer].formula
    terms = (Term("x", x, "", first), Term("t", t, "", first), Term("L", visit.output, "→"))
    return (Equation("How wrong the answer is", text, terms, working),)


def by_element_back(visit: Visit, _index: tuple[int, ...]) -> tuple[Equation, ...]:
    """Where the way back begins."""
    own = BY_ELEMENT[visit.step.layer]
    gradient = visit.given_gradients.get("input")
    if gradient is None:
        return ()
    x, t = visit.given["input"].detach(), visit.given["target"].detach()
    first, scale = (0,) * x.dim(), real(visit.upstream[visit.port])
    slope = own.slope(x, t)
    working = ""
    if torch.allclose(scale * slope / slope.numel(), gradient, rtol=1e-9, atol=1e-12):
        over = f" / {slope.numel():,}" if slope.numel() > 1 else ""
        times = f"{number(scale)}·" if scale != 1 else ""
        told = f"{times}{own.told_back(number(x[first]), factor(t[first]))}{over} = {number(gradient[first])}"
        working = f"dL/dx{list(first)} = {told}"
    terms = (Term("x", x, "", first), Term("t", t, "", first), Term("dL/dx", gradient, "→", first))
    return (Equation("Where the way back begins", own.back, terms, working),)
