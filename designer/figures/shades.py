"""Colours of a value over a plane, painted behind everything else."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage, QPainter

from designer.figures.images import scale
from designer.figures.marks import Floats, Shades

OPACITY = 0.6


def draw_shades(painter: QPainter, place: QRectF, mark: Shades) -> None:
    """Paint the plane into `place`, which reaches from the middle of its first cells to the middle of its last; what is
    no number stays free."""
    rows, columns = mark.shares.shape
    whole = np.nan_to_num(mark.shares, nan=0.5)
    bytes_ = np.ascontiguousarray(np.flipud(whole * 254).round().astype(np.uint8))
    bytes_[np.flipud(~np.isfinite(mark.shares))] = 255
    image = QImage(bytes_.tobytes(), columns, rows, columns, QImage.Format.Format_Indexed8)
    image.setColorTable([*(scale(i / 127 - 1).rgb() for i in range(255)), 0])
    across, up = place.width() / max(1, columns - 1) / 2, place.height() / max(1, rows - 1) / 2
    painter.save()
    painter.setClipRect(place)
    painter.setOpacity(OPACITY)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    painter.drawImage(
        place.adjusted(-across, -up, across, up), image.convertToFormat(QImage.Format.Format_ARGB32_Premultiplied)
    )
    painter.restore()


def cell(mark: Shades, x: float, y: float) -> int:
    """The cell nearest to a place, counted row by row."""
    return int(np.abs(mark.y - y).argmin()) * len(mark.x) + int(np.abs(mark.x - x).argmin())


def middle(mark: Shades, index: int) -> tuple[Floats, Floats]:
    """Where a cell lies."""
    row, column = divmod(index, len(mark.x))
    return mark.x[[column]], mark.y[[row]]
