"""Numbers as people read them."""

from __future__ import annotations

from collections.abc import Sequence

from core.spec.shape import Dim, evaluate
from designer.language import marked, tr

_COUNTED = {  # one of them, several of them
    "node": (marked("{n} node"), marked("{n} nodes")),
    "error": (marked("{n} error"), marked("{n} errors")),
    "warning": (marked("{n} warning"), marked("{n} warnings")),
    "remark": (marked("{n} remark"), marked("{n} remarks")),
    "example": (marked("{n} example"), marked("{n} examples")),
    "step": (marked("{n} step"), marked("{n} steps")),
    "epoch": (marked("{n} epoch"), marked("{n} epochs")),
    "evaluation": (marked("{n} evaluation"), marked("{n} evaluations")),
}
_UNITS = ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))


def short(number: float) -> str:
    """Three digits and a unit: 950, 12.3 k, 1.20 M."""
    for size, unit in _UNITS:
        if number >= size:
            scaled = number / size
            return f"{scaled:.{2 if scaled < 10 else 1 if scaled < 100 else 0}f} {unit}"
    return f"{number:,.0f}"


def exact(number: int) -> str:
    return f"{number:,}"


def macs(dim: Dim) -> str:
    """Multiply-accumulates for one example; sizes that vary stay in the text (``1,024*T``)."""
    one = evaluate(dim, {"B": 1})
    return short(one) if isinstance(one, int) else str(one)


def count(number: int, noun: str) -> str:
    """``1 error``, ``3 errors``, in the language in use; the noun is one of those that are counted here."""
    one, many = _COUNTED[noun]
    return tr(one if number == 1 else many, n=f"{number:,}")


def listed(names: Sequence[str], most: int = 4) -> str:
    """``a``, ``a and b``, ``a, b and 7 more``."""
    shown = list(names) if len(names) <= most else [*names[: most - 1], tr("{n} more", n=len(names) - most + 1)]
    return f" {tr('and')} ".join(filter(None, [", ".join(shown[:-1]), *shown[-1:]]))


def size(bytes: float) -> str:
    """Memory in three digits and a unit: 640 B, 12.3 kB, 1.20 GB (a thousand each)."""
    text = short(bytes)
    return f"{text}B" if text[-1].isalpha() else f"{text} B"


def brief(seconds: float) -> str:
    """A short time in three digits: 9.84 µs, 0.127 ms, 31 ms."""
    return f"{seconds * 1e6:.3g} µs" if seconds < 1e-4 else f"{seconds * 1e3:.3g} ms"


def lasting(seconds: float) -> str:
    """A time of any length: 0.15 ms, 2.1 s, 3 min 20 s, 2 h 5 min."""
    if seconds < 1:
        return f"{seconds * 1e3:.{2 if seconds < 0.01 else 0}f} ms"
    if seconds < 60:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60:,} h {minutes % 60} min"
