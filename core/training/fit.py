"""Whether a network overfits, underfits or learns well, told from its two curves of the loss: plain arithmetic.

The thresholds are conventions of the house; the kinds are those of Goodfellow, Bengio, Courville: Deep Learning, 2016,
section 5.2. Losses are compared with `scale`, how far they fell from where training began to the least value met.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, median
from typing import Literal, TypeAlias

Kind: TypeAlias = Literal["early", "diverges", "overfits", "gap", "underfits", "learning", "fits"]
EARLIEST = 5  # epochs before anything is said
ROSE = 0.05  # of the scale, by which validation must have risen from its least value
WAITED = 3  # epochs since that least value
WIDE = 0.3  # of the scale: a wide gap between the curves
FALLS = 0.02  # of the scale, from the quarter before the last to the last one: still learning
SMALL = 0.1  # of the loss at the start: a fall below that is none
LEFT = 0.7  # of the loss at the start, that is left where a network underfits


@dataclass(frozen=True)
class Fit:
    """`kind` in a word, `short` in a few, `words` in a sentence with what helps; `epoch`: that of the least validation
    loss, counted from 1 (0 where nothing validates)."""

    kind: Kind
    short: str
    words: str
    epoch: int = 0


def judge(train: Sequence[float], validation: Sequence[float] = (), start: float | None = None) -> Fit:
    """Judge the losses of a run.

    Args:
        train: mean loss of each epoch.
        validation: loss after each epoch; empty where nothing validates.
        start: the loss before anything was learned, that of the first batch; the first epoch's mean where it is None.
    """
    if len(train) < EARLIEST or 0 < len(validation) < EARLIEST:
        return Fit("early", "too early to tell", f"It takes {EARLIEST} epochs to tell whether the network fits.")
    first = start if start is not None and math.isfinite(start) else train[0]
    if not all(map(math.isfinite, (*train, *validation))) or (train[-1] > first and train[-1] > train[0]):
        return Fit(
            "diverges", "does not learn", "The training loss is no smaller than at the start. Lower the learning rate, "
            "and see that the network learns one batch by heart.",
        )  # fmt: skip
    curves = [_smooth(curve) for curve in (train, validation) if curve]
    scale = max(first - min(map(min, curves)), SMALL * abs(first), 1e-12)
    best = _best(curves[1], validation) if validation else 0
    found = _apart(curves[0], curves[1], scale, best) if validation else None
    return found or _together(curves[0], curves[-1], scale, first, best)


def _apart(train: Sequence[float], validation: Sequence[float], scale: float, best: int) -> Fit | None:
    """Trouble that shows between the curves."""
    rose, since = validation[-1] - validation[best - 1], len(validation) - best
    if since >= WAITED and rose > ROSE * scale and train[-1] < train[best - 1]:
        return Fit(
            "overfits", f"overfits since epoch {best}",
            f"Validation was least in epoch {best} ({validation[best - 1]:.4g}) and has risen to {validation[-1]:.4g} "
            "while training went on falling. Stop early, or take more data, augmentation, dropout, weight decay or a "
            "smaller network.", best,
        )  # fmt: skip
    gap = validation[-1] - train[-1]
    if gap > WIDE * scale:
        return Fit(
            "gap", "wide gap to validation",
            f"Validation ({validation[-1]:.4g}) stays far above training ({train[-1]:.4g}). More data, augmentation or "
            "regularisation may close the gap; see also that both parts are alike.", best,
        )  # fmt: skip
    return None


def _together(train: Sequence[float], watched: Sequence[float], scale: float, first: float, best: int) -> Fit:
    """What the curves do side by side; `watched` is validation, or training itself."""
    quarter = max(2, len(watched) // 4)
    before, last = fmean(watched[-2 * quarter : -quarter]), fmean(watched[-quarter:])
    if before - last > FALLS * scale:
        return Fit("learning", "still learning", "The loss is still falling: more epochs will help.", best)
    if first > 0 and train[-1] > LEFT * first:
        return Fit(
            "underfits", "underfits",
            f"Training has levelled off at {train[-1]:.4g}, {train[-1] / first:.0%} of the loss at the start. Take a "
            "larger network, another learning rate, more telling inputs or less regularisation.", best,
        )  # fmt: skip
    sentence = "Both losses have levelled off side by side." if best else "The loss has levelled off."
    return Fit("fits", "fits well" if best else "has levelled off", sentence, best)


def _best(smooth: Sequence[float], raw: Sequence[float]) -> int:
    """The epoch, from 1, of the least value near the place where the smoothed curve is least."""
    place = min(range(len(smooth)), key=smooth.__getitem__)
    return min(range(max(0, place - 1), min(len(raw), place + 2)), key=raw.__getitem__) + 1


def _smooth(curve: Sequence[float]) -> list[float]:
    """The median of each value and its neighbours, so that one odd epoch decides nothing."""
    return [median(curve[max(0, i - 1) : i + 2]) for i in range(len(curve))]
