"""What a learning curve says: whether more data would help, and what is the trouble otherwise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from statistics import fmean, stdev
from typing import Any, Literal, TypeAlias

from core.catalog.metrics import goal
from core.problem import LayerloomError
from core.training.tools.growth import Between, Law, fit

MORE = 2  # times the examples that there are: what is foretold
WORTH, NOTHING = 0.05, 0.03  # of the error: a fall that is worth it, and one that is none
WIDE = 0.5  # of the error of validation, that the gap to training makes up where variance is the trouble
LOST = 0.5  # of the error of an answer that ignores the input, that is left on training where bias is the trouble

Reached: TypeAlias = Mapping[str, Mapping[str, float]]  # by part and series
Kind: TypeAlias = Literal["helps", "level", "unsure"]
Trouble: TypeAlias = Literal["variance", "bias", ""]


@dataclass(frozen=True)
class Point:
    """What copies trained on `examples` reached: of each part and series the mean and the standard deviation (over
    n - 1) of all repeats that held; `broken` are those whose loss did not."""

    examples: int
    mean: Mapping[str, Mapping[str, float]]
    deviation: Mapping[str, Mapping[str, float]]
    broken: int = 0


@dataclass(frozen=True)
class LearningCurve:
    """`points` from the fewest examples to all.

    Attributes:
        metric: what is judged; where it is `rising`, its error is 1 less it, else itself.
        law: of the validation error, as a, b, c and the share explained; None where it cannot be found.
        foretold: the validation metric with twice the examples.
        gain: by how much the error would fall.
        kind: whether more data helps; trouble: what is wrong otherwise.
    """

    points: tuple[Point, ...]
    metric: str
    rising: bool
    law: Mapping[str, float] | None
    foretold: Between | None
    gain: Between | None
    kind: Kind
    trouble: Trouble
    verdict: str
    reasons: tuple[str, ...] = field(default=())

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def judged(rows: Mapping[int, Sequence[Reached | None]], metric: str, ignorant: float | None) -> LearningCurve:
    """Judge what copies reached, by the number of their examples; None stands for one whose loss broke.

    Args:
        metric: what is judged. ignorant: the error of the best answer that ignores the input, where that is known.

    Raises:
        LayerloomError: at some size every copy broke.
    """
    points = tuple(_point(size, found) for size, found in rows.items())
    rising = goal(metric) == "max"

    def error(value: float) -> float:
        return 1.0 - value if rising else value

    errors = [[error(row["validation"][metric]) for row in found if row] for found in rows.values()]
    law = fit(list(rows), errors)
    whole = points[-1].examples
    gain = law.gain(whole, MORE * whole) if law else None
    foretold = _metric_of(law.expected(MORE * whole), rising) if law else None
    held, learned = (error(points[-1].mean[part][metric]) for part in ("validation", "train"))
    kind = _kind(gain, held)
    trouble = _trouble(held, learned, ignorant)
    return LearningCurve(
        points, metric, rising, _plain(law), foretold, gain, kind, trouble,
        _verdict(points, metric, kind, foretold), tuple(_reasons(points, trouble, law, len(rows))),
    )  # fmt: skip


def _point(size: int, found: Sequence[Reached | None]) -> Point:
    whole = [row for row in found if row is not None]
    if not whole:
        raise LayerloomError(
            f"With {size:,} examples the loss broke in every copy: lower the learning rate, or begin with more.",
            code="diverged",
        )
    mean: dict[str, dict[str, float]] = {}
    deviation: dict[str, dict[str, float]] = {}
    for part in ("train", "validation"):
        series = {name: [row[part][name] for row in whole] for name in whole[0][part]}
        mean[part] = {name: fmean(values) for name, values in series.items()}
        deviation[part] = {name: stdev(values) if len(values) > 1 else 0.0 for name, values in series.items()}
    return Point(size, mean, deviation, len(found) - len(whole))


def _kind(gain: Between | None, held: float) -> Kind:
    if gain is None:
        return "unsure"
    if gain.low > NOTHING * held and gain.value > WORTH * held:
        return "helps"
    return "level" if gain.high < WORTH * held or (gain.value < NOTHING * held and gain.low == 0.0) else "unsure"


def _trouble(held: float, learned: float, ignorant: float | None) -> Trouble:
    if held - learned > WIDE * held:
        return "variance"
    return "bias" if ignorant is not None and learned > LOST * ignorant else ""


def _verdict(points: Sequence[Point], metric: str, kind: Kind, foretold: Between | None) -> str:
    last = points[-1]
    value, spread = last.mean["validation"][metric], last.deviation["validation"][metric]
    told = f"With all {last.examples:,} examples {metric} is {value:.4g} ± {spread:.2g} in validation. "
    if foretold is None:
        return f"{told}How it goes on cannot be told from so few sizes."
    then = f"twice as many would give {foretold.value:.4g} ({foretold.low:.4g} to {foretold.high:.4g})."
    return (
        told
        + {
            "helps": f"More data would help: {then}",
            "level": f"It has levelled off: {then}",
            "unsure": f"Whether more data would help is not sure: {then}",
        }[kind]
    )


def _reasons(points: Sequence[Point], trouble: Trouble, law: Law | None, sizes: int) -> list[str]:
    found = []
    if trouble == "variance":
        found.append(
            "High variance: training is far better than validation. More data, augmentation, dropout, weight decay or "
            "a smaller network narrow the gap."
        )
    if trouble == "bias":
        found.append(
            "High bias: even the examples that were learned are answered badly. A larger network, longer training or "
            "better inputs help; more data alone does not."
        )
    broken = sum(point.broken for point in points)
    if broken:
        found.append(f"The loss of {broken} {'copy' if broken == 1 else 'copies'} broke; they are left out.")
    if law is not None and law.explained < 0.7:
        found.append(f"The power law explains {law.explained:.0%} of the curve alone: what it foretells is loose.")
    return found


def _metric_of(error: Between, rising: bool) -> Between:
    return Between(1.0 - error.value, 1.0 - error.high, 1.0 - error.low) if rising else error


def _plain(law: Law | None) -> dict[str, float] | None:
    return {"a": law.a, "b": law.b, "c": law.c, "explained": law.explained} if law else None
