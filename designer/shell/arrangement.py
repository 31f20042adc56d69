"""Where the docks stand: as they were left last time, else as suits the screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, QEvent, QObject, QSettings, QSize, Qt
from PySide6.QtGui import QGuiApplication

from designer.shell.docks import AREAS

if TYPE_CHECKING:
    from designer.window import MainWindow

_VERSION = 1  # of what is stored
_FRAME = QSize(4, 36)  # what a window manager puts round a window, about
_WIDE, _NARROW = 1600, 1180  # widths from which docks are wide; below which the bottom dock runs from border to border


def restore(window: MainWindow) -> None:
    """The layout of last time, else one that suits the screen."""
    window.installEventFilter(_Corners(window))
    settle_corners(window)
    settings = QSettings()
    geometry, state = settings.value("window/geometry"), settings.value("window/state")
    if isinstance(geometry, QByteArray) and isinstance(state, QByteArray):
        window.restoreGeometry(geometry)
        if window.restoreState(state, _VERSION):
            return
    screen = QGuiApplication.primaryScreen().availableSize()
    window.resize((screen - _FRAME).boundedTo(QSize(1680, 1020)))
    arrange(window)


def remember(window: MainWindow) -> None:
    settings = QSettings()
    settings.setValue("window/geometry", window.saveGeometry())
    settings.setValue("window/state", window.saveState(_VERSION))


def arrange(window: MainWindow) -> None:
    """Every dock in its place, with sizes that leave the canvas most of the room."""
    settle_corners(window)
    for area, dock in window.docks.items():
        dock.setFloating(False)
        window.addDockWidget(AREAS[area], dock)
        dock.show()
    left, right, bottom = (window.docks[area] for area in ("left", "right", "bottom"))
    wide = window.width() >= _WIDE
    window.resizeDocks([left, right], [264 if wide else 240, 340 if wide else 308], Qt.Orientation.Horizontal)
    tall = 320 if window.height() >= 950 else 236 if window.height() >= 640 else 196
    window.resizeDocks([bottom], [tall], Qt.Orientation.Vertical)


def settle_corners(window: MainWindow) -> None:
    """The docks at the sides reach the lower border; in a narrow window the one at the bottom takes its whole width."""
    narrow = window.width() < _NARROW
    sides = (
        (Qt.Corner.BottomLeftCorner, Qt.DockWidgetArea.LeftDockWidgetArea),
        (Qt.Corner.BottomRightCorner, Qt.DockWidgetArea.RightDockWidgetArea),
    )
    for corner, side in sides:
        wanted = Qt.DockWidgetArea.BottomDockWidgetArea if narrow else side
        if window.corner(corner) != wanted:
            window.setCorner(corner, wanted)


class _Corners(QObject):
    """Settles the corners whenever the window has another size."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            settle_corners(self._window)
        return False
