"""The gates and states of a recurrent layer as pictures, step by step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from core.spec.params import Bool, Int, Param
from designer.figures.marks import Drawing, Line, numbers
from designer.lens.hung import Hung

COURSE, GATES, STATES = "Over the steps", "Gates", "States"
PARTS = (COURSE, GATES, STATES)
FIELDS: tuple[Param, ...] = (
    Int("layer", 0, min=0, max=63, label="Layer", doc="Of those that lie on each other, counted from 0."),
    Bool("backward", False, label="Backward", doc="The direction from the last step to the first."),
)


def picture(found: Mapping[str, Any], part: str) -> Hung | Drawing:
    """What `core.analysis.gates` says, as one of `PARTS`."""
    if part == COURSE:
        return _course(found)
    shown = GATES if part == GATES and found["gates"] else STATES  # a plain layer has no gates
    names, sheet = (found["gates"], found["pictures"]) if shown == GATES else (found["others"], found["states"])
    shut = [f"{name}: {low:.0%} shut, {high:.0%} open" for name, (low, high) in found["saturated"].items()]
    note = "; ".join(shut) if shown == GATES else "rows are units, columns are steps"
    return Hung({**sheet, "names": names}, ", ".join(names), note)


def _course(found: Mapping[str, Any]) -> Drawing:
    steps = np.arange(1, found["steps"] + 1, dtype=np.float64)
    lines = [
        Line(steps, numbers(values), place, f"{name}: {found['formulas'][name]}")
        for place, (name, values) in enumerate(found["mean"].items())
    ]
    legend = [(name, place) for place, name in enumerate(found["mean"])]
    note = f"written out by hand, within {found['apart']:.0e} of the layer"
    return Drawing(lines, f"{found['kind']}: mean over {found['units']} units", note, x_label="step", legend=legend)
