"""All that is wrong with the design: a row each, which leads to its node and offers the ways out."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QSizePolicy, QStackedLayout, QWidget

from core.problem import Problem, Severity
from designer.controls.buttons import button
from designer.controls.labels import Empty, IconLabel, label
from designer.inspector.issues import LOOKS
from designer.language import tr
from designer.look import focus
from designer.qt import Debounce, clear, column, follow, row
from designer.sentences import told
from designer.session import Session
from designer.shell.details import show_details
from designer.telling import SEVERITIES
from designer.theme import CONTROL_HEIGHT, RADIUS_M, SPACE_L, SPACE_M, SPACE_S, manager

LIMIT = 200  # rows shown; the rest is counted


class ProblemRow(QWidget):
    """Click or Enter brings the node into view."""

    def __init__(self, session: Session, problem: Problem) -> None:
        super().__init__()
        self._session, self.problem = session, problem
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setAccessibleName(f"{tr(SEVERITIES[problem.severity])}: {told(problem.message)}")
        if problem.node:
            self.setCursor(Qt.CursorShape.PointingHandCursor)
        line = row(self, margins=(SPACE_L, SPACE_S, SPACE_M, SPACE_S), gap=SPACE_M)
        icon, colour = LOOKS[problem.severity]
        line.addWidget(IconLabel(icon, colour, 14))
        text = label(told(problem.message), wrap=True)
        text.setMinimumHeight(CONTROL_HEIGHT)
        text.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        line.addWidget(text, 1)
        self._add_buttons(line)

    def _add_buttons(self, line: QHBoxLayout) -> None:
        for fix in self.problem.fixes:
            line.addWidget(button(told(fix.label), partial(self._session.fix, self.problem, fix)))
        if self.problem.detail:
            line.addWidget(button(tr("Details"), lambda: show_details(self.window(), self.problem), quiet=True))

    def go(self) -> None:
        if self.problem.node:
            self._session.reveal(self.problem.node)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self.rect().contains(event.position().toPoint()):
            self.go()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.go()
        elif event.key() in (Qt.Key.Key_Down, Qt.Key.Key_Up):
            self.focusNextPrevChild(event.key() == Qt.Key.Key_Down)
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = manager().theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        body = QRectF(self.rect()).adjusted(SPACE_S + 0.5, 0.5, -SPACE_S - 0.5, -0.5)
        selected = self.problem.node and self.problem.node in self._session.selection.paths
        if selected or self.underMouse():
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.selection_fill if selected else theme.hover)
            painter.drawRoundedRect(body, RADIUS_M, RADIUS_M)
        if self.hasFocus():
            painter.setPen(focus(theme))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(body, RADIUS_M, RADIUS_M)
        painter.end()


class ProblemsPanel(QWidget):
    """The rows, worst first; `badge` counts errors and warnings for the tab."""

    badge_changed = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._shown: list[Problem] | None = None
        self.rows: list[ProblemRow] = []
        self._list = QWidget()
        self._list.setProperty("page", True)
        self._layout = column(self._list, margins=(0, SPACE_S, 0, SPACE_S), gap=1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(self._list)
        self._stack = QStackedLayout(self)
        self._stack.addWidget(scroll)
        self._stack.addWidget(Empty("done", tr("No problems"), tr("The design holds together."), "success"))
        needed = tr("A network begins at an Input and ends at an Output; with a loss and a Target it can be trained.")
        self._stack.addWidget(Empty("layers", tr("Nothing is drawn yet"), needed))
        self._soon = Debounce(self, 30, self.refresh)
        follow(self, session.problems_changed, self._soon.start)
        follow(self, session.selection.changed, self._list.update)
        self.refresh()

    def badge(self) -> str:
        serious = sum(problem.severity is not Severity.HINT for problem in self._shown or ())
        return str(serious) if serious else ""

    def refresh(self) -> None:
        blank = not len(self._session.document.graph())  # what it lacks is no fault of anybody's yet
        problems = [] if blank else self._session.problems
        self._stack.setCurrentIndex(2 if blank else 0 if problems else 1)
        if problems != self._shown:
            self._shown = list(problems)
            self._build(problems)
            self.badge_changed.emit()

    def _build(self, problems: Sequence[Problem]) -> None:
        clear(self._layout)
        self.rows = [ProblemRow(self._session, problem) for problem in problems[:LIMIT]]
        for each in self.rows:
            self._layout.addWidget(each)
        if len(problems) > LIMIT:
            self._layout.addWidget(label(tr("and {count} more", count=len(problems) - LIMIT), "muted"))
        self._layout.addStretch(1)
