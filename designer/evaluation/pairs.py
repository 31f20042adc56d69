"""The picture of answers that are pictures or curves themselves: each beside what it should be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtWidgets import QSplitter, QWidget

from designer.figures.behind import Behind
from designer.figures.figure import Figure
from designer.figures.marks import Bars, Drawing, numbers
from designer.figures.sheet import Tile
from designer.language import tr
from designer.plots.readout import number
from designer.qt import column, divide
from designer.theme import SPACE_M, SPACE_S


class PairsView(QSplitter):
    def __init__(self) -> None:
        super().__init__()
        self.pairs, self.worst, self.errors = Behind(), Behind(), Figure()
        middle = QWidget()
        column(middle, margins=(SPACE_M, SPACE_S, SPACE_M, SPACE_S)).addWidget(self.errors)
        divide(self, (self.pairs, 5), (middle, 4), (self.worst, 5))

    def show_task(self, task: Mapping[str, Any]) -> None:
        title = tr("Input and reconstruction") if task["of_input"] else tr("True and answered")
        self.pairs.show_tiles(title, [_pair(one) for one in task["pairs"]])
        self.worst.show_tiles(tr("Furthest off"), [_pair(one) for one in task["worst"]])
        found = task["errors"]
        note = f"RMSE {number(task['rmse'])}, mean error {number(task['mae'])}"
        self.errors.show_drawing(Drawing(
            (Bars(numbers(found["edges"]), numbers(found["counts"])),), title="Errors", note=note,
            x_label=tr("root mean square of an example"), y_label=tr("examples"), summary=note,
        ))  # fmt: skip


def _pair(one: Mapping[str, Any]) -> Tile:
    return Tile(one["truth"], number(one["error"]), f"error {number(one['error'])}", beside=one["guess"])
