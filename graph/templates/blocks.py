"""Blocks that several convolutional designs are built from: each function draws one and returns its layer."""

from __future__ import annotations

from graph.templates.drawing import STRAIGHT, Drawing


def conv_norm(d: Drawing) -> str:
    """Sets: channels, kernel_size, stride."""
    layer, inside = d.block("Conv norm", "A convolution without bias, and batch normalisation.")
    x = inside.node("entry", at=(0, 0))
    conv = inside.node("conv2d", x, at=(1, 0), out_channels=32, bias=False)
    norm = inside.node("batch_norm2d", conv, at=(2, 0))
    inside.node("exit", norm, at=(3, 0))
    inside.promote("channels", (conv, "out_channels"))
    inside.promote("kernel_size", (conv, "kernel_size"))
    inside.promote("stride", (conv, "stride"))
    return layer


def conv_norm_relu(d: Drawing, name: str = "Conv norm ReLU") -> str:
    """Sets: channels, kernel_size, stride."""
    layer, inside = d.block(name, "A convolution without bias, batch normalisation, ReLU.")
    x = inside.node("entry", at=(0, 0))
    conv = inside.node("conv2d", x, at=(1, 0), out_channels=32, bias=False)
    norm = inside.node("batch_norm2d", conv, at=(2, 0))
    relu = inside.node("relu", norm, at=(3, 0))
    inside.node("exit", relu, at=(4, 0))
    inside.promote("channels", (conv, "out_channels"))
    inside.promote("kernel_size", (conv, "kernel_size"))
    inside.promote("stride", (conv, "stride"))
    return layer


def residual_block(d: Drawing, conv_norm: str) -> str:
    """Two 3 x 3 convolutions and an identity shortcut. Sets: channels, which must be those that enter."""
    layer, inside = d.block("Residual block", "Two convolutions whose result is added to what came in.")
    x = inside.node("entry", at=(0, 0.6 + STRAIGHT))
    first = inside.node(conv_norm, x, at=(1, 0))
    relu = inside.node("relu", first, at=(2, 0))
    second = inside.node(conv_norm, relu, at=(3, 0))
    add = inside.node("add", second, x, at=(4, 0.6))
    out = inside.node("relu", add, at=(5, 0.6))
    inside.node("exit", out, at=(6, 0.6))
    inside.promote("channels", (first, "channels"), (second, "channels"))
    return layer


def downsampling_block(d: Drawing, conv_norm: str) -> str:
    """A residual block with a projection shortcut. Sets: channels, stride."""
    layer, inside = d.block(
        "Downsampling block",
        "A residual block that halves the picture; a 1 x 1 convolution fits the skip to it.",
    )
    x = inside.node("entry", at=(0, 0.6))
    first = inside.node(conv_norm, x, at=(1, 0), stride=2)
    relu = inside.node("relu", first, at=(2, 0))
    second = inside.node(conv_norm, relu, at=(3, 0))
    fit = inside.node(conv_norm, x, at=(2, 1.2), name="shortcut", kernel_size=1, stride=2)
    add = inside.node("add", second, fit, at=(4, 0.6))
    out = inside.node("relu", add, at=(5, 0.6))
    inside.node("exit", out, at=(6, 0.6))
    inside.promote("channels", (first, "channels"), (second, "channels"), (fit, "channels"))
    inside.promote("stride", (first, "stride"), (fit, "stride"))
    return layer


def squeeze_excitation(d: Drawing) -> str:
    """A gate for each channel (Hu et al., Squeeze-and-Excitation Networks, 2018). Sets: channels, squeezed."""
    layer, inside = d.block(
        "Squeeze and excitation",
        "Looks at the whole picture and decides how much of each channel passes.",
    )
    x = inside.node("entry", at=(0, 0.6 + STRAIGHT))
    squeeze = inside.node("global_avg_pool", x, at=(1, 0), name="squeeze")
    narrow = inside.node("linear", squeeze, at=(2, 0), name="narrow", out_features=4)
    relu = inside.node("relu", narrow, at=(3, 0))
    widen = inside.node("linear", relu, at=(4, 0), name="widen", out_features=32)
    gate = inside.node("sigmoid", widen, at=(5, 0), name="gate")
    spread = inside.node("reshape", gate, at=(6, 0), name="one a channel", shape=(-1, 1, 1))
    scaled = inside.node("multiply", spread, x, at=(7, 0.6))
    inside.node("exit", scaled, at=(8, 0.6))
    inside.frame("Squeeze", squeeze)
    inside.frame("Excite", narrow, relu, widen, gate)
    inside.promote("channels", (widen, "out_features"))
    inside.promote("squeezed", (narrow, "out_features"))
    return layer


def separable_conv(d: Drawing) -> str:
    """A filter for each channel by itself, then 1 x 1 across channels (Howard et al., MobileNets, 2017).

    Sets: incoming (the channels that enter), channels, stride.
    """
    layer, inside = d.block(
        "Separable convolution",
        "First each channel by itself over space, then all channels at each place: far fewer products.",
    )
    x = inside.node("entry", at=(0, 0))
    depth = inside.node("conv2d", x, at=(1.2, 0), name="depthwise", out_channels=32, groups=32, bias=False)
    norm = inside.node("batch_norm2d", depth, at=(2.2, 0))
    relu = inside.node("relu", norm, at=(3.2, 0))
    point = inside.node("conv2d", relu, at=(4.5, 0), name="pointwise", out_channels=32, kernel_size=1, bias=False)
    norm2 = inside.node("batch_norm2d", point, at=(5.5, 0))
    relu2 = inside.node("relu", norm2, at=(6.5, 0))
    inside.node("exit", relu2, at=(7.7, 0))
    inside.frame("Over space: each channel by itself", depth, norm, relu)
    inside.frame("Across channels: each place by itself", point, norm2, relu2)
    inside.promote("incoming", (depth, "out_channels"), (depth, "groups"))
    inside.promote("channels", (point, "out_channels"))
    inside.promote("stride", (depth, "stride"))
    return layer


def inception_module(d: Drawing, conv: str) -> str:
    """Four branches side by side (Szegedy et al., Going Deeper with Convolutions, 2014).

    `conv` is a block that sets channels and kernel_size. Sets the channels of each convolution: ones, thin_threes,
    threes, thin_fives, fives, pooled.
    """
    layer, inside = d.block("Inception module", "Filters of 1 x 1, 3 x 3 and 5 x 5 and a pooling, all at once.")
    x = inside.node("entry", at=(0, 1.7))
    ones = inside.node(conv, x, at=(1.75, 0), name="1 x 1", kernel_size=1)
    thin3 = inside.node(conv, x, at=(1.3, 1), name="thin for 3 x 3", kernel_size=1)
    threes = inside.node(conv, thin3, at=(2.2, 1), name="3 x 3")
    thin5 = inside.node(conv, x, at=(1.3, 2), name="thin for 5 x 5", kernel_size=1)
    fives = inside.node(conv, thin5, at=(2.2, 2), name="5 x 5", kernel_size=5)
    pool = inside.node("max_pool2d", x, at=(1.3, 3), kernel_size=3, stride=1, padding=1)
    pooled = inside.node(conv, pool, at=(2.2, 3), name="after pooling", kernel_size=1)
    joined = inside.node("concatenate", at=(3.5, 1.7), dim=1)
    for number, branch in enumerate((ones, threes, fives, pooled)):
        inside.wire(branch, joined, f"xs.{number}")
    inside.node("exit", joined, at=(4.6, 1.7))
    inside.frame("Four branches", ones, thin3, threes, thin5, fives, pool, pooled)
    for name, node in zip(
        ("ones", "thin_threes", "threes", "thin_fives", "fives", "pooled"),
        (ones, thin3, threes, thin5, fives, pooled),
        strict=True,
    ):
        inside.promote(name, (node, "channels"))
    return layer
