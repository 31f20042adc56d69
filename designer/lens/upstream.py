"""What a place of a feature map sees, and what a unit would like to see, as pictures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.spec.params import Float, Int, Param
from designer.figures.marks import Drawing, Line, numbers
from designer.figures.sheet import Tile
from designer.lens.hung import Hung, Rows
from designer.plots.readout import number

FIELD, SEEN = "Field", "What it sees"
REACH_PARTS = (FIELD, SEEN)
REACH_FIELDS: tuple[Param, ...] = (
    Int("row", None, min=0, max=100_000, optional=True, label="Row", doc="Of the feature map; empty: its middle."),
    Int(
        "column", None, min=0, max=100_000, optional=True, label="Column", doc="Of the feature map; empty: its middle."
    ),
)
WISH, WAY = "Found", "On the way"
WISH_PARTS = (WISH, WAY)
WISH_FIELDS: tuple[Param, ...] = (
    Int("unit", 0, min=0, max=1_000_000, label="Unit", doc="Which of the node's units is to be pleased."),
    Int("steps", 300, min=1, max=10_000, label="Steps", doc="How often the input follows the gradient."),
    Float("decay", 0.1, min=0.0, max=1000.0, label="Decay", doc="How strongly it is held near the mean example."),
    Float("smooth", 5.0, min=0.0, max=1000.0, label="Smooth", doc="What differences between neighbours cost."),
    Int("seed", 0, min=0, max=2**31 - 1, label="Seed", doc="Of the noise that it begins with."),
)


def reached(found: Mapping[str, Any], part: str) -> Hung:
    """What `core.analysis.reach` says, as one of `REACH_PARTS`."""
    top, left, bottom, right = found["box"]
    row, column = found["place"]
    title = (
        f"Place {row}, {column} of {found['map'][0]} x {found['map'][1]} sees {bottom - top} x {right - left} pixels"
    )
    note = f"90 % of its slope within {found['effective']} x {found['effective']}"
    return Hung(found["field"] if part == FIELD else found["seen"], title, note)


def wished(found: Mapping[str, Any], part: str) -> Drawing | Hung | Rows:
    """What `core.analysis.wished` says, as one of `WISH_PARTS`."""
    told = f"unit {found['unit']} of {found['units']}: {number(found['value'])}"
    beside = f"mean example {number(found['before'])}, best of 256 examples {number(found['best'])}"
    if part == WAY:
        line = Line(numbers(found["at"]), numbers(found["course"]), 0, f"unit {found['unit']}")
        return Drawing((line,), told, beside, x_label="step", y_label="answer")
    looks = (found["look"], found["begun"])
    if all("pixels" in look for look in looks):
        names = [f"found: {number(found['value'])}", f"mean example: {number(found['before'])}"]
        pictures = [look["pixels"] for look in looks]
        return Hung({"pixels": pictures, "images": [], "signed": False, "peak": 1.0, "names": names}, told, beside)
    values = (found["value"], found["before"])
    tiles = [Tile(look, f"{name}: {number(value)}", beside)
             for look, name, value in zip(looks, ("found", "mean example"), values, strict=True)]  # fmt: skip
    return Rows(told, tiles)
