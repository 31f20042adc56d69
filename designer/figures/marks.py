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
    thin: bool = False  # one of many, in the background


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


@dataclass(frozen=True, eq=False)
class Arrows:
    """Directions at points of a grid, (u, v) in the units of the axes; the longest reaches to its neighbour."""

    x: Floats
    y: Floats
    u: Floats
    v: Floats
    colour: int = GREY


@dataclass(frozen=True, eq=False)
class Shades:
    """Values over a plane, ``values[row, column]`` at (x[column], y[row]), equally spaced; told under the cursor as
    `name`. `shares` are what is seen of them, from 0, blue, to 1, orange. `smooth` ones hold between places too and end
    at the outermost; others are cells."""

    x: Floats
    y: Floats
    values: Floats
    shares: Floats
    name: str = ""
    smooth: bool = True


Mark = Line | Dots | Bars | Arrows | Shades


@dataclass(frozen=True)
class Drawing:
    """What a figure shows. Spans are found from the marks where they are None; `square` keeps both axes one scale.
    Where an axis has `powers`, its numbers are logarithms to base 10, and are told as what they are logarithms of.
    Where it has `words`, they stand at 0, 1, 2, … in place of numbers; with `x_whole` it counts."""

    marks: Sequence[Mark] = ()
    title: str = ""
    note: str = ""
    x_label: str = ""
    y_label: str = ""
    x_span: Span | None = None
    y_span: Span | None = None
    square: bool = False
    x_powers: bool = False
    y_powers: bool = False
    x_words: Sequence[str] = ()
    y_words: Sequence[str] = ()
    x_whole: bool = False
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


def words(mark: Mark, index: int, drawing: Drawing | None = None) -> str:
    """One point or bar of a mark, told."""
    match mark:
        case Bars() | Dots() if len(mark.names):
            return mark.names[index]
        case Bars():
            low, high = number(mark.edges[index]), number(mark.edges[index + 1])
            return f"{low} to {high}: {number(mark.heights[index])}"
        case Shades():
            row, column = divmod(index, len(mark.x))
            where = f"{number(mark.x[column])}, {number(mark.y[row])}"
            return f"{mark.name} {number(mark.values[row, column])} at {where}"
        case Arrows():
            slope = f"{number(mark.u[index])}, {number(mark.v[index])}"
            return f"slope {slope} at {number(mark.x[index])}, {number(mark.y[index])}"
        case Dots() | Line():
            name = getattr(mark, "name", "")
            powers = (drawing.x_powers, drawing.y_powers) if drawing else (False, False)
            at = (10.0**v if power else v for v, power in zip((mark.x[index], mark.y[index]), powers, strict=True))
            return f"{name}  {', '.join(map(number, at))}".strip()


def tick_text(value: float, powers: bool = False) -> str:
    """A number at an axis; of a power of ten, the power itself."""
    if powers:
        return f"{float(f'{10.0**value:.2g}'):g}".replace("e-0", "e-").replace("e+0", "e")
    return f"{value:.4g}" if abs(value) > 1e-12 else "0"
