"""Residual networks (He et al., Deep Residual Learning for Image Recognition, 2015), drawn from nested blocks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from core.catalog import Catalog
from graph.document import Document
from graph.templates.blocks import conv_norm, downsampling_block, residual_block, squeeze_excitation
from graph.templates.drawing import STRAIGHT, Drawing
from graph.templates.imagenet import FAMILY, WITHOUT_DATA, Part, picture, pooled_head, stages
from graph.templates.template import Template, starter

EXPANSION = 4  # a bottleneck leaves four times as many channels as it works on
SQUEEZED = 16  # the gate of squeeze and excitation works on a sixteenth of the channels


def resnet18(catalog: Catalog) -> Document:
    """Eighteen layers in residual blocks of two convolutions. 11,689,512 parameters."""
    d = Drawing(catalog, "ResNet-18")
    norm = conv_norm(d)
    plain, down = residual_block(d, norm), downsampling_block(d, norm)
    last = d.node(_stem(d), picture(d), at=(1, 0), name="stem")
    drawn: dict[str, tuple[Part, ...]] = {_title(1): (Part(plain, "stage 1", repeat=2, params={"channels": 64}),)}
    for stage in (2, 3, 4):
        width = {"channels": 32 << stage}
        drawn[_title(stage)] = (Part(down, f"halve {stage}", params=width), Part(plain, f"stage {stage}", params=width))
    pooled_head(d, *stages(d, last, drawn, column=2.2))
    d.lesson(
        "Each block adds its result to what came in, so it only has to learn what to change, and gradients reach the "
        "first layers unhindered. " + WITHOUT_DATA,
        "Double-click a block: the wire that goes round the two convolutions is the identity shortcut. Where a stage "
        "halves the picture, a convolution of 1 x 1, the projection, fits the shortcut to the new shape.",
        (
            "Follow the shapes on the wires: each stage halves the picture and doubles the channels.",
            "Set the repeats of stage 3 to 10 and watch the parameters grow.",
            "Set the channels of one block to 100: the shortcut no longer fits, and the checks say why.",
        ),
    )
    return d.document


def resnet50(catalog: Catalog) -> Document:
    """Fifty layers: bottleneck blocks, repeated 3, 4, 6 and 3 times. 25,557,032 parameters."""
    return _bottleneck_net(catalog, "ResNet-50", (3, 4, 6, 3))


def resnet152(catalog: Catalog) -> Document:
    """The blocks of ResNet-50, repeated 3, 8, 36 and 3 times. 60,192,808 parameters."""
    return _bottleneck_net(catalog, "ResNet-152", (3, 8, 36, 3))


def se_resnet50(catalog: Catalog) -> Document:
    """ResNet-50 whose blocks weigh their channels by squeeze and excitation. 28,088,024 parameters."""
    return _bottleneck_net(catalog, "SE-ResNet-50", (3, 4, 6, 3), excited=True)


def _bottleneck_net(catalog: Catalog, title: str, counts: Sequence[int], *, excited: bool = False) -> Document:
    d = Drawing(catalog, title)
    norm = conv_norm(d)
    gate = squeeze_excitation(d) if excited else ""
    plain, fitted = _bottleneck(d, norm, gate), _projecting_bottleneck(d, norm, gate)
    last = d.node(_stem(d), picture(d), at=(1, 0), name="stem")
    drawn = {}
    for stage, count in enumerate(counts, 1):
        width = 32 << stage
        values = {"channels": width, "expanded": EXPANSION * width}
        if excited:
            values["squeezed"] = EXPANSION * width // SQUEEZED
        first = Part(fitted, f"project {stage}", params={**values, "stride": 1 if stage == 1 else 2})
        rest = Part(plain, f"stage {stage}", repeat=count - 1, params=values)
        drawn[_title(stage, EXPANSION)] = (first, rest)
    pooled_head(d, *stages(d, last, drawn, column=2.2))
    what = (
        "A bottleneck block narrows to a quarter of the channels, filters over space there, and widens again: depth at "
        "a bearable price. "
    )
    if excited:
        what += (
            "Before the shortcut is added, squeeze and excitation looks at the whole picture and turns each channel "
            "up or down (Hu et al., 2018). "
        )
    d.lesson(
        what + WITHOUT_DATA,
        "Each stage begins with a projection, which changes the shape, and goes on with copies of one block that "
        "leave it alone: the number on the card says how many. Double-click to look inside, and once more for the "
        "convolutions.",
        (
            "Change the repeats to 3, 4, 23 and 3: that is the net of 101 layers.",
            "Compare the parameters of stage 3 and stage 4 in the inspector: fewer, wider layers weigh more.",
            "Export it as Python and read how few classes a deep network takes.",
        ),
    )
    return d.document


def _title(stage: int, expansion: int = 1) -> str:
    size = 112 >> stage
    return f"Stage {stage}: {expansion * (32 << stage)} channels of {size} x {size}"


def _stem(d: Drawing) -> str:
    layer, inside = d.block("Stem", "A large convolution and pooling: the picture shrinks to a quarter at once.")
    x = inside.node("entry", at=(0, 0))
    conv = inside.node("conv2d", x, at=(1, 0), out_channels=64, kernel_size=7, stride=2, padding=3, bias=False)
    norm = inside.node("batch_norm2d", conv, at=(2, 0))
    relu = inside.node("relu", norm, at=(3, 0))
    pool = inside.node("max_pool2d", relu, at=(4, 0), kernel_size=3, stride=2, padding=1)
    inside.node("exit", pool, at=(5, 0))
    return layer


def _bottleneck(d: Drawing, norm: str, gate: str) -> str:
    layer, inside = d.block("Bottleneck", "Narrow, filter, widen; then what came in is added.")
    x = inside.node("entry", at=(0, 0.7 + STRAIGHT))
    _bottleneck_path(inside, x, norm, gate, shortcut=x)
    return layer


def _projecting_bottleneck(d: Drawing, norm: str, gate: str) -> str:
    layer, inside = d.block(
        "Projecting bottleneck",
        "A bottleneck that changes the shape: a 1 x 1 convolution fits the shortcut to it.",
    )
    x = inside.node("entry", at=(0, 0.8))
    fit = inside.node(norm, x, at=(3, 1.6), name="projection", kernel_size=1)
    path = _bottleneck_path(inside, x, norm, gate, shortcut=fit)
    inside.promote("expanded", (fit, "channels"))
    inside.promote("stride", (path["filter"], "stride"), (fit, "stride"))
    return layer


def _bottleneck_path(inside: Drawing, x: str, norm: str, gate: str, *, shortcut: str) -> Mapping[str, str]:
    """The three convolutions, the gate where there is one, and the sum with the shortcut."""
    narrow = inside.node(norm, x, at=(1, 0), name="narrow", kernel_size=1)
    relu = inside.node("relu", narrow, at=(2, 0))
    filter = inside.node(norm, relu, at=(3, 0), name="filter")
    relu2 = inside.node("relu", filter, at=(4, 0))
    last = widen = inside.node(norm, relu2, at=(5, 0), name="widen", kernel_size=1)
    members, column = [narrow, relu, filter, relu2, widen], 6.2
    inside.promote("channels", (narrow, "channels"), (filter, "channels"))
    inside.promote("expanded", (widen, "channels"))
    if gate:
        last = inside.node(gate, widen, at=(6, 0), name="gate")
        members.append(last)
        inside.promote("expanded", (last, "channels"))
        inside.promote("squeezed", (last, "squeezed"))
        column = 7.2
    inside.frame("Residual branch", *members)
    add = inside.node("add", last, shortcut, at=(column, 0.7))
    out = inside.node("relu", add, at=(column + 1, 0.7))
    inside.node("exit", out, at=(column + 2, 0.7))
    return {"filter": filter, "widen": widen}


TEMPLATES: Mapping[str, Template] = {
    "resnet18": starter(FAMILY, "ResNet-18", resnet18, data=False),
    "resnet50": starter(FAMILY, "ResNet-50", resnet50, data=False),
    "resnet152": starter(FAMILY, "ResNet-152", resnet152, data=False),
    "se_resnet50": starter(FAMILY, "SE-ResNet-50", se_resnet50, data=False),
}
