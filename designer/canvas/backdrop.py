"""What lies behind the nodes: the dotted grid, frames and notes."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen, QPixmap

from designer.canvas.camera import Camera, Rect
from designer.canvas.geometry import FRAME_TITLE, GRID, frame_rect, note_rect
from designer.canvas.skin import Skin
from graph.records import Frame, Note


class Backdrop:
    """The grid, kept as one picture a little larger than the widget, so that panning is a copy."""

    def __init__(self, skin: Skin) -> None:
        self.skin = skin
        self._key: tuple[float, ...] = ()
        self._dots = QPixmap()
        self._step = 1.0

    def paint(self, painter: QPainter, camera: Camera, width: int, height: int, ratio: float) -> None:
        """Fills the whole widget."""
        key = (camera.scale, width, height, ratio)
        if key != self._key:
            self._key = key
            self._bake(camera.scale, width, height, ratio)
        x, y = camera.x % self._step - self._step, camera.y % self._step - self._step
        painter.drawPixmap(QPointF(x - 2.0, y - 2.0), self._dots)

    def _bake(self, scale: float, width: int, height: int, ratio: float) -> None:
        step = GRID * 2 * scale
        while step < 18:
            step *= 2
        self._step = step
        self._dots = QPixmap(round((width + 2 * step) * ratio), round((height + 2 * step) * ratio))
        self._dots.setDevicePixelRatio(ratio)
        self._dots.fill(self.skin.theme.canvas)
        line = self._line(step, width, ratio)
        painter = QPainter(self._dots)
        try:
            for i in range(int(height / step) + 3):
                painter.drawPixmap(QPointF(0.0, i * step), line)
        finally:
            painter.end()

    def _line(self, step: float, width: int, ratio: float) -> QPixmap:
        """One row of dots: drawing each round dot of the grid would take most of a frame."""
        size = min(max(1.4 * step / 26, 1.3), 2.4)
        line = QPixmap(round((width + 2 * step) * ratio), round(4 * ratio))
        line.setDevicePixelRatio(ratio)
        line.fill(self.skin.theme.canvas)
        painter = QPainter(line)
        try:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            pen = QPen(self.skin.dots, size)
            pen.setCapStyle(Qt.PenCapStyle.RoundCap)
            painter.setPen(pen)
            painter.drawPoints([QPointF(2.0 + x * step, 2.0) for x in range(int(width / step) + 3)])
        finally:
            painter.end()
        return line


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
