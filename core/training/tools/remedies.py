"""What to say of an operation that made NaN or infinity: what it met, and the way out. A table, by PyTorch's names."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from core.training.tools.watching import Break, Facts

_HALF = {"float16": 65504.0}
GROWN = 1e12  # numbers beyond this are a training that runs away, whatever operation breaks first
_EXP = 88.7  # exp of more is beyond float32


@dataclass(frozen=True)
class Remedy:
    """`what` happened (a sentence without its end), what was `met`, the `way_out`, and whether smaller steps help."""

    what: str
    met: str
    way_out: str
    steps_help: bool = True


@dataclass(frozen=True)
class _Rule:
    """One kind of trouble: the operations, forwards and backwards, what of the input shows it, and what to say."""

    names: tuple[str, ...]
    shows: Callable[[tuple[Facts, ...]], str]
    forward: str
    backward: str
    way_out: str
    steps_help: bool = False


def _zeros(given: tuple[Facts, ...]) -> str:
    """Zeros in what went in last: the divisor of a division, the only operand of a function."""
    found = given[-1] if given else None
    return f"0 ({found.zeros:,} of {found.size:,} numbers)" if found and found.zeros else ""


def _negative(given: tuple[Facts, ...]) -> str:
    found = given[0] if given else None
    return f"a negative number ({found.low:.4g})" if found and found.low < 0 else ""


def _beyond_one(given: tuple[Facts, ...]) -> str:
    found = given[0] if given else None
    return f"{max(found.low, found.high, key=abs):.4g}, beyond 1" if found and found.largest > 1 else ""


def _large(given: tuple[Facts, ...]) -> str:
    found = given[0] if given else None
    return f"{found.high:.4g}" if found and found.high > _EXP else ""


def _masked(given: tuple[Facts, ...]) -> str:
    return "rows of nothing but -inf" if any(f.infinite for f in given) else ""


def _alone(given: tuple[Facts, ...]) -> str:
    found = given[0] if given else None
    return "a single number" if found and found.size == 1 else ""


_DIVISIONS = ("div", "__truediv__", "__rtruediv__", "true_divide", "divide", "reciprocal", "fmod", "remainder")
_LOGS = ("log", "log2", "log10", "log1p", "xlogy", "logit")
_ROOTS = ("sqrt", "rsqrt", "norm", "vector_norm", "cdist", "pairwise_distance", "__pow__", "pow", "__rpow__")

_RULES = (
    _Rule(
        _LOGS,
        _negative,
        "the logarithm ({op}) met {met}",
        "the slope of the logarithm ({op}) met {met}",
        "Keep what enters it above 0: a softmax, a softplus, or a small number added.",
    ),
    _Rule(
        _LOGS,
        _zeros,
        "the logarithm of 0: {op} met {met}",
        "the slope of the logarithm at 0 is infinite: {op} met {met}",
        "Add a small number before it, or take the form that works on scores (log-softmax, cross-entropy, BCE with "
        "logits).",
    ),
    _Rule(
        _DIVISIONS,
        _zeros,
        "a division by 0: {op} met {met}",
        "the slope of a division by 0 is infinite: {op} met {met}",
        "Add a small number to the divisor.",
    ),
    _Rule(
        _ROOTS,
        _negative,
        "a root of a negative number: {op} met {met}",
        "the slope of a root of a negative number: {op} met {met}",
        "Keep what enters it at 0 or above.",
    ),
    _Rule(
        _ROOTS,
        _zeros,
        "a power of 0 that is infinite: {op} met {met}",
        "the slope of the root at 0 is infinite: {op} met {met}",
        "Add a small number under the root.",
    ),
    _Rule(
        ("acos", "asin", "arccos", "arcsin", "atanh", "arctanh"),
        _beyond_one,
        "{op} met {met}",
        "the slope of {op} met {met}",
        "Clamp what enters it to a little within -1 and 1.",
    ),
    _Rule(
        ("exp", "expm1", "exp2", "cosh", "sinh", "logsumexp", "poisson_nll_loss"),
        _large,
        "the exponential is beyond what a number can hold: {op} met {met}",
        "the exponential's slope is beyond what a number can hold: {op} met {met}",
        "Clamp what enters it, normalise before it, or take the logarithm's form of the whole.",
        steps_help=True,
    ),
    _Rule(
        ("softmax", "log_softmax", "scaled_dot_product_attention", "multi_head_attention_forward"),
        _masked,
        "everything is masked: {op} met {met}",
        "everything is masked: {op} met {met}",
        "Leave at least one place of each row that is not masked.",
    ),
    _Rule(
        ("std", "var", "var_mean", "std_mean"),
        _alone,
        "the spread of a single number is not defined: {op} met {met}",
        "the slope of the spread of a single number: {op} met {met}",
        "Give it more numbers, or take the biased form (correction 0).",
    ),
    _Rule(
        ("std", "norm", "vector_norm", "pairwise_distance", "cdist", "cosine_similarity"),
        lambda given: "numbers that do not differ" if given and given[0].low == given[0].high else "",
        "{op} met {met}",
        "the slope of {op} is not defined where it is 0: it met {met}",
        "Add a small number under the root, or take its square.",
    ),
)


def told(found: Break) -> Remedy:
    """What to say of a break."""
    name = found.operation.rstrip("_") if not found.operation.startswith("__") else found.operation
    if found.kind == "inf" and max((f.largest for f in found.given), default=0.0) > GROWN:
        return _overflow(found)
    for rule in _RULES:
        met = rule.shows(found.given) if name in rule.names else ""
        if met:
            text = (rule.backward if found.backward else rule.forward).format(op=found.operation, met=met)
            return Remedy(text, met, rule.way_out, rule.steps_help)
    return _overflow(found)


def _overflow(found: Break) -> Remedy:
    """An operation of which nothing special is known."""
    given = found.given
    low, high = min((f.low for f in given), default=0.0), max((f.high for f in given), default=0.0)
    met = f"numbers from {low:.4g} to {high:.4g}"
    outcome = "NaN" if found.kind == "nan" else "infinity"
    way = "on the way back" if found.backward else "of them"
    half = next((f.dtype for f in given if f.dtype in _HALF), "")
    if half:
        return Remedy(
            f"{found.operation} went beyond {half}, which ends at {_HALF[half]:,.0f}: it met {met}",
            met,
            "Train in bf16 or float32, or normalise before it.",
        )
    return Remedy(
        f"{found.operation} met {met} and made {outcome} {way}",
        met,
        "Lower the learning rate, clip the gradients, or normalise before it.",
    )
