"""A heat map over the steps of a run: how something was spread at each of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QImage, QMouseEvent, QPainter, QPaintEvent, QPen

from designer.figures.hovered import HEAD, Hovered
from designer.figures.images import scale
from designer.figures.marks import tick_text, ticks
from designer.plots.readout import number
from designer.theme import SPACE_M, SPACE_S, manager, mono

ROWS, COLUMNS = 72, 360
FOOT, LEFT = 18.0, 62.0
Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Spread:
    """Values from 0 to 1 by step (columns) and place (rows, from `low` to `high`)."""

    steps: Sequence[int]
    values: Floats
    low: float
    high: float
    title: str = ""
    note: str = ""
    row_name: str = ""  # rows are single things of this name, and no interval


def spread(steps: Sequence[int], histograms: Sequence[Any], title: str = "") -> Spread:
    """Histograms ``[low, high, counts, bad]`` of many steps over one common axis, as the root of their density, so that
    thin tails are seen too."""
    low = min((h[0] for h in histograms), default=0.0)
    high = max((h[1] for h in histograms), default=1.0)
    room = (high - low) or abs(high) or 1.0
    low, high = (low, high) if high > low else (low - room / 2, high + room / 2)
    edges = np.linspace(low, high, ROWS + 1)
    columns = np.zeros((ROWS, len(histograms)))
    for index, (a, b, counts, _) in enumerate(histograms):
        whole = sum(counts)
        if whole:
            b = b if b > a else a + room * 1e-3
            sums = np.concatenate(([0.0], np.cumsum(counts))) / whole
            columns[:, index] = np.diff(np.interp(edges, np.linspace(a, b, len(counts) + 1), sums))
    peak = columns.max(0, initial=0.0)
    shown = np.sqrt(columns / np.where(peak > 0, peak, 1.0))
    bad = sum(h[3] for h in histograms[-1:])
    return Spread(steps, shown, low, high, title, f"{bad:,} are no numbers" if bad else "")


class HeatMap(Hovered):
    """`clicked` is called with the step under the cursor. Small ones leave their axes out."""

    def __init__(self, clicked: Callable[[int], None] | None = None, *, small: bool = False) -> None:
        super().__init__((90, 54) if small else (200, 110))
        self._clicked, self._small = clicked, small
        self._spread: Spread | None = None
        self._image: QImage | None = None
        self._at: int | None = None

    def sizeHint(self) -> QSize:
        return QSize(120, 70) if self._small else QSize(420, 220)

    @property
    def spread(self) -> Spread | None:
        return self._spread

    def show_spread(self, spread: Spread | None, at: int | None = None) -> None:
        """`at`: the step that is looked at, which gets a line."""
        self._spread, self._at = spread, at
        self.setAccessibleName(spread.title if spread else "")
        self.setAccessibleDescription(spread.note if spread else "")
        self.renew()

    def renew(self) -> None:
        self._image = None
        super().renew()

    # -- places

    def area(self) -> QRectF:
        left, foot = (1.0, 1.0) if self._small else (LEFT, FOOT)
        return QRectF(left, HEAD, max(10.0, self.width() - left - SPACE_S), max(10.0, self.height() - HEAD - foot))

    def _span(self) -> tuple[int, int]:
        steps = self._spread.steps if self._spread else ()
        return (steps[0], max(steps[-1], steps[0] + 1)) if len(steps) else (0, 1)

    def step_at(self, x: float) -> int:
        """The frame's step that is nearest to a place."""
        assert self._spread is not None
        first, last = self._span()
        area = self.area()
        wanted = first + (x - area.left()) / area.width() * (last - first)
        steps = np.asarray(self._spread.steps)
        return int(steps[int(np.abs(steps - wanted).argmin())])

    def told(self, point: QPointF) -> str:
        """``step 120, 0.1 to 0.13``."""
        area, found = self.area(), self._spread
        if found is None or not len(found.steps) or not area.contains(point):
            return ""
        row = int((area.bottom() - point.y()) / area.height() * len(found.values))
        row = max(0, min(len(found.values) - 1, row))
        step = self.step_at(point.x())
        if found.row_name:
            value = found.values[row, list(found.steps).index(step)]
            return f"step {step:,}, {found.row_name} {row}: {number(float(value))}"
        each = (found.high - found.low) / len(found.values)
        return f"step {step:,}: {number(found.low + row * each)} to {number(found.low + (row + 1) * each)}"

    # -- the hand

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if self._clicked and self._spread and len(self._spread.steps) and self.area().contains(event.position()):
            self._clicked(self.step_at(event.position().x()))

    # -- the picture

    def paintEvent(self, event: QPaintEvent) -> None:
        found = self._spread
        if found is None:
            return
        painter, theme, area = QPainter(self), manager().theme, self.area()
        told = self.told(self._hover) if self._hover else ""
        if self._small:
            self.draw_head(painter, told or found.title, "", left=1)
        else:
            self.draw_head(painter, found.title, told or found.note, left=SPACE_M)
        if len(found.steps):
            self._image = self._image or _image(found, self._span())
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, not found.row_name)
            painter.drawImage(area, self._image)
            self._draw_at(painter, area)
        painter.setPen(QPen(theme.border, 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(area)
        if not self._small:
            self._draw_axes(painter, area, found)
        painter.end()

    def _draw_at(self, painter: QPainter, area: QRectF) -> None:
        first, last = self._span()
        if self._at is not None and first <= self._at <= last:
            x = area.left() + (self._at - first) / (last - first) * area.width()
            painter.setPen(QPen(manager().theme.text, 1))
            painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))

    def _draw_axes(self, painter: QPainter, area: QRectF, found: Spread) -> None:
        painter.setFont(mono(10))
        painter.setPen(manager().theme.muted)
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        for value in [] if found.row_name else ticks(found.low, found.high, max(2, int(area.height() / 34))):
            y = area.bottom() - (value - found.low) / (found.high - found.low) * area.height()
            painter.drawText(QRectF(0, y - 7, area.left() - SPACE_S, 14), right, tick_text(value))
        first, last = self._span()
        for value in ticks(first, last, max(2, int(area.width() / 80))):
            x = area.left() + (value - first) / (last - first) * area.width()
            text = f"{value:,.0f}"
            half = painter.fontMetrics().horizontalAdvance(text) / 2 + 1
            x = min(x, self.width() - half)  # the last one stays within the widget
            painter.drawText(QRectF(x - half, area.bottom() + 2, 2 * half, 14), Qt.AlignmentFlag.AlignCenter, text)
        painter.drawText(
            QRectF(area.right() - 60, area.bottom() - 15, 60 - SPACE_M, 14),
            right,
            "" if len(found.steps) > 1 else "step",
        )


def _image(found: Spread, span: tuple[int, int]) -> QImage:
    """Each column of pixels shows the newest frame at its step."""
    wanted = np.linspace(*span, COLUMNS)
    which = np.searchsorted(np.asarray(found.steps), wanted, side="right") - 1
    shares = found.values[::-1, which.clip(0)].clip(0, 1)
    data = np.ascontiguousarray((shares * 255).round().astype(np.uint8))
    image = QImage(data.tobytes(), data.shape[1], data.shape[0], data.shape[1], QImage.Format.Format_Indexed8).copy()
    image.setColorTable([scale(i / 255).rgb() for i in range(256)])
    return image.convertToFormat(QImage.Format.Format_RGB32)
