"""``layerloom sample``: codes are drawn and decoded, and written as tiles of a picture or as numbers."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from core.analysis.decoder import Decoder, Tensors
from core.analysis.decoding import HOTTEST, MOST, conditions, on_the_way, one_example, within
from core.analysis.subject import Subject, moment
from core.data.dataset import Array
from core.data.looks import picture, span
from core.files import atomic_write
from core.problem import LayerloomError
from core.training.runs import RunFolder
from designer.cli_output import console, write_json

TILE, GAP = 48, 2  # pixels: the least side of a tile, and what lies between them
ROW = 16  # a way of so many steps stands in one row


@dataclass(frozen=True)
class Wish:
    """What `sample` is to draw, and where to write it."""

    out: Path
    node: str = ""
    count: int = 64
    seed: int = 0
    temperature: float = 1.0
    given: Sequence[str] = ()
    between: tuple[int, int] | None = None
    example: int = 0
    part: str = "test"
    weights: str = ""


@dataclass(frozen=True)
class Made:
    """Codes, (count, width), the class that was asked for with each, if any, and every output in the data's
    units. `columns`: how tiles stand; 0 where that is not said."""

    decoder: Decoder
    codes: Array
    asked: Sequence[str]
    outputs: Mapping[str, Array]
    columns: int = 0


def write_samples(run: Path, wish: Wish, as_json: bool) -> None:
    """Write the file and say what it holds.

    Raises:
        LayerloomError: there is no such run, node, class or part, numbers are out of bounds, the file has no known
            ending, nothing in it is a picture, or the disk refuses.
    """
    write = _WRITERS.get(wish.out.suffix.lower())
    if write is None:
        raise LayerloomError(f"{wish.out} is neither .png nor .npz: choose one of these endings.", code="arguments")
    folder = RunFolder.open(run)
    subject = Subject(folder, moment(folder, wish.weights))
    made = _made(subject, wish)
    shown = write(subject, made)
    atomic_write(wish.out, shown)
    code = made.decoder.code
    told = {
        "path": str(wish.out), "node": code.node, "code": code.label, "width": code.width, "law": code.law,
        "count": len(made.codes), "seed": wish.seed, "temperature": wish.temperature, "asked": list(made.asked),
        "outputs": {name: list(values.shape[1:]) for name, values in made.outputs.items()},
        "weights": subject.at.which,
    }  # fmt: skip
    if as_json:
        write_json(told)
    else:
        what = "drawn from" if wish.between is None else "on the way between two examples in"
        said = f"Wrote {wish.out}: {len(made.codes)} {what} {code.label} ({code.width} numbers)."
        console().print(said, soft_wrap=True)


def _made(subject: Subject, wish: Wish) -> Made:
    within("count", wish.count, 1, 100 * MOST)
    within("temperature", wish.temperature, 0.0, HOTTEST)
    decoder = Decoder(subject, wish.node)
    said = dict(_said(text) for text in wish.given)
    if wish.between is not None:
        part = one_example(subject, wish.part, wish.between[0])
        other = one_example(subject, wish.part, wish.between[1])
        codes, asked = on_the_way(decoder, part, other, wish.count)[1], list[str]()
        fixed = {name: decoder.chosen(name, [word]) for name, word in said.items()}
        given: Tensors = {**decoder.given(part), **fixed}
    else:
        part = one_example(subject, wish.part, wish.example)
        codes = decoder.spread.draw(wish.count, wish.seed, wish.temperature)
        given, asked = conditions(decoder, subject, part, wish.count, said)
    outputs = {name: decoder.in_units(name, values) for name, values in decoder.decode(codes, given).items()}
    in_a_row = wish.count if wish.between is not None and wish.count <= ROW else len(dict.fromkeys(asked))
    return Made(decoder, codes, asked, outputs, in_a_row)


def _said(text: str) -> tuple[str, str]:
    name, equals, word = text.partition("=")
    if not equals:
        raise LayerloomError(f"--given takes INPUT=VALUE, not {text!r:.60}.", code="arguments")
    return name, word


def _numbers(_subject: Subject, made: Made) -> bytes:
    """``codes``, ``asked`` where classes were, and each output by its name."""
    held: dict[str, Any] = {"codes": made.codes, **made.outputs}
    if made.asked:
        held["asked"] = np.array(made.asked)
    file = io.BytesIO()
    np.savez_compressed(file, **held)
    return file.getvalue()


def _tiles(subject: Subject, made: Made) -> bytes:
    """The first output that is a picture, in rows; a column for each class where these were asked for in turn."""
    from PIL import Image

    pictures = {n: v for n, v in made.outputs.items() if v.ndim == 4 and v.shape[1] in (1, 3)}
    if not pictures:
        shapes = ", ".join(f"{n} has {' x '.join(map(str, v.shape[1:]))} numbers" for n, v in made.outputs.items())
        raise LayerloomError(f"Nothing that is decoded is a picture ({shapes}): write an .npz.", code="arguments")
    name, values = next(iter(pictures.items()))
    like = made.decoder.like(name)
    known = values[np.isfinite(values)]
    bounds = span(subject.prepared, like) if like is not None else (float(known.min()), float(known.max()))
    side = max(values.shape[2:])
    tiles = [np.asarray(picture(one, bounds, side), np.uint8) for one in values]
    times = max(1, -(-TILE // side))
    tiles = [tile.repeat(times, 0).repeat(times, 1) for tile in tiles]
    columns = made.columns or int(np.ceil(np.sqrt(len(tiles))))
    height, width = tiles[0].shape[:2]
    rows = -(-len(tiles) // columns)
    ground = (rows * (height + GAP) - GAP, columns * (width + GAP) - GAP, *tiles[0].shape[2:])
    sheet = np.full(ground, 255, np.uint8)
    for index, tile in enumerate(tiles):
        y, x = index // columns * (height + GAP), index % columns * (width + GAP)
        sheet[y : y + height, x : x + width] = tile
    file = io.BytesIO()
    Image.fromarray(sheet).save(file, format="PNG")
    return file.getvalue()


_WRITERS: Mapping[str, Callable[[Subject, Made], bytes]] = {".png": _tiles, ".npz": _numbers}
