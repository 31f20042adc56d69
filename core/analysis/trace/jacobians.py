"""The product of Jacobians, written out: a stretch of the network at a time, from the input to the loss."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from core.analysis.trace.chain import Chain, Factor, largest
from core.analysis.trace.grids import Equation, Term, number

SIGMOID, STEEPEST = "sigmoid", 0.25  # the layer whose slope is never above a quarter
SHOWN = 6  # sizes and names that are told


def written(chain: Chain) -> dict[str, tuple[Equation, ...]]:
    """What is to be said at the node that ends each stretch, by its path."""
    sizes = [largest(factor.product) for factor in chain.factors]
    found = {}
    for index, factor in enumerate(chain.factors):
        equations = [_own(chain, index), _so_far(chain, index, sizes[: index + 1])]
        if index == len(chain.factors) - 1:
            equations.append(_whole(chain))
        found[factor.visits[-1].path] = tuple(equations)
    return found


def _own(chain: Chain, index: int) -> Equation:
    factor = chain.factors[index]
    start = _label(chain.factors[index - 1]) if index else chain.source
    rows, columns = factor.jacobian.shape
    told = f"stretches any change by at most {number(largest(factor.jacobian))}"
    if len(factor.visits) > 1:
        labels = [visit.step.label or visit.step.name for visit in factor.visits]
        told += f"; the chain rule over {', '.join(labels[:SHOWN])}{' …' if len(labels) > SHOWN else ''}"
    elif factor.visits[0].step.layer == SIGMOID:
        told += f"; the slope of a sigmoid is never above {STEEPEST:g}"
    title = f"Jacobian {index + 1} of {len(chain.factors)}"
    text = f"J{index + 1} = d {_label(factor)} / d {start}, {rows} x {columns}"
    return Equation(title, text, (_term(f"J{index + 1}", factor.jacobian),), told)


def _so_far(chain: Chain, index: int, sizes: Sequence[float]) -> Equation:
    factor = chain.factors[index]
    terms = [_term("dy/dx", factor.product)]
    if index:
        before = chain.factors[index - 1].product
        terms = [
            _term(f"J{index + 1}", factor.jacobian),
            _term("so far", before, "·"),
            _term("dy/dx", factor.product, "="),
        ]
    told = f"stretches by at most {' → '.join(map(number, sizes[-SHOWN:]))}"
    count = sum(v.step.layer == SIGMOID for each in chain.factors[: index + 1] for v in each.visits)
    if count:
        plural = "s" if count > 1 else ""
        told += f"; the {count} sigmoid{plural} alone shrink it to (1/4)^{count} = {number(STEEPEST**count)} or less"
    return Equation("The product so far", f"dy/dx = {_names(index)}", tuple(terms), told)


def _whole(chain: Chain) -> Equation:
    last = chain.factors[-1]
    terms = (
        _term("dL/dy", last.back[None]),
        _term("dy/dx", last.product, "·"),
        _term(f"dL/d{chain.source}", chain.gradient[None], "="),
    )
    told = (
        "backpropagation gives the same without any of the matrices; the largest difference between both is "
        f"{number(chain.error)}"
    )
    text = f"dL/d{chain.source} = dL/dy · {_names(len(chain.factors) - 1)}"
    return Equation("The chain rule", text, terms, told)


def _names(index: int) -> str:
    return "J1" if not index else "J2 · J1" if index == 1 else f"J{index + 1} ⋯ J1"


def _term(symbol: str, numbers: Tensor, before: str = "") -> Term:
    return Term(symbol, numbers, before, heat=True)


def _label(factor: Factor) -> str:
    step = factor.visits[-1].step
    return step.label or step.name
