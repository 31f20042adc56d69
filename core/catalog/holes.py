"""What may be done about missing numbers: declared once, for every source that may have some."""

from __future__ import annotations

from core.spec.param import Param
from core.spec.params import Bool, Choice, Float, Int

FILLED = {
    "mean": "fill in the column's mean",
    "median": "fill in the column's median",
    "most_frequent": "fill in the column's most frequent value",
    "neighbours": "fill in from like rows (kNN)",
    "zero": "fill in 0",
    "constant": "fill in a number of my own",
}
HOLES = {"refuse": "say where it is", "drop": "leave the row out", **FILLED}
_FILLS, _NEIGHBOURS = ("holes", tuple(FILLED)), ("holes", ("neighbours",))


def hole_params(label: str) -> tuple[Param, ...]:
    """The fields of a source that say what becomes of its holes, which it calls `label`."""
    return (
        Choice(
            "holes",
            "refuse",
            tuple(HOLES),
            label=label,
            labels=HOLES,
            doc="What is filled in comes from the training part only. The median shrugs off wild values; rows most "
            "alike keep what columns have to do with each other, and take longest; mark the holes where it tells "
            "something that nothing was measured. Rows without a target are dropped, never filled.",
        ),
        Float("hole_value", 0.0, label="the number", when=("holes", ("constant",)), doc="What stands in every hole."),
        Int(
            "neighbours",
            5,
            min=1,
            max=1000,
            when=_NEIGHBOURS,
            doc="How many rows of the training part are averaged: those nearest in the columns that both have.",
        ),
        Bool(
            "neighbours_scaled",
            True,
            label="scale columns",
            when=_NEIGHBOURS,
            doc="Brings columns to one spread before distances are taken, so that all count alike; otherwise those "
            "with large numbers decide.",
        ),
        Bool(
            "mark_holes",
            False,
            label="mark the holes",
            when=_FILLS,
            doc="Adds a 0/1 column for each column of numbers that has a hole anywhere: the network then knows what "
            "was measured and what was filled in.",
        ),
    )
