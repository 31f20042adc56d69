"""Buttons of the one look."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Property, QEasingCurve, QPointF, QPropertyAnimation, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QPushButton, QToolButton, QWidget

from designer import icons
from designer.look import focus, mix
from designer.qt import follow
from designer.theme import ICON_SIZE, manager


class IconButton(QToolButton):
    """A flat button with an icon that follows the theme; its tip is its accessible name."""

    def __init__(self, icon: str, tip: str, run: Callable[[], object] | None = None, *, colour: str = "muted") -> None:
        super().__init__()
        self._icon, self._colour = icon, colour
        self.set_tip(tip)
        self.setIconSize(QSize(ICON_SIZE, ICON_SIZE))
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        if run is not None:
            self.clicked.connect(lambda: run())
        self._refresh()
        follow(self, manager().changed, self._refresh)

    def set_tip(self, tip: str) -> None:
        self.setToolTip(tip)
        self.setAccessibleName(tip)

    def set_icon(self, icon: str, colour: str = "") -> None:
        self._icon, self._colour = icon, colour or self._colour
        self._refresh()

    def _refresh(self) -> None:
        self.setIcon(icons.icon(self._icon, getattr(manager().theme, self._colour)))


def button(text: str, run: Callable[[], object], *, primary: bool = False, quiet: bool = False) -> QPushButton:
    """A push button; `primary` for the one thing to do here, `quiet` for text that acts."""
    result = QPushButton(text)
    result.setProperty("primary", primary)
    result.setProperty("quiet", quiet)
    result.setAutoDefault(False)
    result.clicked.connect(lambda: run())
    return result


class Switch(QAbstractButton):
    """On or off. The knob slides; space toggles."""

    WIDTH, HEIGHT = 30, 18

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setCheckable(True)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFixedSize(self.WIDTH, self.HEIGHT)
        self._knob = 0.0
        self._slide = QPropertyAnimation(self, b"knob", self)
        self._slide.setDuration(110)
        self._slide.setEasingCurve(QEasingCurve.Type.OutCubic)
        self.toggled.connect(self._move)
        follow(self, manager().changed, self.update)

    def sizeHint(self) -> QSize:
        return QSize(self.WIDTH, self.HEIGHT)

    def _move(self, on: bool) -> None:
        self._slide.stop()
        if not self.isVisible():
            self._set_knob(float(on))
            return
        self._slide.setEndValue(float(on))
        self._slide.start()

    def _get_knob(self) -> float:
        return self._knob

    def _set_knob(self, value: float) -> None:
        self._knob = value
        self.update()

    knob = Property(float, _get_knob, _set_knob)

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = manager().theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        off = mix(theme.border_strong, theme.surface, 0.55)
        painter.setBrush(mix(theme.accent, off, self._knob))
        body = QRectF(1, 1, self.WIDTH - 2, self.HEIGHT - 2)
        painter.drawRoundedRect(body, body.height() / 2, body.height() / 2)
        painter.setBrush(theme.on_accent)
        travel = body.width() - body.height()
        centre = QPointF(body.left() + body.height() / 2 + travel * self._knob, body.center().y())
        painter.drawEllipse(centre, body.height() / 2 - 2, body.height() / 2 - 2)
        if self.hasFocus():
            painter.setPen(focus(theme))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 9, 9)
        painter.end()
