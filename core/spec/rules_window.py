"""Rules of layers that slide a window over space: convolutions and pooling, in one, two or three directions."""

from __future__ import annotations

from collections.abc import Mapping
from math import gcd, isqrt
from typing import Any

from core.problem import Fix
from core.spec.layer import CostRule, Given, Mismatch, ShapeRule, Types, WeightRule
from core.spec.rules import compact, dimensions, each, fixed, insert, need_float, set_param, text, with_bias
from core.spec.shape import Dim, TensorType, product

LAYOUT = {
    1: "(batch, channels, length)",
    2: "(batch, channels, height, width)",
    3: "(batch, channels, depth, height, width)",
}
AXES = {1: ("length",), 2: ("height", "width"), 3: ("depth", "height", "width")}


def need_picture(given: Given, n: int) -> TensorType:
    """What arrives at x, if it is real numbers in channels over n directions of space."""
    need_float(given)
    x = given.type()
    if x.rank != n + 2:
        raise Mismatch(
            f"x must be {LAYOUT[n]}; it has {dimensions(x)}.",
            port="x",
            expected=LAYOUT[n],
            received=str(x),
            fixes=_to_picture(x, n),
        )
    return x


def _to_picture(x: TensorType, n: int) -> tuple[Fix, ...]:
    """Ways to give x the dimensions of a picture."""
    if x.rank > n + 2:
        return (insert("x", "flatten", "Insert a Flatten of the last dimensions", start_dim=n + 1),)
    if x.rank == n + 1:
        return (insert("x", "unsqueeze", "Insert a channel dimension of size 1", dim=1),)
    features = x.shape[-1]
    if x.rank == n == 2 and isinstance(features, int):
        sizes = [(c, isqrt(features // c), isqrt(features // c)) for c in (1, 3)]
        fits = [size for size in sizes if product(size) == features]
        return tuple(insert("x", "unflatten", f"Insert an Unflatten to {text(s)}", dim=1, sizes=s) for s in fits)
    return ()


# -- convolution


def padding_total(given: Given, n: int) -> tuple[tuple[int, int], ...]:
    """The cells added before and after, in each direction."""
    padding, kernel, dilation = given["padding"], each(given["kernel_size"], n), each(given["dilation"], n)
    if padding == "valid":
        return ((0, 0),) * n
    if padding != "same":
        return tuple((p, p) for p in each(padding, n))
    totals = tuple(d * (k - 1) for d, k in zip(dilation, kernel, strict=True))
    strided = max(each(given["stride"], n)) > 1
    if strided and any(total % 2 for total in totals):
        number = compact(tuple(total // 2 for total in totals))
        raise Mismatch(
            f'padding "same" with stride {text(given["stride"])} needs an odd kernel size, it is '
            f"{text(given['kernel_size'])}.",
            expected="an odd kernel size, or padding as a number",
            received=text(given["kernel_size"]),
            fixes=(set_param("padding", number), set_param("kernel_size", compact(tuple(k | 1 for k in kernel)))),
        )
    return tuple((total // 2, total - total // 2) for total in totals)


def padding(n: int) -> Any:
    """The argument for torch: a number of cells wherever both sides get the same; torch has no "same" with strides."""

    def computed(given: Given) -> str | int | tuple[int, ...]:
        sides = padding_total(given, n)
        return compact(tuple(a for a, _ in sides)) if all(a == b for a, b in sides) else "same"

    return computed


def conv(n: int) -> ShapeRule:
    def rule(given: Given) -> Types:
        x = need_picture(given, n)
        _need_groups(given, fixed(x.shape[1], "the number of channels", "x"))
        _need_wrap(given, x, padding_total(given, n))
        return {"y": x.with_shape(x.shape[0], given["out_channels"], *_conv_sizes(given, n))}

    return rule


def _conv_sizes(given: Given, n: int) -> list[Dim]:
    """How many positions the filters have in each direction."""
    kernel, stride, dilation = (each(given[p], n) for p in ("kernel_size", "stride", "dilation"))
    sides, sizes = padding_total(given, n), given.type().shape[2:]
    directions = zip(sizes, kernel, stride, sides, dilation, AXES[n], strict=True)
    return [slide(size, k, s, before + after, d, name) for size, k, s, (before, after), d, name in directions]


def slide(size: Dim, kernel: int, stride: int, padded: int, dilation: int, name: str) -> Dim:
    """How many positions the window has along one direction."""
    span = dilation * (kernel - 1) + 1
    if isinstance(size, int) and size + padded < span:
        raise Mismatch(
            f"the window spans {span} cells, but the {name} at x is only {size}"
            + (f" (with padding {size + padded})." if padded else "."),
            port="x",
            expected=f"{name} of at least {span - padded}",
            received=str(size),
        )
    return (size + (padded - span)) // stride + 1


def _need_groups(given: Given, channels: int) -> None:
    groups, out_channels = given["groups"], given["out_channels"]
    common = gcd(channels, groups)
    if channels % groups:
        raise Mismatch(
            f"groups {groups} does not divide the {channels} channels at x.",
            port="x",
            expected=f"a divisor of {channels}",
            received=str(groups),
            fixes=(set_param("groups", common),),
        )
    if out_channels % groups:
        more = -(-out_channels // groups) * groups
        raise Mismatch(
            f"groups {groups} does not divide out channels {out_channels}.",
            expected=f"a multiple of {groups}",
            received=str(out_channels),
            fixes=(set_param("out_channels", more), set_param("groups", gcd(out_channels, groups))),
        )


def _need_wrap(given: Given, x: TensorType, sides: tuple[tuple[int, int], ...]) -> None:
    """Mirrored and circular padding cannot take more cells than there are."""
    mode = given["padding_mode"]
    if mode in ("reflect", "circular"):
        need_mirror(mode, x.shape[2:], sides)


def need_mirror(mode: str, sizes: tuple[Dim, ...], sides: tuple[tuple[int, int], ...]) -> None:
    for size, pair in zip(sizes, sides, strict=True):
        most = size - (mode == "reflect") if isinstance(size, int) else None
        if most is not None and max(pair) > most:
            raise Mismatch(
                f"{mode} padding of {max(pair)} needs more than the {size} cells that x has in that direction.",
                port="x",
                expected=f"padding of at most {most}",
                received=str(max(pair)),
            )


def conv_weights(n: int) -> WeightRule:
    def rule(given: Given) -> Mapping[str, tuple[int, ...]]:
        channels = fixed(given.type().shape[1], "the number of channels", "x")
        shape = (given["out_channels"], channels // given["groups"], *each(given["kernel_size"], n))
        return with_bias(given, {"weight": shape}, given["out_channels"])

    return rule


def conv_macs(n: int) -> CostRule:
    def rule(given: Given) -> Dim:
        batch, channels = given.type().shape[:2]
        groups: int = given["groups"]
        filters = (given["out_channels"], channels // groups, *each(given["kernel_size"], n))
        return product((batch, *_conv_sizes(given, n), *filters))

    return rule


def conv_transpose(n: int) -> ShapeRule:
    def rule(given: Given) -> Types:
        x = need_picture(given, n)
        _need_groups(given, fixed(x.shape[1], "the number of channels", "x"))
        names = ("kernel_size", "stride", "padding", "output_padding", "dilation")
        settings = zip(*(each(given[p], n) for p in names), strict=True)
        sizes: list[Dim] = []
        for size, (k, s, p, extra, d), name in zip(x.shape[2:], settings, AXES[n], strict=True):
            _need_output_padding(extra, s, d)
            out = (size - 1) * s + (d * (k - 1) + 1 + extra - 2 * p)
            if isinstance(out, int) and out < 1:
                raise Mismatch(
                    f"padding {p} takes away all of the {name}: {size} at x would become {out}.",
                    port="x",
                    expected="less padding",
                    received=str(p),
                    fixes=(set_param("padding", 0),),
                )
            sizes.append(out)
        return {"y": x.with_shape(x.shape[0], given["out_channels"], *sizes)}

    return rule


def _need_output_padding(extra: int, stride: int, dilation: int) -> None:
    if extra >= max(stride, dilation):
        raise Mismatch(
            f"output padding {extra} must be smaller than the stride {stride} or the dilation {dilation}.",
            expected=f"at most {max(stride, dilation) - 1}",
            received=str(extra),
            fixes=(set_param("output_padding", max(stride, dilation) - 1),),
        )


def conv_transpose_weights(n: int) -> WeightRule:
    def rule(given: Given) -> Mapping[str, tuple[int, ...]]:
        channels = fixed(given.type().shape[1], "the number of channels", "x")
        shape = (channels, given["out_channels"] // given["groups"], *each(given["kernel_size"], n))
        return with_bias(given, {"weight": shape}, given["out_channels"])

    return rule


def conv_transpose_macs(n: int) -> CostRule:
    def rule(given: Given) -> Dim:
        filters: int = given["out_channels"] // given["groups"]
        return product((*given.type().shape, filters, *each(given["kernel_size"], n)))

    return rule


# -- pooling


def pool(n: int) -> ShapeRule:
    """Parameters: kernel_size, stride (None: the kernel size), padding, ceil_mode and, where it has one, dilation."""

    def rule(given: Given) -> Types:
        x = need_picture(given, n)
        kernel, pad = each(given["kernel_size"], n), each(given["padding"], n)
        stride = kernel if given["stride"] is None else each(given["stride"], n)
        dilation = each(given.params.get("dilation", 1), n)
        sizes: list[Dim] = []
        for size, k, s, p, d, name in zip(x.shape[2:], kernel, stride, pad, dilation, AXES[n], strict=True):
            if p > k // 2:
                raise Mismatch(
                    f"padding {p} is more than half of the kernel size {k}.",
                    expected=f"at most {k // 2}",
                    received=str(p),
                    fixes=(set_param("padding", compact(tuple(k // 2 for k in kernel))),),
                )
            whole = slide(size, k, s, 2 * p, d, name)
            sizes.append(_ceil(size, k, s, p, d, name) if given["ceil_mode"] else whole)
        return {"y": x.with_shape(*x.shape[:2], *sizes)}

    return rule


def _ceil(size: Dim, kernel: int, stride: int, padded: int, dilation: int, name: str) -> Dim:
    """Positions of the window where the last may hang over the edge, but must start inside."""
    span = dilation * (kernel - 1) + 1
    count = (size + (2 * padded - span + stride - 1)) // stride + 1
    if isinstance(size, int) and isinstance(count, int):
        return count - 1 if (count - 1) * stride >= size + padded else count
    if padded + stride > span:
        raise Mismatch(
            f"ceil mode with this stride and padding needs a fixed {name} at x; it is {size}.",
            port="x",
            expected=f"a fixed {name}",
            received=str(size),
            fixes=(set_param("ceil_mode", False),),
        )
    return count


def adaptive_pool(n: int) -> ShapeRule:
    def rule(given: Given) -> Types:
        x = need_picture(given, n)
        return {"y": x.with_shape(*x.shape[:2], *each(given["output_size"], n))}

    return rule


def global_pool(given: Given) -> Types:
    """(batch, channels, any number of directions) -> (batch, channels)."""
    need_float(given)
    x = given.type()
    if x.rank < 3:
        raise Mismatch(
            "x must be (batch, channels) and at least one direction of space.",
            port="x",
            expected="(batch, channels, …)",
            received=str(x),
        )
    return {"y": x.with_shape(*x.shape[:2])}
