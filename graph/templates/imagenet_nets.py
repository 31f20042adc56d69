"""Published convolutional networks for ImageNet beside the residual ones: VGG-16, GoogLeNet, MobileNet."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.catalog import Catalog
from graph.document import Document
from graph.templates.blocks import conv_norm_relu, inception_module, separable_conv
from graph.templates.drawing import Drawing
from graph.templates.imagenet import CLASSES, FAMILY, WITHOUT_DATA, Part, job, picture, pooled_head, stages
from graph.templates.parts import classifier
from graph.templates.template import Template, starter


def vgg16(catalog: Catalog) -> Document:
    """Thirteen convolutions of 3 x 3 and three wide linear layers. 138,357,544 parameters."""
    d = Drawing(catalog, "VGG-16")
    two, three, dense = _vgg_stage(d, 2), _vgg_stage(d, 3), _dense(d)
    last = picture(d)
    members = []
    for stage, (block, channels) in enumerate(((two, 64), (two, 128), (three, 256), (three, 512), (three, 512)), 1):
        last = d.node(block, last, at=(0.2 + stage, 0), name=f"stage {stage}", channels=channels)
        members.append(last)
    d.frame("Features: small filters in a row, then half the size", *members)
    flat = d.node("flatten", last, at=(6.5, 0))
    first = d.node(dense, flat, at=(7.4, 0), name="dense 1")
    second = d.node(dense, first, at=(8.4, 0), name="dense 2")
    scores = d.node("linear", second, at=(9.4, 0), name="scores", out_features=CLASSES)
    d.frame("Classifier: 124 of 138 million parameters", flat, first, second, scores)
    classifier(d, scores, "label")
    job(d, lr=0.01, weight_decay=5e-4)
    d.lesson(
        "Nothing but filters of 3 x 3 (Simonyan and Zisserman, 2014). Two in a row see 5 x 5 pixels, three see 7 x 7, "
        "with fewer weights than one large filter and a ReLU after each. " + WITHOUT_DATA,
        "Where the weights are: the first linear layer alone holds 102.8 million. Where the work is: the convolutions "
        "take 15.3 of 15.5 billion multiply-accumulates.",
        (
            "Put a Global average pool in place of Flatten and watch the parameters fall.",
            "Open stage 3 and count how many pixels of its input one of its outputs sees.",
            "Compare with ResNet-50: three times the depth, a fifth of the parameters, a quarter of the work.",
        ),
    )
    return d.document


def mobilenet(catalog: Catalog) -> Document:
    """Depthwise and pointwise convolutions in turn: a ninth of the work. 4,231,976 parameters."""
    d = Drawing(catalog, "MobileNet")
    basic, separable = conv_norm_relu(d), separable_conv(d)
    last = d.node(basic, picture(d), at=(1, 0), name="stem", channels=32, stride=2)
    drawn: dict[str, tuple[Part, ...]] = {"64 channels of 112 x 112": (_separable(separable, "separable 1", 32, 64),)}
    for number, (channels, repeat) in enumerate(((128, 1), (256, 1), (512, 5), (1024, 1)), 2):
        halve = _separable(separable, f"halve {number}", channels // 2, channels, stride=2)
        rest = _separable(separable, f"separable {number}", channels, channels, repeat=repeat)
        size = 224 >> number
        drawn[f"{channels} channels of {size} x {size}"] = (halve, rest)
    pooled_head(d, *stages(d, last, drawn, column=2.2))
    d.lesson(
        "An ordinary convolution mixes space and channels at once. Here one layer filters each channel by itself "
        "(depthwise) and the next mixes the channels at each place (pointwise), after Howard et al., 2017. "
        + WITHOUT_DATA,
        "The multiply-accumulates in the status bar: 0.57 billion, where ResNet-50 takes 4.1 and VGG-16 takes 15.5. "
        "Inside a block nearly all of them are in the pointwise convolution.",
        (
            "Put an ordinary Conv 2D of 1,024 channels in place of separable 5: 9.4 million weights instead of 1.1.",
            "Divide all channels by 2 for a network with a quarter of the work.",
            "Set the repeats of separable 4 to 1 and see how little that layer weighs.",
        ),
    )
    return d.document


def googlenet(catalog: Catalog) -> Document:
    """Nine Inception modules, each of four branches side by side. 6,998,552 parameters."""
    d = Drawing(catalog, "GoogLeNet")
    basic = _conv_relu(d)
    module, last = inception_module(d, basic), picture(d)
    last = d.node(_googlenet_stem(d, basic), last, at=(1, 0), name="stem")
    column = 2.2
    for stage, (title, widths) in enumerate(_GOOGLENET.items()):
        members = []
        for name, row in widths.items():
            last = d.node(module, last, at=(column, 0), name=name, params=dict(zip(_WIDTHS, row, strict=True)))
            members.append(last)
            column += 0.9
        if stage < len(_GOOGLENET) - 1:
            last = d.node(
                "max_pool2d", last, at=(column, 0), name=f"pool {stage + 1}", kernel_size=3, stride=2, padding=1
            )
            members.append(last)
            column += 0.9
        d.frame(title, *members)
        column += 0.35
    pooled_head(d, last, column, dropout=0.4)
    d.lesson(
        "Which size of filter is best? Inception (Szegedy et al., 2014) takes several side by side and lets the "
        "training decide. Convolutions of 1 x 1 thin the channels out before the costly filters. " + WITHOUT_DATA,
        "Open a module: four branches leave one point and meet in Concatenate, whose channels are the sum of theirs.",
        (
            "Read on the card of each module how its channels are shared among the branches.",
            "Take the 5 x 5 branch out of the module: all nine change at once, and the shapes follow.",
            "Set the thinning before the 3 x 3 to as many channels as enter, and see what it costs.",
        ),
    )
    return d.document


# -- parts

_WIDTHS = ("ones", "thin_threes", "threes", "thin_fives", "fives", "pooled")  # table 1 of the paper
_GOOGLENET: Mapping[str, Mapping[str, tuple[int, ...]]] = {
    "28 x 28": {"3a": (64, 96, 128, 16, 32, 32), "3b": (128, 128, 192, 32, 96, 64)},
    "14 x 14": {
        "4a": (192, 96, 208, 16, 48, 64),
        "4b": (160, 112, 224, 24, 64, 64),
        "4c": (128, 128, 256, 24, 64, 64),
        "4d": (112, 144, 288, 32, 64, 64),
        "4e": (256, 160, 320, 32, 128, 128),
    },
    "7 x 7": {"5a": (256, 160, 320, 32, 128, 128), "5b": (384, 192, 384, 48, 128, 128)},
}


def _separable(layer: str, name: str, incoming: int, channels: int, *, stride: int = 1, repeat: int = 1) -> Part:
    return Part(layer, name, repeat, {"incoming": incoming, "channels": channels, "stride": stride})


def _vgg_stage(d: Drawing, count: int) -> str:
    layer, inside = d.block(f"VGG stage of {count}", f"{count} convolutions of 3 x 3, then half the size.")
    last = inside.node("entry", at=(0, 0))
    convolutions = []
    for number in range(count):
        conv = inside.node("conv2d", last, at=(1 + 2 * number, 0), out_channels=64)
        last = inside.node("relu", conv, at=(2 + 2 * number, 0))
        convolutions.append((conv, "out_channels"))
    pool = inside.node("max_pool2d", last, at=(1 + 2 * count, 0))
    inside.node("exit", pool, at=(2 + 2 * count, 0))
    inside.promote("channels", *convolutions)
    return layer


def _dense(d: Drawing) -> str:
    layer, inside = d.block("Dense layer", "A wide linear layer; half of its outputs are dropped in training.")
    x = inside.node("entry", at=(0, 0))
    linear = inside.node("linear", x, at=(1, 0), out_features=4096)
    relu = inside.node("relu", linear, at=(2, 0))
    dropout = inside.node("dropout", relu, at=(3, 0))
    inside.node("exit", dropout, at=(4, 0))
    inside.promote("features", (linear, "out_features"))
    inside.promote("p", (dropout, "p"))
    return layer


def _conv_relu(d: Drawing) -> str:
    layer, inside = d.block("Conv ReLU", "A convolution and ReLU: this network is older than batch normalisation.")
    x = inside.node("entry", at=(0, 0))
    conv = inside.node("conv2d", x, at=(1, 0))
    relu = inside.node("relu", conv, at=(2, 0))
    inside.node("exit", relu, at=(3, 0))
    for name, param in (("channels", "out_channels"), ("kernel_size", "kernel_size"), ("stride", "stride")):
        inside.promote(name, (conv, param))
    return layer


def _googlenet_stem(d: Drawing, basic: str) -> str:
    layer, inside = d.block("Stem", "Three convolutions and two poolings: the picture shrinks to an eighth.")
    pooling: Mapping[str, Any] = {"kernel_size": 3, "stride": 2, "padding": 1}
    x = inside.node("entry", at=(0, 0))
    wide = inside.node(basic, x, at=(1, 0), name="wide", channels=64, kernel_size=7, stride=2)
    pool = inside.node("max_pool2d", wide, at=(2, 0), params=pooling)
    thin = inside.node(basic, pool, at=(3, 0), name="thin", channels=64, kernel_size=1)
    threes = inside.node(basic, thin, at=(4, 0), name="threes", channels=192)
    pool2 = inside.node("max_pool2d", threes, at=(5, 0), params=pooling)
    inside.node("exit", pool2, at=(6, 0))
    return layer


TEMPLATES: Mapping[str, Template] = {
    "vgg16": starter(FAMILY, "VGG-16", vgg16, data=False),
    "googlenet": starter(FAMILY, "GoogLeNet", googlenet, data=False),
    "mobilenet": starter(FAMILY, "MobileNet", mobilenet, data=False),
}
