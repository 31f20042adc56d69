"""The confusion matrix as a heat map: which class was taken for which, and how often."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetricsF,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from designer.language import tr
from designer.look import focus, mix
from designer.qt import follow
from designer.theme import RADIUS_S, SMALL_SIZE, SPACE_M, SPACE_S, font, manager, mono

LEAST_TEXT = 11.5  # cells smaller than this hold no number
LONGEST_LABEL, HEAD = 92.0, 18.0
_MOVES = {Qt.Key.Key_Up: (-1, 0), Qt.Key.Key_Down: (1, 0), Qt.Key.Key_Left: (0, -1), Qt.Key.Key_Right: (0, 1)}
Cell = tuple[int, int]


class ConfusionView(QWidget):
    """A row for each true class, a column for each answer.

    A cell's colour is its share of its row: right ones in the accent, mistakes in red, lifted so that rare ones are
    seen. Arrow keys move over the cells. `chosen` carries the row and column of a cell that was clicked or entered;
    `pointed` a sentence on the cell below the cursor, empty where there is none.
    """

    chosen = Signal(int, int)
    pointed = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._classes: Sequence[str] = ()
        self._counts: Sequence[Sequence[int]] = ()
        self._at: Cell | None = None
        self._cell: Cell | None = None
        self.setMouseTracking(True)
        self.setMinimumSize(170, 130)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(tr("Confusion matrix"))
        follow(self, manager().changed, self.update)

    def sizeHint(self) -> QSize:
        return QSize(320, 260)

    @property
    def cell(self) -> Cell | None:
        """The chosen cell."""
        return self._cell

    def show_task(self, task: Mapping[str, Any]) -> None:
        """What `core.analysis.classes` says."""
        if list(self._classes) != task["classes"]:
            self._at = self._cell = None
        self._classes, self._counts = task["classes"], task["confusion"]
        self.update()

    def choose(self, cell: Cell | None) -> None:
        self._cell = cell
        self.update()
        if cell is not None:
            self.chosen.emit(*cell)

    def sentence(self, cell: Cell) -> str:
        """``6 of 120 true cat were taken for dog (5.0 %)``."""
        row, column = cell
        count, whole = self._counts[row][column], sum(self._counts[row])
        share = f" ({100 * count / whole:.1f} %)" if whole else ""
        if row == column:
            return f"{count:,} of {whole:,} true {self._classes[row]} were recognised{share}"
        return f"{count:,} of {whole:,} true {self._classes[row]} were taken for {self._classes[column]}{share}"

    # -- places

    def _field(self) -> QRectF:
        """The square of the cells."""
        left = self._label_room() + HEAD + SPACE_S
        top = HEAD * (2 if self._is_roomy else 1)
        side = max(40.0, min(self.width() - left - SPACE_M, self.height() - top - SPACE_S))
        return QRectF(left, top, side, side)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """No wider than its height can use, so that what stands beside it stands near."""
        super().resizeEvent(event)
        left, top = self._label_room() + HEAD + SPACE_S, HEAD * (2 if self._is_roomy else 1)
        self.setMaximumWidth(int(left + SPACE_M + max(130.0, self.height() - top - SPACE_S)))

    @property
    def _is_roomy(self) -> bool:
        """Whether there is height to say what the columns are; a low panel needs it for the cells."""
        return self.height() > 200

    def _label_room(self) -> float:
        metrics = QFontMetricsF(font(SMALL_SIZE, QFont.Weight.DemiBold))
        widest = max((metrics.horizontalAdvance(name) + 2 for name in self._classes), default=0.0)
        return min(widest, LONGEST_LABEL, self.width() * 0.3)

    def cell_rect(self, cell: Cell) -> QRectF:
        field, count = self._field(), max(1, len(self._classes))
        side = field.width() / count
        return QRectF(field.left() + cell[1] * side, field.top() + cell[0] * side, side, side)

    def _cell_at(self, point: QPointF) -> Cell | None:
        field, count = self._field(), len(self._classes)
        if not count or not field.contains(point):
            return None
        side = field.width() / count
        return (
            min(count - 1, int((point.y() - field.top()) / side)),
            min(count - 1, int((point.x() - field.left()) / side)),
        )

    # -- the hand

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._point(self._cell_at(event.position()))

    def leaveEvent(self, event: QEvent) -> None:
        self._point(None)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        cell = self._cell_at(event.position())
        if event.button() == Qt.MouseButton.LeftButton and cell is not None:
            self.choose(cell)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        move, count = _MOVES.get(Qt.Key(event.key())), len(self._classes)
        if move is not None and count:
            row, column = self._at or self._cell or (0, 0)
            self._point((max(0, min(count - 1, row + move[0])), max(0, min(count - 1, column + move[1]))))
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space) and self._at is not None:
            self.choose(self._at)
        else:
            super().keyPressEvent(event)

    def _point(self, cell: Cell | None) -> None:
        if cell == self._at:
            return
        self._at = cell
        told = self.sentence(cell) if cell else ""
        self.setAccessibleDescription(told)
        self.pointed.emit(told)
        self.update()

    # -- the picture

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        field = self._field()
        self._draw_heads(painter, field)
        if self._classes:
            self._draw_cells(painter, field)
            self._draw_labels(painter, field)
            self._draw_marks(painter)
        painter.end()

    def _draw_heads(self, painter: QPainter, field: QRectF) -> None:
        painter.setFont(font(SMALL_SIZE))
        painter.setPen(manager().theme.muted)
        if self._is_roomy:
            painter.drawText(QRectF(field.left(), 0, field.width(), HEAD), Qt.AlignmentFlag.AlignCenter, "answered")
        painter.save()
        painter.translate(field.left() - self._label_room() - SPACE_S - HEAD / 2, field.center().y())
        painter.rotate(-90)
        painter.drawText(QRectF(-60, -HEAD / 2, 120, HEAD), Qt.AlignmentFlag.AlignCenter, "true")
        painter.restore()

    def _draw_cells(self, painter: QPainter, field: QRectF) -> None:
        theme, side = manager().theme, field.width() / len(self._classes)
        gap = 1.0 if side >= 8 else 0.0
        size = max(8, min(13, int(side * 0.4)))
        painter.setFont(mono(size))
        metrics = QFontMetricsF(painter.font())
        for row, counts in enumerate(self._counts):
            whole = sum(counts)
            for column, count in enumerate(counts):
                rect = self.cell_rect((row, column)).adjusted(gap / 2, gap / 2, -gap / 2, -gap / 2)
                ground, share = tint(count, whole, right=row == column)
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(ground)
                radius = min(RADIUS_S, side / 6)
                painter.drawRoundedRect(rect, radius, radius)
                text = f"{count:,}"
                if count and side >= LEAST_TEXT and metrics.horizontalAdvance(text) <= side - 2:
                    painter.setPen(theme.on_accent if share > 0.55 else theme.text)
                    painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, text)

    def _draw_labels(self, painter: QPainter, field: QRectF) -> None:
        theme, side = manager().theme, field.width() / len(self._classes)
        every = max(1, round(12 / side + 0.49))
        row, column = self._at or (-1, -1)
        metrics = QFontMetricsF(font(SMALL_SIZE))
        left_room = self._label_room()
        for index, name in enumerate(self._classes):
            if index % every and index not in (row, column):
                continue
            for is_row, pointed in ((True, index == row), (False, index == column)):
                painter.setPen(theme.text if pointed else theme.muted)
                painter.setFont(font(SMALL_SIZE, QFont.Weight.DemiBold if pointed else QFont.Weight.Normal))
                width = left_room if is_row else max(side * every - 2, 10.0)
                shown = metrics.elidedText(name, Qt.TextElideMode.ElideRight, width)
                if is_row:
                    place = QRectF(field.left() - SPACE_S - width, field.top() + (index + 0.5) * side - 8, width, 16)
                    painter.drawText(place, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, shown)
                else:
                    place = QRectF(field.left() + (index + 0.5) * side - width / 2, field.top() - HEAD, width, HEAD)
                    painter.drawText(place, Qt.AlignmentFlag.AlignCenter, shown)

    def _draw_marks(self, painter: QPainter) -> None:
        theme = manager().theme
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for cell, colour, width in ((self._at, theme.muted, 1.5), (self._cell, focus(theme), 2.0)):
            if cell is not None:
                painter.setPen(QPen(colour, width))
                painter.drawRoundedRect(self.cell_rect(cell), RADIUS_S / 2, RADIUS_S / 2)


def tint(count: int, whole: int, *, right: bool) -> tuple[QColor, float]:
    """The colour of a cell, and how much of it shows: mistakes are lifted, so that one in a hundred is still seen."""
    theme = manager().theme
    share = count / whole if whole else 0.0
    if not count:
        return mix(theme.muted, theme.surface, 0.07), 0.0
    strength = 0.12 + 0.88 * (share if right else share**0.5)
    return mix(theme.accent if right else theme.danger, theme.surface, strength), strength
