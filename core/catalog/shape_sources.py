"""A source of drawn shapes: one picture with many questions, from what it shows to where each thing stands."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from core.catalog.source_groups import EXAMPLES, GENERATED, MOST_SEED, SEED
from core.data.signature import DataSignature, FieldSignature
from core.spec.option import OptionSpec
from core.spec.params import Choice, Float, Int

KINDS = ("circle", "square", "triangle")
CELL = 8  # pixels of a cell of the grid that says where shapes stand

SHAPE_SOURCES = (
    OptionSpec(
        "shapes",
        "Shapes",
        "Circles, squares and triangles on pictures, with their outlines, their mask, the same picture at half the "
        "size, and on a grid of cells which shape has its centre there and how far it reaches.",
        (
            Int("n", 2000, min=10, max=200_000, label="examples", doc=EXAMPLES),
            Int("size", 32, min=16, max=256, doc="Height and width in pixels, a multiple of 8."),
            Int("shapes", 3, min=1, max=16, doc="On each picture at most; one at least."),
            Choice(
                "colour",
                "any",
                ("any", "by_kind"),
                labels={"any": "any colour", "by_kind": "red circles, green squares, blue triangles"},
                doc="Where colour tells the kind, the ground is the same grey on every picture too.",
            ),
            Float("noise", 0.02, min=0.0, max=1.0, doc="Standard deviation of the noise on each pixel, from 0 to 1."),
            Int("seed", 0, min=0, max=MOST_SEED, doc=SEED),
        ),
        group=GENERATED,
    ),
)


def _shapes(values: Mapping[str, Any]) -> DataSignature:
    size = values["size"]
    cells = size // CELL
    fields = {
        "features": FieldSignature(shape=(3, size, size), doc="The picture in red, green and blue, from 0 to 1."),
        "target": FieldSignature(shape=(), dtype="int", classes=KINDS, doc="What the largest shape is."),
        "small": FieldSignature(shape=(3, size // 2, size // 2), doc="The picture at half its height and width."),
        "outline": FieldSignature(shape=(1, size, size), doc="White lines round the shapes, on black."),
        "mask": FieldSignature(shape=(1, size, size), doc="1 where there is a shape, 0 elsewhere."),
        "kinds": FieldSignature(
            shape=(cells, cells), dtype="int", classes=("nothing", *KINDS),
            doc="For each cell of 8 x 8 pixels, which shape has its centre there.",
        ),
        "there": FieldSignature(shape=(1, cells, cells), doc="1 in the cells where a shape has its centre, or 0."),
        "boxes": FieldSignature(
            shape=(4, cells, cells),
            boxes_of="kinds",
            doc="For the shape of a cell: its centre within the cell from 0 to 1, right and down, then its width and "
            "height as shares of the picture; 0 where there is none.",
        ),
    }  # fmt: skip
    return DataSignature(fields=fields, examples=values["n"])


SHAPE_SIGNATURES: Mapping[str, Callable[[Mapping[str, Any]], DataSignature]] = {"shapes": _shapes}
