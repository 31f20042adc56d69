"""Pixels of an answer as images."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtGui import QColor, QImage

from designer.look import mix
from designer.theme import manager


def image(pixels: Sequence[Sequence[Any]]) -> QImage:
    """Rows of grey values, or of red, green and blue triples, from 0 to 255."""
    height, width = len(pixels), len(pixels[0])
    if isinstance(pixels[0][0], Sequence):
        data = bytes(value for line in pixels for cell in line for value in cell)
        return QImage(data, width, height, 3 * width, QImage.Format.Format_RGB888).copy()
    data = bytes(value for line in pixels for value in line)
    return QImage(data, width, height, width, QImage.Format.Format_Grayscale8).copy()


def diverging(rows: Sequence[Sequence[int]], *, one_sided: bool = False) -> QImage:
    """Bytes by row in the colours of the theme: 128 is nothing, 255 the most above zero, 1 the most below it; one-sided
    ones go from 0, nothing, to 255."""
    height, width = len(rows), len(rows[0])
    data = bytes(value for line in rows for value in line)
    result = QImage(data, width, height, width, QImage.Format.Format_Indexed8).copy()
    result.setColorTable(
        [scale((i - (0 if one_sided else 128)) / (255 if one_sided else 127)).rgb() for i in range(256)]
    )
    return result


def scale(share: float) -> QColor:
    """The colour of a number from -1 to 1: the ground at 0, orange at 1, blue at -1."""
    theme = manager().theme
    ground = theme.background
    end = theme.chart[1] if share > 0 else theme.chart[0]
    return mix(end, ground, min(1.0, abs(share)))
