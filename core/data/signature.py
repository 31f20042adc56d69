"""What a data source offers, in plain values: the window and the shape rules need no more than this."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

ENCODINGS = ("as_is", "index", "one_hot", "binary")
DRAWN = ("normal", "uniform")  # encodings of values that are bound to no field: random numbers


class FieldSignature(BaseModel):
    """One field (a column, or a group of columns) of the data.

    `shape` is that of one example, without the batch dimension; `classes` are the names of the classes where the
    field is an index into them. `follows` names a field of as many steps, each of which this one's step comes after: a
    network that is asked for this field writes text by being fed what it has written. `boxes_of` names a field of
    classes on a grid, the first of which is nothing: this one holds the box of each cell
    (`core.modules.losses.GridBoxLoss`).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    shape: tuple[int, ...]
    dtype: Literal["float", "int", "bool"] = "float"
    classes: tuple[str, ...] = ()
    doc: str = ""
    follows: str = ""
    boxes_of: str = ""


class DataSignature(BaseModel):
    """The fields of a source by name, and how many examples it has (0 where not yet known)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    fields: dict[str, FieldSignature] = Field(default_factory=dict)
    examples: int = 0
