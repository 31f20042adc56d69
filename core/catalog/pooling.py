"""Layers that summarise neighbourhoods."""

from __future__ import annotations

from core.spec import rules_window as rules
from core.spec.layer import Call, Expr, Given, LayerSpec
from core.spec.param import Param
from core.spec.params import Bool, Ints

CATEGORY = "Pooling"

_PLACES = {1: "sequence", 2: "picture", 3: "volume"}
_KEYWORDS = ("downsample", "subsample", "reduce")


def _window(n: int) -> tuple[Param, ...]:
    return (
        Ints("kernel_size", 2, length=n, scalar=True, min=1, implied=None, doc="Cells in each window."),
        Ints(
            "stride",
            None,
            length=n,
            scalar=True,
            min=1,
            optional=True,
            doc="Steps between windows; empty: the kernel size, so that they touch.",
        ),
        Ints("padding", 0, length=n, scalar=True, min=0, doc="Cells added at each border, at most half a window."),
    )


_CEIL_NOTE = "In ONNX, a window of ceil mode that starts beyond the edge is kept; there, turn ceil mode off."
_CEIL = Bool("ceil_mode", False, advanced=True, doc="Keep a last window that hangs over the edge.")


def _max_pool(n: int) -> LayerSpec:
    return LayerSpec(
        id=f"max_pool{n}d",
        label=f"Max pool {n}D",
        doc=f"Keeps the largest value of each window of the {_PLACES[n]}.",
        formula="y = max of the window,  size = floor((size + 2 p - d (k - 1) - 1) / s) + 1",
        when="To shrink the size after convolutions and keep the strongest responses.",
        source=f"torch.nn.MaxPool{n}d",
        params=(
            *_window(n),
            Ints("dilation", 1, length=n, scalar=True, min=1, advanced=True, doc="Distance between the cells read."),
            _CEIL,
        ),
        shape=rules.pool(n),
        torch=Call(f"torch.nn.MaxPool{n}d", positional=("kernel_size",)),
        onnx_note=_CEIL_NOTE,
        keywords=("maximum", *_KEYWORDS),
    )


def _avg_pool(n: int) -> LayerSpec:
    return LayerSpec(
        id=f"avg_pool{n}d",
        label=f"Average pool {n}D",
        doc=f"Averages each window of the {_PLACES[n]}.",
        formula="y = mean of the window,  size = floor((size + 2 p - k) / s) + 1",
        when="To shrink the size smoothly, where every value counts.",
        source=f"torch.nn.AvgPool{n}d",
        params=(
            *_window(n),
            _CEIL,
            Bool("count_include_pad", True, advanced=True, doc="Count added cells in the average."),
        ),
        shape=rules.pool(n),
        torch=Call(f"torch.nn.AvgPool{n}d", positional=("kernel_size",)),
        onnx_note=_CEIL_NOTE,
        keywords=("mean", *_KEYWORDS),
    )


def _adaptive(n: int, what: str, note: str = "") -> LayerSpec:
    word = {"avg": "average", "max": "largest value"}[what]
    return LayerSpec(
        id=f"adaptive_{what}_pool{n}d",
        label=f"Adaptive {what} pool {n}D",
        doc=f"Divides the {_PLACES[n]} into a fixed number of windows and keeps the {word} of each.",
        formula="window i runs from floor(i size / out) to ceil((i + 1) size / out)",
        when="Before a Linear layer, so that inputs of any size give the same number of features.",
        source=f"torch.nn.Adaptive{what.title()}Pool{n}d",
        params=(Ints("output_size", 1, length=n, scalar=True, min=1, implied=None, doc="Size that leaves."),),
        shape=rules.adaptive_pool(n),
        torch=Call(f"torch.nn.Adaptive{what.title()}Pool{n}d", positional=("output_size",)),
        keywords=("any size", "fixed size", *_KEYWORDS),
        onnx_note=note,
    )


def _global_mean(given: Given) -> str:
    """Pictures are summed and divided: in float32 that is their mean to the bit, but the gradient of a mean is written
    out with the channels first, and every layer below then works on mixed layouts (a tenth of a small network's step).
    """
    rank = given.type().rank
    if rank == 4:
        return "{x}.sum(dim=(2, 3)) / {x}.shape[2:].numel()"
    return "{x}.mean(dim=2)" if rank == 3 else f"{{x}}.mean(dim={tuple(range(2, rank))})"


_DIVISOR = "In ONNX, the size of the input must be a multiple of the output size."

LAYERS = (
    _max_pool(1),
    _max_pool(2),
    _max_pool(3),
    _avg_pool(1),
    _avg_pool(2),
    _avg_pool(3),
    _adaptive(1, "avg"),
    _adaptive(2, "avg"),
    _adaptive(1, "max", _DIVISOR),
    _adaptive(2, "max", _DIVISOR),
    LayerSpec(
        id="global_avg_pool",
        label="Global average pool",
        doc="Averages each channel over all of space: one number a channel is left.",
        formula="y[c] = mean over space of x[c]",
        when="Between the last convolution and the classifier: fewer weights than Flatten, and any size of input.",
        source="Lin, Chen and Yan, Network in Network, 2013",
        shape=rules.global_pool,
        torch=Expr(_global_mean),
        keywords=("gap", "mean", "squeeze", "flatten", *_KEYWORDS),
    ),
)
