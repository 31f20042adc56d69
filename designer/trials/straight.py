"""A network with and without its activations: what each reaches, what both say of the plane, and the map that is
left."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from PySide6.QtWidgets import QWidget

from designer.controls.labels import label
from designer.figures.figure import Figure
from designer.figures.images import scale
from designer.figures.marks import Drawing, Shades
from designer.figures.sheet import Sheet, Tile
from designer.language import tr
from designer.plots.boundary import BoundaryField
from designer.plots.readout import number
from designer.qt import column, follow, row
from designer.session import Session
from designer.theme import SPACE_L, SPACE_S, manager
from designer.trials.lines import line_of

Answer = Mapping[str, Any]
NAMES = {"whole": "as it is", "bare": "activations taken out", "trained": "trained without"}
NAME_WIDTH, FIELD_HEIGHT, MAP_HEIGHT, TILE = 150, 240, 240, 84.0
FEW = 8  # numbers of an input, and of an output, up to which a map is written out


def rows(_session: Session, answer: Answer) -> list[QWidget]:
    """The three networks, their planes side by side, and the map."""
    made = [
        line_of("done" if key == "whole" else "activation", "muted", label(tr(name)), label(_values(answer[key])),
                width=NAME_WIDTH)
        for key, name in NAMES.items()
        if answer[key] is not None
    ]  # fmt: skip
    if answer["pictures"]:
        made.append(_planes(answer))
    return [*made, *([] if answer["map"] is None else _map(answer))]


def _map(answer: Answer) -> list[QWidget]:
    """In figures where there are few, as pictures where the input is one, else as a table of colours."""
    found = answer["map"]
    if found["inputs"] <= FEW and found["outputs"] <= FEW:
        return [label("\n".join(equations(found)), "formula", selectable=True)]
    if len(found["shape"]) == 3 and found["shape"][0] == 1 and found["inputs"] == len(found["matrix"][0]):
        title = label(tr("What each output of the one map adds up: blue counts against it, orange for it"), "caption")
        return [title, _sheet(found)]
    figure = Figure()
    figure.setMinimumHeight(MAP_HEIGHT)
    figure.show_drawing(matrix(answer))
    return [figure]


def equations(found: Mapping[str, Any]) -> list[str]:
    """The map, output by output."""
    lines = []
    for index, (weights, shift) in enumerate(zip(found["matrix"], found["shift"], strict=True)):
        terms = [f"{value:+.4g} x{k + 1}" for k, value in enumerate(weights)]
        name = f"score of {found['names'][index]}" if found["names"] else f"y{index + 1}"
        lines.append(f"{name} = {' '.join(terms)} {shift:+.4g}")
    return lines


def _sheet(found: Mapping[str, Any]) -> Sheet:
    """A picture of the weights of each output, in the colours of the theme."""
    sheet = Sheet(TILE)

    def draw() -> None:
        sheet.show_tiles(tiles(found))

    draw()
    follow(sheet, manager().changed, draw)
    return sheet


def tiles(found: Mapping[str, Any]) -> list[Tile]:
    weights = np.array(found["matrix"], np.float64).reshape(-1, *found["shape"][1:])
    most = float(np.abs(weights).max()) or 1.0
    made = []
    for index, one in enumerate(weights):
        pixels = [[_pixel(value / most) for value in line] for line in one.tolist()]
        made.append(Tile({"pixels": pixels}, found["names"][index] if found["names"] else str(index)))
    return made


def _pixel(share: float) -> list[int]:
    colour = scale(share)
    return [colour.red(), colour.green(), colour.blue()]


def _values(values: Mapping[str, float | None]) -> str:
    return "   ".join(f"{name} {'-' if value is None else number(value)}" for name, value in values.items())


def _planes(answer: Answer) -> QWidget:
    """What the network says of the plane of its data, with its activations and without."""
    place = QWidget()
    layout = row(place, gap=SPACE_L)
    straight = "trained" if answer["trained"] is not None else "bare"
    for key, name in (("whole", NAMES["whole"]), ("straight", NAMES[straight])):
        side = column(gap=SPACE_S)
        field = BoundaryField()
        field.setMinimumHeight(FIELD_HEIGHT)
        field.show_data(answer["pictures"][key])
        side.addWidget(label(tr(name), "caption"))
        side.addWidget(field, 1)
        layout.addLayout(side, 1)
    return place


def matrix(answer: Answer) -> Drawing:
    """The numbers of the one linear map: a row for each output, blue below 0 and orange above."""
    found = answer["map"]
    values = np.array(found["matrix"], np.float64)
    most = float(np.abs(values).max()) or 1.0
    y, x = (np.arange(size, dtype=np.float64) for size in values.shape)
    part = "" if values.shape == (found["outputs"], found["inputs"]) else ", the first of them"
    return Drawing(
        [Shades(x, y, values, 0.5 + values / (2 * most), "weight", smooth=False)],
        "The one linear map that is left",
        f"{found['outputs']:,} x {found['inputs']:,}, rank {found['rank']:,}{part}",
        x_label="number of the input",
        y_label="output",
        x_span=(-0.5, len(x) - 0.5),
        y_span=(-0.5, len(y) - 0.5),
        summary=answer["verdict"],
    )
