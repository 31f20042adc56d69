"""Dialogs of the whole window, imported when they are asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices

from designer.shell.errors import log_folder

if TYPE_CHECKING:
    from designer.window import MainWindow


def export_drawing(window: MainWindow) -> None:
    from designer.drawing.dialog import DrawingDialog

    DrawingDialog(window.session, window).open()


def train_elsewhere(window: MainWindow) -> None:
    from designer.training.elsewhere import ElsewhereDialog

    ElsewhereDialog(window.studio.train, window).open()


def widen(window: MainWindow) -> None:
    """Ask how wide the selected layer is to be."""
    from designer.shell.widening import WideningDialog
    from graph.grow import width_now

    document, node = window.session.document, window.session.selection.node
    now, name = width_now(document, "", document.graph().node(node)), document.label("", node)
    WideningDialog(name, now, lambda to: window.tab.offshoots.grow(node, to), window).open()


def shortcuts(window: MainWindow) -> None:
    from designer.shell.shortcuts import ShortcutSheet

    ShortcutSheet(window).open()


def about(window: MainWindow) -> None:
    from designer.shell.about import About

    About(window).open()


def log() -> None:
    """The folder of the log, in the system's file browser."""
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(log_folder())))
