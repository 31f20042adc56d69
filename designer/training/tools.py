"""The tools of training in its panel: a button each, which opens the card."""

from __future__ import annotations

from functools import partial

from PySide6.QtWidgets import QGridLayout, QPushButton, QWidget

from core.training.tools.table import TOOLS
from designer.controls.buttons import button
from designer.language import tr
from designer.session import Session
from designer.theme import SPACE_M


class ToolButtons(QWidget):
    def __init__(self, session: Session) -> None:
        super().__init__()
        layout = QGridLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACE_M)
        self.buttons: dict[str, QPushButton] = {}
        for place, tool in enumerate(TOOLS.values()):
            made = button(f"{tr(tool.label)}…", partial(session.run.tool_requested.emit, tool.id))
            made.setToolTip(f"{tr(tool.doc)}\n{tr(tool.when)}")
            layout.addWidget(made, place // 2, place % 2)
            self.buttons[tool.id] = made
