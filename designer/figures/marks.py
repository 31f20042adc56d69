"""What a small chart shows: lines, dots and bars over two axes, in plain values."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from designer.plots.readout import number

Floats = NDArray[np.float64]
Span = tuple[float, float]
GREY = -1  # a colour beside those of the chart


@dataclass(frozen=True, eq=False)
class Line:
    """A line through points; `name` is told when the cursor is near."""

    x: Floats
    y: Floats
    colour: int = 0
    name: str = ""
    dashed: bool = False
    dotted: bool = False  # a mark at each point


@dataclass(frozen=True, eq=False)
class Dots:
    """Points with a colour each, counted through the colours of the chart; `names` are told under the cursor."""

    x: Floats
    y: Floats
    colours: Sequence[int] = ()
    radius: float = 2.2
    names: Sequence[str] = ()


@dataclass(frozen=True, eq=False)
class Bars:
    """Heights over adjoining intervals; `names` are told under the cursor."""

    edges: Floats
    heights: Floats
    colour: int = 0
    names: Sequence[str] = ()


Mark = Line | Dots | Bars


@dataclass(frozen=True)
class Drawing:
    """What a figure shows. Spans are found from the marks where they are None; `square` keeps both axes one scale."""

    marks: Sequence[Mark] = ()
    title: str = ""
    note: str = ""
    x_label: str = ""
    y_label: str = ""
    x_span: Span | None = None
    y_span: Span | None = None
    square: bool = False
    legend: Sequence[tuple[str, int]] = ()  # names and colours, told in a corner
    summary: str = field(default="", compare=False)  # for those who cannot see it


def numbers(values: Sequence[Any]) -> Floats:
    """Numbers of an answer, missing ones as NaN."""
    return np.asarray([math.nan if v is None else v for v in values], np.float64)


def ticks(low: float, high: float, most: int) -> list[float]:
    """Round numbers between two, at most about `most`."""
    if not math.isfinite(high - low) or high <= low:
        return [low]
    rough = (high - low) / max(1, most)
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * f for f in (1, 2, 2.5, 5, 10) if power * f >= rough * 0.999)
    first = math.ceil(low / step - 1e-9)
    return [index * step for index in range(first, math.floor(high / step + 1e-9) + 1)]


def span(drawing: Drawing, axis: int) -> Span:
    """What the x (0) or y (1) axis of a drawing reaches over."""
    given = (drawing.x_span, drawing.y_span)[axis]
    if given is not None:
        return given
    values = [_values(mark, axis) for mark in drawing.marks]
    known = np.concatenate([*values, np.zeros(0)])
    known = known[np.isfinite(known)]
    if not len(known):
        return 0.0, 1.0
    low, high = float(known.min()), float(known.max())
    grounded = any(isinstance(mark, Bars) for mark in drawing.marks)
    if grounded and axis == 1:
        return min(0.0, low), (high or 1.0) * 1.05
    room = 0.0 if grounded else 0.04 * (high - low)
    return (low - room, high + room) if high > low else (low - 0.5, high + 0.5)


def _values(mark: Mark, axis: int) -> Floats:
    if isinstance(mark, Bars):
        return mark.heights if axis else mark.edges
    return mark.y if axis else mark.x


def words(mark: Mark, index: int) -> str:
    """One point or bar of a mark, told."""
    match mark:
        case Bars() | Dots() if len(mark.names):
            return mark.names[index]
        case Bars():
            low, high = number(mark.edges[index]), number(mark.edges[index + 1])
            return f"{low} to {high}: {number(mark.heights[index])}"
        case Dots() | Line():
            name = getattr(mark, "name", "")
            return f"{name}  {number(mark.x[index])}, {number(mark.y[index])}".strip()


def tick_text(value: float) -> str:
    """A number at an axis."""
    return f"{value:.4g}" if abs(value) > 1e-12 else "0"
