"""How parallel coordinates are painted: the ground of all lines, and over it what stands out, axes, brushes, words."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPainterPath, QPen

from designer.figures.marks import Span
from designer.look import focus, mix
from designer.search.axes import Axis
from designer.theme import RADIUS_S, SMALL_SIZE, SPACE_M, SPACE_S, font, manager, mono

MANY = 150  # lines from which they are as thin as can be
HEAD, TICK, TICK_GAP = 32.0, 10, 26.0  # pixels
BRUSH_WIDTH, CURVED = 12.0, 0.35  # the share of the way between axes over which a line leaves level


@dataclass(frozen=True)
class Strand:
    """One trial. `places` has one number from 0 to 1 for each axis (NaN: none); `merit` is 1 for the best result, 0 for
    the worst, None where there is no result. `told` gives the trial in words."""

    key: int
    places: tuple[float, ...]
    merit: float | None
    told: Callable[[], str]


@dataclass(frozen=True)
class Look:
    """What the lines are painted with: `point` places an axis and a share in the widget, `near` is the axis that has
    the keyboard, or -1."""

    axes: Sequence[Axis]
    brushes: Mapping[int, Span]
    point: Callable[[int, float], QPointF]
    held: int | None
    marked: frozenset[int]
    near: int


def curve(along: float) -> tuple[float, float]:
    """How far a line has gone from its level at one axis to that at the next, and how steeply it goes there, at a share
    of the way between them.

    It is a Bézier curve whose middle points are level with its ends, c of the way from them:
    x = 3 c t (1 - t)^2 + 3 (1 - c) t^2 (1 - t) + t^3, and the share gone is 3 t^2 (1 - t) + t^3.
    """
    t = np.linspace(0.0, 1.0, 65)
    x = 3 * CURVED * t * (1 - t) ** 2 + 3 * (1 - CURVED) * t**2 * (1 - t) + t**3
    share = 3 * t**2 * (1 - t) + t**3
    return float(np.interp(along, x, share)), float(np.interp(along, x, np.gradient(share, x)))


def shade(merit: float | None) -> QColor:
    """The colour of a result: from grey for the worst, through blue, to the colour of good news for the best."""
    theme = manager().theme
    if merit is None:
        return mix(theme.muted, theme.surface, 0.55)
    low, middle, high = mix(theme.border_strong, theme.surface, 0.75), theme.chart[0], theme.success
    return mix(middle, low, merit * 2) if merit < 0.5 else mix(high, middle, merit * 2 - 1)


def draw_ground(painter: QPainter, look: Look, strands: Sequence[tuple[Strand, bool]]) -> None:
    """Paint every line, those that step back first, then the rest from worst to best; each comes with whether it passes
    the brushes."""
    order = sorted(strands, key=lambda pair: (pair[1], pair[0].merit is not None, pair[0].merit or 0.0))
    for strand, passes in order:
        _draw_strand(painter, look, strand, passes, fine=len(strands) > MANY)


def draw_over(painter: QPainter, room: QRectF, look: Look, strands: Sequence[Strand], passing: int) -> None:
    """Paint what stands out, the axes, and the line of words below."""
    held = None
    for key in (*sorted(look.marked), look.held):
        for strand in strands:
            if strand.key == key:
                held = strand if key == look.held else held
                _draw_line(painter, look, strand, QPen(manager().theme.surface, 5.5))
                _draw_line(painter, look, strand, QPen(_strong(strand, key == look.held), 2.6))
    for index in range(len(look.axes)):
        _draw_axis(painter, room, look, index)
    if held is not None:
        _draw_values(painter, room, look, held)
    _draw_told(painter, room, held, len(strands), passing)


def _strong(strand: Strand, held: bool) -> QColor:
    theme = manager().theme
    return theme.text if held else theme.accent if strand.merit is None else focus(theme)


def _draw_strand(painter: QPainter, look: Look, strand: Strand, passes: bool, *, fine: bool) -> None:
    colour = QColor(shade(strand.merit))
    contrast = manager().theme.contrast
    if not passes:
        colour = QColor(manager().theme.border)
        colour.setAlphaF(0.8 if contrast else 0.55)
    merit = strand.merit or 0.0
    is_fine = not passes or (fine and merit < 1.0)  # lines of one pixel are painted ten times as fast
    pen = QPen(colour, 1.0 if is_fine else 1.3 + 1.2 * merit**4)
    pen.setStyle(Qt.PenStyle.DotLine if strand.merit is None and passes else Qt.PenStyle.SolidLine)
    _draw_line(painter, look, strand, pen)


def _draw_line(painter: QPainter, look: Look, strand: Strand, pen: QPen) -> None:
    points = [look.point(i, place) for i, place in enumerate(strand.places) if math.isfinite(place)]
    if not points:
        return
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    path = QPainterPath(points[0])
    for a, b in itertools.pairwise(points):
        by = CURVED * (b.x() - a.x())
        path.cubicTo(QPointF(a.x() + by, a.y()), QPointF(b.x() - by, b.y()), b)
    painter.drawPath(path)


def _draw_axis(painter: QPainter, room: QRectF, look: Look, index: int) -> None:
    theme, axis = manager().theme, look.axes[index]
    top, bottom = look.point(index, 1.0), look.point(index, 0.0)
    painter.setPen(QPen(theme.text if index == look.near else theme.border_strong, 1.6 if index == look.near else 1.1))
    painter.drawLine(top, bottom)
    is_last = index == len(look.axes) - 1 and index > 0
    pitch = abs(look.point(1, 0).x() - look.point(0, 0).x()) if len(look.axes) > 1 else room.width()
    _draw_ticks(painter, look, index, left=not is_last, room=min(0.5 * pitch, 84.0))
    if index in look.brushes:
        low, high = (look.point(index, place).y() for place in look.brushes[index])
        body = QRectF(top.x() - BRUSH_WIDTH / 2, high, BRUSH_WIDTH, max(2.0, low - high))
        fill = QColor(theme.accent)
        fill.setAlphaF(0.35)
        painter.setPen(QPen(focus(theme), 1.4))
        painter.setBrush(fill)
        painter.drawRoundedRect(body, RADIUS_S - 1, RADIUS_S - 1)
    weight = QFont.Weight.DemiBold if index == look.near or is_last else QFont.Weight.Normal
    painter.setFont(font(SMALL_SIZE, weight))
    painter.setPen(theme.text)
    width = max(40.0, pitch - SPACE_S)
    metrics = QFontMetricsF(painter.font())
    shown = metrics.elidedText(axis.title, Qt.TextElideMode.ElideMiddle, width)
    taken = metrics.horizontalAdvance(shown)
    left = min(max(room.left(), top.x() - taken / 2), room.right() - taken)
    painter.drawText(QRectF(left, HEAD - 24, taken + 2, 14), Qt.AlignmentFlag.AlignVCenter, shown)


def _draw_ticks(painter: QPainter, look: Look, index: int, *, left: bool, room: float) -> None:
    """Words at the left of an axis; at the last one, where lines end, at its right."""
    theme = manager().theme
    painter.setFont(mono(TICK))
    metrics = QFontMetricsF(painter.font())
    height = abs(look.point(index, 1).y() - look.point(index, 0).y())
    side = Qt.AlignmentFlag.AlignRight if left else Qt.AlignmentFlag.AlignLeft
    for place, word in look.axes[index].ticks(max(2, int(height / TICK_GAP))):
        at = look.point(index, place)
        painter.setPen(QPen(theme.border_strong, 1))
        painter.drawLine(QPointF(at.x() - 2.5, at.y()), QPointF(at.x() + 2.5, at.y()))
        shown = metrics.elidedText(word, Qt.TextElideMode.ElideRight, room)
        width = metrics.horizontalAdvance(shown)
        body = QRectF(at.x() - width - 6 if left else at.x() + 6, at.y() - 7, width, 14)
        _ground(painter, body)
        painter.setPen(theme.muted)
        painter.drawText(body, side | Qt.AlignmentFlag.AlignVCenter, shown)


def _draw_values(painter: QPainter, room: QRectF, look: Look, strand: Strand) -> None:
    """What the held line has at each axis, beside the place where it passes."""
    theme = manager().theme
    painter.setFont(mono(TICK + 1))
    metrics = QFontMetricsF(painter.font())
    for index, (axis, place) in enumerate(zip(look.axes, strand.places, strict=True)):
        if not math.isfinite(place):
            continue
        at, shown = look.point(index, place), axis.told(axis.value(place))
        painter.setBrush(theme.text)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.drawEllipse(at, 3.0, 3.0)
        width = metrics.horizontalAdvance(shown) + SPACE_M
        left = min(at.x() + 7, room.right() - width)
        body = QRectF(left, at.y() - 9, width, 18)
        painter.setPen(QPen(theme.border_strong, 1))
        painter.setBrush(theme.raised)
        painter.drawRoundedRect(body, RADIUS_S, RADIUS_S)
        painter.setPen(theme.text)
        painter.drawText(body, Qt.AlignmentFlag.AlignCenter, shown)


def _draw_told(painter: QPainter, room: QRectF, held: Strand | None, count: int, passing: int) -> None:
    """The line below: the held trial, else how many pass."""
    theme = manager().theme
    text = held.told() if held else f"{passing} / {count}" if passing < count else ""
    painter.setFont(font(SMALL_SIZE))
    painter.setPen(theme.text if held else theme.muted)
    shown = QFontMetricsF(painter.font()).elidedText(text, Qt.TextElideMode.ElideRight, room.width())
    painter.drawText(QRectF(room.left(), room.bottom() - 15, room.width(), 14), Qt.AlignmentFlag.AlignVCenter, shown)


def _ground(painter: QPainter, body: QRectF) -> None:
    """Let what lies behind a word shine through but little."""
    ground = QColor(manager().theme.surface)
    ground.setAlphaF(0.75)
    painter.fillRect(body.adjusted(-1, 1, 1, -1), ground)
