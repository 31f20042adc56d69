"""What may lie behind a drift, told from the two samples: a guess for a person to look into, never a finding."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from core.analysis.drift.traits import Trait
from core.data.dataset import Array

QUANTILES = np.linspace(0.1, 0.9, 9)
CLOSE = 0.1  # how near to one rule all quantiles must lie, of the spread of the reference
MORE = 0.02  # of a share: what is worth telling
UNITS = {
    2.54: "inches and centimetres", 0.3048: "feet and metres", 1.609: "miles and kilometres", 0.4536: "pounds and "
    "kilograms", 1000.0: "a unit and its thousandth", 100.0: "shares and percent", 60.0: "minutes and seconds",
    10.0: "a decimal point", 255.0: "bytes and shares", 1.8: "degrees Fahrenheit and Celsius",
}  # fmt: skip


def cause(reference: Trait, new: Trait) -> str:
    """The likeliest cause in a sentence; empty where nothing fits."""
    if reference.kind == "word":
        return _of_words(reference, new)
    return next((told for guess in _GUESSES if (told := guess(reference, new))), "")


def _missing(reference: Trait, new: Trait) -> str:
    before, now = (float(t.missing.mean()) if len(t.values) else 0.0 for t in (reference, new))
    if now - before <= MORE:
        return ""
    return f"{now:.1%} of the values are missing, {before:.1%} in training: look at what delivers them."


def _stuck(reference: Trait, new: Trait) -> str:
    if len(new.known) < 5 or np.ptp(new.known) or not np.ptp(reference.known):
        return ""
    return f"It is always {new.known[0]:.4g}: a stuck sensor, or a default in place of what was measured."


def _spike(reference: Trait, new: Trait) -> str:
    """One value that has become frequent, such as a 0 for what is missing."""
    values, counts = np.unique(new.known, return_counts=True)
    if not len(values):
        return ""
    value, share = values[counts.argmax()], counts.max() / len(new.known)
    before = float((reference.known == value).mean())
    if share - before < 0.1:
        return ""
    return f"{share:.0%} of the values are exactly {value:.4g}, {before:.0%} in training: missing ones written so?"


def _scaled(reference: Trait, new: Trait) -> str:
    """All quantiles times one factor: another unit."""
    a, b = _quantiles(reference, new)
    spread = float(a[-1] - a[0])
    norm = float(a @ a)
    if len(new.known) < 20 or not spread or not norm:
        return ""
    factor = float(a @ b) / norm
    if factor <= 0 or abs(np.log(factor)) < 0.2 or np.abs(b - factor * a).max() > CLOSE * factor * spread:
        return ""
    larger = factor if factor > 1 else 1 / factor
    unit = next((words for size, words in UNITS.items() if abs(larger / size - 1) < 0.05), "")
    if unit:
        return f"All values are about {larger:.3g} times as {'large' if factor > 1 else 'small'}: {unit} mixed up?"
    return f"All values are about {larger:.3g} times as {'large' if factor > 1 else 'small'}: another unit or scale?"


def _shifted(reference: Trait, new: Trait) -> str:
    a, b = _quantiles(reference, new)
    spread = float(a[-1] - a[0])
    by = float(np.median(b - a))
    if not spread or abs(by) < 0.1 * spread or np.abs(b - a - by).max() > 2 * CLOSE * spread:
        return ""
    return f"All values are about {abs(by):.3g} {'higher' if by > 0 else 'lower'}: another zero, season or place?"


def _spread(reference: Trait, new: Trait) -> str:
    before, now = (float(t.known.std()) if len(t.known) else 0.0 for t in (reference, new))
    if not before or not now or 0.8 < now / before < 1.25:
        return ""
    if now > before:
        return f"The values spread {now / before:.2g} times as far: more noise, or other kinds of examples."
    return f"The values spread {before / now:.2g} times less: fewer kinds of examples, or something smooths them."


def _of_words(reference: Trait, new: Trait) -> str:
    names = np.unique(np.concatenate([reference.known, new.known]))
    if not len(names) or not len(new.known):
        return _missing(reference, new)
    before, now = (np.array([float((t.known == name).mean()) for name in names]) for t in (reference, new))
    at = int(np.abs(now - before).argmax())
    grew = bool(now[at] > before[at])
    return f"The share of {names[at]} {'rose' if grew else 'fell'} from {before[at]:.0%} to {now[at]:.0%}."


def _quantiles(reference: Trait, new: Trait) -> tuple[Array, Array]:
    if not len(reference.known) or not len(new.known):
        return np.zeros(len(QUANTILES)), np.zeros(len(QUANTILES))
    return np.quantile(reference.known, QUANTILES), np.quantile(new.known, QUANTILES)


_GUESSES: tuple[Callable[[Trait, Trait], str], ...] = (_missing, _stuck, _spike, _scaled, _shifted, _spread)
