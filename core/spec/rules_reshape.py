"""Rules of layers that rearrange: the numbers stay, their places change."""

from __future__ import annotations

from core.problem import Fix
from core.spec.layer import Given, Mismatch, Types
from core.spec.rules import axis, each, insert, need_float, need_rank, set_param, text
from core.spec.rules_window import need_mirror
from core.spec.shape import Dim, TensorType, exact_quotient, product

SPATIAL = "(batch, channels, …) with one to three directions of space"


def flatten(given: Given) -> Types:
    x = given.type()
    start, end = axis(x, given["start_dim"], "start_dim"), axis(x, given["end_dim"], "end_dim")
    if end < start:
        raise Mismatch(
            f"end dim {given['end_dim']} lies before start dim {given['start_dim']}.",
            expected="end dim after start dim",
            received=str(given["end_dim"]),
            fixes=(set_param("end_dim", -1),),
        )
    return {"y": x.with_shape(*x.shape[:start], product(x.shape[start : end + 1]), *x.shape[end + 1 :])}


def unflatten(given: Given) -> Types:
    x = given.type()
    index = axis(x, given["dim"])
    sizes = solve(given, x.shape[index], given["sizes"], "sizes", f"dimension {index} of x")
    return {"y": x.with_shape(*x.shape[:index], *sizes, *x.shape[index + 1 :])}


def reshape(given: Given) -> Types:
    x = given.type()
    whole = product(x.shape[1:])
    return {"y": x.with_shape(x.shape[0], *solve(given, whole, given["shape"], "shape", "one example of x"))}


def solve(given: Given, whole: Dim, sizes: tuple[int, ...], name: str, what: str) -> tuple[Dim, ...]:
    """The sizes with a -1 replaced by what is left of the whole."""
    known = product(size for size in sizes if size != -1)
    received = text(sizes)
    if sizes.count(-1) > 1:
        raise Mismatch(f"{name} {received} has more than one -1.", expected="one -1 at most", received=received)
    if 0 in sizes or any(size < -1 for size in sizes):
        raise Mismatch(
            f"{name} {received} has a size that is not positive.", expected="sizes of 1 or more", received=received
        )
    if -1 not in sizes and known == whole:
        return sizes
    rest = exact_quotient(whole, known) if -1 in sizes else None
    if rest is None:
        raise Mismatch(
            f"{name} {received} holds {known}{' times something' if -1 in sizes else ''} numbers, "
            f"but {what} has {whole}.",
            port="x",
            expected=f"sizes whose product is {whole}",
            received=received,
            fixes=_one_free(whole, sizes, name),
        )
    return tuple(rest if size == -1 else size for size in sizes)


def _one_free(whole: Dim, sizes: tuple[int, ...], name: str) -> tuple[Fix, ...]:
    """Offers to let one size follow from the others, where that works."""
    if -1 in sizes:
        return ()
    offers = [(*sizes[:i], -1, *sizes[i + 1 :]) for i in range(len(sizes))]
    fits = [o for o in offers if exact_quotient(whole, product(s for s in o if s != -1)) is not None]
    return tuple(set_param(name, offer) for offer in fits[:2])


def permute(given: Given) -> Types:
    x, dims = given.type(), given["dims"]
    expected = f"the numbers 0 to {x.rank - 1} in some order, 0 first"
    if sorted(dims) != list(range(x.rank)) or dims[0] != 0:
        natural = (0, *range(x.rank - 1, 0, -1))
        raise Mismatch(
            f"dims {', '.join(map(str, dims))} does not order the {x.rank} dimensions of x; expected {expected}.",
            port="x",
            expected=expected,
            received=", ".join(map(str, dims)),
            fixes=(set_param("dims", natural),) if x.rank > 2 else (),
        )
    return {"y": x.with_shape(*(x.shape[d] for d in dims))}


def unsqueeze(given: Given) -> Types:
    x = given.type()
    index = axis(x, given["dim"], extra=1)
    return {"y": x.with_shape(*x.shape[:index], 1, *x.shape[index:])}


def squeeze(given: Given) -> Types:
    x = given.type()
    index = axis(x, given["dim"])
    if x.shape[index] != 1:
        raise Mismatch(
            f"dimension {index} of x must have size 1 to be dropped, it has {x.shape[index]}.",
            port="x",
            expected="1",
            received=str(x.shape[index]),
            fixes=tuple(set_param("dim", i) for i, size in enumerate(x.shape) if size == 1),
        )
    return {"y": x.with_shape(*x.shape[:index], *x.shape[index + 1 :])}


def slicing(given: Given) -> Types:
    x = given.type()
    index = axis(x, given["dim"])
    size = _slice_length(x.shape[index], given["start"], given["stop"], given["step"], x)
    if isinstance(size, int) and size < 1:
        raise Mismatch(
            f"start {given['start']} and stop {given['stop']} leave nothing of the {x.shape[index]} in dimension "
            f"{index} of x.",
            port="x",
            expected="at least one element",
            received="none",
            fixes=(set_param("start", 0), set_param("stop", None)),
        )
    return {"y": x.with_shape(*x.shape[:index], size, *x.shape[index + 1 :])}


def _slice_length(size: Dim, start: int, stop: int | None, step: int, x: TensorType) -> Dim:
    """Of a varying size it is taken that start and stop lie within it."""
    if isinstance(size, int):
        return len(range(*slice(start, stop, step).indices(size)))
    first: Dim = start if start >= 0 else size + start
    last: Dim = size if stop is None else stop if stop >= 0 else size + stop
    return (last - first + (step - 1)) // step


def select(given: Given) -> Types:
    x = given.type()
    dim = axis(x, given["dim"])
    size, index = x.shape[dim], given["index"]
    if isinstance(size, int) and not -size <= index < size:
        raise Mismatch(
            f"index {index} does not exist in dimension {dim} of x, which has {size}.",
            port="x",
            expected=f"{-size} to {size - 1}",
            received=str(index),
            fixes=(set_param("index", size - 1 if index > 0 else 0),),
        )
    return {"y": x.with_shape(*x.shape[:dim], *x.shape[dim + 1 :])}


def reduce(given: Given) -> Types:
    """The dimensions in ``dim`` are summed up; they stay with size 1 where ``keepdim`` says so."""
    need_float(given)
    x = given.type()
    gone = {axis(x, d, "each dim") for d in given["dim"]}
    if len(gone) != len(given["dim"]) or not gone:
        dims = ", ".join(map(str, given["dim"]))
        raise Mismatch(
            f"dim {dims or 'is empty and'} must name each dimension once.",
            expected="one or more different dimensions",
            received=dims,
            fixes=(set_param("dim", (x.rank - 1,)),) if x.rank > 1 else (),
        )
    kept = [(1 if i in gone else size) for i, size in enumerate(x.shape) if given["keepdim"] or i not in gone]
    return {"y": x.with_shape(*kept)}


def pad(given: Given) -> Types:
    x, cells, mode = given.type(), given["pad"], given["mode"]
    directions = len(cells) // 2
    if len(cells) % 2 or not cells or directions > x.rank - 1:
        raise Mismatch(
            f"pad has {len(cells)} numbers; expected two (before, after) for each padded dimension, from the last, "
            f"at most {2 * (x.rank - 1)} for x.",
            port="x",
            expected=f"2 to {2 * (x.rank - 1)} numbers, in pairs",
            received=str(len(cells)),
        )
    sides = tuple(zip(cells[::2], cells[1::2], strict=True))
    sizes = tuple(reversed(x.shape))[:directions]
    if mode != "constant":
        need_float(given)
        if not 3 <= x.rank <= 5 or directions != x.rank - 2:
            raise Mismatch(
                f"{mode} padding needs {SPATIAL} at x, and two numbers for each direction; pad has {len(cells)}.",
                port="x",
                expected=f"{2 * max(x.rank - 2, 1)} numbers",
                received=str(len(cells)),
                fixes=(set_param("mode", "constant"),),
            )
        need_mirror(mode, sizes, sides)
    padded = [size + before + after for size, (before, after) in zip(sizes, sides, strict=True)]
    return {"y": x.with_shape(*x.shape[: x.rank - directions], *reversed(padded))}


def upsample(given: Given) -> Types:
    need_float(given)
    x = need_rank(given, "x", SPATIAL, 3, 4, 5)
    directions, mode = x.rank - 2, given["mode"]
    smooth = {1: "linear", 2: "bilinear", 3: "trilinear"}[directions]
    if mode not in ("nearest", smooth) and not (mode == "bicubic" and directions == 2):
        raise Mismatch(
            f"mode {mode} does not fit {directions} directions of space at x.",
            port="x",
            expected=f"nearest or {smooth}",
            received=mode,
            fixes=(set_param("mode", smooth),),
        )
    factors = given["scale_factor"]
    if isinstance(factors, tuple) and len(factors) != directions:
        raise Mismatch(
            f"scale factor has {len(factors)} numbers; expected one, or {directions} for x.",
            port="x",
            expected=f"1 or {directions} numbers",
            received=str(len(factors)),
            fixes=(set_param("scale_factor", factors[0]),),
        )
    sizes = (size * f for size, f in zip(x.shape[2:], each(factors, directions), strict=True))
    return {"y": x.with_shape(*x.shape[:2], *sizes)}


def pixel_shuffle(given: Given) -> Types:
    need_float(given)
    x = need_rank(given, "x", "(batch, channels, height, width)", 4)
    r: int = given["upscale_factor"]
    channels = exact_quotient(x.shape[1], r * r)
    if channels is None:
        whole = -(-x.shape[1] // (r * r)) * r * r if isinstance(x.shape[1], int) else r * r
        raise Mismatch(
            f"the {x.shape[1]} channels at x must be a multiple of {r * r} (upscale factor {r} squared).",
            port="x",
            expected=f"a multiple of {r * r}",
            received=str(x.shape[1]),
            fixes=(insert("x", "conv2d", f"Insert a Conv 2D to {whole} channels", out_channels=whole, kernel_size=1),),
        )
    return {"y": x.with_shape(x.shape[0], channels, x.shape[2] * r, x.shape[3] * r)}


def to_float(given: Given) -> Types:
    return {"y": TensorType(given.type().shape)}
