"""The examples behind a picture, in a list that scrolls, under a line that says which they are."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QScrollArea, QWidget

from designer.controls.labels import Elided
from designer.figures.sheet import SIDE, Sheet, Tile
from designer.qt import column
from designer.sentences import told
from designer.theme import SPACE_M, SPACE_S


class Behind(QWidget):
    def __init__(self, side: float = SIDE) -> None:
        super().__init__()
        self._title = Elided("", "caption")
        self.sheet = Sheet(side)
        page = QWidget()
        page.setProperty("page", True)
        inner = column(page, margins=(0, SPACE_S, SPACE_M, SPACE_M))
        inner.addWidget(self.sheet)
        inner.addStretch(1)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(page)
        layout = column(self, margins=(SPACE_M, SPACE_S, 0, 0), gap=SPACE_S)
        layout.addWidget(self._title)
        layout.addWidget(area, 1)
        self.setMinimumWidth(150)

    @property
    def title(self) -> str:
        return self._title.whole

    def show_tiles(self, title: str, tiles: Sequence[Tile]) -> None:
        self._title.set_text(told(title))
        self.sheet.show_tiles(tiles)
