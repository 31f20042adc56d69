"""Sensible ranges to begin a search with, made of the declarations of fields and a table of what people try."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from core.spec.param import Param
from core.spec.params import Int, Ints
from core.training.search import Choices, Range, Variable

USUAL: Mapping[str, Variable] = {
    "lr": Range(low=1e-5, high=1e-1, log=True),
    "weight_decay": Range(low=1e-6, high=1e-2, log=True),
    "l1": Range(low=1e-7, high=1e-2, log=True),
    "l2": Range(low=1e-7, high=1e-2, log=True),
    "p": Range(low=0.0, high=0.7),
    "dropout": Range(low=0.0, high=0.7),
    "momentum": Range(low=0.0, high=0.99),
    "label_smoothing": Range(low=0.0, high=0.3),
    "average": Range(low=0.9, high=0.9999),
    "clip_norm": Range(low=0.1, high=10.0, log=True),
    "batch_size": Choices(choices=(16, 32, 64, 128)),
    "kernel_size": Choices(choices=(3, 5, 7)),
    "num_layers": Range(low=1, high=4, integer=True),
    "num_heads": Choices(choices=(1, 2, 4, 8)),
    "nhead": Choices(choices=(1, 2, 4, 8)),
    "repeat": Range(low=1, high=6, integer=True),
}
WIDTHS = ("out_features", "out_channels", "hidden_size", "hidden", "dim_feedforward", "embedding_dim")
OF_OPTIMIZERS = ("lr", "weight_decay", "momentum")  # names that mean something else at a node
PICKED = ("kind", "layer")
_TRIED = ("sgd", "adam", "adamw", "rmsprop", "constant", "cosine", "one_cycle")  # of options with many kinds


def is_usual(name: str, param: Param, at_node: bool) -> bool:
    """Whether people search it."""
    known = name in (*USUAL, *WIDTHS, *PICKED) and not (at_node and name in OF_OPTIMIZERS)
    return known and not param.advanced


def suggestion(name: str, param: Param, value: Any) -> Variable:
    """What to begin with: around the present value for widths, what people use for known names, else by the kind."""
    if name in WIDTHS:
        middle = round(math.log2(max(1, value or 32)))
        return Range(low=max(1, 2 ** max(0, middle - 2)), high=2 ** (middle + 2), log=True, integer=True)
    return USUAL.get(name) or _SUGGEST[param.kind](param, value)


def varies(param: Param, value: Any) -> bool:
    """Whether it is of a kind that has a range: a number, a word, one number for several directions."""
    if isinstance(param, Ints):
        return param.scalar and (isinstance(value, int) or bool(value))
    return param.kind in _SUGGEST and not (isinstance(param, Int) and isinstance(value, int) and value < 0)


def _numbers(param: Any, value: Any) -> Variable:
    """A quarter to four times the present value, within what the field takes."""
    integer = isinstance(param, Int)
    least = param.min if param.min is not None else -math.inf
    most = param.max if param.max is not None else math.inf
    if not integer and math.isfinite(least) and math.isfinite(most):
        return Range(low=least + (1e-3 * (most - least) if param.above else 0.0), high=most)
    if not value and not getattr(param, "above", False):
        return Range(low=max(0, least), high=min(10 if integer else 1, most), integer=integer)
    low, high = sorted(((value or 1) / 4, (value or 1) * 4))
    if integer:
        low, high = math.floor(low), math.ceil(high)
    low, high = max(low, least), min(high, most)
    return Range(low=low, high=high, integer=integer, log=low > 0 and not integer)


def _words(param: Any, value: Any) -> Variable:
    choices = [c for c in param.choices if c == value or c in _TRIED] if len(param.choices) > 8 else list(param.choices)
    return Choices(choices=tuple(dict.fromkeys((*([value] if value in choices else []), *choices))))


def _row(param: Any, value: Any) -> Variable:
    """One number for all directions: the present one and its odd or even neighbours."""
    size = value if isinstance(value, int) else (value or (1,))[0]
    least = param.min if param.min is not None else 0
    return Choices(choices=tuple(sorted({max(least, size - 2), size, size + 2})))


_SUGGEST = {
    "int": _numbers,
    "float": _numbers,
    "bool": lambda param, value: Choices(choices=(False, True)),
    "choice": _words,
    "ints": _row,
}
