"""Pictures of one scale in a grid that fills the room there is: feature maps, filters, heads of attention."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetricsF, QImage, QLinearGradient, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from designer.figures.images import diverging, image, scale
from designer.plots.readout import number
from designer.qt import follow
from designer.sentences import told
from designer.theme import SMALL_SIZE, SPACE_M, SPACE_S, SPACE_XS, font, manager, mono

HEAD, FOOT, GAP, LARGEST = 20.0, 20.0, 4.0, 150.0


class Gallery(QWidget):
    """`chosen` carries the index of a picture that was clicked. `noun` names one (``channel``); `fills`: a single
    picture takes all the room, whatever its shape.
    """

    chosen = Signal(int)

    def __init__(self, noun: str = "channel") -> None:
        super().__init__()
        self._noun = noun
        self._sheet: Mapping[str, Any] = {"images": [], "peak": 0.0, "signed": False}
        self._images: list[QImage] = []
        self._title, self._note = "", ""
        self._fills = False
        self._hover: QPointF | None = None
        self.setMouseTracking(True)
        self.setMinimumSize(150, 110)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        follow(self, manager().changed, self._paint_anew)

    def sizeHint(self) -> QSize:
        return QSize(300, 220)

    def show_sheet(
        self, sheet: Mapping[str, Any], title: str, note: str = "", *, noun: str = "channel", fills: bool = False
    ) -> None:
        """What `core.analysis.shrink.sheet` says, with ``names`` where it has these; ``pixels`` in it are coloured
        pictures that are shown instead, in ``columns``."""
        self._sheet, self._noun, self._fills = sheet, noun, fills
        self._title, self._note = title, note = told(title), told(note)
        self.setAccessibleName(title)
        self.setAccessibleDescription(note)
        self._paint_anew()

    @property
    def count(self) -> int:
        return len(self._images)

    def _paint_anew(self) -> None:
        coloured = self._sheet.get("pixels") or ()
        signed = bool(self._sheet["signed"])
        self._images = [image(p) for p in coloured] or [
            diverging(p, one_sided=not signed) for p in self._sheet["images"] if p and p[0]
        ]
        self.update()

    # -- places

    def rect_of(self, index: int) -> QRectF:
        """Where a picture lies."""
        room = QRectF(SPACE_S, HEAD, max(20.0, self.width() - SPACE_M), max(20.0, self.height() - HEAD - FOOT))
        if self._fills and len(self._images) == 1:
            return room
        tall = self._images[0].height() / self._images[0].width()
        columns, side = _grid(len(self._images), room.width(), room.height(), tall, self._sheet.get("columns", 0))
        x, y = index % columns * (side + GAP), index // columns * (side * tall + GAP)
        return QRectF(room.left() + x, room.top() + y, side, side * tall)

    def told(self, point: QPointF) -> str:
        """What is under a point: ``channel 3, row 2, column 5: 0.42``."""
        for index, picture in enumerate(self._images):
            rect = self.rect_of(index)
            if rect.contains(point):
                names = self._sheet.get("names")
                if names and self._sheet.get("pixels"):
                    return str(names[index])
                row = min(picture.height() - 1, int((point.y() - rect.top()) / rect.height() * picture.height()))
                column = min(picture.width() - 1, int((point.x() - rect.left()) / rect.width() * picture.width()))
                which = f"{names[index] if names else f'{self._noun} {index}'}, " if len(self._images) > 1 else ""
                return f"{which}row {row}, column {column}{self._value(index, row, column)}"
        return ""

    def _value(self, index: int, row: int, column: int) -> str:
        if self._sheet.get("pixels"):
            return ""
        byte, peak = self._sheet["images"][index][row][column], self._sheet["peak"]
        return f": {number((byte - 128) / 127 * peak if self._sheet['signed'] else byte / 255 * peak)}"

    # -- the hand

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._hover = event.position()
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        found = [i for i in range(len(self._images)) if self.rect_of(i).contains(event.position())]
        if event.button() == Qt.MouseButton.LeftButton and found:
            self.chosen.emit(found[0])

    def leaveEvent(self, event: QEvent) -> None:
        self._hover = None
        self.update()

    # -- the picture

    def paintEvent(self, event: QPaintEvent) -> None:
        theme, painter = manager().theme, QPainter(self)
        self._draw_head(painter, self.told(self._hover) if self._hover else "")
        for index, picture in enumerate(self._images):
            rect = self.rect_of(index)
            painter.drawImage(rect, picture)
            painter.setPen(QPen(theme.border, 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(rect)
        if self._images and not self._sheet.get("pixels"):
            self._draw_scale(painter)
        painter.end()

    def _draw_head(self, painter: QPainter, told: str) -> None:
        theme, middle = manager().theme, Qt.AlignmentFlag.AlignVCenter
        painter.setFont(font(SMALL_SIZE))
        metrics = QFontMetricsF(painter.font())
        painter.setPen(theme.muted)
        left = metrics.horizontalAdvance(self._title) + SPACE_M
        painter.drawText(QRectF(SPACE_S, 0, left, HEAD - 4), Qt.AlignmentFlag.AlignLeft | middle, self._title)
        painter.setPen(theme.text)
        room = QRectF(left + SPACE_S, 0, max(0.0, self.width() - left - SPACE_M), HEAD - 4)
        shown = metrics.elidedText(told or self._note, Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, Qt.AlignmentFlag.AlignRight | middle, shown)

    def _draw_scale(self, painter: QPainter) -> None:
        """What the colours stand for."""
        signed, peak = bool(self._sheet["signed"]), number(self._sheet["peak"])
        bar = QRectF(SPACE_S + 56, self.height() - FOOT / 2 - 3, min(120.0, self.width() / 3), 6)
        gradient = QLinearGradient(bar.topLeft(), bar.topRight())
        for step in range(9):
            share = step / 8
            gradient.setColorAt(share, scale(2 * share - 1 if signed else share))
        painter.fillRect(bar, gradient)
        painter.setFont(mono(10))
        painter.setPen(manager().theme.muted)
        middle = Qt.AlignmentFlag.AlignVCenter
        ends = (f"-{peak}" if signed else "0", peak)
        before = QRectF(bar.left() - 60 - SPACE_S, bar.center().y() - 7, 60, 14)
        painter.drawText(before, Qt.AlignmentFlag.AlignRight | middle, ends[0])
        after = QRectF(bar.right() + SPACE_S + SPACE_XS, bar.center().y() - 7, 80, 14)
        painter.drawText(after, Qt.AlignmentFlag.AlignLeft | middle, ends[1])


def _grid(count: int, width: float, height: float, tall: float, fixed: int = 0) -> tuple[int, float]:
    """The number of columns that makes the pictures largest, unless it is fixed, and their width then."""
    best = (1, 0.0)
    for columns in (fixed,) if fixed else range(1, max(1, count) + 1):
        rows = -(-count // columns)
        side = min((width - (columns - 1) * GAP) / columns, ((height - (rows - 1) * GAP) / rows) / tall, LARGEST)
        if side > best[1]:
            best = (columns, side)
    return best[0], max(2.0, best[1])
