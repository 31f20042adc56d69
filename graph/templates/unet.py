"""U-Nets (Ronneberger, Fischer and Brox, 2015): down to what is there, up to where it is, with long skips between."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from core.catalog import Catalog
from graph.document import Document
from graph.templates.drawing import LABELLED, Drawing
from graph.templates.parts import adamw
from graph.templates.template import Expected, Template, example, starter

FAMILY = "Convolutional"
_STEP = 1.3  # rows from one level down to the next


def unet(catalog: Catalog) -> Document:
    """Marks every pixel of a picture: three levels down, three up, long skips between them."""
    d = Drawing(catalog, "U-Net")
    x = d.node("input", at=(0, LABELLED), name="picture", shape=(1, 32, 32))
    last, column = u_shape(d, x, (16, 32, 64), bottom=128)
    mask = d.node("conv2d", last, at=(column, 0), name="mask", out_channels=1, kernel_size=1)
    d.node("output", mask, at=(column + 1.2, 0), name="mask scores")
    target = d.node("target", at=(column, 1.4), name="true mask")
    d.node("bce_with_logits", mask, target, at=(column + 1.2, 1.2))
    d.lesson(
        "A U-Net answers with a picture: here a score for each pixel, whether it belongs to the object. The way down "
        "finds out what is there and forgets where; the way up brings the size back.",
        "The long wires. Each hands the fine picture of its level over to the way up. Open an Up block: a transposed "
        "convolution doubles the coarse picture, and Concatenate lays the fine one beside it.",
        (
            "Choose an .npz file in the Data panel with pictures as features and masks of 0 and 1 as target, both of "
            "shape (examples, 1, 32, 32).",
            "Open Up and cut the wire from fine to Concatenate: all long skips are gone, and edges blur.",
            "Set the shape of the picture to 1 x 64 x 64: no layer has to change.",
        ),
    )
    d.job(
        data={
            "source": {"kind": "npz", "params": {"target_is": "numbers"}},
            "transforms": [{"kind": "standardise", "field": "features"}],
            "split": {"validation": 0.15, "test": 0.15},
        },
        epochs=40,
        batch_size=16,
        objectives=[adamw(0.002, weight_decay=0.01)],
    )
    return d.document


def unet_denoise(catalog: Catalog) -> Document:
    """Digits are cleaned of noise by a small U-Net with two long skips."""
    d = Drawing(catalog, "U-Net denoise")
    x = d.node("input", at=(0, LABELLED), name="noisy")
    last, column = u_shape(d, x, (16, 32), bottom=32)
    clean = d.node("conv2d", last, at=(column, 0), name="clean", out_channels=1, kernel_size=1)
    d.node("output", clean, at=(column + 1.2, 0), name="clean digit")
    target = d.node("target", at=(column, 1.4), name="truth", field="clean")
    d.node("mse_loss", clean, target, at=(column + 1.2, 1.2))
    d.lesson(
        "A U-Net that takes a digit buried in noise and answers with the clean one. The way down sees the whole and "
        "guesses the digit; the way up draws it; the long wires hand over where exactly the strokes ran.",
        "RMSE, in grey levels of 0 to 16. Doing nothing scores 4, the size of the noise; the best blur about 3.0, the "
        "best linear map 2.3. The network comes below 1.9.",
        (
            "Open Up and cut the wire from fine to Concatenate: the long skips are gone, and RMSE rises to 2.0.",
            "Set the noise to 8 in the Data panel. The digits are hardly seen, and still RMSE comes down to 3.",
            "Take the L1 loss in place of the squared one: are the strokes sharper?",
        ),
    )
    d.job(
        data={
            "source": {"kind": "noisy_digits", "params": {"noise": 4.0}},
            "transforms": [
                {"kind": "standardise", "field": "features", "params": {"per": "all"}},
                {"kind": "standardise", "field": "clean", "params": {"per": "all"}},
            ],
            "split": {"validation": 0.1, "test": 0.2},
        },
        epochs=20,
        batch_size=32,
        seed=0,
        metrics=("rmse", "mae"),
        objectives=[adamw(0.01, weight_decay=1.0, schedule="one_cycle")],
    )
    return d.document


def u_shape(d: Drawing, last: str, widths: Sequence[int], *, bottom: int) -> tuple[str, float]:
    """Down with `widths` channels on the levels, the bottom, and up again. Returns its end and the next column."""
    double = _double_conv(d)
    down, up = halving(d, double), _up(d, double)
    descent: list[str] = []
    for level, channels in enumerate((*widths, bottom)):
        name = f"down {level + 1}" if level < len(widths) else "bottom"
        place = (1.1 + level, level * _STEP + LABELLED)
        last = d.node(down if level else double, last, at=place, name=name, channels=channels)
        descent.append(last)
    column = 2.1 + len(widths)
    for level, channels in reversed(list(enumerate(widths))):
        fine = descent[level]
        last = d.node(up, fine, last, at=(column, level * _STEP), name=f"up {level + 1}", channels=channels)
        column += 1
    return last, column + 0.1


def halving(d: Drawing, double: str) -> str:
    """A block that goes down one level, its convolutions by the block `double`. Sets: channels."""
    layer, inside = d.block("Down", "Half the size, then two convolutions.")
    x = inside.node("entry", at=(0, 0))
    pool = inside.node("max_pool2d", x, at=(1, 0), name="halve")
    convolutions = inside.node(double, pool, at=(2, 0))
    inside.node("exit", convolutions, at=(3, 0))
    inside.promote("channels", (convolutions, "channels"))
    return layer


def _up(d: Drawing, double: str) -> str:
    """Takes the fine picture of its level, then the coarse one from below. Sets: channels."""
    layer, inside = d.block("Up", "Twice the size, beside the fine picture of the way down, then two convolutions.")
    fine = inside.node("entry", at=(0, 0), name="fine", position=0)
    coarse = inside.node("entry", at=(0, 1), name="coarse", position=1)
    bigger = inside.node("conv_transpose2d", coarse, at=(1, 1), name="double", out_channels=32)
    joined = inside.node("concatenate", at=(2.2, 0), dim=1)
    for number, picture in enumerate((fine, bigger)):
        inside.wire(picture, joined, f"xs.{number}")
    convolutions = inside.node(double, joined, at=(3.2, 0))
    inside.node("exit", convolutions, at=(4.2, 0))
    inside.promote("channels", (bigger, "out_channels"), (convolutions, "channels"))
    return layer


def _double_conv(d: Drawing) -> str:
    """Sets: channels."""
    layer, inside = d.block("Double convolution", "Two convolutions of 3 x 3, each with normalisation and ReLU.")
    last = inside.node("entry", at=(0, 0))
    convolutions = []
    for number in range(2):
        conv = inside.node("conv2d", last, at=(1 + 3 * number, 0), bias=False)
        norm = inside.node("batch_norm2d", conv, at=(2 + 3 * number, 0))
        last = inside.node("relu", norm, at=(3 + 3 * number, 0))
        convolutions.append((conv, "out_channels"))
    inside.node("exit", last, at=(7, 0))
    inside.promote("channels", *convolutions)
    return layer


TEMPLATES: Mapping[str, Template] = {
    "unet": starter(FAMILY, "U-Net", unet, data=False),
    "unet_denoise": example(FAMILY, "Digits, U-Net against noise", unet_denoise, Expected("rmse", 1.9)),
}
