"""Layers that treat each number by itself: the formula with the number put in, and its slope on the way back."""

from __future__ import annotations

import re
from collections.abc import Mapping

import torch
from torch import Tensor

from core.analysis.trace.grids import Equation, Term, equal, factor, number, place, real
from core.analysis.trace.passes import Visit
from core.catalog.families import default_catalog

LAYERS = (
    "relu", "leaky_relu", "prelu", "elu", "selu", "celu", "gelu", "silu", "mish", "hardswish", "relu6", "sigmoid",
    "hardsigmoid", "logsigmoid", "tanh", "hardtanh", "softsign", "softplus", "add", "subtract", "multiply", "divide",
)  # fmt: skip
LETTERS = {"negative_slope": "a", "alpha": "a", "beta": "b", "min_val": "low", "max_val": "high"}  # of formulas


def forward(visit: Visit, index: tuple[int, ...]) -> tuple[Equation, ...]:
    """The formula, and the formula with numbers."""
    spec = default_catalog()[visit.step.layer]
    arrived = {end: _wide(tensor, visit.output)[index] for end, tensor in visit.given.items()}
    letters = {LETTERS[name]: float(visit.step.params[name]) for name in LETTERS if name in spec.param}
    filled = _filled(spec.formula, {**letters, **{end: real(v) for end, v in arrived.items()}})
    terms = [Term(_upper(end, visit), t, _sign(i, visit), _own(t, index)) for i, (end, t) in enumerate(_given(visit))]
    told = f"y{place(index)} = {filled} = {number(visit.output[index])}"
    return (Equation(_TITLE[len(arrived) > 1], spec.formula, (*terms, Term("Y", visit.output, "=", index)), told),)


def back(visit: Visit, index: tuple[int, ...]) -> tuple[Equation, ...]:
    """dL/dX = dL/dY ⊙ f'(X)."""
    found, upstream = [], visit.upstream[visit.port]
    for end, gradient in visit.given_gradients.items():
        tensor = visit.given[end]
        slope, name = visit.slope(visit.output, tensor), _upper(end, visit)
        text = f"dL/d{name} = dL/dY ⊙ f'(X)" if len(visit.given) == 1 else f"dL/d{name} = dL/dY ⊙ dY/d{name}"
        own = _own(tensor, index)
        terms: tuple[Term, ...] = (Term("dL/dY", upstream, "", index), Term(f"dL/d{name}", gradient, "=", own))
        told = ""
        if slope.shape == upstream.shape:
            steep = "f'(X)" if len(visit.given) == 1 else f"dY/d{name}"
            terms = (terms[0], Term(steep, slope, "⊙", index), terms[1])
            true = real(gradient[index])
            if equal(real(upstream[index]) * real(slope[index]), true):
                told = f"{factor(upstream[index])}·{factor(slope[index])} = {number(true)}"
                told = f"dL/d{name}{place(index)} = {told}"
        found.append(Equation(f"Back to {name}", text, terms, told))
    found += [
        Equation(f"To {name}", f"dL/d{name} = sum of dL/dY ⊙ dY/d{name}", (Term(f"dL/d{name}", gradient),))
        for name, gradient in visit.weight_gradients.items()
    ]
    return tuple(found)


_TITLE = {False: "Each number by itself", True: "Number by number"}
_SIGNS = {"add": "+", "subtract": "−", "multiply": "⊙", "divide": "/"}


def _given(visit: Visit) -> list[tuple[str, Tensor]]:
    return list(visit.given.items())


def _sign(place: int, visit: Visit) -> str:
    return _SIGNS.get(visit.step.layer, "") if place else ""


def _upper(end: str, visit: Visit) -> str:
    return "X" if len(visit.given) == 1 else end.upper()


def _wide(tensor: Tensor, like: Tensor) -> Tensor:
    return torch.broadcast_to(tensor, like.shape)


def _own(tensor: Tensor, index: tuple[int, ...]) -> tuple[int, ...]:
    """The index within a tensor that was spread over a larger shape."""
    lead = len(index) - tensor.dim()
    return tuple(0 if size == 1 else i for i, size in zip(index[lead:], tensor.shape, strict=True))


def _filled(formula: str, numbers: Mapping[str, float]) -> str:
    """The right side of a formula with numbers in place of letters."""
    right = formula.partition("=")[2].strip()
    right = re.sub(r"\b[a-z]+\b", lambda m: factor(numbers[m[0]]) if m[0] in numbers else m[0], right)
    return re.sub(r"\((\([^()]*\))\)", r"\1", right.replace("-", "−").replace("*", "·"))
