"""What a net with two inputs thinks of the whole plane: class regions (or a value map) and the training points."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from core.training.protocol import Picture
from designer.controls.labels import label
from designer.language import tr
from designer.qt import column, follow
from designer.theme import RADIUS_M, SPACE_L, SPACE_M, SPACE_S, SPACE_XS, manager

_ARM = 4.5  # of the cross at a centre, in pixels


class BoundaryView(QWidget):
    """Paints the newest ``boundary`` picture; the first one brought the points."""

    def __init__(self) -> None:
        super().__init__()
        layout = column(self, margins=(SPACE_M, SPACE_M, SPACE_L, SPACE_M), gap=SPACE_S)
        layout.addWidget(label(tr("Decision boundary"), "caption"))
        self._field = BoundaryField()
        layout.addWidget(self._field, 1)
        follow(self, manager().changed, self._field.forget)

    def show_picture(self, picture: Picture) -> None:
        self._field.show_data(picture.data)


class BoundaryField(QWidget):
    """The data of a ``boundary`` picture, painted."""

    def __init__(self) -> None:
        super().__init__()
        self._data: dict[str, Any] = {}
        self._image: QImage | None = None
        self.setMinimumSize(150, 110)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(tr("Decision boundary"))

    def show_data(self, data: dict[str, Any]) -> None:
        if data is not self._data:
            self._data = data
            self.forget()

    def forget(self) -> None:
        self._image = None
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self._data:
            return
        if self._image is None:
            self._image = colour_map(self._data, manager().theme.chart, manager().theme.surface)
        side = min(self.width(), self.height()) - 2 * SPACE_XS
        area = QRectF((self.width() - side) / 2, (self.height() - side) / 2, side, side)
        painter = QPainter(self)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(area, self._image)
        painter.setClipRect(area)
        self._draw_points(painter, area)
        self._draw_centres(painter, area)
        painter.setClipping(False)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(manager().theme.border, 1))
        painter.drawRoundedRect(area, RADIUS_M / 2, RADIUS_M / 2)
        painter.end()

    def _draw_points(self, painter: QPainter, area: QRectF) -> None:
        (x0, x1), (y0, y1) = self._data["x"], self._data["y"]
        chart = manager().theme.chart
        painter.setPen(QPen(manager().theme.surface, 1))
        for x, y, value in self._data.get("points", ()):
            painter.setBrush(chart[int(value) % len(chart)])
            where = QPointF(
                area.left() + (x - x0) / (x1 - x0) * area.width(), area.bottom() - (y - y0) / (y1 - y0) * area.height()
            )
            painter.drawEllipse(where, 3.0, 3.0)

    def _draw_centres(self, painter: QPainter, area: QRectF) -> None:
        """Where bumps stand: a cross with a light rim, over all points."""
        (x0, x1), (y0, y1) = self._data["x"], self._data["y"]
        theme = manager().theme
        lines = []
        for x, y in self._data.get("centres", ()):
            px = area.left() + (x - x0) / (x1 - x0) * area.width()
            py = area.bottom() - (y - y0) / (y1 - y0) * area.height()
            lines += [QLineF(px - _ARM, py, px + _ARM, py), QLineF(px, py - _ARM, px, py + _ARM)]
        for colour, width in ((theme.surface, 4.0), (theme.text, 1.8)):
            painter.setPen(QPen(colour, width))
            painter.drawLines(lines)


def colour_map(data: dict[str, Any], chart: tuple[QColor, ...], ground: QColor) -> QImage:
    """The grid of the picture as an image, top row first: each cell the mixture of the class colours by probability."""
    size = int(data["size"])
    values: NDArray[np.float64] = np.asarray(data["values"], float).reshape(size, size, -1)
    if values.shape[2] == 1:
        values = np.concatenate((1 - values, values), axis=2)
    shares = np.clip(values, 0, 1)
    mixed = shares @ np.stack([_rgb(chart[k % len(chart)]) for k in range(shares.shape[2])])
    base = _rgb(ground)
    pixels = np.ascontiguousarray((0.45 * mixed + 0.55 * base)[::-1]).round().astype(np.uint8)
    return QImage(pixels.tobytes(), size, size, 3 * size, QImage.Format.Format_RGB888).copy()


def _rgb(colour: QColor) -> NDArray[np.float64]:
    return np.asarray((colour.red(), colour.green(), colour.blue()), np.float64)
