"""Blocks of adversarial designs: each function draws one and returns its layer."""

from __future__ import annotations

from graph.templates.drawing import Drawing


def network(d: Drawing, name: str, out_features: int) -> str:
    """An MLP of two hidden layers of 128."""
    layer, inside = d.block(name, "Two hidden layers.")
    x = inside.node("entry", at=(0, 0))
    first = inside.node("linear", x, at=(1, 0), out_features=128)
    relu = inside.node("relu", first, at=(2, 0))
    second = inside.node("linear", relu, at=(3, 0), out_features=128)
    relu2 = inside.node("relu", second, at=(4, 0))
    last = inside.node("linear", relu2, at=(5, 0), out_features=out_features)
    inside.node("exit", last, at=(6, 0))
    return layer


def painter(d: Drawing, *, told: bool = False) -> str:
    """From noise to a picture of 8 x 8 by two transposed convolutions (Radford et al., DCGAN, 2015).

    `told`: a second entry says which digit.
    """
    layer, inside = d.block("Generator", "From noise to a picture: each step doubles its height and width.")
    x = inside.node("entry", at=(0, 0), name="noise")
    start = x
    if told:
        digit = inside.node("entry", at=(0, 1.2), name="digit", position=1)
        vector = inside.node("embedding", digit, at=(1, 1.2), name="which", num_embeddings=10, embedding_dim=16)
        start = inside.node("concatenate", x, vector, at=(2, 0), dim=-1)
    wide = inside.node("linear", start, at=(3, 0), name="seed", out_features=256)
    grid = inside.node("unflatten", wide, at=(4, 0), name="2 x 2", sizes=(64, 2, 2))
    norm = inside.node("batch_norm2d", grid, at=(5, 0))
    relu = inside.node("relu", norm, at=(6, 0))
    bigger = inside.node("conv_transpose2d", relu, at=(7, 0), name="4 x 4", out_channels=32, kernel_size=4, padding=1)
    norm2 = inside.node("batch_norm2d", bigger, at=(8, 0))
    relu2 = inside.node("relu", norm2, at=(9, 0))
    whole = inside.node("conv_transpose2d", relu2, at=(10, 0), name="8 x 8", out_channels=1, kernel_size=4, padding=1)
    shades = inside.node("sigmoid", whole, at=(11, 0), name="shades")
    inside.node("exit", shades, at=(12, 0))
    inside.frame("Twice as large", bigger, norm2, relu2)
    return layer


def picture_judge(d: Drawing, *, told: bool = False) -> str:
    """From a picture to one score, by convolutions of stride 2. `told`: a second entry says which digit."""
    layer, inside = d.block("Discriminator", "From a picture to one score: how real it looks.")
    x = inside.node("entry", at=(0, 0), name="picture")
    start = x
    if told:
        digit = inside.node("entry", at=(0, 1.2), name="digit", position=1)
        plane = inside.node("embedding", digit, at=(1, 1.2), name="which", num_embeddings=10, embedding_dim=64)
        square = inside.node("unflatten", plane, at=(2, 1.2), name="as a picture", sizes=(1, 8, 8))
        start = inside.node("concatenate", x, square, at=(3, 0), dim=1)
    first = inside.node("conv2d", start, at=(4, 0), name="4 x 4", out_channels=32, kernel_size=4, stride=2, padding=1)
    leaky = inside.node("leaky_relu", first, at=(5, 0), negative_slope=0.2)
    second = inside.node("conv2d", leaky, at=(6, 0), name="2 x 2", out_channels=64, kernel_size=4, stride=2, padding=1)
    norm = inside.node("batch_norm2d", second, at=(7, 0))
    leaky2 = inside.node("leaky_relu", norm, at=(8, 0), negative_slope=0.2)
    flat = inside.node("flatten", leaky2, at=(9, 0))
    score = inside.node("linear", flat, at=(10, 0), name="score", out_features=1)
    inside.node("exit", score, at=(11, 0))
    inside.frame("Half as large", second, norm, leaky2)
    return layer


def reader(d: Drawing) -> str:
    """A small classifier."""
    layer, inside = d.block("Reader", "Reads a digit; it learns from real ones alone.")
    x = inside.node("entry", at=(0, 0))
    conv = inside.node("conv2d", x, at=(1, 0), out_channels=16, kernel_size=3, padding=1)
    relu = inside.node("relu", conv, at=(2, 0))
    flat = inside.node("flatten", relu, at=(3, 0))
    drop = inside.node("dropout", flat, at=(4, 0), p=0.5)
    scores = inside.node("linear", drop, at=(5, 0), name="scores", out_features=10)
    inside.node("exit", scores, at=(6, 0))
    return layer
