"""Rules of losses that compare rows of features with each other, or look at one value alone."""

from __future__ import annotations

from core.spec.layer import Given, Mismatch, Types
from core.spec.rules import dimensions, insert, need_float, text, to_features
from core.spec.rules_loss import SCALAR, class_index, same_shape
from core.spec.shape import Dim, TensorType, product

ROWS = "(batch, features)"


def alike(given: Given) -> Types:
    """Every wired port but ``target`` receives (batch, features), all of one shape."""
    ports = [end for end in given.types if end != "target"]
    need_float(given, *ports)
    first = _need_rows(given, ports[0])
    for port in ports[1:]:
        x = _need_rows(given, port)
        if x.shape != first.shape:
            raise Mismatch(
                f"{ports[0]} and {port} must agree, {first} and {x}.",
                port=port,
                expected=str(first),
                received=str(x),
                fixes=(to_features(port, first.shape[1]),) if isinstance(first.shape[1], int) else (),
            )
    return {"loss": SCALAR}


def all_pairs_macs(given: Given) -> Dim:
    """Every row of a meets every row of b."""
    a = given.type("a").shape
    return product((*a, a[0]))


def covariance_macs(given: Given) -> Dim:
    """Every feature meets every feature, in both batches."""
    a = given.type("a").shape
    return product((*a, a[1])) * 2


def _need_rows(given: Given, port: str) -> TensorType:
    x = given.type(port)
    if x.rank != 2:
        raise Mismatch(
            f"{port} must be {ROWS}; it has {dimensions(x)}.",
            port=port,
            expected=ROWS,
            received=str(x),
            fixes=(insert(port, "flatten", f"Insert a Flatten at {port}"),) if x.rank > 2 else (),
        )
    return x


def labelled_pair(given: Given) -> Types:
    """As `alike` for ``a`` and ``b``; ``target``, (batch,) or (batch, 1), says which pairs belong together."""
    types = alike(given)
    target, batch = given.type("target"), given.type("a").shape[0]
    if target.shape not in ((batch,), (batch, 1)) or target.dtype == "bool":
        raise Mismatch(
            f"target must be one number for each pair, 1 where a and b belong together and 0 where not, not {target}.",
            port="target",
            expected=text((batch,)),
            received=str(target),
        )
    return types


def flat_classes(given: Given) -> Types:
    """As `class_index`, for scores (batch, classes) alone."""
    types = class_index(given)
    x = given.type("input")
    if x.rank != 2:
        raise Mismatch(
            f"prediction must be (batch, classes); it has {dimensions(x)}.",
            port="input",
            expected="(batch, classes)",
            received=str(x),
        )
    return types


def same_scores(given: Given) -> Types:
    """Both ports receive scores (batch, classes, …) of one shape."""
    types = all_alike(given)
    x = given.type("input")
    if x.rank < 2:
        raise Mismatch(
            "prediction must be (batch, classes); it has no classes.",
            port="input",
            expected="(batch, classes)",
            received=str(x),
        )
    return types


def region(given: Given) -> Types:
    """Scores for each cell, (batch, classes, space…); target: class indices for each cell, or 0 and 1 in that shape."""
    types = class_index(given) if given.type("target").dtype == "int" else same_shape(given)
    x = given.type("input")
    if x.rank < 3:
        raise Mismatch(
            f"prediction must be (batch, classes, space…); it has {dimensions(x)}.",
            port="input",
            expected="(batch, classes, height, width)",
            received=str(x),
        )
    return types


def all_alike(given: Given) -> Types:
    """Every port receives real numbers of one shape, (batch, …)."""
    need_float(given)
    (first_port, first), *others = given.types.items()
    for port, x in others:
        if x.shape != first.shape:
            raise Mismatch(
                f"{first_port.replace('_', ' ')} and {port.replace('_', ' ')} must agree, {first} and {x}.",
                port=port,
                expected=str(first),
                received=str(x),
                fixes=(to_features(port, first.shape[-1]),)
                if x.rank == first.rank and x.shape[:-1] == first.shape[:-1] and isinstance(first.shape[-1], int)
                else (),
            )
    return {"loss": SCALAR}


def sampled(given: Given) -> Types:
    """``mu`` and ``logvar`` are real numbers of one shape, which z has too."""
    all_alike(given)
    return {"z": given.type("mu")}


def latent(given: Given) -> Types:
    """As `all_alike`, an example a row: (batch, latent)."""
    types = all_alike(given)
    mu = given.type("mu")
    if mu.rank < 2:
        raise Mismatch(
            f"mu must be (batch, latent); it has {dimensions(mu)}.",
            port="mu",
            expected="(batch, latent)",
            received=str(mu),
        )
    return types


def activations(given: Given) -> Types:
    """Any real numbers, an example a row: (batch, …)."""
    need_float(given)
    x = given.type()
    if x.rank < 2:
        raise Mismatch(
            f"x must be (batch, units…); it has {dimensions(x)}.",
            port="x",
            expected="(batch, units)",
            received=str(x),
            fixes=(insert("x", "unsqueeze", "Insert a dimension of one unit", dim=1),),
        )
    return {"loss": SCALAR}
