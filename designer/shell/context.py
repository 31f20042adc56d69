"""The menu under the right mouse button: what can be done with what it is on, from the table of actions."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtWidgets import QMenu

from designer import icons
from designer.canvas.hit import Hit
from designer.canvas.stage import OnWire
from designer.language import tr

if TYPE_CHECKING:
    from designer.window import MainWindow

NODE = (
    "enter", "unpack", "keep-block", "move-out", "promote", "edit-value", "", "cut", "copy", "duplicate", "", "replace",
    "swap-inputs", "detach", "", "mute", "solo", "freeze", "collapse", "pin", "make-block", "share-weights", "",
    "grow-deeper", "grow-wider", "",
    "select-upstream", "select-downstream", "", "delete", "delete-heal",
)  # fmt: skip
SEVERAL = ("move-into", "align-left", "align-top", "straighten", "distribute-across", "distribute-down", "tidy")
EMPTY = ("paste", "", "add-note", "add-frame", "", "select-all", "tidy", "fit")
WIRE = ("bend-wires", "unbend-wires", "", "grow-deeper", "", "delete")
OTHER = ("bind-note", "delete")


def context_menu(window: MainWindow, at: QPoint, under: Hit) -> QMenu:
    """The menu for what is hit, which is selected already; `at` is a point of the screen. Shown by `popup`."""
    menu = QMenu(window)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    place = QPointF(window.canvas.mapFromGlobal(at))
    if under.link:
        held = OnWire(under.link)
        _add(menu, tr("Insert a layer…"), "plus", lambda: window.canvas.quick_add_requested.emit(place, held))
    elif not under:
        _add(menu, tr("Add a layer…"), "plus", lambda: window.canvas.quick_add_requested.emit(place, None))
    else:
        _add(menu, tr("Edit text") if under.note else tr("Rename"), "rename", lambda: window.canvas.edit_text(under))
    window.menus.refresh()
    for id in _ids(window, under):
        if not id:
            menu.addSeparator()
        elif window.menus.actions[id].isEnabled():
            menu.addAction(window.menus.actions[id])
    return menu


def _ids(window: MainWindow, under: Hit) -> tuple[str, ...]:
    if under.node:
        return (*NODE, "", *SEVERAL) if len(window.session.selection.nodes) > 1 else NODE
    if under.link:
        return WIRE
    return OTHER if under else EMPTY


def _add(menu: QMenu, text: str, icon: str, run: Callable[[], object]) -> None:
    menu.addAction(icons.icon(icon), text).triggered.connect(lambda: run())
