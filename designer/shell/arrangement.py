"""Where the docks stand: as they were left last time, else as suits the screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, QSettings, QSize, Qt
from PySide6.QtGui import QGuiApplication

from designer.shell.docks import AREAS

if TYPE_CHECKING:
    from designer.window import MainWindow

_VERSION = 1  # of what is stored


def restore(window: MainWindow) -> None:
    """The layout of last time, else one that suits the screen."""
    window.setCorner(Qt.Corner.BottomLeftCorner, Qt.DockWidgetArea.LeftDockWidgetArea)
    window.setCorner(Qt.Corner.BottomRightCorner, Qt.DockWidgetArea.RightDockWidgetArea)
    settings = QSettings()
    geometry, state = settings.value("window/geometry"), settings.value("window/state")
    if isinstance(geometry, QByteArray) and isinstance(state, QByteArray):
        window.restoreGeometry(geometry)
        if window.restoreState(state, _VERSION):
            return
    screen = QGuiApplication.primaryScreen().availableSize()
    window.resize(QSize(min(1680, screen.width()), min(1020, screen.height())))
    arrange(window)


def remember(window: MainWindow) -> None:
    settings = QSettings()
    settings.setValue("window/geometry", window.saveGeometry())
    settings.setValue("window/state", window.saveState(_VERSION))


def arrange(window: MainWindow) -> None:
    """Every dock in its place, with sizes that leave the canvas most of the room."""
    for area, dock in window.docks.items():
        dock.setFloating(False)
        window.addDockWidget(AREAS[area], dock)
        dock.show()
    left, right, bottom = (window.docks[area] for area in ("left", "right", "bottom"))
    wide = window.width() >= 1600
    window.resizeDocks([left, right], [264 if wide else 240, 340 if wide else 308], Qt.Orientation.Horizontal)
    window.resizeDocks([bottom], [320 if window.height() >= 950 else 236], Qt.Orientation.Vertical)
