"""Messages in the corner of the window: a sentence, the ways out, and the details one click away."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QEvent, QObject, QPoint, QRectF, Qt, QTimer
from PySide6.QtGui import QEnterEvent, QHideEvent, QPainter, QPaintEvent, QShowEvent
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from core.problem import Severity
from designer.controls.buttons import IconButton, button
from designer.controls.labels import IconLabel, label
from designer.language import tr
from designer.qt import column, follow, row
from designer.sentences import told
from designer.session import Notice, Session
from designer.shell.details import show_details
from designer.theme import ICON_SIZE, RADIUS_L, SPACE_L, SPACE_M, SPACE_S, manager

WIDTH, LEAST, LIMIT = 380, 200, 4
SECONDS = {Severity.HINT: 6, Severity.WARNING: 10, Severity.ERROR: 20}
_MARGIN, _LINE = SPACE_L, 20
_LOOKS = {
    Severity.ERROR: ("error", "danger"),
    Severity.WARNING: ("warning", "warning"),
    Severity.HINT: ("info", "accent"),
}


class Toast(QWidget):
    """One message. It goes by itself, unless the mouse rests on it."""

    def __init__(self, toasts: Toasts, notice: Notice) -> None:
        super().__init__(toasts.parentWidget())
        self._toasts, self.notice = toasts, notice
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Minimum)
        self.setAttribute(Qt.WidgetAttribute.WA_NoSystemBackground)
        self.setAccessibleName(told(notice.problem.message))
        icon, colour = ("done", "success") if notice.done else _LOOKS[notice.problem.severity]
        self._colour = colour
        self._row = outer = row(self, margins=(SPACE_L + SPACE_S, SPACE_L, SPACE_M, SPACE_L), gap=SPACE_M)
        left = column(margins=(0, (_LINE - ICON_SIZE) // 2, 0, 0))
        left.addWidget(IconLabel(icon, colour))
        left.addStretch(1)
        outer.addLayout(left)
        middle = column(gap=SPACE_M)
        self.text = label(told(notice.problem.message), wrap=True, selectable=True)
        self.text.setMinimumHeight(_LINE)
        middle.addWidget(self.text)
        self._add_buttons(middle)
        outer.addLayout(middle, 1)
        close = IconButton("close", tr("Dismiss"), self.dismiss)
        close.setFixedSize(_LINE, _LINE)
        outer.addWidget(close, 0, Qt.AlignmentFlag.AlignTop)
        self._timer = QTimer(self, singleShot=True, interval=_seconds(notice) * 1000)
        self._timer.timeout.connect(self.dismiss)
        follow(self, manager().changed, self.update)

    def _add_buttons(self, layout: QVBoxLayout) -> None:
        line = row(gap=SPACE_S)
        problem, session = self.notice.problem, self._toasts.session
        for fix in problem.fixes:
            line.addWidget(button(told(fix.label), self._then(partial(session.fix, problem, fix))))
        for extra in self.notice.buttons:
            line.addWidget(button(extra.label, self._then(extra.run)))
        if problem.node:
            line.addWidget(button(tr("Show"), self._then(lambda: session.reveal(problem.node)), quiet=True))
        if problem.detail:
            line.addWidget(button(tr("Details"), lambda: show_details(self.window(), problem), quiet=True))
        line.addStretch(1)
        if line.count() > 1:
            layout.addLayout(line)

    def _then(self, run: Callable[[], object]) -> Callable[[], None]:
        """The act of a button; the message has then done its work."""

        def act() -> None:
            self.dismiss()
            run()

        return act

    def dismiss(self) -> None:
        self._timer.stop()
        self._toasts.remove(self)

    def fit(self, room: int) -> None:
        """Take the width there is, within bounds, and the height that the text needs then."""
        self.setFixedWidth(min(WIDTH, max(room, LEAST)))
        self._row.activate()
        self.setFixedHeight(self._row.heightForWidth(self.width()))

    def showEvent(self, event: QShowEvent) -> None:
        self._timer.start()

    def hideEvent(self, event: QHideEvent) -> None:
        """What nobody sees waits."""
        self._timer.stop()

    def enterEvent(self, event: QEnterEvent) -> None:
        self._timer.stop()

    def leaveEvent(self, event: QEvent) -> None:
        self._timer.start()

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = manager().theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        body = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.setPen(theme.border)
        painter.setBrush(theme.raised)
        painter.drawRoundedRect(body, RADIUS_L, RADIUS_L)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(getattr(theme, self._colour))
        painter.drawRoundedRect(QRectF(6, 12, 3, self.height() - 24), 1.5, 1.5)
        painter.end()


def _seconds(notice: Notice) -> int:
    """How long it stays: longer where there is something to decide."""
    return SECONDS[notice.problem.severity] * (3 if notice.buttons else 1)


class Toasts(QObject):
    """Stacks the messages of a session in the lower right corner of a widget."""

    def __init__(self, over: QWidget, session: Session) -> None:
        super().__init__(over)
        self.session = session
        self.shown: list[Toast] = []
        over.installEventFilter(self)
        follow(self, session.noticed, self.show)

    def parentWidget(self) -> QWidget:
        parent = self.parent()
        assert isinstance(parent, QWidget)
        return parent

    def show(self, notice: Notice) -> None:
        """Show a message; the same one again only once, and not more than a few."""
        for toast in list(self.shown):
            if toast.notice.problem == notice.problem:
                self.remove(toast)
        while len(self.shown) >= LIMIT:
            self.remove(self.shown[0])
        toast = Toast(self, notice)
        self.shown.append(toast)
        toast.show()
        self._place()

    def close(self) -> None:
        """Take all messages away."""
        for toast in list(self.shown):
            self.remove(toast)
        self.deleteLater()

    def remove(self, toast: Toast) -> None:
        if toast in self.shown:
            self.shown.remove(toast)
            toast.hide()
            toast.deleteLater()
            self._place()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self._place()
        return False

    def _place(self) -> None:
        over = self.parentWidget()
        bottom = over.height() - _MARGIN
        for toast in reversed(self.shown):
            toast.fit(over.width() - 2 * _MARGIN)
            toast.move(QPoint(max(over.width() - toast.width() - _MARGIN, 0), bottom - toast.height()))
            toast.raise_()
            bottom -= toast.height() + SPACE_M
