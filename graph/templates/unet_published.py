"""The U-Net of Ronneberger, Fischer and Brox (2015) in its published size: figure 1 of the paper, tile by tile."""

from __future__ import annotations

from collections.abc import Mapping

from core.catalog import Catalog
from graph.document import Document
from graph.templates.drawing import LABELLED, Drawing
from graph.templates.template import Template, starter
from graph.templates.unet import FAMILY, halving

_STEP = 1.5  # rows from one level down to the next
# Channels of a level, cells of its fine picture, and of the one that comes up from below: the border is cut off.
LEVELS = ((64, 568, 392), (128, 280, 200), (256, 136, 104), (512, 64, 56))
BOTTOM = 1024


def unet_published(catalog: Catalog) -> Document:
    """U-Net as published in 2015: 572 x 572 in, 388 x 388 out; 31,030,658 parameters."""
    d = Drawing(catalog, "U-Net 2015")
    double = _double(d)
    down, up = halving(d, double), _up(d, double)
    last = d.node("input", at=(0, LABELLED), name="tile", shape=(1, 572, 572))
    descent = []
    for level, (channels, _, _) in enumerate(LEVELS):
        place = (1.1 + level, level * _STEP + LABELLED)
        last = d.node(down if level else double, last, at=place, name=f"down {level + 1}", channels=channels)
        descent.append(last)
    tired = d.node("dropout", last, at=(2.1 + len(LEVELS) - 1, 3 * _STEP + LABELLED), name="dropout", p=0.5)
    bottom = d.node(down, tired, at=(2.1 + len(LEVELS), 4 * _STEP + LABELLED), name="bottom", channels=BOTTOM)
    last = d.node("dropout", bottom, at=(3.1 + len(LEVELS), 4 * _STEP + LABELLED), name="dropout below", p=0.5)
    descent[-1] = tired
    column = 4.1 + len(LEVELS)
    for level, (channels, fine, coarse) in reversed(list(enumerate(LEVELS))):
        cut = {"channels": channels, "cut_from": (fine - coarse) // 2, "cut_to": (fine - coarse) // -2}
        place = (column, level * _STEP)
        last = d.node(up, descent[level], last, at=place, name=f"up {level + 1}", params=cut)
        column += 1
    scores = d.node("conv2d", last, at=(column + 0.1, 0), name="scores", out_channels=2, kernel_size=1)
    d.node("output", scores, at=(column + 1.3, 0), name="cell or not")
    target = d.node("target", at=(column + 0.1, 1.4), name="map")
    d.node("cross_entropy", scores, target, at=(column + 1.3, 1.2))
    d.lesson(
        "The network that won the cell tracking challenge of 2015. Convolutions have no padding, so a tile of 572 "
        "shrinks to 388: every answer has seen its whole neighbourhood, and large pictures are done tile by tile.",
        "The long wires: the fine pictures are larger than those that come up, and Up cuts their border off before it "
        "lays them beside each other. Open it to see the two slices.",
        (
            "Choose an .npz file in the Data panel with tiles as features and maps of 0 and 1, 388 x 388, as target.",
            "Set padding of both convolutions to same and remove the slices: 572 comes out, and borders are guessed.",
            "Halve all channels: a quarter of the parameters, and often nearly as good.",
        ),
    )
    steps = {"optimizer": {"kind": "sgd", "params": {"lr": 0.001, "momentum": 0.99}}}
    d.job(data={"source": {"kind": "npz"}}, epochs=100, batch_size=1, objectives=[steps])
    return d.document


def _double(d: Drawing) -> str:
    """Sets: channels."""
    layer, inside = d.block("Double convolution", "Two convolutions of 3 x 3 without padding, each with ReLU.")
    last = inside.node("entry", at=(0, 0))
    convolutions = []
    for number in range(2):
        conv = inside.node(
            "conv2d",
            last,
            at=(1 + 2 * number, 0),
            out_channels=64,
            kernel_size=3,
            padding="valid",
        )
        last = inside.node("relu", conv, at=(2 + 2 * number, 0))
        convolutions.append((conv, "out_channels"))
    inside.node("exit", last, at=(5, 0))
    inside.promote("channels", *convolutions)
    return layer


def _up(d: Drawing, double: str) -> str:
    """Takes the fine picture of its level, then the coarse one from below. Sets: channels, cut from, cut to."""
    layer, inside = d.block("Up", "Twice the size, beside the middle of the fine picture, then two convolutions.")
    fine = inside.node("entry", at=(0, 0), name="fine", position=0)
    coarse = inside.node("entry", at=(0, 1), name="coarse", position=1)
    rows = inside.node("slice", fine, at=(1, 0), name="rows", dim=2)
    columns = inside.node("slice", rows, at=(2, 0), name="columns", dim=3)
    bigger = inside.node("conv_transpose2d", coarse, at=(2, 1), name="double", out_channels=64)
    joined = inside.node("concatenate", at=(3.2, 0), dim=1)
    for number, picture in enumerate((columns, bigger)):
        inside.wire(picture, joined, f"xs.{number}")
    convolutions = inside.node(double, joined, at=(4.2, 0))
    inside.node("exit", convolutions, at=(5.2, 0))
    inside.frame("Cut the border off", rows, columns)
    inside.promote("channels", (bigger, "out_channels"), (convolutions, "channels"))
    inside.promote("cut_from", (rows, "start"), (columns, "start"))
    inside.promote("cut_to", (rows, "stop"), (columns, "stop"))
    return layer


TEMPLATES: Mapping[str, Template] = {
    "unet_2015": starter(FAMILY, "U-Net, as published", unet_published, data=False),
}
