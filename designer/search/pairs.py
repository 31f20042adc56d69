"""Two variables against each other, each trial a dot in the colour of how good it was."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QWidget

from core.search.study import Study
from designer.controls.labels import label
from designer.figures.figure import Figure
from designer.language import tr
from designer.qt import column, row
from designer.search.told import pair
from designer.search.words import title
from designer.theme import SPACE_M, SPACE_S


class Pairs(QWidget):
    """Signal: `chosen` (number of a trial)."""

    chosen = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.across, self.up = QComboBox(), QComboBox()
        self.figure = Figure(lambda index: self.chosen.emit(self._numbers[index]))
        self._numbers: list[int] = []
        self._paths: list[str] = []
        self._study: Study | None = None
        self._names: Mapping[str, str] = {}
        layout = column(self, gap=SPACE_S)
        head = row(margins=(SPACE_M, SPACE_S, SPACE_M, 0), gap=SPACE_M)
        for name, box in ((tr("Up"), self.up), (tr("Across"), self.across)):
            head.addWidget(label(name, "muted"))
            head.addWidget(box, 1)
            box.setAccessibleName(name)
            box.setMinimumContentsLength(8)
            box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            box.activated.connect(lambda _index: self._draw())
        layout.addLayout(head)
        layout.addWidget(self.figure, 1)

    def show_study(self, study: Study, names: Mapping[str, str]) -> None:
        """A study of two variables or more; at first those that matter most, as far as that is known."""
        self._study, self._names = study, names
        paths = list(study.search.variables)
        if paths != self._paths:
            self._paths = paths
            for box in (self.across, self.up):
                box.clear()
                for path in paths:
                    box.addItem(title(path, names), path)
            first, second = sorted(paths, key=lambda path: -study.importance.get(path, 0.0))[:2]
            self.across.setCurrentIndex(paths.index(first))
            self.up.setCurrentIndex(paths.index(second))
        self._draw()

    def _draw(self) -> None:
        if self._study is not None:
            drawing, self._numbers = pair(self._study, self._names, (self.across.currentData(), self.up.currentData()))
            self.figure.show_drawing(drawing)
