"""Shape, weight and cost rules that many layers share. Plain Python: the window needs no torch."""

from __future__ import annotations

from core.spec.layer import Given, Mismatch, Types
from core.spec.shape import Dim, broadcast, product


def same(given: Given) -> Types:
    """What arrives leaves, unchanged in shape and kind."""
    return {"y": given.type()}


def linear(given: Given) -> Types:
    x = given.type()
    if x.rank < 2:
        raise Mismatch("expected at least one dimension of features.", port="x", received=str(x))
    return {"y": x.with_shape(*x.shape[:-1], given["out_features"])}


def linear_macs(given: Given) -> Dim:
    out_features: int = given["out_features"]
    return product(given.type().shape) * out_features


def elementwise(given: Given) -> Types:
    """The common shape of all inputs, by broadcasting."""
    types = list(given.types.values())
    shape = broadcast(*(t.shape for t in types)) if types else None
    if shape is None:
        received = " and ".join(map(str, types))
        raise Mismatch(
            f"the inputs cannot be combined: {received}.", expected="equal or broadcastable shapes", received=received
        )
    return {"y": types[0].with_shape(*shape)}


def scalar(given: Given) -> Types:
    return {"y": next(iter(given.types.values())).with_shape()}
