"""Layers that slide a bank of filters over space or time."""

from __future__ import annotations

from typing import Any

from core.spec import rules_window as rules
from core.spec.layer import Call, LayerSpec, dim
from core.spec.param import UNSET, Param
from core.spec.params import Bool, Choice, Int, Ints, Padding

CATEGORY = "Convolution"

_PLACES = {1: "sequence", 2: "picture", 3: "volume"}


def _common() -> tuple[Param, ...]:
    modes = ("zeros", "reflect", "replicate", "circular")
    return (
        Int("groups", 1, min=1, doc="Channels work in this many separate groups; as many as channels: depthwise."),
        Bool("bias", True, doc="Add a learned constant to each output channel; superfluous before a normalisation."),
        Choice("padding_mode", "zeros", modes, advanced=True, doc="What the added cells hold."),
    )


def _size(n: int, name: str, default: int, doc: str, *, least: int = 1, implied: Any = UNSET) -> Ints:
    return Ints(name, default, length=n, scalar=True, min=least, doc=doc, implied=implied)


def _conv(n: int, when: str, keywords: tuple[str, ...]) -> LayerSpec:
    return LayerSpec(
        id=f"conv{n}d",
        label=f"Conv {n}D",
        doc=f"Slides a bank of filters over the {_PLACES[n]}: each output is a weighted sum of one neighbourhood.",
        formula="y[o] = b[o] + sum_i w[o, i] * x[i],  size = floor((size + 2 p - d (k - 1) - 1) / s) + 1",
        when=when,
        source=f"torch.nn.Conv{n}d",
        params=(
            Int("out_channels", 32, min=1, implied=None, doc="How many filters, and so channels that leave."),
            _size(n, "kernel_size", 3, "Cells that each filter covers in each direction.", implied=None),
            _size(n, "stride", 1, "Steps between neighbouring outputs; 2 halves the size."),
            Padding(
                "padding",
                "same",
                length=n,
                implied=0,
                doc='Cells added at each border: a number, "valid" for none, or "same" to keep the size at stride 1.',
            ),
            _size(n, "dilation", 1, "Distance between the cells that a filter reads."),
            *_common(),
        ),
        shape=rules.conv(n),
        weights=rules.conv_weights(n),
        macs=rules.conv_macs(n),
        torch=Call(
            f"torch.nn.Conv{n}d",
            computed={"in_channels": dim("x", 1), "padding": rules.padding(n)},
            positional=("in_channels", "out_channels"),
        ),
        keywords=(
            "convolution",
            "cnn",
            "filter",
            "kernel",
            "depthwise",
            "separable",
            "mobilenet",
            "grouped",
            "dilated",
            *keywords,
        ),
    )


def _conv_transpose(n: int) -> LayerSpec:
    return LayerSpec(
        id=f"conv_transpose{n}d",
        label=f"Transposed conv {n}D",
        doc=f"Spreads each cell of the {_PLACES[n]} over a neighbourhood by learned filters: a convolution backwards.",
        formula="size = (size - 1) s - 2 p + d (k - 1) + output padding + 1",
        when="To enlarge with learned filters in decoders and generators; kernel size and stride 2 double the size.",
        source=f"torch.nn.ConvTranspose{n}d; Dumoulin and Visin, 2016",
        params=(
            Int("out_channels", 32, min=1, implied=None, doc="How many channels leave."),
            _size(n, "kernel_size", 2, "Cells that each input cell spreads over.", implied=None),
            _size(n, "stride", 2, "Factor by which the size grows.", implied=1),
            _size(n, "padding", 0, "Cells cut off at each border.", least=0),
            _size(n, "output_padding", 0, "Cells added at one border of the result.", least=0),
            _size(n, "dilation", 1, "Distance between the cells that a filter writes."),
            Int("groups", 1, min=1, doc="Channels work in this many separate groups."),
            Bool("bias", True, doc="Add a learned constant to each output channel."),
        ),
        shape=rules.conv_transpose(n),
        weights=rules.conv_transpose_weights(n),
        macs=rules.conv_transpose_macs(n),
        torch=Call(
            f"torch.nn.ConvTranspose{n}d",
            computed={"in_channels": dim("x", 1)},
            positional=("in_channels", "out_channels"),
        ),
        onnx_note="In ONNX, the output padding must be smaller than the stride.",
        keywords=("deconvolution", "upsample", "decoder", "generator", "fractionally strided"),
    )


LAYERS = (
    _conv(
        1, "Series and signals, where a pattern may stand anywhere in time.", ("temporal", "signal", "text", "audio")
    ),
    _conv(2, "Pictures, where a pattern may stand anywhere; the heart of a CNN.", ("image", "picture", "vision")),
    _conv(
        3, "Volumes and clips: three directions, at the cost of a third kernel side.", ("volume", "video", "medical")
    ),
    _conv_transpose(1),
    _conv_transpose(2),
    _conv_transpose(3),
)
