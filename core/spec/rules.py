"""What shape, weight and cost rules share, and the rules of layers that work on the last dimension or on each number.

All rules are plain Python, so the window needs no torch. Costs count the multiply-accumulates of matrix products and
convolutions, as ``torch.utils.flop_counter`` does (which counts each as two operations); a rule that is absent means 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.problem import Fix
from core.spec.layer import Given, Mismatch, Types
from core.spec.shape import Dim, TensorType, product


def same(given: Given) -> Types:
    """What arrives leaves, unchanged in shape and kind."""
    return {"y": given.type()}


def same_float(given: Given) -> Types:
    """What arrives leaves, unchanged in shape; it must be real numbers."""
    need_float(given)
    return same(given)


def along_dim(given: Given) -> Types:
    """As `same_float`; the parameter ``dim`` must exist in what arrives."""
    need_float(given)
    axis(given.type(), given["dim"])
    return same(given)


# -- fixes


def insert(port: str, layer: str, label: str, **params: Any) -> Fix:
    """The offer to put a new node on the wire that enters the port."""
    return Fix(label, "insert_before", {"port": port, "layer": layer, "params": params})


def set_param(name: str, value: Any) -> Fix:
    """The offer to set a parameter of the node that complains."""
    return Fix(f"Set {name.replace('_', ' ')} to {text(value)}", "set_param", {"name": name, "value": value})


def text(value: Any) -> str:
    """A value as a sentence shows it: ``3 x 8 x 8`` for a tuple."""
    return " x ".join(map(str, value)) if isinstance(value, tuple) else str(value)


def to_features(port: str, features: int) -> Fix:
    """The offer of a Linear layer that leaves this many features."""
    count = "1 feature" if features == 1 else f"{features} features"
    return insert(port, "linear", f"Insert a Linear to {count} at {port_name(port)}", out_features=features)


# -- questions that many rules ask


def port_name(end: str) -> str:
    """A port end as a person reads it: ``input 2`` for ``xs.1``, ``prediction`` for the input of a loss."""
    port, _, index = end.partition(".")
    return f"input {int(index) + 1}" if index else "prediction" if port == "input" else port


def dimensions(x: TensorType) -> str:
    return "1 dimension" if x.rank == 1 else f"{x.rank} dimensions"


def each(value: int | tuple[int, ...], n: int) -> tuple[int, ...]:
    """One number for each of n directions, where a single one stands for all."""
    return (value,) * n if isinstance(value, int) else value


def compact(values: tuple[int, ...]) -> int | tuple[int, ...]:
    """The inverse of `each`: one number where all are equal."""
    return values[0] if len(set(values)) == 1 else values


def need_float(given: Given, *ports: str) -> None:
    """Raises Mismatch where one of the ports (by default all that are wired) receives anything but real numbers."""
    for end in ports or tuple(given.types):
        if end in given.types and given.types[end].dtype != "float":
            raise Mismatch(
                f"{port_name(end)} must be real numbers, not {given.types[end].dtype}.",
                port=end,
                expected="real numbers",
                received=str(given.types[end]),
                fixes=(insert(end, "cast", "Insert a conversion to real numbers"),),
            )


def need_rank(given: Given, port: str, layout: str, *ranks: int) -> TensorType:
    """The type at the port, if it has one of these numbers of dimensions; `layout` says what they mean."""
    x = given.type(port)
    if x.rank not in ranks:
        raise Mismatch(f"{port} must be {layout}; it has {dimensions(x)}.", port=port, expected=layout, received=str(x))
    return x


def fixed(size: Dim, what: str, port: str) -> int:
    """The dimension as a number: weights can only be made for a size that is known."""
    if not isinstance(size, int):
        raise Mismatch(
            f"{what} at {port} must be a fixed number, because weights are made for it; it is {size}.",
            port=port,
            expected="a fixed number",
            received=str(size),
        )
    return size


def axis(x: TensorType, dim: int, name: str = "dim", *, extra: int = 0, port: str = "x") -> int:
    """The dimension that a parameter means, counted from 0; `extra` new dimensions may be meant as well.

    Raises Mismatch where it does not exist, or is the batch dimension, which every layer leaves alone.
    """
    rank = x.rank + extra
    index = dim + rank if dim < 0 else dim
    if not 1 <= index < rank:
        raise Mismatch(
            f"{name.replace('_', ' ')} {dim} does not fit {port_name(port)}: expected {_span(rank)}"
            + ("; the batch dimension stays as it is." if index == 0 else "."),
            port=port,
            expected=_span(rank),
            received=str(dim),
            fixes=(set_param(name, rank - 1),) if rank > 1 and name == "dim" else (),
        )
    return index


def _span(rank: int) -> str:
    if rank < 2:
        return "an input with more dimensions"
    return "1 or -1" if rank == 2 else f"1 to {rank - 1}, or {1 - rank} to -1"


# -- layers that are linear in the last dimension


def linear(given: Given) -> Types:
    """Any number of leading dimensions; the last one becomes ``out_features``."""
    need_float(given)
    x = need_features(given, "x")
    return {"y": x.with_shape(*x.shape[:-1], given["out_features"])}


def need_features(given: Given, port: str) -> TensorType:
    """The type at the port, if it has features of a fixed number in its last dimension."""
    x = given.type(port)
    if x.rank < 2:
        raise Mismatch(
            f"{port} must be (batch, features); it has no features.",
            port=port,
            expected="(batch, features)",
            received=str(x),
            fixes=(insert(port, "unsqueeze", "Insert a dimension of one feature", dim=1),),
        )
    if not isinstance(x.shape[-1], int):
        raise Mismatch(
            f"the number of features at {port} must be fixed, because weights are made for it; it is {x.shape[-1]}.",
            port=port,
            expected="a fixed last dimension",
            received=str(x),
        )
    return x


def linear_weights(given: Given) -> Mapping[str, tuple[int, ...]]:
    in_features = fixed(given.type().shape[-1], "the number of features", "x")
    return with_bias(given, {"weight": (given["out_features"], in_features)}, given["out_features"])


def with_bias(given: Given, weights: Mapping[str, tuple[int, ...]], *bias: int) -> Mapping[str, tuple[int, ...]]:
    """The weights, and a ``bias`` of that shape where the parameter ``bias`` asks for one."""
    return {**weights, "bias": bias} if given["bias"] else weights


def linear_macs(given: Given) -> Dim:
    out_features: int = given["out_features"]
    return product((*given.type().shape, out_features))


def bilinear(given: Given) -> Types:
    need_float(given)
    a, b = need_features(given, "a"), need_features(given, "b")
    if a.shape[:-1] != b.shape[:-1]:
        raise Mismatch(
            "a and b must agree in all but their last dimension.",
            port="b",
            expected=text((*a.shape[:-1], "features")),
            received=str(b),
        )
    return {"y": a.with_shape(*a.shape[:-1], given["out_features"])}


def bilinear_weights(given: Given) -> Mapping[str, tuple[int, ...]]:
    sizes = (fixed(given.type(port).shape[-1], "the number of features", port) for port in ("a", "b"))
    return with_bias(given, {"weight": (given["out_features"], *sizes)}, given["out_features"])


def bilinear_macs(given: Given) -> Dim:
    out_features: int = given["out_features"]
    return product((*given.type("a").shape, given.type("b").shape[-1], out_features))
