"""Parallel coordinates: an axis for each variable and one for the result, a line for each trial.

Dragging along an axis brushes it: lines that do not pass there step back. All of it can be done from the keyboard.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, QSizeF, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPixmap, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from designer.figures.marks import Floats, Span
from designer.language import tr
from designer.qt import follow
from designer.search.axes import Axis
from designer.search.strands import HEAD, Look, Strand, curve, draw_ground, draw_over
from designer.theme import SPACE_L, SPACE_M, manager

REACH = 7.0  # pixels from which a line or an axis is taken hold of
FOOT, EDGE = 22.0, 5.0
LEAST = 0.01  # of an axis that a brush is wide
KEY_STEP = 0.05
DIMMED = 0.45  # how much is seen of the others while one is held
UP, DOWN = Qt.Key.Key_Up, Qt.Key.Key_Down


class ParallelView(QWidget):
    """Signals: `brushed` (the keys that pass all brushes, or None without brushes), `held` (the key under the cursor,
    or None), `chosen` (a key was clicked), `opened` (a key was double-clicked)."""

    brushed = Signal(object)
    held = Signal(object)
    chosen = Signal(int)
    opened = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self._axes: tuple[Axis, ...] = ()
        self._strands: tuple[Strand, ...] = ()
        self._brushes: dict[int, Span] = {}
        self._drag: tuple[int, float, Span | None] | None = None  # axis, place of the press, the brush that moves
        self._held: int | None = None
        self._marked: frozenset[int] = frozenset()
        self._axis = 0  # that the keyboard brushes
        self._ground: QPixmap | None = None  # all lines, painted anew only where they changed
        self._level: Floats = np.zeros((0, 0))  # the places of all strands, by strand and axis
        self.setMouseTracking(True)
        self.setMinimumSize(220, 140)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(tr("Parallel coordinates"))
        self.setToolTip(
            tr("Drag along an axis to see only the trials that pass there; a click on the axis takes that away.")
        )
        follow(self, manager().changed, self._renew)

    def sizeHint(self) -> QSize:
        return QSize(520, 240)

    # -- what is shown

    def show_strands(self, axes: Sequence[Axis], strands: Sequence[Strand]) -> None:
        """Brushes stay where the axes are called as before."""
        if [axis.title for axis in axes] != [axis.title for axis in self._axes]:
            self._brushes.clear()
            self._axis = 0
        self._axes, self._strands = tuple(axes), tuple(strands)
        self._level = np.array([strand.places for strand in strands], np.float64).reshape(len(strands), len(axes))
        if self._held not in {strand.key for strand in strands}:
            self._held = None
        self._tell()
        self._renew()

    def mark(self, keys: Sequence[int]) -> None:
        """Let some lines stand out: those that are selected elsewhere."""
        self._marked = frozenset(keys)
        self.update()

    @property
    def brushes(self) -> Mapping[int, Span]:
        """By the number of the axis, from and to, as places from 0 to 1."""
        return self._brushes

    @property
    def passing(self) -> list[int]:
        """The keys of the lines that pass all brushes."""
        return [strand.key for strand, passes in zip(self._strands, self._passes(), strict=True) if passes]

    def brush(self, axis: int, span: Span | None) -> None:
        """Set the brush of an axis, or take it away."""
        if span is None:
            self._brushes.pop(axis, None)
        else:
            low, high = sorted(span)
            self._brushes[axis] = (max(0.0, low), min(1.0, high))
        self._brush_changed()

    def clear_brushes(self) -> None:
        if self._brushes:
            self._brushes.clear()
            self._brush_changed()

    def _passes(self) -> list[bool]:
        """For each strand."""
        held = np.ones(len(self._strands), bool)
        for axis, (low, high) in self._brushes.items():
            held &= (self._level[:, axis] >= low) & (self._level[:, axis] <= high)
        return [bool(one) for one in held]

    def _brush_changed(self) -> None:
        self._tell()
        self._renew()
        self.brushed.emit(self.passing if self._brushes else None)

    def _tell(self) -> None:
        best = max((s for s in self._strands if s.merit is not None), key=lambda s: s.merit or 0.0, default=None)
        parts = [tr("{n} trials over {axes}.", n=len(self._strands), axes=", ".join(a.title for a in self._axes))]
        if best is not None:
            parts.append(tr("Best: {trial}", trial=best.told()))
        for axis, (low, high) in self._brushes.items():
            shown = self._axes[axis]
            ends = (shown.told(shown.value(low)), shown.told(shown.value(high)))
            parts.append(tr("{axis} from {low} to {high}.", axis=shown.title, low=ends[0], high=ends[1]))
        if self._brushes:
            parts.append(tr("{n} pass.", n=len(self.passing)))
        self.setAccessibleDescription(" ".join(parts))

    # -- places

    def area(self) -> QRectF:
        """Where the lines lie."""
        side = max(48.0, min(64.0, 0.12 * self.width()))
        return QRectF(side, HEAD, max(40.0, self.width() - 2 * side), max(30.0, self.height() - HEAD - FOOT))

    def axis_x(self, index: int) -> float:
        area = self.area()
        return area.center().x() if len(self._axes) < 2 else area.left() + area.width() * index / (len(self._axes) - 1)

    def point(self, axis: int, place: float) -> QPointF:
        """Where a place of an axis lies in the widget."""
        area = self.area()
        return QPointF(self.axis_x(axis), area.bottom() - place * area.height())

    def _place(self, y: float) -> float:
        area = self.area()
        return min(1.0, max(0.0, (area.bottom() - y) / area.height()))

    def _axis_at(self, at: QPointF) -> int | None:
        area = self.area().adjusted(0, -EDGE, 0, EDGE)
        near = min(range(len(self._axes)), key=lambda i: abs(self.axis_x(i) - at.x()), default=None)
        within = near is not None and abs(self.axis_x(near) - at.x()) <= REACH and area.top() <= at.y() <= area.bottom()
        return near if within else None

    def strand_at(self, at: QPointF) -> Strand | None:
        """The line that passes nearest the cursor, of those that pass the brushes; None where none is near."""
        area, last = self.area(), len(self._axes) - 1
        if last < 1 or not self._strands or not area.adjusted(-REACH, -EDGE, REACH, EDGE).contains(at):
            return None
        along = min(max(0.0, (at.x() - area.left()) / area.width() * last), last - 1e-9)
        left = int(along)
        share, slope = curve(along - left)
        start, end = self._level[:, left], self._level[:, left + 1]
        y = area.bottom() - (start + (end - start) * share) * area.height()
        steep = (end - start) * slope * area.height() * last / area.width()
        apart = np.abs(y - at.y()) / np.hypot(1.0, steep)
        apart[~(np.array(self._passes()) & np.isfinite(apart))] = math.inf
        nearest = int(np.argmin(apart))
        return self._strands[nearest] if apart[nearest] < REACH else None

    # -- the hand

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            return
        axis = self._axis_at(event.position())
        if axis is None:
            if (strand := self.strand_at(event.position())) is not None:
                self.chosen.emit(strand.key)
            return
        self._axis = axis
        place = self._place(event.position().y())
        held = self._brushes.get(axis)
        self._drag = (axis, place, held if held and held[0] <= place <= held[1] else None)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        at = event.position()
        if self._drag is None:
            self._hold(self.strand_at(at))
            over = self._axis_at(at) is not None
            self.setCursor(Qt.CursorShape.SizeVerCursor if over else Qt.CursorShape.ArrowCursor)
            return
        axis, start, moved = self._drag
        here = self._place(at.y())
        if moved is None:
            if abs(here - start) >= LEAST:
                self.brush(axis, (start, here))
            return
        by = min(max(here - start, -moved[0]), 1.0 - moved[1])
        self.brush(axis, (moved[0] + by, moved[1] + by))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        drag, self._drag = self._drag, None
        if drag is not None and abs(self._place(event.position().y()) - drag[1]) < LEAST:
            self.brush(drag[0], None)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        strand = self.strand_at(event.position())
        if strand is not None and self._axis_at(event.position()) is None:
            self.opened.emit(strand.key)

    def leaveEvent(self, event: QEvent) -> None:
        self._hold(None)

    def _hold(self, strand: Strand | None) -> None:
        key = strand.key if strand else None
        if key != self._held:
            self._held = key
            self.held.emit(key)
            self.update()

    # -- the keyboard

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Left and right choose an axis; up and down move the lower end of its brush, with Shift the upper; Delete
        takes it away, Esc all of them."""
        key, last = event.key(), len(self._axes) - 1
        if last < 0:
            super().keyPressEvent(event)
        elif key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            self._axis = min(last, max(0, self._axis + (1 if key == Qt.Key.Key_Right else -1)))
            self.update()
        elif key in (UP, DOWN):
            shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            self._nudge(KEY_STEP if key == UP else -KEY_STEP, upper=shift)
        elif key in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.brush(self._axis, None)
        elif key == Qt.Key.Key_Escape and self._brushes:
            self.clear_brushes()
        else:
            super().keyPressEvent(event)

    def _nudge(self, by: float, *, upper: bool) -> None:
        low, high = self._brushes.get(self._axis, (0.0, 1.0))
        if upper:
            high = min(1.0, max(low + KEY_STEP, high + by))
        else:
            low = max(0.0, min(high - KEY_STEP, low + by))
        self.brush(self._axis, None if (low, high) == (0.0, 1.0) else (low, high))

    # -- the picture

    def paintEvent(self, event: QPaintEvent) -> None:
        passing = self._passes()
        near = self._axis if self.hasFocus() else -1
        look = Look(self._axes, self._brushes, self.point, self._held, self._marked, near)
        if self._ground is None:
            self._ground = self._painted(look, passing)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setOpacity(1.0 if self._held is None else DIMMED)
        painter.drawPixmap(0, 0, self._ground)
        painter.setOpacity(1.0)
        room = QRectF(self.rect()).adjusted(SPACE_M, 0, -SPACE_L, 0)
        draw_over(painter, room, look, self._strands, sum(passing))
        painter.end()

    def _painted(self, look: Look, passing: Sequence[bool]) -> QPixmap:
        ratio = self.devicePixelRatioF()
        ground = QPixmap((QSizeF(self.size()) * ratio).toSize())
        ground.setDevicePixelRatio(ratio)
        ground.fill(Qt.GlobalColor.transparent)
        painter = QPainter(ground)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        draw_ground(painter, look, list(zip(self._strands, passing, strict=True)))
        painter.end()
        return ground

    def _renew(self) -> None:
        self._ground = None
        self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._renew()
