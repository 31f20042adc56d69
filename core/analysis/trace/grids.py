"""Numbers of a tensor to be read: a small one whole, of a large one the corner where something is pointed at."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from torch import Tensor

from core.analysis.shrink import sheet, statistics

SHOWN = 6  # rows and columns shown of a large tensor
WHOLE = 12  # rows and columns of one that is shown whole
HEAT_SIDE = 32  # cells at most on a side of a picture

Focus: TypeAlias = Sequence[int | None]


def grid(tensor: Tensor, focus: Focus = ()) -> dict[str, Any]:
    """A tensor as a matrix of numbers.

    `focus` has an index for each dimension that is pointed at; None for all of the dimension.

    Keys: ``shape``; ``rows`` (the last two dimensions; a number that is none is a text); ``at`` (the indices of the
    dimensions before them); ``origin`` (row and column of the first number shown); ``mark`` (row and column pointed at,
    None for all, or None altogether); ``whole``; of one that is not whole ``mean``, ``std``, ``min``, ``max``.
    """
    shape = list(tensor.shape)
    focus = tuple(focus) if len(focus) == len(shape) else ()
    at = [index or 0 for index in (focus[:-2] if focus else [0] * max(0, len(shape) - 2))]
    flat = tensor.detach()[tuple(at)]
    matrix = flat.reshape(1, -1) if flat.dim() < 2 else flat
    own = ((0, *focus[-1:]) if len(shape) == 1 else focus[-2:]) if focus else None
    spans = [_span(size, (own or (None, None))[axis]) for axis, size in enumerate(matrix.shape)]
    (top, bottom), (left, right) = spans
    whole = len(shape) <= 2 and (bottom - top, right - left) == tuple(matrix.shape)
    told = {
        "shape": shape,
        "rows": [[_plain(v) for v in row] for row in matrix[top:bottom, left:right].tolist()],
        "at": at,
        "origin": [top, left],
        "mark": list(own) if own else None,
        "whole": whole,
    }
    return told if whole else {**told, **_statistics(tensor)}


@dataclass(frozen=True)
class Term:
    """One matrix of an equation: `before` is the sign in front of it, `focus` what is pointed at. Where it is too large
    to be shown whole, `heat` has it as a picture too (``sheet``, see `core.analysis.shrink.sheet`)."""

    symbol: str
    numbers: Tensor
    before: str = ""
    focus: Focus = ()
    heat: bool = False

    def to_json(self) -> dict[str, Any]:
        told = {"symbol": self.symbol, "before": self.before, **grid(self.numbers, self.focus)}
        if self.heat and not told["whole"]:
            told["sheet"] = sheet(self.numbers.detach().double().numpy()[None], HEAT_SIDE)
        return told


@dataclass(frozen=True)
class Equation:
    """What is computed: in symbols, as matrices, and worked out for one number.

    Attributes:
        title: what happens, in a few words.
        text: the formula, in plain text.
        terms: the matrices, in the order of the formula.
        working: the number pointed at with everything put in: ``0.31·1.2 + 0.1 = 0.472``; shown only where it is
            truly what comes out.
    """

    title: str
    text: str
    terms: tuple[Term, ...] = ()
    working: str = ""

    def to_json(self) -> dict[str, Any]:
        terms = [term.to_json() for term in self.terms]
        return {"title": self.title, "text": self.text, "terms": terms, "working": self.working}


def real(value: float | Tensor) -> float:
    """A tensor of one number as a plain one."""
    return float(value.detach() if isinstance(value, Tensor) else value)


def number(value: float | Tensor) -> str:
    """Four significant digits; a minus as in print."""
    return f"{real(value):.4g}".replace("-", "−")


def factor(value: float | Tensor) -> str:
    """A number within a formula: negative ones in brackets."""
    return f"({number(value)})" if real(value) < 0 else number(value)


def summed(products: Sequence[tuple[float, float]], rest: Sequence[tuple[str, float]] = (), most: int = 5) -> str:
    """``0.31·1.2 + (−0.5)·0.4 + … (3 more: 0.2) + 0.1``: the largest products in their order, then the rest."""
    ranked = sorted(range(len(products)), key=lambda i: -abs(products[i][0] * products[i][1]))
    shown = sorted(ranked[: most if len(products) > most + 1 else len(products)])
    parts = [f"{factor(products[i][0])}·{factor(products[i][1])}" for i in shown]
    left = [products[i][0] * products[i][1] for i in range(len(products)) if i not in set(shown)]
    if left:
        parts.append(f"… ({len(left):,} more: {number(math.fsum(left))})")
    return " + ".join([*parts, *(factor(value) for _, value in rest)])


def exponentials(row: Sequence[float], most: int = 4) -> str:
    """``exp(0.3) + exp(−1) + 2.4 of 3 more``; what no float holds is told as infinite."""
    parts = [f"exp({number(v)})" for v in row[:most]]
    try:
        left = math.fsum(map(math.exp, row[most:]))
    except OverflowError:
        left = math.inf
    return " + ".join(parts + ([f"{number(left)} of {len(row) - most} more"] if len(row) > most else []))


def equal(one: float, other: float) -> bool:
    """To the accuracy of float64, sums of many terms included."""
    return math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-12)


def place(index: Sequence[int]) -> str:
    """``[0, 3]``"""
    return f"[{', '.join(map(str, index))}]" if len(index) else ""


def _span(size: int, pointed: int | None) -> tuple[int, int]:
    """From where to where rows or columns are shown, so that the one pointed at is among them."""
    if size <= WHOLE:
        return 0, size
    start = 0 if pointed is None or pointed < SHOWN else min(pointed - SHOWN // 2, size - SHOWN)
    return start, start + SHOWN


def _plain(value: float | int | bool) -> float | int | str:
    return value if not isinstance(value, float) or math.isfinite(value) else str(value)


def _statistics(tensor: Tensor) -> dict[str, Any]:
    told = statistics(tensor.detach().double().numpy())
    return {key: told[key] for key in ("mean", "std", "min", "max")}
