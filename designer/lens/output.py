"""What comes out of a node for one example: maps, a matrix, or a bar for each number."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QStackedWidget

from designer.figures.figure import Figure
from designer.figures.marks import Bars, Drawing, numbers
from designer.lens.gallery import Gallery
from designer.plots.readout import number


class OutputView(QStackedWidget):
    """`chosen` carries the unit that was clicked: a channel of maps, or a number of a vector."""

    chosen = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self._kind = ""
        self.gallery, self.bars = Gallery(), Figure(self.chosen.emit)
        self.addWidget(self.gallery)
        self.addWidget(self.bars)
        self.gallery.chosen.connect(self._choose)

    def show_output(self, output: Mapping[str, Any] | None) -> None:
        """The ``output`` of a node, as `core.analysis.layers` has it."""
        self._kind = output["kind"] if output is not None else ""
        if output is None:
            self._draw(Drawing(title="This node gives no tensor"))
            return
        shape = " x ".join(map(str, output["shape"])) or "one number"
        note = "" if output["mean"] is None else f"mean {number(output['mean'])}, deviation {number(output['std'])}"
        if self._kind == "vector":
            values = numbers(output["values"])
            edges = np.arange(len(values) + 1, dtype=np.float64) - 0.5
            self._draw(Drawing((Bars(edges, values),), title=f"Output, {shape}", note=note, x_label="unit"))
            return
        self.setCurrentWidget(self.gallery)
        is_matrix = self._kind == "matrix"
        noun = "output" if is_matrix else "channel"
        self.gallery.show_sheet(output, f"Output, {shape}", note, noun=noun, fills=is_matrix)

    def _draw(self, drawing: Drawing) -> None:
        self.setCurrentWidget(self.bars)
        self.bars.show_drawing(drawing)

    def _choose(self, index: int) -> None:
        if self._kind == "maps":
            self.chosen.emit(index)
