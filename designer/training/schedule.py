"""A picture of a learning rate, or of the weight of a loss, over a run to come: the very numbers of the loop."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from core.catalog.optimizers import OPTIMIZERS
from core.catalog.schedules import schedule
from core.training.job import Objective, Pick, Warmup
from designer.language import tr
from designer.qt import follow
from designer.theme import RADIUS_M, SMALL_SIZE, SPACE_M, font, manager

POINTS = 256


class SchedulePicture(QWidget):
    """A curve over epochs, or the sentence that says why there is no such schedule."""

    def __init__(self) -> None:
        super().__init__()
        self._rates: list[float] = []
        self._trouble = self._note = ""
        self._epochs = 0
        self.setFixedHeight(96)
        follow(self, manager().changed, self.update)

    def show_schedule(self, objective: Objective, epochs: int, steps_per_epoch: int) -> None:
        """The learning rate of an objective."""
        try:
            lr = OPTIMIZERS[objective.optimizer.kind].values(objective.optimizer.params)["lr"]
        except (ValueError, KeyError) as error:
            self._show([], str(error), "", epochs, tr("Learning rate"))
            return
        self.show_curve(tr("Learning rate"), objective.schedule, objective.warmup, lr, epochs, steps_per_epoch)

    def show_curve(
        self, what: str, pick: Pick, warmup: Warmup, value: float, epochs: int, steps_per_epoch: int
    ) -> None:
        """What a schedule makes of a value over a run."""
        steps = epochs * steps_per_epoch
        try:
            planned = schedule(pick, steps, steps_per_epoch, warmup)
        except ValueError as error:
            self._show([], str(error), "", epochs, what)
            return
        note = tr("falls where validation stands still") if planned.spec.follows else ""
        self._show([planned.rate(value, step) for step in _spread(steps)], "", note, epochs, what)

    def _show(self, rates: list[float], trouble: str, note: str, epochs: int, what: str) -> None:
        self._rates, self._trouble, self._note, self._epochs = rates, trouble, note, epochs
        self.setAccessibleName(
            trouble or tr("{what} from {first} to {last}", what=what, first=f"{rates[0]:.3g}", last=f"{rates[-1]:.3g}")
        )
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
        painter.drawText(
            inside, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop, tr("peak {value}", value=f"{top:.3g}")
        )
        last = self._note or tr("end {value}", value=f"{self._rates[-1]:.3g}")
        painter.drawText(inside, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop, last)
        painter.drawText(inside, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom, tr("epoch 0"))
        painter.drawText(inside, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignBottom, f"{self._epochs}")


def _spread(steps: int) -> list[int]:
    """Steps to draw: all of a short run, evenly chosen ones of a long run, first and last included."""
    if steps <= POINTS:
        return list(range(steps))
    return [round(i * (steps - 1) / (POINTS - 1)) for i in range(POINTS)]
