"""A painted part of the card: what the memory is needed for as one bar."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from designer.figures.amounts import capsule
from designer.language import tr
from designer.look import mix
from designer.qt import follow
from designer.theme import RADIUS_S, SPACE_L, SPACE_M, font, manager, mono


@dataclass(frozen=True)
class Part:
    """A stretch of the memory bar."""

    label: str
    amount: float
    text: str


class MemoryBar(QWidget):
    """What needs how much, side by side, with a legend; the whole width is what is free, or what is needed if more."""

    HEIGHT = 12

    def __init__(self) -> None:
        super().__init__()
        self.parts: tuple[Part, ...] = ()
        self._free = 0.0
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        follow(self, manager().changed, self.update)

    def show_parts(self, parts: Sequence[Part], free: float) -> None:
        self.parts, self._free = tuple(part for part in parts if part.amount), free
        self.setAccessibleName(tr("Memory") + ": " + ", ".join(f"{part.label} {part.text}" for part in self.parts))
        self.setFixedHeight(self._height())
        self.update()

    def _height(self) -> int:
        return self.HEIGHT + SPACE_M + 18 * -(-len(self.parts) // 2)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_bar(painter)
        self._paint_legend(painter)
        painter.end()

    def _paint_bar(self, painter: QPainter) -> None:
        theme = manager().theme
        whole = sum(part.amount for part in self.parts) or 1
        place = QRectF(0, 0, self.width(), self.HEIGHT)
        capsule(painter, place, mix(theme.border, theme.surface, 0.6), RADIUS_S)
        left = 0.0
        for index, part in enumerate(self.parts):
            width = place.width() * part.amount / whole
            capsule(painter, QRectF(left, 0, max(1.5, width - 1), self.HEIGHT), self._colour(index), 2)
            left += width

    def _paint_legend(self, painter: QPainter) -> None:
        theme, half = manager().theme, self.width() / 2
        for index, part in enumerate(self.parts):
            x, y = (index % 2) * half, self.HEIGHT + SPACE_M + 18 * (index // 2)
            capsule(painter, QRectF(x, y + 5, 8, 8), self._colour(index), 2)
            painter.setFont(font(12))
            painter.setPen(theme.text)
            line = Qt.AlignmentFlag.AlignVCenter
            painter.drawText(QRectF(x + 16, y, half - 90, 18), line, part.label)
            painter.setFont(mono(11))
            painter.setPen(theme.muted)
            painter.drawText(QRectF(x, y, half - SPACE_L, 18), line | Qt.AlignmentFlag.AlignRight, part.text)

    @staticmethod
    def _colour(index: int) -> QColor:
        chart = manager().theme.chart
        return chart[index % len(chart)]
