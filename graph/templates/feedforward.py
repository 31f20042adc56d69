"""Feed-forward networks: from the single neuron, which learns AND and cannot learn XOR, to deep and wide ones."""

from __future__ import annotations

from collections.abc import Mapping

from core.catalog import Catalog
from graph.document import Document
from graph.lessons.lesson import Task
from graph.lessons.shorthand import SOURCE, fails, reaches, trained, varied
from graph.templates.drawing import Drawing
from graph.templates.parts import adamw, classifier, data, yes_or_no
from graph.templates.template import Expected, Template, example

FAMILY = "Feed-forward"
GATE = f"{SOURCE}.gate"


def perceptron_and(catalog: Catalog) -> Document:
    """A single neuron learns AND. It cannot learn XOR: no straight line tells its corners apart."""
    d = Drawing(catalog, "Perceptron AND")
    x = d.node("input", at=(0, 0), name="two bits")
    neuron = d.node("linear", x, at=(1.2, 0), name="neuron", out_features=1)
    yes_or_no(d, neuron, "true?")
    d.frame("One neuron", neuron)
    d.lesson(
        "The oldest network (Rosenblatt, 1958): one neuron weighs its inputs, adds a bias, and says yes where the sum "
        "is above 0. In place of Rosenblatt's rule it learns here by the gradient of a smooth loss, but it can draw "
        "the same thing: one straight line, here between the corner 1 1 and the other three.",
        "The boundary in the plots. It is straight at every moment of training; learning only turns and moves it until "
        "AND is right at all corners.",
        (
            Task(
                "Choose the gate XOR in the Data panel and train again. The loss stays near 0.69, which is guessing: "
                "0 0 and 1 1 lie across from each other, and so do 0 1 and 1 0, so every straight line gets a corner "
                "wrong (Minsky and Papert, 1969). A hidden layer can do it: open the example XOR.",
                fails("accuracy", 0.8, {GATE: "xor"}),
            ),
            Task(
                "Choose OR or NAND: one line is enough, and they are learned.",
                reaches("accuracy", 0.99, {GATE: {"one_of": ["or", "nand"]}}),
            ),
            Task(
                "Set the noise to 0.4: the classes overlap, and no line is right for all points.",
                fails("accuracy", 0.98, {f"{SOURCE}.noise": {"at_least": 0.4}}),
            ),
        ),
    )
    d.job(
        data=data("gate", "standardise", gate="and", n=400, noise=0.1),
        epochs=30,
        batch_size=16,
        seed=0,
        objectives=[adamw(0.05, weight_decay=0.0)],
    )
    return d.document


def xor_mlp(catalog: Catalog) -> Document:
    """XOR with one hidden layer of four neurons: what a single neuron cannot do."""
    d = Drawing(catalog, "XOR MLP")
    x = d.node("input", at=(0, 0), name="two bits")
    hidden = d.node("linear", x, at=(1.2, 0), name="hidden", out_features=4)
    tanh = d.node("tanh", hidden, at=(2.2, 0))
    score = d.node("linear", tanh, at=(3.4, 0), name="score", out_features=1)
    yes_or_no(d, score, "true?")
    d.frame("Hidden layer: four lines, made soft", hidden, tanh)
    d.lesson(
        "Each hidden neuron draws a line of its own; Tanh bends its answer, and the last neuron joins the lines to "
        "bands and corners. So the network tells what no single line can: that exactly one of two bits is set.",
        "The boundary in the plots: first almost straight, then it folds along the diagonal. The loss waits on a "
        "plateau until the hidden neurons have parted, and then falls.",
        (
            Task(
                "Two hidden neurons suffice in principle. Set it so and try several seeds: some get stuck.",
                varied("job.seed", where={"node.hidden.out_features": 2}, count=3),
            ),
            Task(
                "Mute Tanh: two linear layers in a row are one linear layer, and XOR is lost again.",
                fails("accuracy", 0.8, {"layers.tanh": 0}),
            ),
            Task(
                "Choose the data set XOR (a whole square) or Circles in the Data panel: the same network bends to it.",
                reaches("accuracy", 0.8, {"job.data.source.kind": {"one_of": ["xor", "circles"]}}),
            ),
        ),
    )
    d.job(
        data=data("gate", "standardise", gate="xor", n=400, noise=0.1),
        epochs=40,
        batch_size=16,
        seed=0,
        objectives=[adamw(0.02, weight_decay=0.0)],
    )
    return d.document


def deep_mlp(catalog: Catalog) -> Document:
    """Eight narrow layers, one block repeated, kept trainable by normalisation."""
    d = Drawing(catalog, "Deep MLP")
    layer, inside = d.block("Dense layer", "A linear layer, batch normalisation, ReLU.")
    entry = inside.node("entry", at=(0, 0))
    linear = inside.node("linear", entry, at=(1, 0), out_features=64, bias=False)
    norm = inside.node("batch_norm1d", linear, at=(2, 0))
    relu = inside.node("relu", norm, at=(3, 0))
    inside.node("exit", relu, at=(4, 0))
    inside.promote("features", (linear, "out_features"))
    flat = d.node("flatten", d.node("input", at=(0, 0)), at=(1, 0))
    deep = d.node(layer, flat, at=(2.2, 0), name="deep", repeat=8)
    scores = d.node("linear", deep, at=(3.4, 0), name="scores", out_features=10)
    classifier(d, scores, "digit")
    d.frame("Depth: one block, eight times", deep)
    d.lesson(
        "Depth composes: each layer works with what the one before has made. Deep stacks used to be hard to train, "
        "because signals and gradients fade or grow from layer to layer; normalisation keeps them in range.",
        "The gradients on the wires while it trains: about as large in the first layers as in the last.",
        (
            Task(
                "Set the repeats to 1, 16 and 40: in the end normalisation alone no longer helps, and shortcuts must.",
                varied("node.deep.repeat", 1, 16, 40),
            ),
            Task(
                "Open the block, mute Batch norm, and train 40 layers: the loss stays at 2.30, which is guessing.",
                fails("accuracy", 0.3, {"layers.batch_norm1d": 0, "node.deep.repeat": 40}),
            ),
            "Compare with the design Wide MLP, which has one layer and more parameters.",
        ),
    )
    d.job(data=data("digits", "min_max", per="all"), epochs=20, objectives=[adamw(0.003, weight_decay=0.02)])
    return d.document


def wide_mlp(catalog: Catalog) -> Document:
    """One very wide hidden layer, held in check by dropout."""
    d = Drawing(catalog, "Wide MLP")
    flat = d.node("flatten", d.node("input", at=(0, 0)), at=(1, 0))
    wide = d.node("linear", flat, at=(2.2, 0), name="wide", out_features=1024)
    relu = d.node("relu", wide, at=(3.2, 0))
    dropout = d.node("dropout", relu, at=(4.2, 0), p=0.3)
    scores = d.node("linear", dropout, at=(5.4, 0), name="scores", out_features=10)
    classifier(d, scores, "digit")
    d.frame("Width: 1,024 neurons side by side", wide, relu, dropout)
    d.lesson(
        "One hidden layer that is wide enough can come as near to any continuous function as you like (Cybenko and "
        "Hornik, 1989). How to find its weights, and how wide is enough, the theorem does not say.",
        "The gap between training and validation: so many neurons could learn the examples by heart, and dropout makes "
        "that hard.",
        (
            Task(
                "Set the width to 8, 64 and 4,096 and compare accuracy and time.",
                varied("node.wide.out_features", 8, 64, 4096),
            ),
            Task("Mute Dropout and watch the gap between the two curves.", trained({"layers.dropout": 0})),
            "Compare with the design Deep MLP: fewer parameters, more layers.",
        ),
    )
    d.job(data=data("digits", "min_max", per="all"), epochs=20, objectives=[adamw(0.002, weight_decay=0.02)])
    return d.document


def mnist1d_mlp(catalog: Catalog) -> Document:
    """Curves of 40 points by a network that does not know that points have neighbours."""
    d = Drawing(catalog, "MNIST-1D MLP")
    flat = d.node("flatten", d.node("input", at=(0, 0)), at=(1, 0))
    last, hidden = flat, []
    for number in range(2):
        last = d.node("linear", last, at=(2.2 + 2 * number, 0), name=f"hidden {number + 1}", out_features=100)
        hidden.append(last)
        last = d.node("relu", last, at=(3.2 + 2 * number, 0))
        hidden.append(last)
    scores = d.node("linear", last, at=(6.4, 0), name="scores", out_features=10)
    classifier(d, scores, "digit")
    d.frame("Two hidden layers of 100, as in the paper", *hidden)
    d.lesson(
        "MNIST-1D (Greydanus and Kobak, 2020) are ten shapes, moved, stretched and buried in noise. A fully connected "
        "network sees 40 unrelated numbers: it must learn each shape anew for each place where it can stand.",
        "Training accuracy runs to 100 % while validation stays near two thirds: it learns by heart. The paper tells "
        "68 %.",
        (
            "Choose Shuffle points in the Data panel: it does about as well, because order means nothing to it.",
            "Open the example MNIST-1D by convolutions, do the same there, and see it break.",
            "Add Dropout and weight decay: a little is won, the gap remains.",
        ),
    )
    d.job(
        data=data("mnist1d", "standardise", per="all", validation=0.05, test=0.2),
        epochs=60,
        batch_size=50,
        seed=0,
        objectives=[adamw(0.01, weight_decay=0.1)],
    )
    return d.document


TEMPLATES: Mapping[str, Template] = {
    "perceptron_and": example(FAMILY, "Perceptron: AND", perceptron_and, Expected("accuracy", 0.99)),
    "xor_mlp": example(FAMILY, "XOR", xor_mlp, Expected("accuracy", 0.99)),
    "deep_mlp": example(FAMILY, "Deep MLP", deep_mlp, Expected("accuracy", 0.95)),
    "wide_mlp": example(
        FAMILY, "Wide MLP", wide_mlp, Expected("accuracy", 0.97, source="97-98 % for an MLP on digits")
    ),
    "mnist1d_mlp": example(
        FAMILY, "MNIST-1D, fully connected", mnist1d_mlp, Expected("accuracy", 0.66, source="0.68 (arXiv 2011.14439)")
    ),
}
