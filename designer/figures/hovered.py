"""What painted pictures share that tell about the place under the cursor: the hand, and the line above the picture."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QMouseEvent, QPainter
from PySide6.QtWidgets import QSizePolicy, QWidget

from designer.qt import follow
from designer.sentences import told
from designer.theme import SMALL_SIZE, SPACE_M, font, manager

HEAD = 20.0  # pixels of the line above the picture


class Hovered(QWidget):
    """A picture that takes what room there is, and is painted again when the cursor moves over it."""

    def __init__(self, least: tuple[int, int]) -> None:
        super().__init__()
        self._hover: QPointF | None = None  # where the cursor is; None while it is elsewhere
        self.setMouseTracking(True)
        self.setMinimumSize(*least)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        follow(self, manager().changed, self.renew)

    def renew(self) -> None:
        """Paint anew in the colours of the theme in use."""
        self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._hover = event.position()
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        self._hover = None
        self.update()

    def draw_head(self, painter: QPainter, title: str, note: str, *, left: float) -> None:
        """The title at the left, from `left` on, and a note at the right beside it, in the language in use."""
        title, note = told(title), told(note)
        theme, middle, elide = manager().theme, Qt.AlignmentFlag.AlignVCenter, Qt.TextElideMode.ElideRight
        painter.setFont(font(SMALL_SIZE))
        metrics = QFontMetricsF(painter.font())
        whole = QRectF(left, 0, max(0.0, self.width() - left - SPACE_M), HEAD - 4)
        shown = metrics.elidedText(title, elide, whole.width())
        painter.setPen(theme.muted)
        painter.drawText(whole, Qt.AlignmentFlag.AlignLeft | middle, shown)
        rest = whole.adjusted(metrics.horizontalAdvance(shown) + SPACE_M if shown else 0.0, 0, 0, 0)
        painter.setPen(theme.text)
        painter.drawText(
            rest, Qt.AlignmentFlag.AlignRight | middle, metrics.elidedText(note, elide, max(0.0, rest.width()))
        )
