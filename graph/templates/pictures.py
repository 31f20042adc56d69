"""From pictures to pictures and to boxes: super-resolution, outlines coloured in, a detector on a grid."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.catalog import Catalog
from graph.document import Document
from graph.lessons.lesson import Task
from graph.lessons.shorthand import drawn, reaches, trained
from graph.templates.adversarial import again, player, verdicts
from graph.templates.drawing import LABELLED, Drawing
from graph.templates.parts import adamw
from graph.templates.template import Expected, Template, example
from graph.templates.unet import u_shape

FAMILY = "Pictures"


def _shapes(**params: Any) -> dict[str, Any]:
    return {"source": {"kind": "shapes", "params": params}, "split": {"validation": 0.1, "test": 0.2}}


def shapes_superres(catalog: Catalog) -> Document:
    """Doubles the size of a picture: convolutions work at the small size, and channels become pixels at the end."""
    d = Drawing(catalog, "Super-resolution")
    small = d.node("input", at=(0, 0), name="small", field="small")
    last = small
    for place, (channels, kernel) in enumerate(((32, 5), (32, 3), (32, 3))):
        conv = d.node("conv2d", last, at=(1.1 + 2 * place, 0), out_channels=channels, kernel_size=kernel)
        last = d.node("relu", conv, at=(2.1 + 2 * place, 0))
    quarters = d.node("conv2d", last, at=(7.1, 0), name="quarters", out_channels=12, kernel_size=3)
    finer = d.node("pixel_shuffle", quarters, at=(8.1, 0), name="fine detail", upscale_factor=2)
    blurred = d.node("upsample", small, at=(8.1, 1.2), name="blurred", scale_factor=2, mode="bicubic")
    large = d.node("add", finer, blurred, at=(9.2, LABELLED), name="large")
    d.node("output", large, at=(10.3, LABELLED), name="large picture")
    truth = d.node("target", at=(9.2, 1.6), name="truth", field="features")
    d.node("l1_loss", large, truth, at=(10.3, 1.4))
    d.lesson(
        "The network sees a picture at half its size and draws the whole one. It works at the small size, where "
        "convolutions are cheap, and its last one makes four numbers of each colour for each pixel: Pixel shuffle lays "
        "them side by side as 2 x 2 pixels (Shi et al., 2016). Only what bicubic blending lacks has to be learned.",
        "RMSE, of colours from 0 to 1. Copying each pixel four times reaches 0.055, bicubic blending 0.043; the "
        "network comes below 0.027, which is 4 dB more of PSNR = -20 log10(RMSE). See the Evaluation panel.",
        (
            Task(
                "Delete Blurred: the network has to draw everything itself.",
                trained({"layers.upsample": 0}),
            ),
            Task(
                "Put a transposed convolution with stride 2 in place of Quarters and Pixel shuffle. Is it sharper?",
                trained({"layers.conv_transpose2d": {"at_least": 1}}),
            ),
            Task(
                "Take 64 channels in all three layers.",
                reaches("rmse", 0.025, {"job.data.source.kind": "shapes", "parameters": {"at_least": 60_000}}),
            ),
        ),
    )
    d.job(data=_shapes(), epochs=20, batch_size=32, metrics=("rmse", "mae"),
          objectives=[adamw(0.003, weight_decay=0.0, schedule="one_cycle")])  # fmt: skip
    return d.document


def edges_to_shapes(catalog: Catalog) -> Document:
    """Colours outlines in: a U-Net draws, and a critic that sees outline and picture judges it patch by patch."""
    d = Drawing(catalog, "Outlines to pictures")
    made, says_real = _coloured(d)
    d.lesson(
        "An outline goes in, a picture comes out (Isola et al., 2017). The generator is a U-Net: its long wires hand "
        "the lines on. The critic sees outline and picture side by side and gives one score for each patch, "
        "not one for the whole: it judges texture, while the plain difference keeps the picture true.",
        "Mean absolute error, of colours from 0 to 1, and the pictures in Over time. Grey everywhere is 0.045 off.",
        (
            Task(
                "Take the difference out of the second objective's losses: sharp pictures, and wrong more often.",
                trained({"job.objectives.1.losses.difference": None}),
            ),
            Task(
                "Weigh fooled 0: without a critic. The numbers are good; are the edges as sharp?",
                trained({"job.objectives.1.losses.fooled": 0.0}),
            ),
            Task(
                "Let the colours be any in the Data panel: nobody can know them, and the network paints their mean.",
                trained({"job.data.source.params.colour": "any"}),
            ),
        ),
    )
    d.job(
        data=_shapes(colour="by_kind", n=1500, shapes=2, noise=0.0),
        epochs=10,
        batch_size=32,
        metrics=("mae", "rmse"),
        objectives=[
            player("critic", says_real, lr=5e-4, betas=(0.5, 0.999), real=1.0, fake=1.0),
            player("generator", made, lr=2e-3, betas=(0.5, 0.999), difference=50.0, fooled=1.0),
        ],
    )
    return d.document


def _coloured(d: Drawing) -> tuple[str, str]:
    """Generator and critic over outlines, with their losses; the nodes that own their weights."""
    generator, critic = _painter(d), _patches(d)
    outline = d.node("input", at=(0, 0), name="outline", field="outline")
    made = d.node(generator, outline, at=(1.2, 0), name="generator")
    d.node("output", made, at=(3.6, -1.2), name="picture")
    truth = d.node("target", at=(0, 2.6), name="truth", field="features")
    d.node("l1_loss", made, truth, at=(3.6, 0), name="difference")
    says_real = d.node(critic, outline, truth, at=(2.4, 2.6), name="critic")
    says_made = again(d, says_real, outline, made, at=(2.4, 1.3))
    verdicts(d, says_real, says_made, column=3.6, row=1.1)
    return made, says_real


def _painter(d: Drawing) -> str:
    layer, inside = d.block("Generator", "A U-Net from outlines to colours.")
    x = inside.node("entry", at=(0, LABELLED))
    last, column = u_shape(inside, x, (16, 32), bottom=64)
    colours = inside.node("conv2d", last, at=(column, 0), name="colours", out_channels=3, kernel_size=1)
    shades = inside.node("sigmoid", colours, at=(column + 1, 0), name="shades")
    inside.node("exit", shades, at=(column + 2, 0))
    return layer


def _patches(d: Drawing) -> str:
    """A critic with a score for each of 8 x 8 patches, each of which sees 22 x 22 pixels."""
    layer, inside = d.block("Patch critic", "How real each patch of a picture looks beside its outline.")
    outline = inside.node("entry", at=(0, 0), name="outline", position=0)
    picture = inside.node("entry", at=(0, 1), name="picture", position=1)
    both = inside.node("concatenate", outline, picture, at=(1, 0), dim=1)
    first = inside.node("conv2d", both, at=(2, 0), name="16 x 16", out_channels=32, kernel_size=4, stride=2, padding=1)
    leaky = inside.node("leaky_relu", first, at=(3, 0), negative_slope=0.2)
    second = inside.node("conv2d", leaky, at=(4, 0), name="8 x 8", out_channels=64, kernel_size=4, stride=2, padding=1)
    norm = inside.node("batch_norm2d", second, at=(5, 0))
    leaky2 = inside.node("leaky_relu", norm, at=(6, 0), negative_slope=0.2)
    scores = inside.node("conv2d", leaky2, at=(7, 0), name="scores", out_channels=1, kernel_size=3)
    inside.node("exit", scores, at=(8, 0))
    return layer


def shapes_detector(catalog: Catalog) -> Document:
    """Finds every shape on a picture in one look: what stands in each cell of a grid, and how far it reaches."""
    d = Drawing(catalog, "Shape detector")
    stage = _stage(d)
    picture = d.node("input", at=(0, 0), name="picture")
    last = picture
    for place, channels in enumerate((16, 32, 64)):
        last = d.node(stage, last, at=(1.1 + place, 0), name=f"{16 >> place} x {16 >> place}", channels=channels)
    wide = d.node("conv2d", last, at=(4.1, 0), name="context", out_channels=64, kernel_size=3)
    relu = d.node("relu", wide, at=(5.1, 0))
    _heads(d, relu)
    d.lesson(
        "Three stages halve the picture to a grid of 4 x 4 cells. Each cell says what has its centre there, nothing "
        "included, and where in the cell that is and how wide and high: all in one look, as YOLO does (Redmon et al., "
        "2016). Boxes count by how much of them lies on the true ones.",
        "The Evaluation panel, output boxes: what it found on test pictures, and the average precision, for which a "
        "box must be of the right kind and share half its area with the true one. A shape between two cells may be "
        "missed by both.",
        (
            Task(
                "Set the size of the pictures to 64 and the shapes to 8 in the Data panel: the grid grows with them.",
                trained({"job.data.source.params.size": 64}),
            ),
            Task(
                "Mute the stage 4 x 4: the grid is too fine for the targets. What does the problem say?",
                drawn({"node.4 x 4.muted": True}),
            ),
            Task(
                "Weigh location 0 in the losses. It still knows what there is, but no longer where.",
                trained({"job.objectives.0.losses.location": 0.0}),
            ),
        ),
    )
    d.job(data=_shapes(n=3000), epochs=20, batch_size=32, metrics=("accuracy",),
          objectives=[adamw(0.004, weight_decay=0.01, schedule="one_cycle")])  # fmt: skip
    return d.document


def _heads(d: Drawing, relu: str) -> None:
    """What is in a cell, and where it lies: each with its output, its answer and its loss."""
    kinds = d.node("conv2d", relu, at=(6.2, -0.7), name="what", out_channels=4, kernel_size=1)
    d.node("output", kinds, at=(8.3, -1.4), name="kinds")
    answer = d.node("target", at=(7.2, 0.5), name="true kinds", field="kinds")
    d.node("cross_entropy", kinds, answer, at=(8.3, -0.4), name="recognition")
    numbers = d.node("conv2d", relu, at=(6.2, 1.6), name="where", out_channels=4, kernel_size=1)
    boxes = d.node("sigmoid", numbers, at=(7.2, 1.6), name="from 0 to 1")
    d.node("output", boxes, at=(8.3, 1.1), name="boxes")
    truth = d.node("target", at=(7.2, 2.8), name="true boxes", field="boxes")
    d.node("grid_box_loss", boxes, truth, at=(8.3, 2.1), name="location")


def _stage(d: Drawing) -> str:
    """Sets: channels."""
    layer, inside = d.block("Stage", "A convolution, normalised and bent, then half the size.")
    x = inside.node("entry", at=(0, 0))
    conv = inside.node("conv2d", x, at=(1, 0), out_channels=16, kernel_size=3, bias=False)
    norm = inside.node("batch_norm2d", conv, at=(2, 0))
    relu = inside.node("relu", norm, at=(3, 0))
    pool = inside.node("max_pool2d", relu, at=(4, 0), name="halve")
    inside.node("exit", pool, at=(5, 0))
    inside.promote("channels", (conv, "out_channels"))
    return layer


TEMPLATES: Mapping[str, Template] = {
    "shapes_superres": example(
        FAMILY,
        "Super-resolution",
        shapes_superres,
        Expected("rmse", 0.027, source="bicubic interpolation: 0.043", quick=False),
    ),
    "shapes_detector": example(
        FAMILY, "Detector", shapes_detector, Expected("true_kinds/accuracy", 0.985, quick=False)
    ),
    "edges_to_shapes": example(
        FAMILY,
        "Outlines to pictures",
        edges_to_shapes,
        Expected("mae", 0.012, source="grey everywhere: 0.045", quick=False),
    ),
}
