"""A small painted chart: lines, dots and bars over two axes, with what lies under the cursor told in words."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from designer.look import mix
from designer.plots.readout import number
from designer.qt import follow
from designer.theme import RADIUS_S, SMALL_SIZE, SPACE_M, SPACE_S, SPACE_XS, font, manager, mono

Floats = NDArray[np.float64]
Span = tuple[float, float]
HEAD, FOOT, TICK = 20.0, 32.0, 10  # pixels
REACH = 24.0  # from how far the cursor takes hold of a point
GREY = -1  # a colour beside those of the chart


@dataclass(frozen=True, eq=False)
class Line:
    """A line through points; `name` is told when the cursor is near."""

    x: Floats
    y: Floats
    colour: int = 0
    name: str = ""
    dashed: bool = False
    dotted: bool = False  # a mark at each point


@dataclass(frozen=True, eq=False)
class Dots:
    """Points with a colour each, counted through the colours of the chart; `names` are told under the cursor."""

    x: Floats
    y: Floats
    colours: Sequence[int] = ()
    radius: float = 2.2
    names: Sequence[str] = ()


@dataclass(frozen=True, eq=False)
class Bars:
    """Heights over adjoining intervals."""

    edges: Floats
    heights: Floats
    colour: int = 0


Mark = Line | Dots | Bars


@dataclass(frozen=True)
class Drawing:
    """What a figure shows. Spans are found from the marks where they are None; `square` keeps both axes one scale."""

    marks: Sequence[Mark] = ()
    title: str = ""
    note: str = ""
    x_label: str = ""
    y_label: str = ""
    x_span: Span | None = None
    y_span: Span | None = None
    square: bool = False
    summary: str = field(default="", compare=False)  # for those who cannot see it


class Figure(QWidget):
    """`clicked_dot` is called with the index of a dot that was clicked."""

    def __init__(self, clicked_dot: Callable[[int], None] | None = None) -> None:
        super().__init__()
        self._drawing = Drawing()
        self._spans: tuple[Span, Span] = ((0.0, 1.0), (0.0, 1.0))
        self._hover: QPointF | None = None
        self._clicked_dot = clicked_dot
        self.setMouseTracking(True)
        self.setMinimumSize(170, 130)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        follow(self, manager().changed, self.update)

    def sizeHint(self) -> QSize:
        return QSize(280, 220)

    @property
    def drawing(self) -> Drawing:
        return self._drawing

    def show_drawing(self, drawing: Drawing) -> None:
        self._drawing = drawing
        self._spans = (_span(drawing, 0), _span(drawing, 1))
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

    def _y_ticks(self) -> list[float]:
        return ticks(*self._spans[1], max(2, int(self._height() / 34)))

    def _tick_room(self) -> float:
        figures = QFontMetricsF(mono(TICK))
        return max((figures.horizontalAdvance(_tick(value)) for value in self._y_ticks()), default=0.0)

    def place(self, area: QRectF, x: Floats, y: Floats) -> tuple[Floats, Floats]:
        """Data to pixels."""
        (x0, x1), (y0, y1) = self._spans
        return (
            area.left() + (np.asarray(x, float) - x0) / (x1 - x0) * area.width(),
            area.bottom() - (np.asarray(y, float) - y0) / (y1 - y0) * area.height(),
        )

    # -- the hand

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._hover = event.position()
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        self._hover = None
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        found = self._nearest(self.area(), event.position())
        if self._clicked_dot is not None and found is not None and isinstance(found[0], Dots):
            self._clicked_dot(found[1])

    def told(self, point: QPointF) -> str:
        """What is said of the mark under a point of the widget."""
        found = self._nearest(self.area(), point)
        return _words(*found) if found else ""

    def _nearest(self, area: QRectF, at: QPointF) -> tuple[Mark, int] | None:
        best: tuple[float, Mark, int] | None = None
        for mark in self._drawing.marks:
            if isinstance(mark, Bars):
                x, _ = self.place(area, mark.edges, mark.edges)
                index = int(np.searchsorted(x, at.x(), side="right")) - 1
                if area.contains(at) and 0 <= index < len(mark.heights):
                    best = best or (REACH, mark, index)
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
        self._draw_head(painter, _words(*found) if found else self._drawing.note)
        self._draw_axes(painter, area)
        painter.setClipRect(area.adjusted(-3, -3, 3, 3))
        held = found[0] if found and isinstance(found[0], Line) and found[0].name else None
        for mark in self._drawing.marks:
            self._draw(painter, area, mark, faded=held is not None and mark is not held and isinstance(mark, Line))
        if found is not None:
            self._draw_hold(painter, area, *found)
        painter.end()

    def _draw_head(self, painter: QPainter, note: str) -> None:
        theme = manager().theme
        painter.setFont(font(SMALL_SIZE))
        painter.setPen(theme.muted)
        metrics = QFontMetricsF(painter.font())
        title = self._drawing.title
        left = metrics.horizontalAdvance(title) + SPACE_M
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.drawText(QRectF(SPACE_XS, 0, left, HEAD - 4), Qt.AlignmentFlag.AlignLeft | middle, title)
        painter.setPen(theme.text)
        room = QRectF(left, 0, max(0.0, self.width() - left - SPACE_M), HEAD - 4)
        shown = metrics.elidedText(note, Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, Qt.AlignmentFlag.AlignRight | middle, shown)

    def _draw_axes(self, painter: QPainter, area: QRectF) -> None:
        theme = manager().theme
        grid = mix(theme.border, theme.surface, 0.6)
        painter.setFont(mono(TICK))
        centre, right = Qt.AlignmentFlag.AlignHCenter, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        for value in self._y_ticks():
            y = float(self.place(area, np.zeros(1), np.array([value]))[1][0])
            painter.setPen(QPen(grid, 1))
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
            painter.setPen(theme.muted)
            painter.drawText(QRectF(area.left() - 64, y - 7, 58, 14), right, _tick(value))
        for value in ticks(*self._spans[0], max(2, int(area.width() / 56))):
            x = float(self.place(area, np.array([value]), np.zeros(1))[0][0])
            painter.setPen(QPen(grid, 1))
            painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))
            painter.setPen(theme.muted)
            painter.drawText(QRectF(x - 40, area.bottom() + 3, 80, 14), centre, _tick(value))
        painter.setPen(QPen(theme.border, 1))
        painter.drawLine(area.bottomLeft(), area.bottomRight())
        painter.drawLine(area.bottomLeft(), area.topLeft())
        painter.setFont(font(TICK))
        painter.setPen(theme.muted)
        painter.drawText(QRectF(area.left(), area.bottom() + 16, area.width(), 14), centre, self._drawing.x_label)
        if self._drawing.y_label:
            painter.save()
            painter.translate(area.left() - self._tick_room() - SPACE_M - TICK / 2, area.center().y())
            painter.rotate(-90)
            painter.drawText(QRectF(-100, -8, 200, 14), Qt.AlignmentFlag.AlignCenter, self._drawing.y_label)
            painter.restore()

    def _draw(self, painter: QPainter, area: QRectF, mark: Mark, *, faded: bool) -> None:
        match mark:
            case Line():
                self._draw_line(painter, area, mark, faded)
            case Dots():
                self._draw_dots(painter, area, mark)
            case Bars():
                self._draw_bars(painter, area, mark)

    def _draw_line(self, painter: QPainter, area: QRectF, mark: Line, faded: bool) -> None:
        colour = QColor(_colour(mark.colour))
        colour.setAlphaF(0.2 if faded else 1.0)
        pen = QPen(colour, 1.2 if mark.dashed else 1.8)
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
        x, y = self.place(area, mark.x[[index]], mark.y[[index]])
        painter.drawEllipse(QPointF(float(x[0]), float(y[0])), RADIUS_S, RADIUS_S)


def numbers(values: Sequence[Any]) -> Floats:
    """Numbers of an answer, missing ones as NaN."""
    return np.asarray([math.nan if v is None else v for v in values], np.float64)


def ticks(low: float, high: float, most: int) -> list[float]:
    """Round numbers between two, at most about `most`."""
    if not math.isfinite(high - low) or high <= low:
        return [low]
    rough = (high - low) / max(1, most)
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * f for f in (1, 2, 2.5, 5, 10) if power * f >= rough * 0.999)
    first = math.ceil(low / step - 1e-9)
    return [index * step for index in range(first, math.floor(high / step + 1e-9) + 1)]


def _span(drawing: Drawing, axis: int) -> Span:
    given = (drawing.x_span, drawing.y_span)[axis]
    if given is not None:
        return given
    values = [_values(mark, axis) for mark in drawing.marks]
    known = np.concatenate([*values, np.zeros(0)])
    known = known[np.isfinite(known)]
    if not len(known):
        return 0.0, 1.0
    low, high = float(known.min()), float(known.max())
    grounded = any(isinstance(mark, Bars) for mark in drawing.marks)
    if grounded and axis == 1:
        return min(0.0, low), (high or 1.0) * 1.05
    room = 0.0 if grounded else 0.04 * (high - low)
    return (low - room, high + room) if high > low else (low - 0.5, high + 0.5)


def _values(mark: Mark, axis: int) -> Floats:
    if isinstance(mark, Bars):
        return mark.heights if axis else mark.edges
    return mark.y if axis else mark.x


def _words(mark: Mark, index: int) -> str:
    match mark:
        case Bars():
            low, high = number(mark.edges[index]), number(mark.edges[index + 1])
            return f"{low} to {high}: {number(mark.heights[index])}"
        case Dots() if len(mark.names):
            return mark.names[index]
        case Dots() | Line():
            name = getattr(mark, "name", "")
            return f"{name}  {number(mark.x[index])}, {number(mark.y[index])}".strip()


def _colour(index: int) -> QColor:
    theme = manager().theme
    return theme.muted if index < 0 else theme.chart[index % len(theme.chart)]


def _tick(value: float) -> str:
    return f"{value:.4g}" if abs(value) > 1e-12 else "0"
