"""Layers that rearrange, cut and resize."""

from __future__ import annotations

from core.spec import rules_reshape as rules
from core.spec.layer import Call, Expr, Given, LayerSpec
from core.spec.params import Choice, Float, Int, Ints

CATEGORY = "Reshape"

_NUMBERING = "Dimensions are counted from 0, the batch; -1 is the last."


def _flatten(given: Given) -> str:
    start, end = given["start_dim"], given["end_dim"]
    return f"{{x}}.flatten({start})" if end == -1 else f"{{x}}.flatten({start}, {end})"


def _reshape(given: Given) -> str:
    return "{x}.reshape(" + ", ".join(("{x}.shape[0]", *map(str, given["shape"]))) + ")"


def _permute(given: Given) -> str:
    return "{x}.permute(" + ", ".join(map(str, given["dims"])) + ")"


def _before(given: Given) -> str:
    """The full slices before a dimension, as in ``x[:, :, 3]``."""
    dim: int = given["dim"]
    return ":, " * (dim + given.type().rank if dim < 0 else dim)


def _slice(given: Given) -> str:
    start, stop, step = given["start"], given["stop"], given["step"]
    cut = f"{start or ''}:{'' if stop is None else stop}" + (f":{step}" if step > 1 else "")
    return f"{{x}}[{_before(given)}{cut}]"


def _select(given: Given) -> str:
    return f"{{x}}[{_before(given)}{given['index']}]"


def _pad(given: Given) -> str:
    if given["mode"] != "constant":
        return "F.pad({x}, {pad}, mode={mode})"
    return "F.pad({x}, {pad})" if given["value"] == 0 else "F.pad({x}, {pad}, value={value})"


LAYERS = (
    LayerSpec(
        id="flatten",
        label="Flatten",
        icon="flatten",
        doc="Lays several dimensions out in one row.",
        formula="(batch, c, h, w) -> (batch, c h w)",
        when="Between convolutions and a Linear layer.",
        source="torch.flatten",
        params=(
            Int("start_dim", 1, doc="First dimension of the row. " + _NUMBERING),
            Int("end_dim", -1, doc="Last dimension of the row."),
        ),
        shape=rules.flatten,
        torch=Expr(_flatten),
        keywords=("vector", "reshape", "row"),
        views=True,
    ),
    LayerSpec(
        id="unflatten",
        label="Unflatten",
        doc="Splits one dimension into several: the inverse of Flatten.",
        formula="(batch, c h w) -> (batch, c, h, w)",
        when="Between a Linear layer and transposed convolutions; to turn a row of pixels into a picture.",
        source="torch.unflatten",
        params=(
            Int("dim", 1, doc="The dimension to split. " + _NUMBERING),
            Ints("sizes", (1, -1), min=-1, doc="The sizes to split it into; one may be -1 and follows from the rest."),
        ),
        shape=rules.unflatten,
        torch=Expr("{x}.unflatten({dim}, {sizes})"),
        keywords=("reshape", "picture", "split"),
        views=True,
    ),
    LayerSpec(
        id="reshape",
        label="Reshape",
        doc="Lays the numbers of each example out in a new shape, in the same order.",
        formula="(batch, …) -> (batch, shape)",
        when="Where Flatten and Unflatten do not reach.",
        source="torch.reshape",
        params=(
            Ints("shape", (-1,), min=-1, doc="Shape of one example; one size may be -1 and follows from the rest."),
        ),
        shape=rules.reshape,
        torch=Expr(_reshape),
        keywords=("view", "shape", "flatten"),
        views=True,
    ),
    LayerSpec(
        id="permute",
        label="Permute",
        doc="Changes the order of the dimensions.",
        formula="y[i, k, j] = x[i, j, k] for dims 0, 2, 1",
        when="To make channels features, (batch, channels, cells) -> (batch, cells, channels), before attention.",
        source="torch.permute",
        params=(
            Ints("dims", (0, 2, 1), min=0, doc="The old dimensions in their new order; the batch, 0, stays first."),
        ),
        shape=rules.permute,
        torch=Expr(_permute),
        keywords=("transpose", "swap", "axes", "patches"),
        views=True,
    ),
    LayerSpec(
        id="unsqueeze",
        label="Unsqueeze",
        doc="Adds a dimension of size 1.",
        formula="(batch, t) -> (batch, t, 1) for dim 2",
        when="To give plain pictures a channel, or plain series a feature.",
        source="torch.unsqueeze",
        params=(Int("dim", 1, doc="Where the new dimension stands. " + _NUMBERING),),
        shape=rules.unsqueeze,
        torch=Expr("{x}.unsqueeze({dim})"),
        keywords=("expand", "new axis", "channel"),
        views=True,
    ),
    LayerSpec(
        id="squeeze",
        label="Squeeze",
        doc="Drops a dimension of size 1.",
        formula="(batch, t, 1) -> (batch, t) for dim 2",
        when="After a layer that leaves a single channel or feature.",
        source="torch.squeeze",
        params=(Int("dim", -1, doc="The dimension to drop. " + _NUMBERING),),
        shape=rules.squeeze,
        torch=Expr("{x}.squeeze({dim})"),
        keywords=("drop", "remove axis"),
        views=True,
    ),
    LayerSpec(
        id="slice",
        label="Slice",
        doc="Keeps a stretch of one dimension.",
        formula="y = x[:, start:stop:step]",
        when="To split channels into parts, or cut a stretch of time.",
        source="Python slicing",
        params=(
            Int("dim", 1, doc="The dimension to cut. " + _NUMBERING),
            Int("start", 0, doc="First element kept; negative counts from the end."),
            Int("stop", None, optional=True, doc="First element left out; empty: none."),
            Int("step", 1, min=1, doc="Keep every n-th element."),
        ),
        shape=rules.slicing,
        torch=Expr(_slice),
        keywords=("crop", "cut", "narrow", "range", "split"),
        views=True,
    ),
    LayerSpec(
        id="select",
        label="Select",
        doc="Picks one element of a dimension, which is dropped.",
        formula="y = x[:, index]",
        when="To read the class token or the last step of a sequence.",
        source="Python indexing",
        params=(
            Int("dim", 1, doc="The dimension to pick from. " + _NUMBERING),
            Int("index", 0, doc="Which element; negative counts from the end."),
        ),
        shape=rules.select,
        torch=Expr(_select),
        keywords=("index", "pick", "class token", "last step"),
        views=True,
    ),
    LayerSpec(
        id="pad",
        label="Pad",
        doc="Adds cells at the borders.",
        formula="size = before + size + after",
        when="Where the padding of a convolution is not enough: uneven borders, mirrored borders.",
        source="torch.nn.functional.pad",
        params=(
            Ints(
                "pad",
                (1, 1, 1, 1),
                min=0,
                doc="Cells before and after, in pairs, from the last dimension: left, right, top, bottom.",
            ),
            Choice(
                "mode", "constant", ("constant", "reflect", "replicate", "circular"), doc="What the new cells hold."
            ),
            Float("value", 0.0, when=("mode", ("constant",)), doc="The constant."),
        ),
        shape=rules.pad,
        torch=Expr(_pad),
        keywords=("border", "padding", "margin", "mirror", "reflect"),
    ),
    LayerSpec(
        id="upsample",
        label="Upsample",
        doc="Enlarges pictures, sequences or volumes by a whole factor.",
        formula="size = size * factor",
        when="In decoders, before a convolution: fewer artefacts than a transposed convolution.",
        source="torch.nn.Upsample; Odena et al., Deconvolution and Checkerboard Artifacts, 2016",
        params=(
            Ints(
                "scale_factor",
                2,
                scalar=True,
                min=1,
                implied=None,
                doc="Factor, one for all directions or one for each.",
            ),
            Choice(
                "mode",
                "nearest",
                ("nearest", "linear", "bilinear", "bicubic", "trilinear"),
                doc="How new cells are filled: copied, or blended; linear for sequences, trilinear for volumes.",
            ),
        ),
        shape=rules.upsample,
        torch=Call("torch.nn.Upsample"),
        keywords=("resize", "interpolate", "enlarge", "scale", "decoder", "unet"),
    ),
    LayerSpec(
        id="pixel_shuffle",
        label="Pixel shuffle",
        doc="Trades channels for size: every r x r channels become a square of cells.",
        formula="(batch, c r^2, h, w) -> (batch, c, h r, w r)",
        when="At the end of a super-resolution network, after a convolution that makes the channels.",
        source="Shi et al., Sub-Pixel Convolutional Neural Network, 2016",
        params=(Int("upscale_factor", 2, min=1, implied=None, doc="The r of the formula."),),
        shape=rules.pixel_shuffle,
        torch=Call("torch.nn.PixelShuffle", positional=("upscale_factor",)),
        keywords=("super-resolution", "upsample", "sub-pixel", "depth to space"),
    ),
    LayerSpec(
        id="cast",
        label="To float",
        doc="Turns whole numbers or truth values into real numbers.",
        formula="y = float(x)",
        when="Before a layer that computes with what the data holds as whole numbers.",
        source="torch.Tensor.float",
        shape=rules.to_float,
        torch=Expr("{x}.float()"),
        keywords=("convert", "real", "dtype", "int"),
    ),
)
