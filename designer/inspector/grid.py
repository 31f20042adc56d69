"""Two columns: what, and how much."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QWidget

from designer.controls.labels import label
from designer.forms.field import LABEL_WIDTH
from designer.qt import clear
from designer.theme import SPACE_M, SPACE_S


class FactGrid(QWidget):
    """Rows of a name and a value in fixed pitch; values can be selected and copied."""

    def __init__(self) -> None:
        super().__init__()
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(SPACE_M)
        self._grid.setVerticalSpacing(SPACE_S)
        self._grid.setColumnMinimumWidth(0, LABEL_WIDTH - SPACE_S)
        self._grid.setColumnStretch(1, 1)
        self._shown: list[tuple[str, str]] = []

    def show_rows(self, rows: Iterable[tuple[str, str]]) -> None:
        wanted = list(rows)
        if wanted == self._shown:
            return
        self._shown = wanted
        clear(self._grid)
        for index, (name, value) in enumerate(wanted):
            left, right = label(name, "muted"), label(value, "mono", wrap=True, selectable=True)
            self._grid.addWidget(left, index, 0, Qt.AlignmentFlag.AlignTop)
            self._grid.addWidget(right, index, 1)

    @property
    def rows(self) -> list[tuple[str, str]]:
        return list(self._shown)
