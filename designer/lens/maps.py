"""A self-organising map as pictures: the U-matrix, who wins how often and for which class, and the component planes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from designer.figures.marks import Dots, Drawing
from designer.lens.hung import Hung
from designer.numbers import exact
from designer.plots.readout import number

APART, HITS, CLASSES, PLANES = "U-matrix", "Hits", "Classes", "Component planes"
PARTS = (APART, HITS, CLASSES, PLANES)


def picture(found: Mapping[str, Any], part: str) -> Hung | Drawing:
    """What `core.analysis.som` says, as one of `PARTS`."""
    grid = " x ".join(map(str, found["grid"]))
    errors = f"quantisation error {number(found['quantisation'])}, topographic error {100 * found['topographic']:.1f} %"
    match part:
        case "Hits":
            title = f"How many of {exact(found['examples'])} examples each unit wins"
            return Hung(found["hits"], title, errors, "layer")
        case "Classes":
            return _classes(found)
        case "Component planes":
            shown = f"{found['shown']} of {found['width']}" if found["shown"] < found["width"] else str(found["width"])
            return Hung(found["planes"], f"{shown} numbers of the units, a plane each", errors, "number")
    return Hung(found["apart"], f"Distance of units to their neighbours, {grid}", errors, "layer")


def _classes(found: Mapping[str, Any]) -> Drawing:
    """A dot for each unit, in the colour of the class that most often wins it."""
    if "classes" not in found:
        return Drawing(title="The data has no classes")
    rows, columns = (1, *found["grid"])[-2:]
    labels = np.asarray(found["labels"])[: rows * columns]
    at = np.flatnonzero(labels >= 0)
    names = [f"row {k // columns}, column {k % columns}: {found['classes'][labels[k]]}" for k in at]
    dots = Dots((at % columns).astype(float), (rows - 1 - at // columns).astype(float), labels[at].tolist(), 6.0, names)
    idle = int((labels < 0).sum())
    return Drawing(
        (dots,),
        title="The class that most often wins each unit",
        note=f"{idle} {'unit wins' if idle == 1 else 'units win'} nothing" if idle else "",
        x_span=(-0.7, columns + 0.7),  # room for the legend
        y_span=(-0.7, rows - 0.3),
        square=rows > 1,
        legend=list(zip(found["classes"], range(len(found["classes"])), strict=True)),
    )
