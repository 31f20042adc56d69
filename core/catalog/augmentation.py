"""Layers that change examples at random in training, in ways that keep their meaning: more data from the same data."""

from __future__ import annotations

from core.spec import rules
from core.spec.layer import Call, Given, LayerSpec, Mismatch, ShapeRule, Types
from core.spec.params import Choice, Float, Int, Param
from core.spec.rules_norm import by_channel

CATEGORY = "Augmentation"

_PICTURE = by_channel("(batch, channels, height, width)", 4)
_SERIES = by_channel("(batch, channels, time) or (batch, time)", 2, 3)


def _cropped(given: Given) -> Types:
    """As it arrives; a mirrored margin must be narrower than the picture."""
    found = _PICTURE(given)
    sides = [size for size in given.type().shape[2:] if isinstance(size, int)]
    if given["padding_mode"] == "reflect" and any(given["padding"] >= side for side in sides):
        limit = min(sides) - 1
        raise Mismatch(
            f"a mirrored margin of {given['padding']} pixels is wider than the picture allows ({limit}).",
            port="x",
            fixes=(rules.set_param("padding", limit),),
        )
    return found


def _augmentation(
    id: str, label: str, doc: str, formula: str, when: str, source: str, *params: Param, words: tuple[str, ...] = (),
    shape: ShapeRule = _PICTURE,
) -> LayerSpec:  # fmt: skip
    return LayerSpec(
        id=id,
        label=label,
        doc=doc,
        formula=f"{formula}; in evaluation y = x",
        when=when,
        source=source,
        params=params,
        shape=shape,
        torch=Call("core.modules.augmentation." + "".join(word.capitalize() for word in id.split("_"))),
        keywords=("augmentation", "augment", "overfitting", "invariance", *words),
        trains_differently=True,
    )


_SURVEY = "Shorten and Khoshgoftaar, A Survey on Image Data Augmentation, 2019"

LAYERS = (
    _augmentation(
        "random_flip",
        "Random flip",
        "In training, mirrors pictures at random.",
        "y = x mirrored, with the chances below",
        "Right behind the input, where a mirrored picture shows the same: photos, not digits or letters.",
        _SURVEY,
        Float("horizontal", 0.5, min=0.0, max=1.0, doc="The chance to swap left and right."),
        Float("vertical", 0.0, min=0.0, max=1.0, doc="The chance to swap top and bottom."),
        words=("mirror", "horizontal", "vertical"),
    ),
    _augmentation(
        "random_affine",
        "Random affine",
        "In training, turns, moves, enlarges and shears pictures at random.",
        "y(p) = x(A p + t), A and t drawn for each example",
        "Right behind the input: pictures of the same thing, turned and moved a little.",
        "torch.nn.functional.affine_grid; Shorten and Khoshgoftaar, 2019",
        Float("degrees", 10.0, min=0.0, max=180.0, doc="The largest angle, in degrees, to either side."),
        Float("translate", 0.1, min=0.0, max=1.0, doc="The largest shift, as a share of the size, to each side."),
        Float("scale", 0.1, min=0.0, max=4.0, doc="The largest growth: 0.1 is by 10 %, or smaller by as much."),
        Float("shear", 0.0, min=0.0, max=80.0, doc="The largest slant, in degrees, to either side."),
        Choice(
            "padding_mode",
            "zeros",
            choices=("zeros", "border", "reflection"),
            advanced=True,
            doc="What lies outside: zeros, the pixels at the border, or the picture mirrored.",
        ),
        words=("rotate", "rotation", "translate", "zoom", "scale", "shear"),
    ),
    _augmentation(
        "random_crop",
        "Random crop",
        "In training, pads pictures and cuts the old size out at a random place.",
        "y = a part of x with a margin",
        "Right behind the input; the usual companion of a flip for photos.",
        "He et al., Deep Residual Learning, 2015, section 4.2",
        Int("padding", 2, min=0, doc="Pixels that are added on each side; the largest shift."),
        Choice(
            "padding_mode",
            "constant",
            choices=("constant", "reflect", "replicate"),
            advanced=True,
            doc="What the margin is: zeros, the picture mirrored, or its border.",
        ),
        words=("shift", "translate", "cut"),
        shape=_cropped,
    ),
    _augmentation(
        "colour_jitter",
        "Colour jitter",
        "In training, changes brightness, contrast and saturation at random.",
        "y = g + s ((m + c (b x - m)) - g), m the mean, g the grey of each pixel",
        "On photos taken in changing light. Values should begin at 0: scale with min-max, not by standardising.",
        _SURVEY,
        Float("brightness", 0.2, min=0.0, max=1.0, doc="Factors b of all values lie within this much of 1."),
        Float("contrast", 0.2, min=0.0, max=1.0, doc="Factors c of the distance from the mean."),
        Float("saturation", 0.2, min=0.0, max=1.0, doc="Factors s of the distance from grey; three channels alone."),
        words=("color", "brightness", "contrast", "saturation", "light"),
    ),
    _augmentation(
        "random_erasing",
        "Random erasing",
        "In training, sets a random rectangle of each picture to 0.",
        "y = 0 inside the rectangle, x outside",
        "Where things are partly hidden in use; the network must not rest on one detail.",
        "Zhong et al., Random Erasing Data Augmentation, 2017; DeVries and Taylor, Cutout, 2017",
        Float("p", 0.5, min=0.0, max=1.0, label="p", doc="The chance that anything is erased."),
        Float("size", 0.4, min=0.0, max=1.0, doc="The longest side, as a share of the picture's."),
        words=("cutout", "occlusion", "mask"),
    ),
    _augmentation(
        "random_shift",
        "Random shift",
        "In training, moves series in time at random.",
        "y[t] = x[t - k], k drawn for each example",
        "Right behind the input, where it does not matter when something happens.",
        "Um et al., Data Augmentation of Wearable Sensor Data, 2017",
        Int("steps", 3, min=0, doc="The largest shift, to either side; zeros come in."),
        words=("time", "series", "signal", "jitter"),
        shape=_SERIES,
    ),
    _augmentation(
        "random_gain",
        "Random gain",
        "In training, makes each example louder or quieter at random.",
        "y = f x, f drawn for each example",
        "On signals whose strength varies and means nothing.",
        "Um et al., Data Augmentation of Wearable Sensor Data, 2017",
        Float("gain", 0.2, min=0.0, max=9.0, doc="The largest growth: 0.2 is by 20 %, or less by as much."),
        words=("volume", "scale", "magnitude", "loudness"),
        shape=rules.same_float,
    ),
)
