"""What lies behind the nodes: the dotted grid, frames and notes."""

from __future__ import annotations

from math import ceil, floor

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen, QPixmap

from designer.canvas.camera import Camera, Rect
from designer.canvas.geometry import FRAME_TITLE, GRID, frame_rect, note_rect
from designer.canvas.skin import Skin
from graph.records import Frame, Note

DOT = 8.0  # height of a row of dots, in device pixels
AROUND = 256  # device pixels that a row reaches beyond what is asked for


class Backdrop:
    """The grid. Each dot lies on whole pixels, so that a picture that is moved by whole pixels stays right."""

    def __init__(self, skin: Skin) -> None:
        self.skin = skin
        self._key: tuple[float, ...] = ()
        self._row = QPixmap()
        self._left = 0  # of the row, in device pixels from where the origin lies

    def paint(self, painter: QPainter, camera: Camera, area: Rect, width: float, ratio: float) -> None:
        """Fills an area of a widget of that width, in widget pixels."""
        left, top, right, bottom = area
        painter.fillRect(QRectF(left, top, right - left, bottom - top), self.skin.theme.canvas)
        step = GRID * 2 * camera.scale
        while step < 18:
            step *= 2
        x, y = camera.x * ratio, camera.y * ratio  # the origin, in device pixels
        part = round(x - floor(x), 6)
        self._bake(step * ratio, part, -floor(x), ceil(width * ratio) - floor(x), ratio)
        half, place = DOT / 2, (self._left + floor(x)) / ratio
        first = floor((top * ratio - y - half) / (step * ratio))
        for i in range(first, floor((bottom * ratio - y + half) / (step * ratio)) + 1):
            painter.drawPixmap(QPointF(place, (floor(i * step * ratio + y + 0.5) - half) / ratio), self._row)

    def _bake(self, step: float, part: float, start: int, end: int, ratio: float) -> None:
        """One row of dots from `start` to `end` (device pixels), kept as long as it covers what is asked for.

        Drawing each dot of the grid would take most of a frame.
        """
        key = (step, part, ratio)
        if key == self._key and self._left <= start and end <= self._left + self._row.width():
            return
        self._key, self._left = key, start - AROUND
        width = end - start + 2 * AROUND
        self._row = QPixmap(width, round(DOT))
        self._row.fill(self.skin.theme.canvas)
        painter = QPainter(self._row)
        try:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            pen = QPen(self.skin.dots, min(max(1.4 * step / ratio / 26, 1.3), 2.4) * ratio)
            pen.setCapStyle(Qt.PenCapStyle.RoundCap)
            painter.setPen(pen)
            first, last = ceil((self._left - part) / step), floor((self._left + width - part) / step)
            painter.drawPoints(
                [QPointF(floor(i * step + part + 0.5) - self._left, DOT / 2) for i in range(first - 1, last + 2)]
            )
        finally:
            painter.end()
        self._row.setDevicePixelRatio(ratio)


def draw_frame(painter: QPainter, skin: Skin, frame: Frame, *, selected: bool) -> None:
    """In canvas units."""
    left, top, right, bottom = frame_rect(frame)
    theme = skin.theme
    colour = QColor(frame.colour) if frame.colour else theme.muted
    body = QRectF(left, top, right - left, bottom - top)
    painter.setPen(skin.line(theme.selection if selected else skin.alpha(colour, 0.45), 2.0 if selected else 1.0))
    painter.setBrush(skin.alpha(colour, 0.07))
    painter.drawRoundedRect(body, 12, 12)
    painter.setFont(skin.title)
    painter.setPen(colour)
    shown = QFontMetricsF(skin.title).elidedText(frame.title, Qt.TextElideMode.ElideRight, body.width() - 24)
    painter.drawText(
        QRectF(left + 12, top + 4, body.width() - 24, FRAME_TITLE - 4), Qt.AlignmentFlag.AlignVCenter, shown
    )


def draw_tether(painter: QPainter, skin: Skin, note: Note, node: Rect) -> None:
    """What binds a note to its node: a dotted line from edge to edge. In canvas units."""
    left, top, right, bottom = note_rect(note)
    x = min(max(left + 18.0, node[0] + 12.0), max(right - 12.0, left + 18.0))
    start = QPointF(x, bottom if bottom <= node[1] else top)
    end = QPointF(min(max(x, node[0] + 12.0), node[2] - 12.0), node[1] if bottom <= node[1] else node[3])
    if bottom > node[1] and top < node[3]:  # beside it
        start = QPointF(right if right <= node[0] else left, top + 14.0)
        end = QPointF(node[0] if right <= node[0] else node[2], min(max(top + 14.0, node[1] + 10.0), node[3] - 10.0))
    pen = QPen(skin.line(skin.alpha(skin.theme.warning, 0.6), 1.4))
    pen.setStyle(Qt.PenStyle.DotLine)
    painter.setPen(pen)
    painter.drawLine(start, end)


def draw_note(painter: QPainter, skin: Skin, note: Note, *, selected: bool) -> None:
    """In canvas units."""
    left, top, right, bottom = note_rect(note)
    theme = skin.theme
    body = QRectF(left, top, right - left, bottom - top)
    painter.setPen(skin.line(theme.selection if selected else skin.alpha(theme.warning, 0.4), 2.0 if selected else 1.0))
    painter.setBrush(skin.alpha(theme.warning, 0.1))
    painter.drawRoundedRect(body, 8, 8)
    painter.setPen(theme.text)
    painter.setFont(skin.small)
    flags = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWordWrap
    painter.drawText(body.adjusted(12, 11, -12, -8), int(flags), note.text)
