"""Colours of a value over a plane, painted behind everything else."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage, QPainter

from designer.figures.images import scale
from designer.figures.marks import Floats, Shades

OPACITY = 0.6


def edges(mark: Shades) -> tuple[Floats, Floats]:
    """Where the first and the last cells end, along both axes."""
    halves = [(v[-1] - v[0]) / (len(v) - 1) / 2 if len(v) > 1 else 0.5 for v in (mark.x, mark.y)]
    x, y = (np.array([v[0] - half, v[-1] + half]) for v, half in zip((mark.x, mark.y), halves, strict=True))
    return x, y


def draw_shades(painter: QPainter, place: QRectF, mark: Shades) -> None:
    """Paint the cells into `place`, a smooth plane from the middle of its first ones to the middle of its last alone;
    what is no number stays free."""
    rows, columns = mark.shares.shape
    whole = np.nan_to_num(mark.shares, nan=0.5)
    bytes_ = np.ascontiguousarray(np.flipud(whole * 254).round().astype(np.uint8))
    bytes_[np.flipud(~np.isfinite(mark.shares))] = 255
    image = QImage(bytes_.tobytes(), columns, rows, columns, QImage.Format.Format_Indexed8)
    image.setColorTable([*(scale(i / 127 - 1).rgb() for i in range(255)), 0])
    across, up = place.width() / columns / 2, place.height() / rows / 2
    painter.save()
    if mark.smooth:
        painter.setClipRect(place.adjusted(across, up, -across, -up))
    painter.setOpacity(OPACITY if mark.smooth else 1.0)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, mark.smooth)
    painter.drawImage(place, image.convertToFormat(QImage.Format.Format_ARGB32_Premultiplied))
    painter.restore()


def cell(mark: Shades, x: float, y: float) -> int:
    """The cell nearest to a place, counted row by row."""
    return int(np.abs(mark.y - y).argmin()) * len(mark.x) + int(np.abs(mark.x - x).argmin())


def middle(mark: Shades, index: int) -> tuple[Floats, Floats]:
    """Where a cell lies."""
    row, column = divmod(index, len(mark.x))
    return mark.x[[column]], mark.y[[row]]
