"""A curve ready to be painted, in plain arrays, and the pens for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QColor, QPen, QTransform

from designer.plots.series import Floats

FEW = 3  # so many curves may be drawn with a thicker line, which costs more
PALE = 0.28  # how much of its colour the band of a curve has
MIXED = 8  # so many bands mix where they overlap; of more, the first covers the others


Indices = NDArray[np.uint8]
Whole = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Painted:
    """One curve ready to be painted, in the units of the view.

    Attributes:
        band: where it is dense, a line of 1 px that goes low, high, low, high; empty where each point is drawn.
        line: its mean.
        gap: a closed outline that is shaded, or empty.
        dots: points that get a mark.
    """

    colour: QColor
    width: float
    band: tuple[Floats, Floats]
    line: tuple[Floats, Floats]
    gap: tuple[Floats, Floats]
    has_dots: bool = False


def cosmetic(colour: QColor, width: float) -> QPen:
    """A pen whose width is in pixels, whatever the scale."""
    pen = QPen(colour, width)
    pen.setCosmetic(True)
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    return pen


def faded(colour: QColor, alpha: float) -> QColor:
    pale = QColor(colour)
    pale.setAlphaF(alpha)
    return pale


def reach(painted: Sequence[Painted]) -> QRectF:
    """What all curves reach over, in the units of the view."""
    parts = [part for one in painted for part in (one.band, one.line, one.gap) if len(part[0])]
    if not parts:
        return QRectF()
    spans = []
    for axis in (0, 1):
        known = [values[np.isfinite(values)] for values in (part[axis] for part in parts)]
        known = [values for values in known if len(values)]
        if not known:
            return QRectF()
        spans.append((min(float(v.min()) for v in known), max(float(v.max()) for v in known)))
    (left, right), (low, high) = spans
    return QRectF(left, low, right - left, high - low)


def bands(given: Sequence[tuple[Floats, Floats]], to_pixels: QTransform, place: QRect, ratio: float) -> Indices:
    """Bands (as `Painted.band`) over the pixels of a place: for each pixel an index into `mixtures`.

    Each column of pixels is filled from the least to the greatest value that falls into it, and to where the column
    before it ends, so that no spike is lost and no step leaves a hole.
    """
    width, height = round(place.width() * ratio), round(place.height() * ratio)
    layer = np.zeros((height, (width + 3) // 4 * 4), np.uint8)  # rows of images begin at multiples of four bytes
    rows = np.arange(height, dtype=np.int16)[:, None]
    for index, (x, y) in enumerate(reversed(given)):
        columns, top, bottom = _columns(x, y, to_pixels, place, ratio)
        inside = (columns >= 0) & (columns < width)
        columns, top, bottom = columns[inside], top[inside], bottom[inside]
        filled = (rows >= top.clip(0, height).astype(np.int16)) & (rows <= bottom.clip(-1, height - 1).astype(np.int16))
        if not len(columns):
            continue
        part = layer[:, columns[0] : columns[-1] + 1]
        own = len(given) - 1 - index
        if len(given) <= MIXED:
            part |= filled * np.uint8(1 << own)
        else:
            np.copyto(part, np.uint8(1 + own % 255), where=filled)
    return layer


def _columns(x: Floats, y: Floats, to_pixels: QTransform, place: QRect, ratio: float) -> tuple[Whole, Whole, Whole]:
    """For each column from the first to the last, where a band begins and ends in it, counted from the top."""
    at = np.floor((x[::2] * to_pixels.m11() + to_pixels.dx() - place.left()) * ratio).astype(np.int64)
    pixels = (y * to_pixels.m22() + to_pixels.dy() - place.top()) * ratio
    known = np.isfinite(pixels[::2])
    at, first, second = at[known], np.floor(pixels[::2][known]), np.floor(pixels[1::2][known])
    if not len(at):
        return at, at, at
    starts = np.flatnonzero(np.diff(at, prepend=at[0] - 1))
    top, bottom = (
        np.minimum.reduceat(np.minimum(first, second), starts),
        np.maximum.reduceat(np.maximum(first, second), starts),
    )
    columns = np.arange(at[0], at[-1] + 1)
    top, bottom = (np.interp(columns, at[starts], rows) for rows in (top, bottom))  # a column without points: between
    joined_top = np.minimum(top, np.concatenate((top[:1], bottom[:-1])))
    joined_bottom = np.maximum(bottom, np.concatenate((bottom[:1], top[:-1])))
    return columns, np.floor(joined_top).astype(np.int64), np.floor(joined_bottom).astype(np.int64)


def mixtures(colours: Sequence[QColor]) -> list[int]:
    """The colours that the indices of `bands` stand for: 0 is nothing."""
    if len(colours) > MIXED:
        return [0, *(faded(colour, PALE).rgba() for colour in colours[:255])]
    table = []
    for index in range(1 << len(colours)):
        share, mixed = 0.0, np.zeros(3)
        for place, colour in enumerate(colours):
            if index >> place & 1:
                mixed += (1 - share) * PALE * np.array([colour.red(), colour.green(), colour.blue()])
                share += (1 - share) * PALE
        red, green, blue = (mixed / (share or 1.0)).round().astype(int).tolist()
        table.append(QColor(red, green, blue, round(255 * share)).rgba())
    return table
