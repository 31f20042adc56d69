"""A picture of the learning rate over the whole run, before it runs: the very numbers that the loop will use."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from core.catalog.optimizers import OPTIMIZERS
from core.catalog.schedules import schedule
from core.training.job import Objective
from designer.qt import follow
from designer.theme import RADIUS_M, SMALL_SIZE, SPACE_M, font, manager

POINTS = 256


class SchedulePicture(QWidget):
    """Learning rate over epochs, or the sentence that says why there is no such schedule."""

    def __init__(self) -> None:
        super().__init__()
        self._rates: list[float] = []
        self._trouble = self._note = ""
        self._epochs = 0
        self.setFixedHeight(96)
        follow(self, manager().changed, self.update)

    def show_schedule(self, objective: Objective, epochs: int, steps_per_epoch: int) -> None:
        steps = epochs * steps_per_epoch
        self._epochs, self._trouble, self._note, self._rates = epochs, "", "", []
        try:
            lr = OPTIMIZERS[objective.optimizer.kind].values(objective.optimizer.params)["lr"]
            planned = schedule(objective.schedule, steps, steps_per_epoch, objective.warmup)
            self._rates = [planned.rate(lr, step) for step in _spread(steps)]
            self._note = "falls where validation stands still" if planned.spec.follows else ""
        except (ValueError, KeyError) as error:
            self._trouble = str(error)
        self.setAccessibleName(self._trouble or f"Learning rate from {self._rates[0]:.3g} to {self._rates[-1]:.3g}")
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = manager().theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(font(SMALL_SIZE))
        frame = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.setPen(QPen(theme.border, 1))
        painter.setBrush(theme.raised)
        painter.drawRoundedRect(frame, RADIUS_M, RADIUS_M)
        inside = frame.adjusted(SPACE_M, SPACE_M, -SPACE_M, -SPACE_M)
        if self._trouble:
            painter.setPen(theme.danger)
            painter.drawText(inside, Qt.AlignmentFlag.AlignLeft | Qt.TextFlag.TextWordWrap, self._trouble)
        elif self._rates:
            self._draw_curve(painter, inside)
        painter.end()

    def _draw_curve(self, painter: QPainter, inside: QRectF) -> None:
        theme, top = manager().theme, max(self._rates) or 1.0
        place = inside.adjusted(0, 16, 0, -16)
        across = place.width() / max(1, len(self._rates) - 1)
        points = [QPointF(place.left() + i * across, place.bottom() - r / top * place.height())
                  for i, r in enumerate(self._rates)]  # fmt: skip
        fill = theme.chart[4]
        fill = type(fill)(fill)
        fill.setAlphaF(0.12)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(fill)
        painter.drawPolygon(QPolygonF([QPointF(place.left(), place.bottom()), *points, place.bottomRight()]))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(theme.chart[4], 1.6))
        painter.drawPolyline(QPolygonF(points))
        painter.setPen(theme.muted)
        painter.drawText(inside, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop, f"peak {top:.3g}")
        last = self._note or f"end {self._rates[-1]:.3g}"
        painter.drawText(inside, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop, last)
        painter.drawText(inside, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom, "epoch 0")
        painter.drawText(inside, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignBottom, f"{self._epochs}")


def _spread(steps: int) -> list[int]:
    """Steps to draw: all of a short run, evenly chosen ones of a long run, first and last included."""
    if steps <= POINTS:
        return list(range(steps))
    return [round(i * (steps - 1) / (POINTS - 1)) for i in range(POINTS)]
