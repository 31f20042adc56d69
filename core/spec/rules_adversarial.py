"""Rules of what stands between a critic and a generator."""

from __future__ import annotations

from core.spec.layer import Given, Mismatch, Types
from core.spec.rules import need_float
from core.spec.rules_loss import SCALAR


def verdict(given: Given) -> Types:
    """Scores of any shape."""
    need_float(given, "scores")
    return {"loss": SCALAR}


def blended(given: Given) -> Types:
    """``a`` and ``b`` are real numbers of one shape, which goes on."""
    need_float(given, "a", "b")
    a, b = given.type("a"), given.type("b")
    if a.shape != b.shape:
        raise Mismatch(
            f"a and b must have one shape, not {a} and {b}: every example meets one of the other kind.",
            port="b",
            expected=str(a),
            received=str(b),
        )
    return {"y": a}


def slope(given: Given) -> Types:
    """``x`` has examples in dimension 0; ``scores`` are what is made of it."""
    need_float(given, "x", "scores")
    x, scores = given.type("x"), given.type("scores")
    if x.shape[:1] != scores.shape[:1] or x.rank < 2:
        raise Mismatch(
            f"scores must be made of x, example by example; they are {scores}, and x is {x}.",
            port="scores",
            expected=f"({x.shape[0] if x.rank else 'batch'}, 1)",
            received=str(scores),
        )
    return {"loss": SCALAR}
