"""Painted views of examples: a sheet of small pictures, a scatter of two features, the balance of the classes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QImage, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from designer.language import tr
from designer.qt import follow
from designer.theme import RADIUS_S, SMALL_SIZE, SPACE_S, font, manager, mono

CELL, CAPTION = 44, 14


class PictureSheet(QWidget):
    """Small pictures in rows, each with its label."""

    def __init__(self, pictures: Sequence[Mapping[str, Any]]) -> None:
        super().__init__()
        self._pictures = [(_image(p["pixels"]), str(p["label"])) for p in pictures]
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setAccessibleName(tr("{n} examples", n=len(pictures)))

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        rows = -(-len(self._pictures) // self._columns(width))
        return rows * (CELL + CAPTION + SPACE_S)

    def sizeHint(self) -> QSize:
        return QSize(6 * (CELL + SPACE_S), self.heightForWidth(6 * (CELL + SPACE_S)))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setFont(font(SMALL_SIZE))
        painter.setPen(manager().theme.muted)
        columns = self._columns(self.width())
        for index, (image, text) in enumerate(self._pictures):
            x = index % columns * (CELL + SPACE_S)
            y = index // columns * (CELL + CAPTION + SPACE_S)
            painter.drawImage(QRectF(x, y, CELL, CELL), image)
            painter.drawText(QRectF(x, y + CELL, CELL, CAPTION), Qt.AlignmentFlag.AlignCenter, text)
        painter.end()

    @staticmethod
    def _columns(width: int) -> int:
        return max(1, (width + SPACE_S) // (CELL + SPACE_S))


class Scatter(QWidget):
    """Two features against each other, coloured by class."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        super().__init__()
        labels = data["label"] or [0] * len(data["x"])
        rows = zip(data["x"], data["y"], labels, strict=True)
        self._points = [(x, y, k) for x, y, k in rows if x is not None and y is not None]
        self.setFixedHeight(220)
        self.setAccessibleName(f"{data['names'][1]} against {data['names'][0]}")
        follow(self, manager().changed, self.update)

    def paintEvent(self, event: QPaintEvent) -> None:
        theme, painter = manager().theme, QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        side = min(self.width(), self.height())
        area = QRectF((self.width() - side) / 2, 0, side, side).adjusted(1, 1, -1, -1)
        painter.setPen(QPen(theme.border, 1))
        painter.setBrush(theme.raised)
        painter.drawRoundedRect(area, RADIUS_S, RADIUS_S)
        inner = area.adjusted(8, 8, -8, -8)
        xs, ys = [p[0] for p in self._points] or [0], [p[1] for p in self._points] or [0]
        x0, y0 = min(xs), min(ys)
        across, up = (max(xs) - x0) or 1.0, (max(ys) - y0) or 1.0
        painter.setPen(Qt.PenStyle.NoPen)
        for x, y, k in self._points:
            colour = type(theme.text)(theme.chart[int(k) % len(theme.chart)])
            colour.setAlphaF(0.75)
            painter.setBrush(colour)
            where = QPointF(
                inner.left() + (x - x0) / across * inner.width(), inner.bottom() - (y - y0) / up * inner.height()
            )
            painter.drawEllipse(where, 2.2, 2.2)
        painter.end()


class Bars(QWidget):
    """Named amounts as horizontal bars: how many examples each class has, and how many an epoch takes of it."""

    HEIGHT = 18

    def __init__(self, names: Sequence[str], before: Sequence[int], after: Sequence[int] | None = None) -> None:
        super().__init__()
        self._rows = [(name, count, new) for name, count, new in zip(names, before, after or before, strict=True)]
        self.setFixedHeight(self.HEIGHT * len(self._rows))
        self.setAccessibleName(", ".join(f"{name} {_told(count, new)}" for name, count, new in self._rows))
        follow(self, manager().changed, self.update)

    def paintEvent(self, event: QPaintEvent) -> None:
        theme, painter = manager().theme, QPainter(self)
        most = max((max(count, new) for _, count, new in self._rows), default=1) or 1
        painter.setFont(mono(SMALL_SIZE))
        told = [_told(count, new) for _, count, new in self._rows]
        count_width = 8 + max((painter.fontMetrics().horizontalAdvance(text) for text in told), default=0)
        name_width = min(96, self.width() // 3)
        room = max(0, self.width() - name_width - count_width)
        left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        for index, (name, count, new) in enumerate(self._rows):
            y = index * self.HEIGHT
            painter.setFont(font(SMALL_SIZE))
            painter.setPen(theme.muted)
            shown = painter.fontMetrics().elidedText(name, Qt.TextElideMode.ElideRight, name_width - 6)
            painter.drawText(QRectF(0, y, name_width, self.HEIGHT), left, shown)
            kept, pale = min(count, new), type(theme.text)(theme.chart[0])
            pale.setAlphaF(0.35)  # what is added, or left out
            painter.fillRect(QRectF(name_width, y + 5, room * kept / most, self.HEIGHT - 10), theme.chart[0])
            start = name_width + room * kept / most
            painter.fillRect(QRectF(start, y + 5, room * abs(new - count) / most, self.HEIGHT - 10), pale)
            painter.setFont(mono(SMALL_SIZE))
            painter.setPen(theme.text)
            painter.drawText(QRectF(name_width + room, y, count_width, self.HEIGHT), right, told[index])
        painter.end()


def _told(before: int, after: int) -> str:
    return f"{before:,}" if before == after else f"{before:,} \N{RIGHTWARDS ARROW} {after:,}"


def _image(pixels: Sequence[Sequence[Any]]) -> QImage:
    """Rows of grey values, or of red, green and blue triples, from 0 to 255."""
    height, width = len(pixels), len(pixels[0])
    if isinstance(pixels[0][0], Sequence):
        data = bytes(v for line in pixels for cell in line for v in cell)
        return QImage(data, width, height, 3 * width, QImage.Format.Format_RGB888).copy()
    data = bytes(v for line in pixels for v in line)
    return QImage(data, width, height, width, QImage.Format.Format_Grayscale8).copy()
