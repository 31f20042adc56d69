"""Starter networks: small designs to build on, each with data and a job that trains as it is."""

from __future__ import annotations

from collections.abc import Mapping

from core.catalog import Catalog
from graph.document import Document
from graph.templates.drawing import Drawing
from graph.templates.parts import adamw, classifier, data
from graph.templates.template import Template, starter

FAMILY = "Start from"


def blank(catalog: Catalog) -> Document:
    """Nothing yet."""
    return Document(catalog)


def mlp(catalog: Catalog) -> Document:
    """Fully connected layers, for tables of measurements."""
    d = Drawing(catalog, "MLP")
    x = d.node("input", at=(0, 0))
    first = d.node("linear", x, at=(1, 0), out_features=64)
    relu = d.node("relu", first, at=(2, 0))
    second = d.node("linear", relu, at=(3, 0), out_features=32)
    relu2 = d.node("relu", second, at=(4, 0))
    scores = d.node("linear", relu2, at=(5, 0), name="scores", out_features=3)
    classifier(d, scores, "label")
    d.frame("Hidden layers", first, relu, second, relu2)
    d.job(data=data("wine", "standardise"), epochs=40, objectives=[adamw(0.005, weight_decay=0.01)])
    return d.document


def cnn(catalog: Catalog) -> Document:
    """Convolutions and pooling, for pictures."""
    d = Drawing(catalog, "CNN")
    last = d.node("input", at=(0, 0))
    body = []
    for stage, channels in enumerate((16, 32)):
        column = 1 + 3 * stage
        conv = d.node("conv2d", last, at=(column, 0), out_channels=channels)
        relu = d.node("relu", conv, at=(column + 1, 0))
        last = d.node("max_pool2d", relu, at=(column + 2, 0))
        body += [conv, relu, last]
    flat = d.node("flatten", last, at=(7, 0))
    scores = d.node("linear", flat, at=(8, 0), name="scores", out_features=10)
    classifier(d, scores, "label")
    d.frame("Features", *body)
    d.frame("Head", flat, scores)
    d.job(data=data("digits", "min_max", per="all"), epochs=20, objectives=[adamw(0.003, weight_decay=0.01)])
    return d.document


def residual_cnn(catalog: Catalog) -> Document:
    """A convolutional network with a skip connection, drawn out flat."""
    d = Drawing(catalog, "Residual CNN")
    x = d.node("input", at=(0, 0.6))
    stem = d.node("conv2d", x, at=(1, 0.6), name="stem", out_channels=32)
    norm = d.node("batch_norm2d", stem, at=(2, 0))
    relu = d.node("relu", norm, at=(3, 0))
    conv = d.node("conv2d", relu, at=(4, 0), out_channels=32)
    add = d.node("add", conv, stem, at=(5, 0.6))
    pool = d.node("global_avg_pool", add, at=(6, 0.6), name="pool")
    scores = d.node("linear", pool, at=(7, 0.6), name="scores", out_features=10)
    classifier(d, scores, "label")
    d.frame("Residual branch", norm, relu, conv)
    d.job(
        data=data("digits", "min_max", per="all"),
        epochs=20,
        objectives=[adamw(0.005, weight_decay=0.01, schedule="one_cycle")],
    )
    return d.document


def attention_classifier(catalog: Catalog) -> Document:
    """A transformer encoder over the rows of a picture."""
    d = Drawing(catalog, "Attention classifier")
    x = d.node("input", at=(0, 0))
    rows = d.node("squeeze", x, at=(1, 0), name="rows", dim=1)
    wide = d.node("linear", rows, at=(2, 0), name="embed", out_features=32)
    position = d.node("positional_encoding", wide, at=(3, 0))
    encoder = d.node("transformer_encoder_layer", position, at=(4, 0), nhead=4, dim_feedforward=64, norm_first=True)
    encoder2 = d.node("transformer_encoder_layer", encoder, at=(5, 0), nhead=4, dim_feedforward=64, norm_first=True)
    mean = d.node("mean", encoder2, at=(6, 0), dim=(1,))
    scores = d.node("linear", mean, at=(7, 0), name="scores", out_features=10)
    classifier(d, scores, "label")
    d.frame("Rows to a sequence", rows, wide, position)
    d.frame("Encoder", encoder, encoder2)
    d.job(
        data=data("digits", "min_max", per="all"),
        epochs=30,
        objectives=[adamw(0.003, weight_decay=0.02, schedule="one_cycle")],
    )
    return d.document


def lstm_sequence(catalog: Catalog) -> Document:
    """An LSTM that reads a curve point by point and says what it is."""
    d = Drawing(catalog, "LSTM sequence")
    x = d.node("input", at=(0, 0))
    steps = d.node("permute", x, at=(1, 0), name="steps", dims=(0, 2, 1))
    lstm = d.node("lstm", steps, at=(2, 0), hidden_size=64, bidirectional=True)
    dropout = d.node("dropout", f"{lstm}.last", at=(3, 0), p=0.2)
    scores = d.node("linear", dropout, at=(4, 0), name="scores", out_features=10)
    classifier(d, scores, "label")
    d.note("MNIST-1D: 40 points a curve. Permute makes them 40 steps with one feature each.", at=(1, 1.1))
    d.job(
        data=data("mnist1d", "standardise", per="all"),
        epochs=20,
        batch_size=64,
        objectives=[{**adamw(0.005, weight_decay=0.01, schedule="one_cycle"), "clip_norm": 1.0}],
    )
    return d.document


def regression(catalog: Catalog) -> Document:
    """Predicts a number instead of a class."""
    d = Drawing(catalog, "Regression")
    x = d.node("input", at=(0, 0))
    hidden = d.node("linear", x, at=(1, 0), out_features=32)
    relu = d.node("relu", hidden, at=(2, 0))
    value = d.node("linear", relu, at=(3, 0), name="value", out_features=1)
    d.node("output", value, at=(4, 0), name="value")
    target = d.node("target", at=(3, 1.2))
    d.node("mse_loss", value, target, at=(4, 1))
    job = data("diabetes", "standardise")
    job["transforms"].append({"kind": "standardise", "field": "target"})
    d.job(data=job, epochs=40, objectives=[adamw(0.003, weight_decay=0.05)])
    return d.document


TEMPLATES: Mapping[str, Template] = {
    "blank": starter(FAMILY, "Blank", blank, data=False),
    "mlp": starter(FAMILY, "Multi-layer perceptron", mlp),
    "cnn": starter(FAMILY, "Convolutional network", cnn),
    "residual_cnn": starter(FAMILY, "Residual network", residual_cnn),
    "attention_classifier": starter(FAMILY, "Transformer encoder", attention_classifier),
    "lstm_sequence": starter(FAMILY, "LSTM over a sequence", lstm_sequence),
    "regression": starter(FAMILY, "Regression", regression),
}
