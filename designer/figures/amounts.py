"""A list of painted bars: a name, a length, and the amount in words; one can be chosen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRectF, QSize, QSizeF, Qt, Signal
from PySide6.QtGui import QColor, QFontMetricsF, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from designer.look import focus, mix
from designer.qt import follow
from designer.theme import RADIUS_S, SPACE_L, SPACE_M, SPACE_S, font, manager, mono

ROW, BAR = 24, 6
LABEL_SHARE = 0.48


@dataclass(frozen=True)
class Bar:
    """One amount: what `chosen` carries, what it is called, how much, and that in words."""

    key: str
    label: str
    amount: float
    text: str


class Amounts(QWidget):
    """The bars, as they come. Signal: `chosen` (key of the bar that was clicked)."""

    chosen = Signal(str)

    def __init__(self, name: str) -> None:
        super().__init__()
        self.bars: tuple[Bar, ...] = ()
        self._current = -1
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        follow(self, manager().changed, self.update)

    def show_bars(self, bars: Sequence[Bar]) -> None:
        self.bars = tuple(bars)
        self._current = min(self._current, len(bars) - 1)
        self.setFixedHeight(ROW * max(1, len(bars)))
        self.setAccessibleDescription("; ".join(f"{bar.label}: {bar.text}" for bar in bars))
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(360, ROW * max(1, len(self.bars)))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        most = max((bar.amount for bar in self.bars), default=0) or 1
        value_width = max((QFontMetricsF(mono(11)).horizontalAdvance(bar.text) for bar in self.bars), default=0)
        for index, bar in enumerate(self.bars):
            self._paint_row(painter, QRectF(0, index * ROW, self.width(), ROW), index, bar.amount / most, value_width)
        if self.hasFocus() and not self.bars:
            painter.setPen(focus(manager().theme))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), RADIUS_S, RADIUS_S)
        painter.end()

    def _paint_row(self, painter: QPainter, row: QRectF, index: int, share: float, value_width: float) -> None:
        theme, bar = manager().theme, self.bars[index]
        if index == self._current:
            painter.setPen(focus(theme) if self.hasFocus() else Qt.PenStyle.NoPen)
            painter.setBrush(theme.hover)
            painter.drawRoundedRect(row.adjusted(0.5, 0.5, -0.5, -0.5), RADIUS_S, RADIUS_S)
        inner = row.adjusted(SPACE_S, 0, -SPACE_S, 0)
        label_width = inner.width() * LABEL_SHARE
        painter.setPen(theme.text)
        painter.setFont(font(12))
        name = QFontMetricsF(painter.font()).elidedText(bar.label, Qt.TextElideMode.ElideMiddle, label_width - SPACE_M)
        left = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        painter.drawText(QRectF(inner.left(), row.top(), label_width, ROW), left, name)
        painter.setFont(mono(11))
        painter.setPen(theme.muted)
        right = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
        painter.drawText(QRectF(inner.right() - value_width, row.top(), value_width, ROW), right, bar.text)
        track = QRectF(
            inner.left() + label_width, row.center().y() - BAR / 2,
            inner.width() - label_width - value_width - SPACE_L, BAR,
        )  # fmt: skip
        capsule(painter, track, mix(theme.border, theme.surface, 0.6))
        filled = QRectF(track.topLeft(), QSizeF(max(BAR, track.width() * share), BAR))
        capsule(painter, filled, theme.accent)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._point_at(int(event.position().y() // ROW))
        bar = self._bar()
        self.setCursor(Qt.CursorShape.PointingHandCursor if bar else Qt.CursorShape.ArrowCursor)
        self.setToolTip(f"{bar.label}: {bar.text}" if bar else "")

    def leaveEvent(self, event: object) -> None:
        if not self.hasFocus():
            self._point_at(-1)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._point_at(int(event.position().y() // ROW))
        self._choose()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        moves = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}
        if event.key() in moves:
            self._point_at(max(0, min(len(self.bars) - 1, self._current + moves[Qt.Key(event.key())])))
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self._choose()
        else:
            super().keyPressEvent(event)

    def _bar(self) -> Bar | None:
        return self.bars[self._current] if 0 <= self._current < len(self.bars) else None

    def _choose(self) -> None:
        bar = self._bar()
        if bar is not None:
            self.chosen.emit(bar.key)

    def _point_at(self, index: int) -> None:
        if index != self._current:
            self._current = index
            self.update()


def capsule(painter: QPainter, place: QRectF, colour: QColor, radius: float = BAR / 2) -> None:
    """Fill a bar with round ends."""
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    painter.drawRoundedRect(place, radius, radius)
