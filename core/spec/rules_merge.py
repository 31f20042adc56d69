"""Rules of layers where branches meet: element-wise operations, concatenation, matrix products."""

from __future__ import annotations

from core.problem import Fix
from core.spec.layer import Given, Mismatch, ShapeRule, Types
from core.spec.rules import axis, dimensions, insert, need_float, port_name, text, to_features
from core.spec.shape import Dim, TensorType, broadcast, product


def elementwise(*ports: str) -> ShapeRule:
    """The common shape of what is wired to these ports, by broadcasting; each keeps its batch dimension in front.

    Mismatch offers a projection of the branch that differs: the usual cure in a skip connection.
    """

    def rule(given: Given) -> Types:
        need_float(given)
        first, *others = (port for port in ports if given.has(port))
        common = given.type(first)
        for port in others:
            common = _common(first, common, port, given.type(port))
        return {"y": common}

    return rule


def _common(first: str, a: TensorType, second: str, b: TensorType) -> TensorType:
    shape = broadcast(a.shape, b.shape) if a.rank == b.rank else None
    if shape is None:
        raise Mismatch(
            f"{first} and {second} differ in {_difference(a, b)}.",
            port=second,
            expected=str(a),
            received=str(b),
            fixes=(*_projections(second, b, a), *_projections(first, a, b)),
        )
    return a.with_shape(*shape)


def _difference(a: TensorType, b: TensorType) -> str:
    if a.rank != b.rank:
        return f"their number of dimensions, {a.rank} and {b.rank}"
    pairs = [(i, p, q) for i, (p, q) in enumerate(zip(a.shape, b.shape, strict=True)) if p != q and 1 not in (p, q)]
    return "; ".join(f"dimension {i}, {p} and {q}" for i, p, q in pairs)


def _projections(port: str, x: TensorType, other: TensorType) -> tuple[Fix, ...]:
    """Ways to bring x, which arrives at the port, to the shape of the other."""
    if x.rank == 2 < other.rank and x.shape == other.shape[:2] and isinstance(x.shape[1], int):
        sizes = (x.shape[1], *(1,) * (other.rank - 2))
        return (
            insert(port, "unflatten", f"Insert an Unflatten to {text(sizes)} at {port_name(port)}", dim=1, sizes=sizes),
        )
    if x.rank != other.rank or x.shape[0] != other.shape[0] or x.rank < 2:
        return ()
    if x.shape[:-1] == other.shape[:-1] and x.rank < 4 and isinstance(other.shape[-1], int):
        return (to_features(port, other.shape[-1]),)
    stride = _common_stride(x.shape[2:], other.shape[2:])
    if x.rank in (3, 4, 5) and stride is not None and isinstance(other.shape[1], int):
        layer = f"conv{x.rank - 2}d"
        params = {"out_channels": other.shape[1], "kernel_size": 1, **({"stride": stride} if stride > 1 else {})}
        strided = f", stride {stride}," if stride > 1 else ""
        name = f"Insert a 1{'x1' * (x.rank - 3)} convolution to {other.shape[1]} channels{strided} at {port_name(port)}"
        return (insert(port, layer, name, **params),)
    return ()


def _common_stride(large: tuple[Dim, ...], small: tuple[Dim, ...]) -> int | None:
    """The stride with which a convolution of kernel size 1 takes the large sizes to the small ones."""
    for stride in (1, 2, 4, 8, 16, 32):
        if all((size - 1) // stride + 1 == wanted for size, wanted in zip(large, small, strict=True)):
            return stride
    return None


def concatenate(given: Given) -> Types:
    """Any number of branches, equal in all dimensions but ``dim``, where the sizes add up."""
    types = _wired(given)
    (first_end, first), *others = types.items()
    index = axis(first, given["dim"], port=first_end)
    for end, x in others:
        _need_equal(first_end, first, end, x, index)
    total = sum((x.shape[index] for x in types.values()), start=0)
    return {"y": first.with_shape(*first.shape[:index], total, *first.shape[index + 1 :])}


def stack(given: Given) -> Types:
    """Any number of equal branches, side by side along a new dimension."""
    types = _wired(given)
    (first_end, first), *others = types.items()
    index = axis(first, given["dim"], extra=1, port=first_end)
    for end, x in others:
        _need_equal(first_end, first, end, x, None)
    return {"y": first.with_shape(*first.shape[:index], len(types), *first.shape[index:])}


def _wired(given: Given) -> dict[str, TensorType]:
    if not given.types:
        raise Mismatch("nothing is wired to it.", port="xs", expected="one wire or more", received="none")
    return dict(given.types)


def _need_equal(first_end: str, first: TensorType, end: str, x: TensorType, free: int | None) -> None:
    """Raises Mismatch where two branches differ in kind, rank or any dimension but the free one."""
    pair = f"{port_name(first_end)} and {port_name(end)}"
    if x.dtype != first.dtype:
        sentence = f"{pair} must be of one kind of number, not {first.dtype} and {x.dtype}."
        raise Mismatch(sentence, port=end, expected=first.dtype, received=x.dtype)
    if x.rank != first.rank:
        sentence = f"{pair} differ in their number of dimensions, {first.rank} and {x.rank}."
        fixes = (insert(end, "flatten", f"Insert a Flatten at {port_name(end)}"),) if first.rank == 2 else ()
        if x.rank == 2:
            fixes = (insert(first_end, "flatten", f"Insert a Flatten at {port_name(first_end)}"),)
        raise Mismatch(sentence, port=end, expected=str(first), received=str(x), fixes=fixes)
    for i, (wanted, met) in enumerate(zip(first.shape, x.shape, strict=True)):
        if i != free and wanted != met:
            but = "" if free is None else f"; only dimension {free} may"
            raise Mismatch(
                f"{pair} differ in dimension {i}, {wanted} and {met}{but}.",
                port=end,
                expected=str(wanted),
                received=str(met),
                fixes=_projections(end, x, _with(x, first, free))
                or _projections(first_end, first, _with(first, x, free)),
            )


def _with(x: TensorType, other: TensorType, free: int | None) -> TensorType:
    """The other's shape, with x's own size in the free dimension."""
    return x.with_shape(*(x.shape[i] if i == free else size for i, size in enumerate(other.shape)))


def matmul(given: Given) -> Types:
    """Matrix products of the last two dimensions; the leading ones are equal or broadcast."""
    need_float(given)
    a, b = given.type("a"), given.type("b")
    for port, x in (("a", a), ("b", b)):
        if x.rank < 3:
            raise Mismatch(
                f"{port} must be (batch, rows, columns); it has {dimensions(x)}.",
                port=port,
                expected="(batch, rows, columns)",
                received=str(x),
                fixes=(insert(port, "unsqueeze", f"Insert a dimension of size 1 at {port}", dim=1),)
                if x.rank == 2
                else (),
            )
    lead = broadcast(a.shape[:-2], b.shape[:-2]) if a.rank == b.rank else None
    if lead is None:
        raise Mismatch(
            "a and b must agree in all but their last two dimensions.", port="b", expected=str(a), received=str(b)
        )
    if a.shape[-1] != b.shape[-2]:
        swapped = (*range(b.rank - 2), b.rank - 1, b.rank - 2)
        flip = (insert("b", "permute", "Insert a Permute that transposes b", dims=swapped),)
        raise Mismatch(
            f"the {a.shape[-1]} columns of a must equal the {b.shape[-2]} rows of b.",
            port="b",
            expected=f"{a.shape[-1]} rows",
            received=f"{b.shape[-2]} rows",
            fixes=flip if a.shape[-1] == b.shape[-1] else (),
        )
    return {"y": a.with_shape(*lead, a.shape[-2], b.shape[-1])}


def matmul_macs(given: Given) -> Dim:
    return product(matmul(given)["y"].shape) * given.type("a").shape[-1]
