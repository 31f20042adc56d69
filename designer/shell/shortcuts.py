"""The page of keyboard shortcuts, read from the table of actions, and what the mouse does on the canvas."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QDialog, QFrame, QGridLayout, QScrollArea, QWidget

from designer.actions import ACTIONS, MENUS
from designer.controls.buttons import button
from designer.controls.labels import label
from designer.language import tr
from designer.qt import column, row
from designer.sentences import told
from designer.theme import SPACE_L, SPACE_M, SPACE_S, SPACE_XL

_NAMES = 200  # width of the column of names, so that the keys stand in line
_CANVAS = (
    ("Add a layer at the mouse", "Tab, or double-click"),
    ("Add a layer behind the selected node", "Tab"),
    ("Wire two ports", "Drag from port to port"),
    ("Add a wired layer", "Drag a wire into empty space"),
    ("Insert a layer on a wire", "Double-click the wire, or drop the layer on it"),
    ("Wire by keyboard", "L, arrows, Tab, Enter"),
    ("Wire node to node, without aim", "Ctrl+drag from a node to another"),
    ("Plug a wire elsewhere", "Drag it from its input"),
    ("Cut wires", "Alt+drag across them"),
    ("Lead a wire by a dot", "Drag the wire; double-click takes a dot away"),
    ("Put dots on several wires", "Shift+Alt+drag across them"),
    ("Copy by dragging", "Alt+drag a node"),
    ("Take a node out of its wires", "Shake it while dragging"),
    ("Drop without inserting or lining up", "Alt while dragging"),
    ("Move nodes into a block, or out", "Drop them on it, or on the path above the drawing"),
    ("Reorder the ports of a block", "Shift+drag a port"),
    ("Go from node to node, move the selection", "Arrows, Alt+arrows"),
    ("Rename", "F2"),
    ("Select several", "Drag a box, Shift+click"),
    ("Pan", "Middle button, or Space+drag"),
    ("Back and forward between places", "The mouse's side buttons, or Ctrl+Alt+Left and Right"),
    ("Zoom", "Ctrl+wheel, or pinch"),
    ("Look inside a block", "Double-click it, or Enter"),
    ("Cancel, deselect, leave the block", "Esc"),
)


class ShortcutSheet(QDialog):
    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Keyboard shortcuts"))
        self.resize(1040, 700)
        page = QWidget()
        page.setProperty("page", True)
        columns = row(page, margins=SPACE_XL, gap=SPACE_XL * 2)
        left, right = column(gap=SPACE_L), column(gap=SPACE_L)
        sections = [(name, _of_menu(name)) for name in MENUS] + [("Canvas", list(_CANVAS))]
        sections = [(name, rows) for name, rows in sections if rows]
        half = sum(len(rows) + 2 for _, rows in sections) / 2
        filled = 0
        for name, rows in sections:
            (left if filled < half else right).addWidget(_section(name, rows))
            filled += len(rows) + 2
        for each in (left, right):
            each.addStretch(1)
            columns.addLayout(each, 1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(page)
        layout = column(self)
        layout.addWidget(scroll, 1)
        end = row(margins=(SPACE_XL, SPACE_M, SPACE_XL, SPACE_L))
        end.addStretch(1)
        end.addWidget(button(tr("Close"), self.accept, primary=True))
        layout.addLayout(end)


def _of_menu(name: str) -> list[tuple[str, str]]:
    return [
        (tr(action.label).rstrip(" …:"), _keys(action.shortcut))
        for action in ACTIONS
        if action.menu.partition("/")[0] == name and action.shortcut
    ]


def _keys(shortcut: str) -> str:
    native = QKeySequence.SequenceFormat.NativeText
    return f"  {tr('or')}  ".join(QKeySequence(text).toString(native) for text in shortcut.split("; "))


def _section(name: str, rows: Iterable[tuple[str, str]]) -> QWidget:
    result = QWidget()
    layout = column(result, gap=SPACE_S)
    layout.addWidget(label(told(name), "heading"))
    grid = QGridLayout()
    grid.setVerticalSpacing(SPACE_S)
    grid.setHorizontalSpacing(SPACE_L)
    grid.setColumnMinimumWidth(0, _NAMES)
    grid.setColumnStretch(1, 1)
    for index, (what, keys) in enumerate(rows):
        grid.addWidget(label(told(what)), index, 0)
        grid.addWidget(label(told(keys), "muted"), index, 1)
    layout.addLayout(grid)
    return result
