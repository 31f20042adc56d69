"""One task of a lesson: a tick, what to do, and how it stands."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from designer.controls.labels import label
from designer.language import marked, tr
from designer.look import mix
from designer.qt import column, follow, restyle, row
from designer.sentences import told
from designer.theme import SPACE_M, SPACE_XS, manager
from graph.lessons.verify import Outcome

SIZE = 17.0
_STATES = {True: marked("done"), False: marked("to do"), None: marked("not checked")}


class Tick(QWidget):
    """Green with a hook where the task is done, a ring where it is to do, a dot where nobody can tell."""

    def __init__(self) -> None:
        super().__init__()
        self._passed: bool | None = None
        self.setFixedSize(int(SIZE) + 2, int(SIZE) + 2)
        follow(self, manager().changed, self.update)

    def show_state(self, passed: bool | None) -> None:
        self._passed = passed
        self.setAccessibleName(tr(_STATES[passed]))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = manager().theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ring = QRectF(1, 1, SIZE, SIZE)
        if self._passed:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.success)
            painter.drawEllipse(ring)
            hook = QPen(theme.surface, 2.0, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin)
            painter.setPen(hook)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawPolyline(QPolygonF([QPointF(5.8, 10.4), QPointF(8.8, 13.2), QPointF(14.2, 7.2)]))
        elif self._passed is None:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.border_strong)
            painter.drawEllipse(ring.center(), 2.5, 2.5)
        else:
            painter.setPen(QPen(mix(theme.border_strong, theme.text, 0.8), 1.4))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawEllipse(ring.adjusted(0.7, 0.7, -0.7, -0.7))
        painter.end()


class TaskRow(QWidget):
    """Follows how the task stands."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__()
        self.tick = Tick()
        self.text = label("", wrap=True)
        self.said = label("", "caption", wrap=True)
        outer = row(self, gap=SPACE_M)
        outer.addWidget(self.tick, 0, Qt.AlignmentFlag.AlignTop)
        words = column(gap=SPACE_XS)
        words.addWidget(self.text)
        words.addWidget(self.said)
        outer.addLayout(words, 1)
        self.show_outcome(outcome)

    def show_outcome(self, outcome: Outcome) -> None:
        verdict = outcome.verdict
        self.tick.show_state(None if verdict is None else verdict.passed)
        self.text.setText(outcome.task.text)
        self.said.setText(told(verdict.said) if verdict is not None else "")
        self.said.setVisible(verdict is not None)
        restyle(self.said, role="done" if outcome.passed else "caption")
