"""Layers that bring values to a common scale."""

from __future__ import annotations

from core.spec import rules_norm as rules
from core.spec.layer import Call, LayerSpec, dim
from core.spec.params import Bool, Float, Int

CATEGORY = "Normalisation"

_EPS = Float("eps", 1e-5, min=0.0, above=True, advanced=True, doc="Added to the variance, against division by zero.")
_AFFINE = Bool("affine", True, doc="Learn a scale and a shift for each channel.")
_MOMENTUM = Float(
    "momentum", 0.1, min=0.0, max=1.0, doc="Share of each batch in the running statistics that evaluation uses."
)
_FORMULA = "y = g (x - mean) / sqrt(var + eps) + b"


def _batch_norm(n: int, layout: str, ranks: tuple[int, ...], what: str) -> LayerSpec:
    return LayerSpec(
        id=f"batch_norm{n}d",
        label=f"Batch norm {n}D",
        doc=f"Brings each {what} to mean 0 and variance 1 over the batch, then scales and shifts it.",
        formula=_FORMULA + ", over the batch and space",
        when="After convolutions or linear layers, before the activation; batches should hold 8 examples or more.",
        source="Ioffe and Szegedy, Batch Normalization, 2015",
        params=(
            _MOMENTUM,
            _AFFINE,
            Bool("track_running_stats", True, advanced=True, doc="Evaluate with statistics kept from training."),
            _EPS,
        ),
        shape=rules.by_channel(layout, *ranks),
        weights=rules.affine("affine"),
        torch=Call(f"torch.nn.BatchNorm{n}d", computed={"num_features": dim("x", 1)}, positional=("num_features",)),
        keywords=("bn", "batchnorm", "normalization", "standardise", "whiten"),
        trains_differently=True,
        follows_data=True,
    )


LAYERS = (
    _batch_norm(1, "(batch, features) or (batch, channels, length)", (2, 3), "feature"),
    _batch_norm(2, "(batch, channels, height, width)", (4,), "channel"),
    _batch_norm(3, "(batch, channels, depth, height, width)", (5,), "channel"),
    LayerSpec(
        id="layer_norm",
        label="Layer norm",
        doc="Brings the features of each example to mean 0 and variance 1, then scales and shifts them.",
        formula=_FORMULA + ", over the last dimensions",
        when="In transformers and recurrent networks; works the same for any batch size.",
        source="Ba, Kiros and Hinton, Layer Normalization, 2016",
        params=(
            Int("dims", 1, min=1, max=4, doc="How many of the last dimensions are normalised together."),
            Bool("elementwise_affine", True, doc="Learn a scale for each feature."),
            Bool("bias", True, doc="Learn a shift for each feature.", when=("elementwise_affine", (True,))),
            _EPS,
        ),
        shape=rules.last_dims,
        weights=rules.last_dims_weights,
        torch=Call(
            "torch.nn.LayerNorm",
            computed={"normalized_shape": rules.normalized_shape},
            positional=("normalized_shape",),
            skip=("dims",),
        ),
        keywords=("ln", "layernorm", "normalization", "transformer", "standardise"),
    ),
    LayerSpec(
        id="group_norm",
        label="Group norm",
        doc="Normalises the channels of each example in groups, over space.",
        formula=_FORMULA + ", over each group of channels",
        when="In place of batch norm where batches are small.",
        source="Wu and He, Group Normalization, 2018",
        params=(
            Int("num_groups", 8, min=1, implied=None, doc="Groups that the channels are divided into."),
            _AFFINE,
            _EPS,
        ),
        shape=rules.group_norm,
        weights=rules.affine("affine"),
        torch=Call(
            "torch.nn.GroupNorm",
            computed={"num_channels": dim("x", 1)},
            positional=("num_groups", "num_channels"),
        ),
        keywords=("gn", "groupnorm", "normalization", "small batch"),
    ),
    LayerSpec(
        id="instance_norm2d",
        label="Instance norm 2D",
        doc="Normalises each channel of each picture by itself.",
        formula=_FORMULA + ", over space",
        when="In style transfer and image generation, where contrast should not matter.",
        source="Ulyanov, Vedaldi and Lempitsky, Instance Normalization, 2016",
        params=(
            Bool("affine", False, doc="Learn a scale and a shift for each channel."),
            Bool("track_running_stats", False, advanced=True, doc="Evaluate with statistics kept from training."),
            Float(
                "momentum",
                0.1,
                min=0.0,
                max=1.0,
                when=("track_running_stats", (True,)),
                advanced=True,
                doc="Share of each batch in the running statistics.",
            ),
            _EPS,
        ),
        shape=rules.instance_norm,
        weights=rules.affine("affine"),
        torch=Call("torch.nn.InstanceNorm2d", computed={"num_features": dim("x", 1)}, positional=("num_features",)),
        keywords=("style", "contrast", "normalization"),
        trains_differently=True,
        follows_data=True,
    ),
    LayerSpec(
        id="rms_norm",
        label="RMS norm",
        doc="Divides the features of each example by their root mean square, then scales them.",
        formula="y = g x / sqrt(mean(x^2) + eps)",
        when="In place of layer norm in transformers: as good in practice, and cheaper.",
        source="Zhang and Sennrich, Root Mean Square Layer Normalization, 2019",
        params=(
            Int("dims", 1, min=1, max=4, doc="How many of the last dimensions are normalised together."),
            Bool("elementwise_affine", True, doc="Learn a scale for each feature."),
            Float(
                "eps",
                None,
                min=0.0,
                above=True,
                optional=True,
                advanced=True,
                doc="Added to the mean square; empty: the smallest step of the number type.",
            ),
        ),
        shape=rules.last_dims,
        weights=rules.last_dims_weights,
        torch=Call(
            "torch.nn.RMSNorm",
            computed={"normalized_shape": rules.normalized_shape},
            positional=("normalized_shape",),
            skip=("dims",),
        ),
        keywords=("rmsnorm", "normalization", "root mean square", "transformer"),
    ),
    LayerSpec(
        id="local_response_norm",
        label="Local response norm",
        doc="Divides each channel by the strength of the channels beside it at the same place.",
        formula="y_c = x_c / (k + alpha / size sum x_j^2)^beta, over the size channels round c",
        when="In networks of AlexNet's time; batch norm has taken its place since.",
        source="Krizhevsky, Sutskever and Hinton, ImageNet Classification with Deep Networks, 2012, section 3.3",
        params=(
            Int("size", 5, min=1, implied=None, doc="How many channels count, the channel itself in the middle."),
            Float("alpha", 1e-4, doc="How much they count."),
            Float("beta", 0.75, doc="The power to which the sum is raised."),
            Float("k", 1.0, min=0.0, doc="Added to the sum, against division by zero."),
        ),
        shape=rules.by_channel("(batch, channels, …)", 3, 4, 5),
        torch=Call("torch.nn.LocalResponseNorm", positional=("size",)),
        keywords=("lrn", "alexnet", "brightness", "lateral inhibition"),
    ),
)
