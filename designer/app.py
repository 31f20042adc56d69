"""Starts the window."""

from __future__ import annotations

import sys
from pathlib import Path

from PySide6.QtCore import QSettings, QTimer
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QApplication

from designer.resources import LOGO
from designer.shell.collector import Collector
from designer.shell.errors import Watch, log_qt_messages, start_log
from designer.shell.speech import speak_as_wanted
from designer.theme import Mode, manager
from designer.window import MainWindow

NAME = "Layerloom"


def application() -> QApplication:
    """The application with its name, theme and icon; made once."""
    app = QApplication.instance()
    if isinstance(app, QApplication):
        return app
    app = QApplication(sys.argv[:1])
    app.setOrganizationName(NAME)
    app.setApplicationName(NAME)
    app.setApplicationDisplayName(NAME)
    app.setDesktopFileName("layerloom")
    app.setWindowIcon(QIcon(str(LOGO)))
    manager().install(app, theme_wish())
    speak_as_wanted()
    return app


def theme_wish() -> Mode:
    """The theme that the person chose last."""
    stored = str(QSettings().value("theme", ""))
    return Mode(stored) if stored in set(Mode) else Mode.SYSTEM


def run(path: Path | None = None) -> int:
    """Open the window, on a design file if one is given; returns the exit status when it is closed."""
    start_log()
    app = application()
    log_qt_messages()
    Collector(app)
    window = MainWindow()
    watch = Watch(window.tell)
    window.show()
    QTimer.singleShot(0, window, lambda: _begin(window, path))
    try:
        return app.exec()
    finally:
        watch.remove()


def _begin(window: MainWindow, path: Path | None) -> None:
    if path is not None:
        window.files.open(path)
    window.files.offer_recovery()
