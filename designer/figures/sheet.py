"""Examples side by side: small pictures, curves or rows of numbers, each with a line below and perhaps a second one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, QSizeF, Qt
from PySide6.QtGui import QFontMetricsF, QImage, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from designer.figures.images import image
from designer.numbers import count
from designer.qt import follow
from designer.sentences import told
from designer.theme import RADIUS_S, SMALL_SIZE, SPACE_M, SPACE_S, font, manager, mono

SIDE, CAPTION, ROW = 52.0, 15.0, 22.0


@dataclass(frozen=True)
class Box:
    """A frame on a picture: left, top, right, bottom as shares of it, in a colour of the charts; `true`: dashed."""

    place: tuple[float, float, float, float]
    colour: int
    true: bool = False


@dataclass(frozen=True)
class Tile:
    """One example: `look` as `core.data.looks.looks` has it; `beside` is a second one to compare it with."""

    look: Mapping[str, Any]
    caption: str = ""
    tip: str = ""
    bad: bool = False
    beside: Mapping[str, Any] | None = None
    boxes: tuple[Box, ...] = ()


class Sheet(QWidget):
    """Tiles in rows, as many as fit the width, each `side` wide; rows of numbers stand below each other instead."""

    def __init__(self, side: float = SIDE) -> None:
        super().__init__()
        self._side = side
        self._tiles: Sequence[Tile] = ()
        self._images: list[tuple[QImage | None, QImage | None]] = []
        self._over = -1
        self.setMouseTracking(True)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        follow(self, manager().changed, self.update)

    def show_tiles(self, tiles: Sequence[Tile]) -> None:
        self._tiles = tiles
        self._images = [(_image(tile.look), _image(tile.beside)) for tile in tiles]
        self.setAccessibleName(count(len(tiles), "example"))
        self.setAccessibleDescription("; ".join(tile.caption for tile in tiles if tile.caption))
        self.updateGeometry()
        self.update()

    @property
    def tiles(self) -> Sequence[Tile]:
        return self._tiles

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        if not self._tiles:
            return 0
        return int(self.rect_of(len(self._tiles) - 1, width).bottom() + 1)

    def sizeHint(self) -> QSize:
        return QSize(240, self.heightForWidth(max(self.width(), 120)))

    def minimumSizeHint(self) -> QSize:
        return QSize(int(2 * self._side), 10)

    def rect_of(self, index: int, width: int) -> QRectF:
        """Where a tile lies in a sheet of that width."""
        if "values" in self._tiles[index].look:
            return QRectF(0, index * (ROW + CAPTION), width, ROW + CAPTION - 2)
        across = self._side * (2 if self._tiles[0].beside else 1) + SPACE_M
        columns = max(1, int((width + SPACE_M) // across))
        down = self._side + (CAPTION if any(tile.caption for tile in self._tiles) else 0) + SPACE_S
        return QRectF(index % columns * across, index // columns * down, across - SPACE_M, down - SPACE_S)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        found = [i for i in range(len(self._tiles)) if self.rect_of(i, self.width()).contains(event.position())]
        over = found[0] if found else -1
        if over != self._over:
            self._over = over
            QToolTip.showText(event.globalPosition().toPoint(), told(self._tiles[over].tip) if found else "", self)

    def leaveEvent(self, event: QEvent) -> None:
        self._over = -1

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for index, tile in enumerate(self._tiles):
            rect = self.rect_of(index, self.width())
            if not rect.intersects(QRectF(event.rect())):
                continue
            if "values" in tile.look:
                self._draw_numbers(painter, rect, tile)
            else:
                self._draw_picture(painter, rect, tile, *self._images[index])
        painter.end()

    def _draw_picture(
        self, painter: QPainter, rect: QRectF, tile: Tile, own: QImage | None, beside: QImage | None
    ) -> None:
        theme = manager().theme
        square = QRectF(rect.left(), rect.top(), self._side, self._side)
        for place, picture, look in ((square, own, tile.look), (square.translated(self._side, 0), beside, tile.beside)):
            if look is None:
                continue
            painter.fillRect(place, theme.raised)
            if picture is not None:
                painter.drawImage(_fitted(picture, place), picture)
                _draw_boxes(painter, _fitted(picture, place), tile.boxes)
            else:
                _draw_curves(painter, place, look.get("curve", ()), look.get("range"))
        whole = square if tile.beside is None else square.united(square.translated(self._side, 0))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(theme.danger if tile.bad else theme.border, 1))
        painter.drawRoundedRect(whole.adjusted(0.5, 0.5, -0.5, -0.5), RADIUS_S / 2, RADIUS_S / 2)
        painter.setFont(font(SMALL_SIZE))
        painter.setPen(theme.danger if tile.bad else theme.muted)
        room = QRectF(whole.left() - SPACE_S, whole.bottom(), whole.width() + 2 * SPACE_S, CAPTION)
        shown = QFontMetricsF(painter.font()).elidedText(tile.caption, Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, Qt.AlignmentFlag.AlignCenter, shown)

    def _draw_numbers(self, painter: QPainter, rect: QRectF, tile: Tile) -> None:
        theme = manager().theme
        left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        painter.setFont(font(SMALL_SIZE))
        painter.setPen(theme.danger if tile.bad else theme.text)
        metrics = QFontMetricsF(painter.font())
        caption = metrics.elidedText(tile.caption, Qt.TextElideMode.ElideRight, rect.width())
        painter.drawText(QRectF(rect.left(), rect.top(), rect.width(), CAPTION + 2), left, caption)
        painter.setFont(mono(10))
        painter.setPen(theme.muted)
        values = ["–" if v is None else f"{v:.4g}" for v in tile.look["values"]]
        more = " …" if tile.look.get("of", 0) > len(values) else ""
        line = QFontMetricsF(painter.font()).elidedText(
            "  ".join(values) + more, Qt.TextElideMode.ElideRight, rect.width()
        )
        painter.drawText(QRectF(rect.left(), rect.top() + CAPTION, rect.width(), CAPTION), left, line)


def _image(look: Mapping[str, Any] | None) -> QImage | None:
    return image(look["pixels"]) if look is not None and "pixels" in look else None


def _fitted(picture: QImage, place: QRectF) -> QRectF:
    scale = min(place.width() / picture.width(), place.height() / picture.height())
    width, height = picture.width() * scale, picture.height() * scale
    return QRectF(place.center().x() - width / 2, place.center().y() - height / 2, width, height)


def _draw_boxes(painter: QPainter, place: QRectF, boxes: Sequence[Box]) -> None:
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for box in boxes:
        left, top, right, bottom = box.place
        corner = QPointF(place.left() + left * place.width(), place.top() + top * place.height())
        rect = QRectF(corner, QSizeF((right - left) * place.width(), (bottom - top) * place.height()))
        rect = rect.intersected(place)
        colour = manager().theme.chart[box.colour]
        painter.setPen(QPen(Qt.GlobalColor.white, 1.0, Qt.PenStyle.DashLine) if box.true else QPen(colour, 1.6))
        painter.drawRect(rect)


def _draw_curves(
    painter: QPainter, place: QRectF, channels: Sequence[Sequence[float]], ends: Sequence[float] | None = None
) -> None:
    """`ends` of the scale, where several are to be compared; else those of the curve."""
    numbers = ends or [value for channel in channels for value in channel]
    low, high = min(numbers, default=0.0), max(numbers, default=1.0)
    inner = place.adjusted(3, 4, -3, -4)
    for index, channel in enumerate(channels):
        painter.setPen(QPen(manager().theme.chart[index], 1.1))
        step = inner.width() / max(1, len(channel) - 1)
        across = (high - low) or 1.0
        painter.drawPolyline(
            QPolygonF([
                QPointF(inner.left() + i * step, inner.bottom() - (value - low) / across * inner.height())
                for i, value in enumerate(channel)
            ])
        )  # fmt: skip
