"""Two ways to see, small enough for digits: many small filters (VGG), and patches as words (Vision Transformer)."""

from __future__ import annotations

from collections.abc import Mapping

from core.catalog import Catalog
from graph.document import Document
from graph.lessons.lesson import Task
from graph.lessons.shorthand import reaches, trained, varied
from graph.templates import convolutional
from graph.templates.attention import FAMILY
from graph.templates.drawing import Drawing
from graph.templates.parts import adamw, classifier, data
from graph.templates.template import Expected, Template, example


def vgg_small(catalog: Catalog) -> Document:
    """VGG-style: two small filters in a row, then half the size and twice the channels."""
    d = Drawing(catalog, "Small VGG")
    layer = _stage(d)
    x = d.node("input", at=(0, 0))
    first = d.node(layer, x, at=(1.2, 0), name="stage 1")
    second = d.node(layer, first, at=(2.4, 0), name="stage 2", channels=64)
    flat = d.node("flatten", second, at=(3.7, 0))
    dropout = d.node("dropout", flat, at=(4.6, 0), p=0.3)
    scores = d.node("linear", dropout, at=(5.6, 0), name="scores", out_features=10)
    classifier(d, scores, "digit")
    d.frame("Features", first, second)
    d.frame("Classifier", flat, dropout, scores)
    d.lesson(
        "VGG (Simonyan, Zisserman, 2014) has one idea: only small filters, but many. Two of 3 x 3 in a row see 5 x 5 "
        "with fewer weights and one more bend; then the picture is halved and the channels are doubled.",
        "The shapes on the wires: half the size, twice the channels. Most of the work is done in the first stage, most "
        "of the weights lie in the second.",
        (
            Task(
                "Open the stage and remove its second convolution: half the depth.",
                trained({"layers.conv2d": 1}),
            ),
            Task(
                "Set the channels of the stages to 8 and 16: a sixteenth of the weights.",
                reaches("accuracy", 0.95, {"parameters": {"at_most": 10_000}}),
            ),
            Task("Mute Dropout and compare training with validation.", trained({"layers.dropout": 0})),
        ),
    )
    d.job(
        data=data("digits", "min_max", per="all", validation=0.1, test=0.2),
        seed=0,
        epochs=20,
        objectives=[adamw(0.003, weight_decay=0.02, schedule="one_cycle")],
    )
    return d.document


def vit_digits(catalog: Catalog) -> Document:
    """A picture is 16 words: patches and a class token go through a Transformer, and the token tells the digit."""
    d = Drawing(catalog, "Digits ViT")
    x = d.node("input", at=(0, 0))
    words = _patches(d, x)
    token = d.node("class_token", words, at=(4, 0), name="token")
    place = d.node("positional_encoding", token, at=(5, 0), name="place", learned=True, max_length=17)
    params = {"nhead": 4, "dim_feedforward": 96, "dropout": 0.1, "activation": "gelu", "norm_first": True}
    last = place
    layers = []
    for number in range(3):
        last = d.node("transformer_encoder_layer", last, at=(6 + number, 0), name=f"layer {number + 1}", params=params)
        layers.append(last)
    norm = d.node("layer_norm", last, at=(9, 0))
    read = d.node("select", norm, at=(10, 0), name="the token", dim=1, index=0)
    scores = d.node("linear", read, at=(11, 0), name="scores", out_features=10)
    classifier(d, scores, "digit", label_smoothing=0.1)
    d.frame("Encoder", *layers)
    d.lesson(
        "An image is worth 16 x 16 words (Dosovitskiy et al., 2021); here 16 patches of 2 x 2. One learned step, the "
        "class token, stands in front of them, gathers what it needs in every layer, and alone is read at the end.",
        "Attention of the last layer in the Lens panel, first row: where the token looks. It goes for the patches in "
        "which digits differ.",
        (
            Task(
                "Replace the token by an average: mute token, and Mean in place of Select. Little changes.",
                trained({"layers.mean": {"at_least": 1}}),
            ),
            Task(
                "Set the kernel size and the stride of patches to 4, and max length to 5: four coarse words.",
                varied("node.patches.kernel_size", count=2),
            ),
            Task("Mute place: the words are a bag without order.", trained({"node.place.muted": True})),
        ),
    )
    d.job(
        data=data("digits", "min_max", per="all", validation=0.1, test=0.2),
        epochs=40,
        batch_size=64,
        objectives=[adamw(0.003, weight_decay=0.05, schedule="one_cycle")],
    )
    return d.document


def _stage(d: Drawing) -> str:
    """Sets: channels."""
    layer, inside = d.block("VGG stage", "Two convolutions of 3 x 3, then half the size.")
    last = inside.node("entry", at=(0, 0))
    convolutions = []
    for number in range(2):
        conv = inside.node("conv2d", last, at=(1 + 3 * number, 0), out_channels=32, bias=False)
        norm = inside.node("batch_norm2d", conv, at=(2 + 3 * number, 0))
        last = inside.node("relu", norm, at=(3 + 3 * number, 0))
        convolutions.append((conv, "out_channels"))
    pool = inside.node("max_pool2d", last, at=(7, 0))
    inside.node("exit", pool, at=(8, 0))
    inside.promote("channels", *convolutions)
    return layer


def _patches(d: Drawing, x: str) -> str:
    """A sequence of 16 patches of 2 x 2, each as 48 numbers."""
    patches = d.node("conv2d", x, at=(1, 0), name="patches", out_channels=48, kernel_size=2, stride=2, padding=0)
    rows = d.node("flatten", patches, at=(2, 0), name="in a row", start_dim=2)
    words = d.node("permute", rows, at=(3, 0), name="as words", dims=(0, 2, 1))
    d.frame("From a picture to words", patches, rows, words)
    return words


TEMPLATES: Mapping[str, Template] = {
    "vgg_small": example(convolutional.FAMILY, "Digits, VGG-style", vgg_small, Expected("accuracy", 0.985)),
    "vit_digits": example(FAMILY, "Vision Transformer", vit_digits, Expected("accuracy", 0.97)),
}
