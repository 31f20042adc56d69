"""Layers that change examples at random in training, in ways that keep their meaning: more data from the same data."""

from __future__ import annotations

from core.spec import rules
from core.spec.layer import Call, Given, LayerSpec, Mismatch, Port, ShapeRule, Types
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


def _alpha(default: float) -> Float:
    doc = "How much is mixed: 0 nothing, small mostly a little, 1 any share alike."
    return Float("alpha", default, min=0.0, max=100.0, doc=doc)


def _mixed(rule: ShapeRule) -> ShapeRule:
    """What is mixed keeps its type; the shares are one number for each example."""

    def mixed(given: Given) -> Types:
        rule(given)
        x = given.type()
        return {"mixed": x, "share": x.with_shape(x.shape[0])}

    return mixed


def _mixed_targets(given: Given) -> Types:
    target, share = given.type("target"), given.type("share")
    if target.dtype != "float":
        raise Mismatch(
            f"target must be real numbers, not {target}: between class indices lies nothing. Let it be one-hot.",
            port="target",
            expected="real numbers",
            received=str(target),
        )
    if share.dtype != "float" or share.shape != target.shape[:1]:
        raise Mismatch(
            f"share must be one number for each example, as Mixup gives it, not {share}.",
            port="share",
            expected=str(target.with_shape(target.shape[0])),
            received=str(share),
        )
    return {"y": target}


_SHARE = Port("share", doc="How much of each example is its own, (batch): for Mix targets.")
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
        "In training, changes brightness, contrast, saturation and hue at random.",
        "y = g + s ((m + c (b x - m)) - g), m the mean, g the grey of each pixel",
        "On photos taken in changing light. Values should begin at 0: scale with min-max, not by standardising.",
        _SURVEY,
        Float("brightness", 0.2, min=0.0, max=1.0, doc="Factors b of all values lie within this much of 1."),
        Float("contrast", 0.2, min=0.0, max=1.0, doc="Factors c of the distance from the mean."),
        Float("saturation", 0.2, min=0.0, max=1.0, doc="Factors s of the distance from grey; three channels alone."),
        Float("hue", 0.0, min=0.0, max=180.0, doc="The largest turn of the hue, in degrees; three channels alone."),
        words=("color", "brightness", "contrast", "saturation", "light", "hue"),
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
        "random_span",
        "Random span",
        "In training, sets a random stretch of each series to 0.",
        "y[t] = 0 in the stretch, x[t] outside",
        "Where sensors drop out in use, or sound is covered; the network must not rest on one moment.",
        "Park et al., SpecAugment, 2019, section 2",
        Float("p", 0.5, min=0.0, max=1.0, label="p", doc="The chance that anything is set to 0."),
        Float("size", 0.2, min=0.0, max=1.0, doc="The longest stretch, as a share of the series."),
        words=("time", "series", "signal", "mask", "specaugment", "dropout", "cutout"),
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
    LayerSpec(
        id="mixup",
        label="Mixup",
        doc="In training, mixes each example with another of its batch.",
        formula="y = s x + (1 - s) x', s the larger of u and 1 - u, u from Beta(alpha, alpha); in evaluation y = x",
        when="Right behind the input, against overfitting and answers that are too sure. Wire share to a Mix targets "
        "between the Target and its loss, which must take one-hot classes or numbers.",
        source="Zhang et al., mixup: Beyond Empirical Risk Minimization, 2018",
        params=(_alpha(0.2),),
        outputs=(Port("mixed", evaluates_to="x"), _SHARE),
        shape=_mixed(rules.same_float),
        torch=Call("core.modules.mixing.Mixup"),
        keywords=("augmentation", "augment", "overfitting", "blend", "soft", "regularisation"),
        trains_differently=True,
    ),
    LayerSpec(
        id="cutmix",
        label="CutMix",
        doc="In training, pastes a rectangle of another picture of the batch into each picture.",
        formula="y = x' inside the rectangle, x outside; s the part outside; in evaluation y = x",
        when="On photos, where a part is enough to tell the class. Wire share to a Mix targets between the Target and "
        "its loss, which must take one-hot classes or numbers.",
        source="Yun et al., CutMix, 2019",
        params=(_alpha(1.0),),
        outputs=(Port("mixed", evaluates_to="x"), _SHARE),
        shape=_mixed(_PICTURE),
        torch=Call("core.modules.mixing.CutMix"),
        keywords=("augmentation", "augment", "overfitting", "cutout", "mixup", "patch", "regularisation"),
        trains_differently=True,
    ),
    LayerSpec(
        id="mix_targets",
        label="Mix targets",
        doc="Mixes answers by the shares that Mixup or CutMix mixed the examples by.",
        formula="y = s t + (1 - s) t', t' the answer at the other end of the batch",
        when="Between a Target and its loss; the Target must be one-hot, or numbers.",
        source="Zhang et al., mixup: Beyond Empirical Risk Minimization, 2018",
        inputs=(
            Port("target", doc="One-hot classes or numbers, (batch, …)."),
            Port("share", doc="What Mixup or CutMix give, (batch)."),
        ),
        outputs=(Port("y", evaluates_to="target"),),
        shape=_mixed_targets,
        torch=Call("core.modules.mixing.MixTargets", forward="{self}({target}, {share})"),
        keywords=("augmentation", "mixup", "cutmix", "soft", "labels"),
        trains_differently=True,
    ),
)
