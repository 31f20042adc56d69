"""One unit: the examples that it answers most, and the sum that it computes for the chosen one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from PySide6.QtWidgets import QSplitter

from designer.figures.behind import Behind
from designer.figures.figure import Figure
from designer.figures.marks import Bars, Drawing, numbers
from designer.figures.sheet import Tile
from designer.plots.readout import number


class UnitView(QSplitter):
    """Shows what `core.analysis.unit` says."""

    def __init__(self) -> None:
        super().__init__()
        self.likes, self.terms = Behind(), Figure()
        for part in (self.terms, self.likes):
            self.addWidget(part)
        self.setChildrenCollapsible(False)
        self.setHandleWidth(1)

    def show_unit(self, found: Mapping[str, Any]) -> None:
        title = f"Unit {found['unit']} of {found['units']} answers most to"
        tiles = [
            Tile(one, number(one["value"]), f"example {one['row']}: {number(one['value'])}") for one in found["likes"]
        ]
        self.likes.show_tiles(title, tiles)
        self.terms.setVisible(found["sum"] is not None)
        if found["sum"] is not None:
            self.terms.show_drawing(_terms(found["sum"]))


def _terms(found: Mapping[str, Any]) -> Drawing:
    rest = f" {_signed(found['rest'])} of the rest" if abs(found["rest"]) > 1e-9 else ""
    products = numbers(found["products"])
    note = f"{number(float(products.sum()))} {_signed(found['bias'])} bias{rest} = {number(found['total'])}"
    if found["fires"]:
        note += f" → {found['fires']['label']} {number(found['fires']['value'])}"
    edges = np.arange(len(products) + 1, dtype=np.float64) - 0.5
    names = [
        f"input {place}: {number(x)} x weight {number(w)} = {number(p)}"
        for place, x, w, p in zip(found["places"], found["inputs"], found["weights"], found["products"], strict=True)
    ]
    bars = Bars(edges, products, names=names)
    return Drawing((bars,), title="Input x weight", note=note, x_label="input", summary=note)


def _signed(value: float) -> str:
    return f"{'-' if value < 0 else '+'} {number(abs(value))}"
