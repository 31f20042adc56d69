"""Labels by role, hair lines, and the picture that a panel shows while it has nothing to show."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QLabel, QSizePolicy, QWidget

from designer import icons
from designer.qt import column, follow
from designer.theme import SPACE_M, SPACE_S, SPACE_XL, manager


def label(text: str = "", role: str = "", *, wrap: bool = False, selectable: bool = False) -> QLabel:
    """A label of one of the roles of the style sheet: title, heading, caption, muted, error, mono, formula.

    The text is plain: what comes from a file or a person is never read as markup.
    """
    result = QLabel()
    result.setTextFormat(Qt.TextFormat.PlainText)
    result.setText(text)
    result.setProperty("role", role)
    result.setWordWrap(wrap)
    if selectable:
        result.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        result.setCursor(Qt.CursorShape.IBeamCursor)
    return result


def line(*, upright: bool = False) -> QFrame:
    """A quiet separator, from left to right or from top to bottom."""
    result = QFrame()
    result.setProperty("role", "upright" if upright else "line")
    return result


class Elided(QLabel):
    """A label that shortens its text to the room it has; the tooltip shows the whole text then, and `tip` below it.

    It asks for no room of its own; one that is `wide` asks for that of its text, and gives way where there is less.
    """

    LEAST = 24

    def __init__(self, text: str = "", role: str = "", tip: str = "", *, wide: bool = False) -> None:
        super().__init__()
        self._tip = tip
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setProperty("role", role)
        across = QSizePolicy.Policy.Preferred if wide else QSizePolicy.Policy.Ignored
        self.setSizePolicy(across, QSizePolicy.Policy.Preferred)
        self._whole = ""
        self.set_text(text)

    def set_text(self, text: str) -> None:
        if text != self._whole:
            self._whole = text
            self.updateGeometry()
        self._fit()

    def sizeHint(self) -> QSize:
        return QSize(self.fontMetrics().horizontalAdvance(self._whole) + 2, super().sizeHint().height())

    def minimumSizeHint(self) -> QSize:
        return QSize(self.LEAST if self._whole else 0, super().minimumSizeHint().height())

    @property
    def whole(self) -> str:
        return self._whole

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        shown = QFontMetrics(self.font()).elidedText(
            self._whole, Qt.TextElideMode.ElideRight, max(self.width(), self.LEAST)
        )
        self.setText(shown)
        whole = self._whole if shown != self._whole else ""
        self.setToolTip("\n".join(filter(None, (whole, self._tip))))


class IconLabel(QWidget):
    """An icon in a colour of the theme (by the name of the field), following the theme."""

    def __init__(self, name: str, colour: str = "muted", size: int = 16) -> None:
        super().__init__()
        self._name, self._colour, self._size = name, colour, size
        self.setFixedSize(size, size)
        follow(self, manager().changed, self.update)

    def set_icon(self, name: str, colour: str) -> None:
        self._name, self._colour = name, colour
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.drawPixmap(0, 0, icons.pixmap(self._name, getattr(manager().theme, self._colour), self._size))
        painter.end()


class Empty(QWidget):
    """What a panel shows while it has nothing: an icon, a line, and what to do."""

    def __init__(self, icon: str, title: str, hint: str = "", colour: str = "muted") -> None:
        super().__init__()
        layout = column(self, margins=SPACE_XL, gap=SPACE_S)
        layout.addStretch(1)
        layout.addWidget(IconLabel(icon, colour, 24), 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addSpacing(SPACE_M)
        self._heading = label("", "heading", wrap=True)
        self._hint = label("", "muted", wrap=True)
        for part in (self._heading, self._hint):
            part.setAlignment(Qt.AlignmentFlag.AlignHCenter)
            layout.addWidget(part)
        layout.addStretch(2)
        self.show_text(title, hint)

    def show_text(self, title: str, hint: str = "") -> None:
        self._heading.setText(title)
        self._hint.setText(hint)
        self._hint.setVisible(bool(hint))
