"""The picture of a regression: predicted against true, the errors, and where they are greatest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from PySide6.QtWidgets import QComboBox, QSplitter, QWidget

from designer.figures.behind import Behind
from designer.figures.figure import Figure
from designer.figures.marks import GREY, Bars, Dots, Drawing, Line, numbers
from designer.figures.sheet import Tile
from designer.language import tr
from designer.plots.readout import number
from designer.qt import column, divide
from designer.theme import SPACE_L, SPACE_M, SPACE_S


class NumbersView(QSplitter):
    def __init__(self) -> None:
        super().__init__()
        self._task: Mapping[str, Any] = {}
        self.column = QComboBox()
        self.column.setAccessibleName(tr("Number of the target"))
        self.scatter, self.residuals, self.behind = Figure(), Figure(), Behind()
        left = QWidget()
        body = column(left, margins=(SPACE_L, SPACE_S, SPACE_M, SPACE_S), gap=SPACE_S)
        body.addWidget(self.column)
        body.addWidget(self.scatter, 1)
        middle = QWidget()
        column(middle, margins=(SPACE_M, SPACE_S, SPACE_M, SPACE_S)).addWidget(self.residuals)
        divide(self, (left, 5), (middle, 5), (self.behind, 4))
        self.column.currentIndexChanged.connect(lambda _index: self._show_column())

    def show_task(self, task: Mapping[str, Any]) -> None:
        self._task = task
        names = [entry["name"] for entry in task["columns"]]
        if names != [self.column.itemText(i) for i in range(self.column.count())]:
            self.column.clear()
            self.column.addItems(names)
        self.column.setVisible(len(names) > 1)
        self._show_column()
        self.behind.show_tiles(tr("Furthest off"), [_worst(one) for one in task["worst"]])

    def _show_column(self) -> None:
        columns = self._task.get("columns", ())
        if not 0 <= self.column.currentIndex() < len(columns):
            return
        found = columns[self.column.currentIndex()]
        truth, guess = numbers(found["truth"]), numbers(found["guess"])
        both = np.concatenate((truth, guess))
        known = both[np.isfinite(both)]
        low, high = (float(known.min()), float(known.max())) if len(known) else (0.0, 1.0)
        room = 0.04 * ((high - low) or 1.0)
        span = (low - room, high + room)
        r2 = "–" if found["r2"] is None else number(found["r2"])
        note = f"R² {r2}, mean error {number(found['mae'])}, RMSE {number(found['rmse'])}"
        ideal = Line(np.array(span), np.array(span), GREY, dashed=True)
        names = [f"true {number(t)}, predicted {number(g)}" for t, g in zip(truth, guess, strict=True)]
        self.scatter.show_drawing(Drawing(
            (ideal, Dots(truth, guess, names=names)), note=note, x_label=f"true {found['name']}",
            y_label="predicted", x_span=span, y_span=span, square=True, summary=note,
        ))  # fmt: skip
        left = found["residuals"]
        spread = "" if left["mean"] is None else f"mean {number(left['mean'])}, deviation {number(left['std'])}"
        self.residuals.show_drawing(Drawing(
            (Bars(numbers(left["edges"]), numbers(left["counts"])),), title="Errors", note=spread,
            x_label=tr("predicted - true"), y_label=tr("examples"), summary=spread,
        ))  # fmt: skip


def _worst(one: Mapping[str, Any]) -> Tile:
    words = f"true {number(one['truth'])}, predicted {number(one['guess'])}"
    return Tile(one, words if "values" in one else number(one["guess"]), f"example {one['row']}: {words}", True)
