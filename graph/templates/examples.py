"""The five example designs, each complete with its training job."""

from __future__ import annotations

from collections.abc import Mapping

from core.catalog import Catalog
from graph.document import Document
from graph.templates.blocks import conv_norm, downsampling_block, residual_block
from graph.templates.drawing import Drawing
from graph.templates.parts import adamw, classifier, data
from graph.templates.template import Expected, Template, example


def spirals_mlp(catalog: Catalog) -> Document:
    """Two arms that wind round each other, told apart by a small multi-layer perceptron."""
    d = Drawing(catalog, "Spirals MLP")
    x = d.node("input", at=(0, 0))
    first = d.node("linear", x, at=(1, 0), out_features=64)
    tanh = d.node("tanh", first, at=(2, 0))
    second = d.node("linear", tanh, at=(3, 0), out_features=64)
    tanh2 = d.node("tanh", second, at=(4, 0))
    scores = d.node("linear", tanh2, at=(5, 0), name="scores", out_features=2)
    classifier(d, scores, "arm")
    d.frame("Hidden layers", first, tanh, second, tanh2)
    d.lesson(
        "Two arms wind round each other twice. No line and no circle tells them apart; two hidden layers of 64 neurons "
        "bend the plane until one line does.",
        "Press Train and watch the boundary in the plots: first a straight cut, then the centre curls in, and at last "
        "the arms are followed to their ends.",
        (
            "Set both layers to 8 neurons: how far round does the boundary still follow?",
            "Replace Tanh by ReLU: the boundary is made of straight pieces.",
            "Set the noise to 0.1 in the Data panel and watch the network learn stray points by heart.",
        ),
    )
    d.job(
        data=data("spirals", "standardise", n=2000, turns=2.0, noise=0.03),
        epochs=100,
        batch_size=32,
        seed=1,
        objectives=[adamw(0.01, weight_decay=1e-4)],
    )
    return d.document


def iris_mlp(catalog: Catalog) -> Document:
    """Three species of iris from four measurements."""
    d = Drawing(catalog, "Iris MLP")
    x = d.node("input", at=(0, 0))
    first = d.node("linear", x, at=(1, 0), out_features=32)
    relu = d.node("relu", first, at=(2, 0))
    second = d.node("linear", relu, at=(3, 0), out_features=16)
    relu2 = d.node("relu", second, at=(4, 0))
    scores = d.node("linear", relu2, at=(5, 0), name="scores", out_features=3)
    classifier(d, scores, "species")
    d.frame("Hidden layers", first, relu, second, relu2)
    d.lesson(
        "The oldest table of all (Fisher, 1936): four measurements of 150 flowers, three species. Each hidden layer "
        "weighs all that comes in and passes on what is above 0.",
        "The confusion matrix in the evaluation: setosa is never mistaken; versicolor and virginica overlap, and the "
        "few errors are between these two.",
        (
            "Remove both hidden layers: a linear model is hardly worse. Not every task needs depth.",
            "Remove the preparation of the data in the Data panel and compare how fast it learns.",
            "Change the seed of the split: with 30 flowers in the test part, one error is 3 %.",
        ),
    )
    d.job(
        data=data("iris", "standardise", validation=0.15),
        epochs=60,
        batch_size=16,
        seed=0,
        objectives=[adamw(0.01, weight_decay=1e-3)],
    )
    return d.document


def diabetes_regression(catalog: Catalog) -> Document:
    """How a disease progresses within a year, from ten measurements: regression."""
    d = Drawing(catalog, "Diabetes regression")
    x = d.node("input", at=(0, 0))
    first = d.node("linear", x, at=(1, 0), out_features=32)
    relu = d.node("relu", first, at=(2, 0))
    dropout = d.node("dropout", relu, at=(3, 0), p=0.2)
    progress = d.node("linear", dropout, at=(4, 0), name="progress", out_features=1)
    d.node("output", progress, at=(5, 0), name="disease progress")
    target = d.node("target", at=(4, 1.2))
    d.node("huber_loss", progress, target, at=(5, 1))
    d.frame("Hidden layer", first, relu, dropout)
    d.lesson(
        "Regression: the answer is a number, how far the disease progresses in a year. Features and answer are "
        "standardised on the training part; metrics are told in the answer's own units.",
        "R2 on the validation part: these ten measurements explain less than half of the spread, whatever the model. "
        "Training stops early, before it learns the patients by heart.",
        (
            "Turn early stopping off and train 300 epochs: the two curves part.",
            "Take the squared loss in place of Huber: outliers pull harder.",
            "Remove the hidden layer. Is linear regression worse?",
        ),
    )
    prepared = data("diabetes", "standardise")
    prepared["transforms"].append({"kind": "standardise", "field": "target"})
    d.job(
        data=prepared,
        epochs=80,
        batch_size=32,
        seed=0,
        objectives=[adamw(0.003, weight_decay=0.05)],
        stopping={"enabled": True, "metric": "loss", "patience": 25},
    )
    return d.document


def digits_resnet(catalog: Catalog) -> Document:
    """Handwritten digits by a residual network: blocks within blocks, repeated."""
    d = Drawing(catalog, "Digits ResNet")
    norm = conv_norm(d)
    stem, residual, down = _stem(d, norm), residual_block(d, norm), downsampling_block(d, norm)
    x = d.node("input", at=(0, 0))
    first = d.node(stem, x, at=(1, 0), name="stem")
    fine = d.node(residual, first, at=(2, 0), name="fine", repeat=2)
    halve = d.node(down, fine, at=(3, 0), name="halve", channels=64)
    coarse = d.node(residual, halve, at=(4, 0), name="coarse", channels=64)
    pool = d.node("global_avg_pool", coarse, at=(5, 0), name="pool")
    scores = d.node("linear", pool, at=(6, 0), name="scores", out_features=10)
    classifier(d, scores, "digit", label_smoothing=0.1)
    d.frame("Residual stages", fine, halve, coarse)
    d.frame("Head", pool, scores)
    d.lesson(
        "A residual network (He et al., 2015): each block adds its result to what came in. Blocks stand within blocks, "
        "and the first stage is one block, repeated twice.",
        "Double-click a block: a wire goes round the two convolutions. In halve, a convolution of 1 x 1 fits the "
        "shortcut to the smaller picture.",
        (
            "Open the residual block and mute Add: the branch goes on without its shortcut. Does it still learn?",
            "Set the repeats of the first stage to 6. Is deeper better on pictures of 8 x 8?",
            "Export to ONNX and open the certificate: how far is the file from PyTorch?",
        ),
    )
    d.job(
        data=data("digits", "min_max", per="all", validation=0.1, test=0.2),
        epochs=20,
        batch_size=32,
        seed=0,
        objectives=[adamw(0.004, weight_decay=0.02, schedule="one_cycle")],
    )
    return d.document


def digits_attention(catalog: Catalog) -> Document:
    """Handwritten digits by attention: every patch of the picture looks at all others."""
    d = Drawing(catalog, "Digits attention")
    embedding, encoder = _patch_embedding(d), _encoder_block(d)
    x = d.node("input", at=(0, 0))
    patches = d.node(embedding, x, at=(1, 0), name="patches")
    blocks = d.node(encoder, patches, at=(2, 0), name="encoder", repeat=3)
    norm = d.node("layer_norm", blocks, at=(3, 0))
    mean = d.node("mean", norm, at=(4, 0), name="average", dim=(1,))
    scores = d.node("linear", mean, at=(5, 0), name="scores", out_features=10)
    classifier(d, scores, "digit", label_smoothing=0.1)
    d.frame("Attention", patches, blocks)
    d.frame("Head", norm, mean, scores)
    d.lesson(
        "The picture is cut into a sequence of 16 patches. Each of them looks at all others and takes from them what "
        "it needs, three times over; their average tells the digit.",
        "Double-click the encoder: attention, then a small network for each patch, each with a shortcut. Nothing in it "
        "knows which patches are neighbours; the position, added before, tells.",
        (
            "Mute the position inside patches: how much does the network need to know where a patch stands?",
            "Set the heads to 1, or the repeats to 1, and compare.",
            "Compare with the residual network: which learns faster from 1,300 pictures?",
        ),
    )
    d.job(
        data=data("digits", "min_max", per="all", validation=0.1, test=0.2),
        epochs=30,
        batch_size=32,
        seed=0,
        objectives=[adamw(0.003, weight_decay=0.05, schedule="one_cycle")],
    )
    return d.document


# -- blocks


def _stem(d: Drawing, conv_norm: str) -> str:
    layer, inside = d.block("Stem", "The first convolution: from pixels to features.")
    x = inside.node("entry", at=(0, 0))
    conv = inside.node(conv_norm, x, at=(1, 0))
    relu = inside.node("relu", conv, at=(2, 0))
    inside.node("exit", relu, at=(3, 0))
    inside.promote("channels", (conv, "channels"))
    return layer


def _patch_embedding(d: Drawing) -> str:
    layer, inside = d.block(
        "Patch embedding", "Patches of 2 x 2 pixels become the steps of a sequence, each with its place."
    )
    x = inside.node("entry", at=(0, 0))
    edges = inside.node("conv2d", x, at=(1, 0), name="edges", out_channels=32)
    gelu = inside.node("gelu", edges, at=(2, 0))
    project = inside.node(
        "conv2d", gelu, at=(3, 0), name="project", out_channels=64, kernel_size=2, stride=2, padding="valid"
    )
    flat = inside.node("flatten", project, at=(4, 0), start_dim=2)
    steps = inside.node("permute", flat, at=(5, 0), dims=(0, 2, 1))
    position = inside.node("positional_encoding", steps, at=(6, 0), name="position", learned=True, max_length=16)
    inside.node("exit", position, at=(7, 0))
    inside.frame("Edges", edges, gelu)
    inside.frame("Pixels to steps", project, flat, steps, position)
    inside.promote("features", (project, "out_channels"))
    return layer


def _feed_forward(d: Drawing) -> str:
    layer, inside = d.block("Feed-forward", "A small network that treats each step of a sequence for itself.")
    x = inside.node("entry", at=(0, 0))
    widen = inside.node("linear", x, at=(1, 0), name="widen", out_features=128)
    gelu = inside.node("gelu", widen, at=(2, 0))
    dropout = inside.node("dropout", gelu, at=(3, 0), p=0.1)
    narrow = inside.node("linear", dropout, at=(4, 0), name="narrow", out_features=64)
    inside.node("exit", narrow, at=(5, 0))
    inside.promote("hidden", (widen, "out_features"))
    inside.promote("features", (narrow, "out_features"))
    return layer


def _encoder_block(d: Drawing) -> str:
    feed_forward = _feed_forward(d)
    layer, inside = d.block("Encoder block", "Attention, then a small network for each step; both add to what came in.")
    x = inside.node("entry", at=(0, 1.5))
    norm = inside.node("layer_norm", x, at=(1, 0))
    attention = inside.node("multihead_attention", norm, at=(2, 0), name="attention", num_heads=4, dropout=0.1)
    add = inside.node("add", attention, x, at=(3, 1.5))
    norm2 = inside.node("layer_norm", add, at=(4, 0))
    forward = inside.node(feed_forward, norm2, at=(5, 0))
    add2 = inside.node("add", forward, add, at=(6, 1.5))
    inside.node("exit", add2, at=(7, 1.5))
    inside.frame("Attention", norm, attention)
    inside.frame("Each step for itself", norm2, forward)
    inside.promote("heads", (attention, "num_heads"))
    return layer


TEMPLATES: Mapping[str, Template] = {
    "spirals_mlp": example("Feed-forward", "Spirals", spirals_mlp, Expected("accuracy", 0.97)),
    "iris_mlp": example("Feed-forward", "Iris", iris_mlp, Expected("accuracy", 0.93)),
    "diabetes_regression": example(
        "Feed-forward",
        "Diabetes, regression",
        diabetes_regression,
        Expected("r2", 0.36, source="linear regression: 0.34"),
    ),
    "digits_resnet": example("Convolutional", "Digits, residual network", digits_resnet, Expected("accuracy", 0.985)),
    "digits_attention": example("Attention", "Digits, attention", digits_attention, Expected("accuracy", 0.97)),
}
