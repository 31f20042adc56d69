"""The legend above a chart: a colour, a name and a value for each curve; and how numbers are written there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from designer.theme import SMALL_SIZE, SPACE_L, SPACE_S, font, manager, mono


def number(value: float) -> str:
    """Four digits that count: 0.9861, 12.35, 1.2e-05, nan."""
    return f"{value:.4g}"


class Legend(QWidget):
    """Painted, since it changes with every move of the mouse. What does not fit is left out from the end."""

    def __init__(self) -> None:
        super().__init__()
        self._entries: Sequence[tuple[str, QColor]] = ()
        self._values: Mapping[str, float] = {}
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(60, 18)

    def set_entries(self, entries: Sequence[tuple[str, QColor]]) -> None:
        self._entries = entries
        self.update()

    def show_values(self, values: Mapping[str, float]) -> None:
        if values != self._values:
            self._values = dict(values)
            self.setAccessibleName(", ".join(f"{name} {number(value)}" for name, value in values.items()))
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        x = 0.0
        for name, colour in self._entries:
            width = self._draw(painter, x, name, colour, measure=True)
            if x + width > self.width():
                break
            self._draw(painter, x, name, colour)
            x += width + SPACE_L
        painter.end()

    def _draw(self, painter: QPainter, x: float, name: str, colour: QColor, *, measure: bool = False) -> float:
        theme, value = manager().theme, self._values.get(name)
        text = "" if value is None else number(value)
        plain, figures = font(SMALL_SIZE), mono(SMALL_SIZE)
        name_width = QFontMetricsF(plain).horizontalAdvance(name)
        value_width = QFontMetricsF(figures).horizontalAdvance(text)
        if not measure:
            middle = self.height() / 2
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colour)
            painter.drawRoundedRect(QRectF(x, middle - 4, 8, 8), 2, 2)
            left = x + 8 + SPACE_S
            painter.setFont(plain)
            painter.setPen(theme.muted)
            flags = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
            painter.drawText(QRectF(left, 0, name_width + 2, self.height()), flags, name)
            painter.setFont(figures)
            painter.setPen(theme.text)
            painter.drawText(QRectF(left + name_width + SPACE_S, 0, value_width + 2, self.height()), flags, text)
        return 8 + SPACE_S + name_width + SPACE_S + value_width
