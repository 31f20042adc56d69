"""Rules of normalisation and of activations that have weights."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.spec.layer import Given, Mismatch, ShapeRule, Types, WeightRule
from core.spec.param import UNSET
from core.spec.rules import axis, fixed, need_float, need_rank, set_param, to_features
from core.spec.shape import TensorType, product


def by_channel(layout: str, *ranks: int) -> ShapeRule:
    """The shape stays; channels are dimension 1 of an input with one of these numbers of dimensions."""

    def rule(given: Given) -> Types:
        need_float(given)
        need_rank(given, "x", layout, *ranks)
        _channels(given)
        return {"y": given.type()}

    return rule


def instance_norm(given: Given) -> Types:
    types = by_channel("(batch, channels, height, width)", 4)(given)
    if product(given.type().shape[2:]) == 1:
        raise Mismatch(
            "each picture at x must have more than one cell to be normalised.",
            port="x",
            expected="height x width above 1",
            received=str(given.type()),
        )
    return types


def _channels(given: Given) -> int:
    return fixed(given.type().shape[1], "the number of channels", "x")


def affine(param: str) -> WeightRule:
    """A scale and a shift for each channel, where the parameter of that name asks for them."""

    def rule(given: Given) -> Mapping[str, tuple[int, ...]]:
        shape = (_channels(given),)
        return {"weight": shape, "bias": shape} if given[param] else {}

    return rule


def group_norm(given: Given) -> Types:
    need_float(given)
    x, groups = given.type(), given["num_groups"]
    if x.rank < 2:
        raise Mismatch("x must be (batch, channels, …); it has no channels.", port="x", received=str(x))
    channels = _channels(given)
    if channels % groups:
        fits = [g for g in range(1, channels + 1) if channels % g == 0]
        nearest = min(fits, key=lambda g: (abs(g - groups), g))
        raise Mismatch(
            f"num groups {groups} does not divide the {channels} channels at x.",
            port="x",
            expected=f"a divisor of {channels}",
            received=str(groups),
            fixes=(set_param("num_groups", nearest),),
        )
    return {"y": x}


def last_dims(given: Given) -> Types:
    """The shape stays; the last ``dims`` dimensions are normalised together and must be fixed."""
    need_float(given)
    normalized_shape(given)
    return {"y": given.type()}


def normalized_shape(given: Given) -> int | tuple[int, ...]:
    """The sizes of the last ``dims`` dimensions; a plain number for one."""
    x: TensorType = given.type()
    dims: int = given["dims"]
    if dims > x.rank - 1:
        raise Mismatch(
            f"dims {dims} is more than the {x.rank - 1} that x has after the batch dimension.",
            port="x",
            expected=f"at most {x.rank - 1}",
            received=str(dims),
            fixes=(set_param("dims", x.rank - 1),) if x.rank > 1 else (),
        )
    sizes = tuple(fixed(size, "each normalised dimension", "x") for size in x.shape[-dims:])
    return sizes[0] if dims == 1 else sizes


def last_dims_weights(given: Given) -> Mapping[str, tuple[int, ...]]:
    if not given["elementwise_affine"]:
        return {}
    sizes = normalized_shape(given)
    shape = (sizes,) if isinstance(sizes, int) else sizes
    return {"weight": shape, "bias": shape} if given.params.get("bias") else {"weight": shape}


def clipped(given: Given) -> Types:
    """The shape stays; ``max_val`` must lie above ``min_val``."""
    need_float(given)
    low, high = given["min_val"], given["max_val"]
    if low >= high:
        raise Mismatch(
            f"min val {low} must be below max val {high}.",
            expected=f"a number above {low}",
            received=str(high),
            fixes=(set_param("max_val", low + 1.0),),
        )
    return {"y": given.type()}


def prelu(given: Given) -> Types:
    need_float(given)
    prelu_count(given)
    return {"y": given.type()}


def prelu_count(given: Given) -> int:
    """One slope for all, or one for each channel."""
    if not given["per_channel"]:
        return 1
    if given.type().rank < 2:
        raise Mismatch(
            "x must be (batch, channels, …); it has no channels.",
            port="x",
            received=str(given.type()),
            fixes=(set_param("per_channel", False),),
        )
    return _channels(given)


def prelu_argument(given: Given) -> Any:
    """As `prelu_count`, left out where torch assumes it."""
    return prelu_count(given) if given["per_channel"] else UNSET


def prelu_weights(given: Given) -> Mapping[str, tuple[int, ...]]:
    return {"weight": (prelu_count(given),)}


def halved(given: Given) -> Types:
    """A gated unit: the dimension ``dim`` is split into values and gates, and leaves half as wide."""
    need_float(given)
    x = given.type()
    index = axis(x, given["dim"])
    size = x.shape[index]
    if isinstance(size, int) and size % 2:
        raise Mismatch(
            f"dimension {index} of x must be even to be halved, not {size}.",
            port="x",
            expected="an even number",
            received=str(size),
            fixes=(to_features("x", size + 1),) if index == x.rank - 1 else (),
        )
    return {"y": x.with_shape(*x.shape[:index], size // 2, *x.shape[index + 1 :])}
