"""Arrows of a field of directions, painted."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QLineF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from designer.figures.marks import Floats

HEAD, ANGLE = 3.4, 0.5  # pixels, radians
FAINT, STRONG, LEAST = 0.35, 0.8, 0.25  # opacity of the shortest and the longest; length of the shortest, as a share


def draw_arrows(painter: QPainter, at: tuple[Floats, Floats], along: tuple[Floats, Floats], colour: QColor) -> None:
    """Paint arrows centred at points of a grid, in pixels. The longest is as long as the grid is wide; length and
    opacity grow with the square root of what they stand for, so that slow places still show where they lead."""
    x, y, u, v = *at, *along
    size = np.hypot(u, v)
    sound = np.isfinite(size) & (size > 0)
    if not sound.any():
        return
    x, y, u, v, size = x[sound], y[sound], u[sound], v[sound], size[sound]
    share = np.sqrt(size / size.max())
    length = 0.85 * _pitch(x, y) * np.maximum(share, LEAST)
    dx, dy = u / size * length, v / size * length
    turn = np.arctan2(dy, dx)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for index, part in enumerate(share.tolist()):
        tone = QColor(colour)
        tone.setAlphaF(FAINT + (STRONG - FAINT) * part)
        painter.setPen(QPen(tone, 1.0))
        tip_x, tip_y = x[index] + dx[index] / 2, y[index] + dy[index] / 2
        lines = [QLineF(x[index] - dx[index] / 2, y[index] - dy[index] / 2, tip_x, tip_y)]
        for side in (-ANGLE, ANGLE):
            back = turn[index] + np.pi + side
            lines.append(QLineF(tip_x, tip_y, tip_x + HEAD * np.cos(back), tip_y + HEAD * np.sin(back)))
        painter.drawLines(lines)


def _pitch(x: Floats, y: Floats) -> float:
    """The smaller distance between neighbours of the grid."""
    gaps = [np.diff(np.unique(values.round(3))) for values in (x, y)]
    return float(min((gap.min() for gap in gaps if len(gap)), default=20.0))
