"""Pictures of circles, squares and triangles, with what a network may be asked about them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.catalog.datasets import signature
from core.catalog.shape_sources import CELL, KINDS
from core.data.dataset import Array, Dataset, check_size, refuse
from core.training.job import Pick

Floats = NDArray[np.float32]
_TRIES = 40  # places that are tried for a shape that must not touch another
_AT_ONCE = 256  # pictures drawn together
# Where colour says the kind: the colour of each, and the grey behind them.
_PURE = np.array([[0.9, 0.25, 0.2], [0.25, 0.75, 0.3], [0.3, 0.4, 0.95]], np.float32)
_GROUND = 0.15

# How far a pixel lies outside of a shape of radius r whose centre is (dx, dy) away; negative inside.
_OUTSIDE: tuple[Callable[[Floats, Floats, Floats], Floats], ...] = (
    lambda dx, dy, r: np.hypot(dx, dy) - r,
    lambda dx, dy, r: np.maximum(np.abs(dx), np.abs(dy)) - r,
    lambda dx, dy, r: np.maximum(dy - r, (2 * np.abs(dx) - dy - r) / np.float32(5**0.5)),
)


def shapes(**values: Any) -> Dataset:
    """Pictures of up to so many shapes that do not overlap, each upright and filled with one colour.

    Raises:
        LayerloomError: the size is no multiple of a cell, or all would not fit in memory.
    """
    count, size = values["n"], values["size"]
    if size % CELL:
        raise refuse(
            f"Shapes: a size of {size} is no multiple of {CELL}. Take {size // CELL * CELL or CELL} or "
            f"{(size // CELL + 1) * CELL}.",
            code="data.source",
            received=str(size),
        )
    declared = signature(Pick(kind="shapes", params=values))
    assert declared is not None
    check_size("The shapes", (count, size, size), 16)
    draw = np.random.default_rng(values["seed"])
    kinds, places, radii = _placed(draw, count, values["shapes"], size)
    plain = values["colour"] == "by_kind"
    colours = _coloured(draw, kinds, plain)
    ground = np.full(count, _GROUND) if plain else draw.uniform(0.05, 0.35, count)
    drawn = [
        _painted(draw, kinds[at], places[at], radii[at], colours[at], ground[at], size, values["noise"])
        for at in (slice(start, start + _AT_ONCE) for start in range(0, count, _AT_ONCE))
    ]
    picture, outline, mask = (np.concatenate(parts) for parts in zip(*drawn, strict=True))
    fields: dict[str, Array] = {
        "features": _bytes(picture),
        "target": np.take_along_axis(kinds, radii.argmax(1)[:, None], 1)[:, 0],
        "small": _bytes(picture.reshape(count, 3, size // 2, 2, size // 2, 2).mean((3, 5))),
        "outline": _bytes(outline[:, None]),
        "mask": mask[:, None].astype(np.float32),
        **_grid(kinds, places, radii, size),
    }
    return Dataset(fields, declared)


def _placed(draw: np.random.Generator, count: int, most: int, size: int) -> tuple[Array, Floats, Floats]:
    """Kinds ``(count, most)``, centres ``(count, most, 2)`` as x and y in pixels, and radii, 0 where there is none."""
    kinds = draw.integers(0, len(KINDS), (count, most))
    wanted = draw.integers(1, most, count, endpoint=True)
    least, largest = size / 8, size / (4 if most < 5 else 6)
    radii = np.where(np.arange(most) < wanted[:, None], draw.uniform(least, largest, (count, most)), 0)
    places = np.zeros((count, most, 2))
    for which in range(most):
        radius = radii[:, which, None]
        tried = draw.uniform(0, 1, (count, _TRIES, 2)) * (size - 2 * radius[..., None] - 2) + radius[..., None] + 1
        others, reach = places[:, None, :which], radii[:, None, :which]
        apart = np.abs(tried[:, :, None] - others).max(-1) - reach - radius[..., None]
        room = np.where(reach > 0, apart, np.inf).min(-1, initial=np.inf)
        best = room.argmax(1)[:, None]
        places[:, which] = np.take_along_axis(tried, best[..., None], 1)[:, 0]
        radii[:, which] *= np.take_along_axis(room, best, 1)[:, 0] >= 1
    return kinds, places.astype(np.float32), radii.astype(np.float32)


def _coloured(draw: np.random.Generator, kinds: Array, by_kind: bool) -> Floats:
    """``(count, most, 3)``: a bright colour for each shape."""
    colours = draw.uniform(0.15, 1.0, (*kinds.shape, 3))
    strong = draw.integers(0, 3, kinds.shape)[..., None]
    np.put_along_axis(colours, strong, 0.95, -1)
    np.put_along_axis(colours, (strong + 1) % 3, 0.15, -1)
    return (_PURE[kinds] if by_kind else colours).astype(np.float32)


def _painted(
    draw: np.random.Generator,
    kinds: Array,
    places: Floats,
    radii: Floats,
    colours: Floats,
    ground: Array,
    size: int,
    noise: float,
) -> tuple[Floats, Floats, Array]:
    """Pictures ``(n, 3, size, size)``, their outlines and masks ``(n, size, size)``."""
    steps = np.arange(size, dtype=np.float32) + np.float32(0.5)
    picture: Floats = np.empty((len(kinds), 3, size, size), np.float32)
    picture[:] = ground[:, None, None, None]
    outline: Floats = np.zeros((len(kinds), size, size), np.float32)
    mask = np.zeros(outline.shape, bool)
    for which in range(kinds.shape[1]):
        centre, radius = places[:, which], radii[:, which, None, None]
        dx, dy = steps[None, None, :] - centre[:, :1, None], steps[None, :, None] - centre[:, 1:, None]
        outside: Floats = np.choose(kinds[:, which, None, None], [far(dx, dy, radius) for far in _OUTSIDE])
        outside = np.where(radius > 0, outside, size).astype(np.float32)
        cover = np.clip(0.5 - outside, 0, 1)[:, None]
        picture = picture * (1 - cover) + colours[:, which, :, None, None] * cover
        outline = np.maximum(outline, np.clip(1.2 - np.abs(outside), 0, 1))
        mask |= outside < 0
    picture += draw.normal(0, noise, picture.shape).astype(np.float32)
    return picture, outline, mask


def _grid(kinds: Array, places: Floats, radii: Floats, size: int) -> dict[str, Array]:
    """Which shape has its centre in which cell, and its box."""
    count, cells = len(kinds), size // CELL
    which = np.zeros((count, cells, cells), np.int64)
    boxes = np.zeros((count, 4, cells, cells), np.float32)
    row, shape = np.nonzero(radii)
    centre = places[row, shape] / CELL
    column, line = np.minimum(centre.astype(np.int64), cells - 1).T
    which[row, line, column] = kinds[row, shape] + 1
    reach = 2 * radii[row, shape] / size
    boxes[row, :, line, column] = np.stack([centre[:, 0] - column, centre[:, 1] - line, reach, reach], 1)
    return {"kinds": which, "there": (which[:, None] > 0).astype(np.float32), "boxes": boxes}


def _bytes(values: Floats) -> Array:
    return (values.clip(0, 1) * 255).round().astype(np.uint8)
