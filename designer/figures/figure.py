"""A small painted chart: lines, dots and bars over two axes, with what lies under the cursor told in words."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF

from designer.figures.arrows import draw_arrows
from designer.figures.hovered import HEAD, Hovered
from designer.figures.marks import (
    Arrows,
    Bars,
    Dots,
    Drawing,
    Floats,
    Line,
    Mark,
    Shades,
    Span,
    span,
    tick_text,
    ticks,
    words,
)
from designer.figures.shades import cell, draw_shades, edges, middle
from designer.look import mix
from designer.sentences import told
from designer.theme import RADIUS_S, SPACE_M, SPACE_S, SPACE_XS, font, manager, mono

FOOT, TICK = 32.0, 10  # pixels
WORD_ROOM = 58.0  # that a word at the left has
REACH = 24.0  # from how far the cursor takes hold of a point


class Figure(Hovered):
    """`clicked` is called with the index of a dot or bar that was clicked."""

    def __init__(self, clicked: Callable[[int], None] | None = None) -> None:
        super().__init__((170, 130))
        self._drawing = Drawing()
        self._spans: tuple[Span, Span] = ((0.0, 1.0), (0.0, 1.0))
        self._clicked = clicked

    def sizeHint(self) -> QSize:
        return QSize(280, 220)

    @property
    def drawing(self) -> Drawing:
        return self._drawing

    def show_drawing(self, drawing: Drawing) -> None:
        self._drawing = drawing
        self._spans = (span(drawing, 0), span(drawing, 1))
        self.setAccessibleName(drawing.title)
        self.setAccessibleDescription(drawing.summary or drawing.note)
        self.update()

    # -- places

    def area(self) -> QRectF:
        """Where the marks lie."""
        left = self._tick_room() + SPACE_M + (TICK + SPACE_S if self._drawing.y_label else 0)
        area = QRectF(left, HEAD, max(20.0, self.width() - left - SPACE_M), self._height())
        if self._drawing.square:
            side = min(area.width(), area.height())
            area = QRectF(area.left() + (area.width() - side) / 2, area.top(), side, side)
        return area

    def _height(self) -> float:
        foot = FOOT if self._drawing.x_label else FOOT - 14
        return max(20.0, self.height() - HEAD - foot)

    def _y_ticks(self) -> list[tuple[float, str]]:
        words = self._drawing.y_words
        if words:
            metrics = QFontMetricsF(mono(TICK))
            shown = (metrics.elidedText(word, Qt.TextElideMode.ElideRight, WORD_ROOM) for word in words)
            return [(float(place), word) for place, word in enumerate(shown)]
        found = ticks(*self._spans[1], max(2, int(self._height() / 34)))
        return [(value, tick_text(value, self._drawing.y_powers)) for value in found]

    def _x_ticks(self, area: QRectF) -> list[tuple[float, str]]:
        words = self._drawing.x_words
        if not words:
            found = ticks(*self._spans[0], max(2, int(area.width() / 56)))
            found = [v for v in found if not self._drawing.x_whole or float(v).is_integer()]
            return [(value, tick_text(value, self._drawing.x_powers)) for value in found]
        metrics, room = QFontMetricsF(mono(TICK)), area.width() / len(words) - SPACE_S
        elided = Qt.TextElideMode.ElideRight
        return [(float(i), metrics.elidedText(word, elided, max(room, 2 * TICK))) for i, word in enumerate(words)]

    def _tick_room(self) -> float:
        figures = QFontMetricsF(mono(TICK))
        return max(
            (figures.horizontalAdvance(text) for _, text in self._y_ticks()),
            default=0.0,
        )

    def place(self, area: QRectF, x: Floats, y: Floats) -> tuple[Floats, Floats]:
        """Data to pixels."""
        (x0, x1), (y0, y1) = self._spans
        return (
            area.left() + (np.asarray(x, float) - x0) / (x1 - x0) * area.width(),
            area.bottom() - (np.asarray(y, float) - y0) / (y1 - y0) * area.height(),
        )

    def _data(self, area: QRectF, at: QPointF) -> tuple[float, float]:
        """Pixels to data."""
        (x0, x1), (y0, y1) = self._spans
        across, up = (at.x() - area.left()) / area.width(), (area.bottom() - at.y()) / area.height()
        return x0 + across * (x1 - x0), y0 + up * (y1 - y0)

    # -- the hand

    def mousePressEvent(self, event: QMouseEvent) -> None:
        found = self._nearest(self.area(), event.position())
        if self._clicked is not None and found is not None and isinstance(found[0], Dots | Bars):
            self._clicked(found[1])

    def told(self, point: QPointF) -> str:
        """What is said of the mark under a point of the widget."""
        found = self._nearest(self.area(), point)
        return words(*found, self._drawing) if found else ""

    def _nearest(self, area: QRectF, at: QPointF) -> tuple[Mark, int] | None:
        best: tuple[float, Mark, int] | None = None
        for mark in self._drawing.marks:
            if isinstance(mark, Bars):
                x, _ = self.place(area, mark.edges, mark.edges)
                index = int(np.searchsorted(x, at.x(), side="right")) - 1
                if area.contains(at) and 0 <= index < len(mark.heights):
                    best = best or (REACH, mark, index)
            elif isinstance(mark, Shades):
                if area.contains(at):
                    best = (REACH, mark, cell(mark, *self._data(area, at)))
            elif len(mark.x) and (not isinstance(mark, Line) or mark.name):
                x, y = self.place(area, mark.x, mark.y)
                apart = np.hypot(x - at.x(), y - at.y())
                index = int(np.nanargmin(apart)) if np.isfinite(apart).any() else 0
                if apart[index] < (best[0] if best else REACH):
                    best = (float(apart[index]), mark, index)
        return best[1:] if best else None

    # -- the picture

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = self.area()
        found = self._nearest(area, self._hover) if self._hover is not None else None
        note = words(*found, self._drawing) if found else self._drawing.note
        self.draw_head(painter, self._drawing.title, note, left=SPACE_XS)
        self._draw_axes(painter, area)
        painter.setClipRect(area.adjusted(-3, -3, 3, 3))
        held = found[0] if found and isinstance(found[0], Line) and found[0].name else None
        for mark in self._drawing.marks:
            self._draw(painter, area, mark, faded=held is not None and mark is not held and isinstance(mark, Line))
        if found is not None:
            self._draw_hold(painter, area, *found)
        self._draw_legend(painter, area)
        painter.end()

    def _draw_legend(self, painter: QPainter, area: QRectF) -> None:
        """In the corner at the top right, as far as there is room."""
        painter.setFont(font(TICK))
        metrics = QFontMetricsF(painter.font())
        room = max(1, int(area.height() / 13))
        width = max((metrics.horizontalAdvance(name) for name, _ in self._drawing.legend[:room]), default=0.0)
        if self._drawing.legend:
            behind = QColor(manager().theme.surface)
            behind.setAlphaF(0.8)
            painter.fillRect(
                QRectF(area.right() - width - 14, area.top(), width + 14, 13 * min(room, len(self._drawing.legend))),
                behind,
            )
        for index, (name, colour) in enumerate(self._drawing.legend[:room]):
            place = QRectF(area.right() - width, area.top() + index * 13, width, 13)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(_colour(colour))
            painter.drawEllipse(QPointF(place.left() - 7, place.center().y()), 3, 3)
            painter.setPen(manager().theme.muted)
            painter.drawText(place, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, name)

    def _draw_axes(self, painter: QPainter, area: QRectF) -> None:
        theme = manager().theme
        grid = mix(theme.border, theme.surface, 0.6)
        painter.setFont(mono(TICK))
        centre, right = Qt.AlignmentFlag.AlignHCenter, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        for value, text in self._y_ticks():
            y = float(self.place(area, np.zeros(1), np.array([value]))[1][0])
            painter.setPen(QPen(grid, 1))
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
            painter.setPen(theme.muted)
            painter.drawText(QRectF(area.left() - WORD_ROOM - 6, y - 7, WORD_ROOM, 14), right, text)
        for value, text in self._x_ticks(area):
            x = float(self.place(area, np.array([value]), np.zeros(1))[0][0])
            painter.setPen(QPen(grid, 1))
            painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))
            painter.setPen(theme.muted)
            painter.drawText(QRectF(x - 40, area.bottom() + 3, 80, 14), centre, text)
        painter.setPen(QPen(theme.border, 1))
        painter.drawLine(area.bottomLeft(), area.bottomRight())
        painter.drawLine(area.bottomLeft(), area.topLeft())
        painter.setFont(font(TICK))
        painter.setPen(theme.muted)
        painter.drawText(QRectF(area.left(), area.bottom() + 16, area.width(), 14), centre, told(self._drawing.x_label))
        if self._drawing.y_label:
            painter.save()
            painter.translate(area.left() - self._tick_room() - SPACE_M - TICK / 2, area.center().y())
            painter.rotate(-90)
            painter.drawText(QRectF(-100, -8, 200, 14), Qt.AlignmentFlag.AlignCenter, told(self._drawing.y_label))
            painter.restore()

    def _draw(self, painter: QPainter, area: QRectF, mark: Mark, *, faded: bool) -> None:
        match mark:
            case Line():
                self._draw_line(painter, area, mark, faded)
            case Dots():
                self._draw_dots(painter, area, mark)
            case Bars():
                self._draw_bars(painter, area, mark)
            case Shades():
                x, y = self.place(area, *edges(mark))
                draw_shades(painter, QRectF(QPointF(x[0], y[1]), QPointF(x[1], y[0])), mark)
            case Arrows():
                x, y = self.place(area, mark.x, mark.y)
                u, v = self.place(area, mark.x + mark.u, mark.y + mark.v)
                draw_arrows(painter, (x, y), (u - x, v - y), _colour(mark.colour))

    def _draw_line(self, painter: QPainter, area: QRectF, mark: Line, faded: bool) -> None:
        colour = QColor(_colour(mark.colour))
        colour.setAlphaF(0.2 if faded else 1.0)
        colour.setAlphaF(colour.alphaF() * (0.45 if mark.thin else 1.0))
        pen = QPen(colour, 1.2 if mark.dashed or mark.thin else 1.8)
        pen.setStyle(Qt.PenStyle.DashLine if mark.dashed else Qt.PenStyle.SolidLine)
        pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        x, y = self.place(area, mark.x, mark.y)
        points = [QPointF(a, b) for a, b in zip(x.tolist(), y.tolist(), strict=True) if math.isfinite(b)]
        painter.drawPolyline(QPolygonF(points))
        if mark.dotted:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colour)
            for point in points:
                painter.drawEllipse(point, 3.0, 3.0)

    def _draw_dots(self, painter: QPainter, area: QRectF, mark: Dots) -> None:
        x, y = self.place(area, mark.x, mark.y)
        colours = np.asarray(mark.colours if len(mark.colours) else np.zeros(len(x)), int)
        for kind in np.unique(colours).tolist():
            colour = QColor(_colour(kind))
            colour.setAlphaF(0.65)
            pen = QPen(colour, 2 * mark.radius)
            pen.setCapStyle(Qt.PenCapStyle.RoundCap)
            painter.setPen(pen)
            chosen = colours == kind
            pairs = zip(x[chosen].tolist(), y[chosen].tolist(), strict=True)
            painter.drawPoints(QPolygonF([QPointF(a, b) for a, b in pairs if math.isfinite(a) and math.isfinite(b)]))

    def _draw_bars(self, painter: QPainter, area: QRectF, mark: Bars) -> None:
        x, _ = self.place(area, mark.edges, mark.edges)
        _, y = self.place(area, mark.heights, mark.heights)
        ground = float(self.place(area, np.zeros(1), np.zeros(1))[1][0])
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(_colour(mark.colour))
        for left, right, top in zip(x[:-1].tolist(), x[1:].tolist(), y.tolist(), strict=True):
            gap = 0.5 if right - left > 3 else 0.0
            if math.isfinite(top) and abs(ground - top) > 0:
                painter.drawRect(QRectF(left + gap, top, max(0.6, right - left - 2 * gap), ground - top))

    def _draw_hold(self, painter: QPainter, area: QRectF, mark: Mark, index: int) -> None:
        theme = manager().theme
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(theme.text, 1.4))
        if isinstance(mark, Bars):
            x, _ = self.place(area, mark.edges[index : index + 2], np.zeros(2))
            painter.drawRect(QRectF(x[0], area.top(), x[1] - x[0], area.height()))
            return
        at = middle(mark, index) if isinstance(mark, Shades) else (mark.x[[index]], mark.y[[index]])
        x, y = self.place(area, *at)
        painter.drawEllipse(QPointF(float(x[0]), float(y[0])), RADIUS_S, RADIUS_S)


def _colour(index: int) -> QColor:
    theme = manager().theme
    return theme.muted if index < 0 else theme.chart[index % len(theme.chart)]
