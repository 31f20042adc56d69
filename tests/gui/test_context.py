"""The menu under the right mouse button, in the whole window."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint
from PySide6.QtGui import QContextMenuEvent, QGuiApplication
from PySide6.QtWidgets import QApplication, QMenu
from pytestqt.qtbot import QtBot

from designer.canvas.camera import Camera
from designer.canvas.hit import Hit
from designer.shell.context import context_menu
from designer.window import MainWindow
from graph.document import Document


@pytest.fixture
def window(qtbot: QtBot, document: Document) -> MainWindow:
    window = MainWindow(warm=False)
    qtbot.addWidget(window, before_close_func=lambda w: w.session.history.mark_saved())
    window.resize(1400, 900)
    window.show()
    qtbot.waitExposed(window)
    window.open_tab(document, None)
    window.canvas.stage.camera = Camera(0.5, 20.0, 200.0)
    return window


def texts(menu: QMenu) -> list[str]:
    return [action.text() for action in menu.actions() if not action.isSeparator()]


def test_a_right_click_opens_the_menu_of_what_it_is_on(window: MainWindow, qtbot: QtBot) -> None:
    at = window.canvas.node_rect("n2").center().toPoint()
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, at, window.canvas.mapToGlobal(at))
    QApplication.sendEvent(window.canvas, event)
    qtbot.waitUntil(lambda: QApplication.activePopupWidget() is not None, timeout=1000)
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    assert {"Rename", "Duplicate", "Mute", "Delete"} <= set(texts(menu))
    assert "Look inside the block" not in texts(menu)
    next(action for action in menu.actions() if action.text() == "Mute").trigger()
    menu.close()
    assert window.session.document.graph().node("n2").muted


def test_on_a_wire_a_layer_is_inserted(window: MainWindow) -> None:
    window.session.selection.set(links=["l2"])
    menu = context_menu(window, QPoint(0, 0), Hit(link="l2"))
    assert texts(menu) == ["Insert a layer…", "Bend the wire", "Take away bends", "Delete"]
    menu.actions()[0].trigger()
    assert window.canvas.quick_add.isVisible()
    window.canvas.quick_add.dismiss()
    menu.deleteLater()


def test_on_nothing_and_on_several(window: MainWindow) -> None:
    QGuiApplication.clipboard().setText("")
    empty = context_menu(window, QPoint(0, 0), Hit())
    assert {"Add a layer…", "Note", "Select all", "Tidy up"} <= set(texts(empty))
    window.session.selection.set(["n2", "n3"])
    several = context_menu(window, QPoint(0, 0), Hit(node="n2"))
    assert {"Align left", "Block from selection"} <= set(texts(several))
    for menu in (empty, several):
        menu.deleteLater()
