"""The tools of training in its panel: a button each, which opens the card."""

from __future__ import annotations

from functools import partial

from PySide6.QtWidgets import QPushButton, QWidget

from core.training.tools.table import TOOLS
from designer.controls.buttons import button
from designer.language import tr
from designer.qt import column
from designer.session import Session
from designer.theme import SPACE_S


class ToolButtons(QWidget):
    def __init__(self, session: Session) -> None:
        super().__init__()
        layout = column(self, gap=SPACE_S)  # one under the other: the panel is narrow
        self.buttons: dict[str, QPushButton] = {}
        for tool in TOOLS.values():
            made = button(f"{tr(tool.label)}…", partial(session.run.tool_requested.emit, tool.id))
            made.setToolTip(f"{tr(tool.doc)}\n{tr(tool.when)}")
            layout.addWidget(made)
            self.buttons[tool.id] = made
