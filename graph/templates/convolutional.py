"""Convolutional networks that train within seconds: LeNet, Inception, MobileNet-style, gated channels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.catalog import Catalog
from graph.document import Document
from graph.templates.blocks import conv_norm, conv_norm_relu, inception_module, separable_conv, squeeze_excitation
from graph.templates.drawing import STRAIGHT, Drawing
from graph.templates.parts import adamw, classifier, data, picture_folder, sgd
from graph.templates.template import Expected, Template, example, starter

FAMILY = "Convolutional"


def lenet(catalog: Catalog) -> Document:
    """LeNet-5 for 32 x 32: two convolutions, two poolings, three dense layers. 61,706 parameters."""
    d = Drawing(catalog, "LeNet-5")
    features, last = _lenet_features(d, d.node("input", at=(0, 0), shape=(1, 32, 32)), ((6, 5), (16, 5)), "valid")
    _lenet_classifier(d, last, (120, 84))
    d.frame("Features: filter, squash, shrink", *features)
    d.lesson(
        "The network that read cheques in the 1990s (LeCun et al., 1998). Small filters slide over the picture; their "
        "weights are the same everywhere, so a stroke is found wherever it stands.",
        "The shapes on the wires: the picture shrinks from 32 to 5 pixels a side while its channels grow from 1 to 16.",
        (
            "Choose a folder of pictures in the Data panel, one sub-folder for each class, and train.",
            "Replace Tanh by ReLU and Average pool by Max pool, as later networks do.",
            "Compare the parameters of the convolutions, 2,572, with those of the dense layers, 59,134.",
        ),
    )
    d.job(data=picture_folder(32, 32, colour="grey"), epochs=20, batch_size=64, objectives=[sgd(0.05)])
    return d.document


def lenet_digits(catalog: Catalog) -> Document:
    """LeNet on handwritten digits of 8 x 8: filters of 3 x 3, and the rest as in 1998."""
    d = Drawing(catalog, "LeNet digits")
    features, last = _lenet_features(d, d.node("input", at=(0, 0)), ((12, 3), (32, 3)), "same")
    _lenet_classifier(d, last, (120, 84))
    d.frame("Features: filter, squash, shrink", *features)
    d.lesson(
        "LeNet-5 (LeCun et al., 1998) fitted to pictures of 8 x 8: convolutions find strokes, pooling forgets exactly "
        "where they were, dense layers put them together.",
        "The shapes on the wires, and where the parameters are: nearly all of them in the first dense layer.",
        (
            "Replace Tanh by ReLU and see whether it learns faster.",
            "Set the channels of both convolutions to 2: how many filters does a digit need?",
            "Mute the second pooling; the dense layer behind it grows by itself.",
        ),
    )
    d.job(
        **{**_DIGITS, "batch_size": 16}, epochs=30, objectives=[adamw(0.004, weight_decay=0.01, schedule="one_cycle")]
    )
    return d.document


def inception_digits(catalog: Catalog) -> Document:
    """Digits by Inception modules: filters of three sizes and a pooling side by side."""
    d = Drawing(catalog, "Inception digits")
    basic = conv_norm_relu(d)
    module = inception_module(d, basic)
    x = d.node("input", at=(0, 0))
    stem = d.node(basic, x, at=(1, 0), name="stem")
    narrow = {"ones": 16, "thin_threes": 16, "threes": 32, "thin_fives": 8, "fives": 8, "pooled": 8}
    wide = {"ones": 32, "thin_threes": 24, "threes": 64, "thin_fives": 12, "fives": 16, "pooled": 16}
    first = d.node(module, stem, at=(2.2, 0), name="inception a", params=narrow)
    pool = d.node("max_pool2d", first, at=(3.3, 0))
    second = d.node(module, pool, at=(4.4, 0), name="inception b", params=wide)
    mean = d.node("global_avg_pool", second, at=(5.7, 0), name="pool")
    scores = d.node("linear", mean, at=(6.6, 0), name="scores", out_features=10)
    classifier(d, scores, "digit")
    d.frame("Branches of several sizes, twice", first, pool, second)
    d.frame("Head", mean, scores)
    d.lesson(
        "Which size of filter is best? Inception (Szegedy et al., 2014) takes several side by side and lets training "
        "decide. Convolutions of 1 x 1 thin the channels out before the costly filters.",
        "Double-click a module: four branches leave one point and meet in Concatenate. The channels that leave are "
        "the sum of those of the branches: 16 + 32 + 8 + 8 = 64.",
        (
            "Mute the 5 x 5 convolution inside: does the accuracy notice?",
            "Remove the branch with the pooling; both modules change at once and all shapes follow.",
            "Open GoogLeNet among the networks for ImageNet: nine of these modules.",
        ),
    )
    d.job(**_DIGITS, epochs=15, objectives=[adamw(0.005, weight_decay=0.02, schedule="one_cycle")])
    return d.document


def mobilenet_digits(catalog: Catalog) -> Document:
    """Digits by depthwise separable convolutions: far fewer products for nearly the same answer."""
    d = Drawing(catalog, "MobileNet digits")
    basic, separable = conv_norm_relu(d), separable_conv(d)
    x = d.node("input", at=(0, 0))
    stem = d.node(basic, x, at=(1, 0), name="stem")
    fine = d.node(separable, stem, at=(2.2, 0), name="fine", params=_widths(32, 64, 1))
    halve = d.node(separable, fine, at=(3.3, 0), name="halve", params=_widths(64, 128, 2))
    coarse = d.node(separable, halve, at=(4.4, 0), name="coarse", repeat=2, params=_widths(128, 128, 1))
    mean = d.node("global_avg_pool", coarse, at=(5.7, 0), name="pool")
    scores = d.node("linear", mean, at=(6.6, 0), name="scores", out_features=10)
    classifier(d, scores, "digit")
    d.frame("Separable convolutions", fine, halve, coarse)
    d.frame("Head", mean, scores)
    d.lesson(
        "An ordinary convolution mixes space and channels at once. MobileNet (Howard et al., 2017) takes two steps: "
        "depthwise, a filter for each channel by itself; pointwise, a mix of the channels at each place.",
        "Double-click a block and compare the two convolutions: the depthwise one has few weights, and the pointwise "
        "one nearly all of them.",
        (
            "Put an ordinary Conv 2D of 128 channels in place of coarse and see how the parameters grow.",
            "Halve all channels. How much accuracy does a quarter of the work cost?",
            "Export to ONNX: groups are kept, so phones profit too.",
        ),
    )
    d.job(**_DIGITS, epochs=20, objectives=[adamw(0.006, weight_decay=0.02, schedule="one_cycle")])
    return d.document


def se_resnet_digits(catalog: Catalog) -> Document:
    """Digits by a residual network that turns its channels up and down: squeeze and excitation."""
    d = Drawing(catalog, "SE-ResNet digits")
    norm = conv_norm(d)
    excited = _excited_block(d, norm)
    x = d.node("input", at=(0, 0))
    stem = d.node(norm, x, at=(1, 0), name="stem")
    first = d.node(excited, stem, at=(2.2, 0), name="fine")
    halve = d.node(norm, first, at=(3.3, 0), name="halve", channels=64, stride=2)
    coarse = d.node(excited, halve, at=(4.4, 0), name="coarse", repeat=2, channels=64, squeezed=8)
    mean = d.node("global_avg_pool", coarse, at=(5.7, 0), name="pool")
    scores = d.node("linear", mean, at=(6.6, 0), name="scores", out_features=10)
    classifier(d, scores, "digit")
    d.frame("Residual stages with gates", first, halve, coarse)
    d.frame("Head", mean, scores)
    d.lesson(
        "Squeeze and excitation (Hu et al., 2018) averages each channel over the whole picture, lets a small network "
        "look at these averages, and multiplies each channel by a number between 0 and 1.",
        "Double-click twice: inside the residual block sits the gate. It costs two small linear layers and no "
        "convolution, and it sees the whole picture at once.",
        (
            "Mute the gate inside the block and train again: the plain residual network.",
            "Set squeezed to 1: can one number still steer all channels?",
            "Replace Sigmoid by Softmax: now the channels compete.",
        ),
    )
    d.job(**_DIGITS, epochs=15, objectives=[adamw(0.004, weight_decay=0.02, schedule="one_cycle")])
    return d.document


def mnist1d_cnn(catalog: Catalog) -> Document:
    """Curves of 40 points by one-dimensional convolutions, which find a shape wherever it stands."""
    d = Drawing(catalog, "MNIST-1D CNN")
    layer, inside = d.block("Conv stage", "A convolution that halves the curve, normalisation, ReLU.")
    entry = inside.node("entry", at=(0, 0))
    conv = inside.node("conv1d", entry, at=(1, 0), out_channels=32, kernel_size=5, stride=2, bias=False)
    norm = inside.node("batch_norm1d", conv, at=(2, 0))
    relu = inside.node("relu", norm, at=(3, 0))
    inside.node("exit", relu, at=(4, 0))
    inside.promote("channels", (conv, "out_channels"))
    inside.promote("kernel_size", (conv, "kernel_size"))
    x = d.node("input", at=(0, 0))
    stages = [d.node(layer, x, at=(1.2, 0), name="stage 1")]
    for number, channels in ((2, 64), (3, 64)):
        place = (0.2 + number, 0)
        stages.append(d.node(layer, stages[-1], at=place, name=f"stage {number}", channels=channels, kernel_size=3))
    flat = d.node("flatten", stages[-1], at=(4.5, 0))
    dropout = d.node("dropout", flat, at=(5.4, 0), p=0.3)
    scores = d.node("linear", dropout, at=(6.4, 0), name="scores", out_features=10)
    classifier(d, scores, "digit")
    d.frame("Features: 40, 20, 10, 5 points", *stages)
    d.frame("Head", flat, dropout, scores)
    d.lesson(
        "The same data as in the example MNIST-1D, fully connected: ten shapes, moved, stretched and buried in noise. "
        "Convolutions use one filter at every place, so a shape once learned is known everywhere.",
        "The distance to the fully connected network, which stops near 68 %. The paper tells 94 % for convolutions.",
        (
            "Choose Shuffle points in the Data panel: without neighbours, convolutions fall to 65 %.",
            "Set all kernel sizes to 1: no neighbourhood is seen, and the accuracy falls.",
            "Put a Global average pool in place of Flatten: where a part stands is forgotten. Does it matter?",
        ),
    )
    d.job(
        data=data("mnist1d", "standardise", per="all", validation=0.05, test=0.2),
        epochs=40,
        batch_size=50,
        seed=0,
        objectives=[adamw(0.005, weight_decay=0.05, schedule="one_cycle")],
    )
    return d.document


# -- parts

_DIGITS: Mapping[str, Any] = {
    "data": data("digits", "min_max", per="all", validation=0.1, test=0.2),
    "batch_size": 32,
    "seed": 0,
}


def _widths(incoming: int, channels: int, stride: int) -> dict[str, int]:
    return {"incoming": incoming, "channels": channels, "stride": stride}


def _lenet_features(d: Drawing, last: str, filters: tuple[tuple[int, int], ...], padding: str) -> tuple[list[str], str]:
    """Convolution, Tanh and average pooling for each pair of channels and kernel size."""
    made = []
    for number, (channels, size) in enumerate(filters):
        column = 1 + 3 * number
        conv = d.node("conv2d", last, at=(column, 0), out_channels=channels, kernel_size=size, padding=padding)
        tanh = d.node("tanh", conv, at=(column + 1, 0))
        last = d.node("avg_pool2d", tanh, at=(column + 2, 0))
        made += [conv, tanh, last]
    return made, last


def _lenet_classifier(d: Drawing, last: str, widths: tuple[int, ...]) -> None:
    layer, inside = d.block("Dense Tanh", "A linear layer and Tanh.")
    entry = inside.node("entry", at=(0, 0))
    linear = inside.node("linear", entry, at=(1, 0), out_features=120)
    tanh = inside.node("tanh", linear, at=(2, 0))
    inside.node("exit", tanh, at=(3, 0))
    inside.promote("features", (linear, "out_features"))
    members = [d.node("flatten", last, at=(7.2, 0))]
    for number, width in enumerate(widths, 1):
        name = f"dense {number}"
        members.append(d.node(layer, members[-1], at=(7.2 + number, 0), name=name, features=width))
    column = 8.2 + len(widths)
    scores = d.node("linear", members[-1], at=(column, 0), name="scores", out_features=10)
    d.frame("Classifier", *members, scores)
    classifier(d, scores, "digit")


def _excited_block(d: Drawing, norm: str) -> str:
    """A residual block with a gate for each channel before the sum. Sets: channels, squeezed."""
    gate_layer = squeeze_excitation(d)
    layer, inside = d.block("SE residual block", "Two convolutions and a gate for each channel, added to what came in.")
    x = inside.node("entry", at=(0, 0.7 + STRAIGHT))
    first = inside.node(norm, x, at=(1, 0))
    relu = inside.node("relu", first, at=(2, 0))
    second = inside.node(norm, relu, at=(3, 0))
    gate = inside.node(gate_layer, second, at=(4, 0), name="gate")
    add = inside.node("add", gate, x, at=(5.2, 0.7))
    out = inside.node("relu", add, at=(6.2, 0.7))
    inside.node("exit", out, at=(7.2, 0.7))
    inside.frame("Residual branch", first, relu, second, gate)
    inside.promote("channels", (first, "channels"), (second, "channels"), (gate, "channels"))
    inside.promote("squeezed", (gate, "squeezed"))
    return layer


TEMPLATES: Mapping[str, Template] = {
    "lenet": starter(FAMILY, "LeNet-5", lenet, data=False),
    "lenet_digits": example(FAMILY, "Digits, LeNet", lenet_digits, Expected("accuracy", 0.97)),
    "inception_digits": example(FAMILY, "Digits, Inception", inception_digits, Expected("accuracy", 0.98)),
    "mobilenet_digits": example(FAMILY, "Digits, MobileNet", mobilenet_digits, Expected("accuracy", 0.97)),
    "se_resnet_digits": example(FAMILY, "Digits, squeeze and excitation", se_resnet_digits, Expected("accuracy", 0.98)),
    "mnist1d_cnn": example(
        FAMILY, "MNIST-1D, convolutions", mnist1d_cnn, Expected("accuracy", 0.93, source="0.94 (arXiv 2011.14439)")
    ),
}
