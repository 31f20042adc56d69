"""Rules of layers that compare with prototypes, of capsules, graphs and mixtures of experts."""

from __future__ import annotations

from core.spec.layer import Given, Mismatch, Types
from core.spec.rules import (
    dimensions,
    fixed,
    insert,
    need_features,
    need_float,
    need_rank,
    set_param,
    text,
)
from core.spec.rules_loss import SCALAR
from core.spec.rules_sequence import Weights
from core.spec.shape import Dim, TensorType, product

CAPSULES = "(batch, capsules, size)"
PICTURE = "(batch, channels, height, width)"


def _features(given: Given, port: str = "x") -> int:
    return fixed(given.type(port).shape[-1], "the number of features", port)


# -- prototypes


def rbf(given: Given) -> Types:
    """The last dimension becomes a closeness, and a squared distance, to each of ``out_features`` centres."""
    need_float(given)
    x = need_features(given, "x")
    y = x.with_shape(*x.shape[:-1], given["out_features"])
    return {"y": y, "distances": y}


def rbf_weights(given: Given) -> Weights:
    units = given["out_features"]
    centres = {"centres": (units, _features(given))} if given["train_centres"] else {}
    return {**centres, **({"log_widths": (units,)} if given["train_widths"] else {})}


def rbf_macs(given: Given) -> Dim:
    """Every number of every centre is subtracted, squared and summed once."""
    return product((*given.type().shape, given["out_features"]))


def som_macs(given: Given) -> Dim:
    return product((*given.type().shape, *given["grid"]))


def som(given: Given) -> Types:
    """(batch, features) -> squared distances (batch, *grid), and the winner's index (batch,)."""
    need_float(given)
    x = given.type()
    if x.rank != 2:
        raise Mismatch(
            f"x must be (batch, features); it has {dimensions(x)}.",
            port="x",
            expected="(batch, features)",
            received=str(x),
            fixes=(insert("x", "flatten", "Insert a Flatten at x"),) if x.rank > 2 else (),
        )
    need_features(given, "x")
    grid: tuple[int, ...] = given["grid"]
    if not 1 <= len(grid) <= 3:
        raise Mismatch(
            f"the grid must have one to three directions, not {len(grid)}.",
            expected="1 to 3 numbers",
            received=text(grid) or "none",
            fixes=(set_param("grid", (10, 10)),),
        )
    return {"distances": x.with_shape(x.shape[0], *grid), "winner": TensorType((x.shape[0],), "int")}


def som_weights(given: Given) -> Weights:
    return {"weight": (*given["grid"], _features(given))}


def distances(given: Given) -> Types:
    """A loss over distances to units, (batch, units…)."""
    need_float(given)
    x = given.type("distances")
    if not 2 <= x.rank <= 4:
        raise Mismatch(
            f"distances must be (batch, units…), up to three directions; it has {dimensions(x)}.",
            port="distances",
            expected="(batch, rows, columns)",
            received=str(x),
        )
    return {"loss": SCALAR}


# -- capsules


def _capsules(given: Given) -> TensorType:
    need_float(given, "x")
    return need_rank(given, "x", CAPSULES, 3)


def squash(given: Given) -> Types:
    """The last dimension holds the vectors; the shape stays."""
    need_float(given)
    need_features(given, "x")
    return {"y": given.type()}


def primary_capsules(given: Given) -> Types:
    """(batch, channels, height, width) -> (batch, types x rows x columns, size)."""
    need_float(given)
    x = need_rank(given, "x", PICTURE, 4)
    fixed(x.shape[1], "the number of channels", "x")
    for name, size in zip(("height", "width"), x.shape[2:], strict=True):
        if isinstance(size, int) and size < given["kernel_size"]:
            raise Mismatch(
                f"the window spans {given['kernel_size']} cells, but the {name} at x is only {size}.",
                port="x",
                expected=f"{given['kernel_size']} or more",
                received=str(size),
                fixes=(set_param("kernel_size", size),),
            )
    return {"y": x.with_shape(x.shape[0], product(_places(given)) * given["types"], given["size"])}


def _places(given: Given) -> tuple[Dim, ...]:
    return tuple((size - given["kernel_size"]) // given["stride"] + 1 for size in given.type().shape[2:])


def primary_weights(given: Given) -> Weights:
    channels, side = fixed(given.type().shape[1], "the number of channels", "x"), given["kernel_size"]
    filters = given["types"] * given["size"]
    return {"conv.weight": (filters, channels, side, side), "conv.bias": (filters,)}


def primary_macs(given: Given) -> Dim:
    x, side = given.type().shape, given["kernel_size"]
    return product((x[0], x[1], side * side * given["types"] * given["size"], *_places(given)))


def capsules(given: Given) -> Types:
    """(batch, n, i) -> the capsules (batch, m, size), and how the votes are divided (batch, n, m)."""
    x = _capsules(given)
    fixed(x.shape[1], "the number of capsules", "x")
    _features(given)
    count = given["capsules"]
    return {"y": x.with_shape(x.shape[0], count, given["size"]), "shares": x.with_shape(*x.shape[:2], count)}


def capsules_weights(given: Given) -> Weights:
    below = fixed(given.type().shape[1], "the number of capsules", "x")
    return {"weight": (below, given["capsules"], given["size"], _features(given))}


def capsules_macs(given: Given) -> Dim:
    return product((*given.type().shape, given["capsules"] * given["size"]))


def capsule_length(given: Given) -> Types:
    """The last dimension becomes one length."""
    need_float(given)
    x = need_features(given, "x")
    return {"y": x.with_shape(*x.shape[:-1])}


def capsule_mask(given: Given) -> Types:
    """(batch, m, size) -> (batch, m x size); ``target`` is a class index or a one-hot row."""
    x = _capsules(given)
    if given.has("target"):
        target = given.type("target")
        expected = (x.shape[0],) if target.dtype == "int" else x.shape[:2]
        if target.shape != expected or target.dtype == "bool":
            raise Mismatch(
                f"target must be class indices, {text(x.shape[:1])} int, or one-hot rows, {text(x.shape[:2])}, "
                f"not {target}.",
                port="target",
                expected=text(expected),
                received=str(target),
            )
    return {"y": x.with_shape(x.shape[0], x.shape[1] * x.shape[2])}


# -- graphs and experts


def graph_conv(given: Given) -> Types:
    """x (batch, nodes, features), adjacency (batch, nodes, nodes) -> (batch, nodes, out_features)."""
    need_float(given)
    x = need_rank(given, "x", "(batch, nodes, features)", 3)
    need_features(given, "x")
    expected, adjacency = (*x.shape[:2], x.shape[1]), given.type("adjacency")
    if adjacency.shape != expected:
        raise Mismatch(
            f"adjacency must be (batch, nodes, nodes), {text(expected)} for the nodes at x, not {adjacency}.",
            port="adjacency",
            expected=text(expected),
            received=str(adjacency),
        )
    return {"y": x.with_shape(*x.shape[:2], given["out_features"])}


def graph_conv_weights(given: Given) -> Weights:
    out = given["out_features"]
    bias: Weights = {"bias": (out,)} if given["bias"] else {}
    return {"linear.weight": (out, _features(given)), **bias}


def graph_conv_macs(given: Given) -> Dim:
    x, out = given.type().shape, given["out_features"]
    return product((*x, out)) + product((*x[:2], x[1], out))


def experts(given: Given) -> Types:
    """The shape stays; the gates have one share for each expert."""
    need_float(given)
    x = need_features(given, "x")
    count, best = given["experts"], given["top_k"]
    if best is not None and best > count:
        raise Mismatch(
            f"top k {best} is more than the {count} experts.",
            expected=f"1 to {count}",
            received=str(best),
            fixes=(set_param("top_k", count),),
        )
    return {"y": x, "gates": x.with_shape(*x.shape[:-1], count)}


def experts_weights(given: Given) -> Weights:
    width, count, hidden = _features(given), given["experts"], given["hidden"]
    return {
        "gate.weight": (count, width),
        "hidden.weight": (count * hidden, width),
        "hidden.bias": (count * hidden,),
        "out.weight": (width, count * hidden),
        "bias": (count, width),
    }


def experts_macs(given: Given) -> Dim:
    x, count = given.type().shape, given["experts"]
    return product((*x, count * (2 + 2 * given["hidden"])))


def gates(given: Given) -> Types:
    """A loss over shares of experts, (batch, …, experts)."""
    need_float(given)
    x = given.type("gates")
    if x.rank < 2:
        raise Mismatch(
            f"gates must be (batch, …, experts); it has {dimensions(x)}.",
            port="gates",
            expected="(batch, experts)",
            received=str(x),
        )
    return {"loss": SCALAR}
