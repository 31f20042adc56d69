"""Pictures in one sub-folder for each class, resized once and kept as bytes."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from core.data.dataset import MAX_CLASSES, MAX_FILES, Array, Dataset, check_size, refuse
from core.data.signature import DataSignature, FieldSignature
from core.problem import LayerloomError

if TYPE_CHECKING:
    from PIL.Image import Image

ENDINGS = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".ppm", ".pgm"})
MODES = {"rgb": ("RGB", 3), "grey": ("L", 1)}


def read_folder(*, path: Path, size: int | tuple[int, int], colour: str, broken: str) -> Dataset:
    """Features ``(channels, height, width)`` as bytes, target the name of the sub-folder; classes in sorted order.

    Pictures are resized with bilinear filtering to exactly `size` (height, width), turned as their camera says.

    Raises:
        LayerloomError: no folder, no sub-folders, no pictures, too much memory, or a broken picture, which is named.
    """
    classes, files, labels = _listed(path)
    pixels, keep = read_pictures(path, files, size, colour, broken)
    return _dataset(classes, pixels, labels[keep])


def read_pictures(
    path: Path, files: Sequence[Path], size: int | tuple[int, int], colour: str, broken: str
) -> tuple[Array, list[int]]:
    """The pictures ``(n, channels, height, width)`` as bytes, and which of the files (below `path`) they are.

    Raises:
        LayerloomError: too much memory, or a broken picture, which is named.
    """
    height, width = (size, size) if isinstance(size, int) else size
    mode, channels = MODES[colour]
    check_size(f"{path.name} at {height} x {width}", (len(files), channels, height, width), 1)
    pixels = np.empty((len(files), channels, height, width), np.uint8)
    failures: dict[int, str] = {}

    def read(i: int) -> None:
        try:
            pixels[i] = _pixels(files[i], mode, (width, height)).reshape(height, width, channels).transpose(2, 0, 1)
        except _unreadable() as error:
            failures[i] = str(error) or type(error).__name__

    with ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as pool:
        list(pool.map(read, range(len(files))))
    if failures and broken == "refuse":
        raise _broken(path, files, failures)
    keep = [i for i in range(len(files)) if i not in failures]
    return (pixels[keep] if failures else pixels), keep


def _listed(path: Path) -> tuple[tuple[str, ...], list[Path], Array]:
    """Class names, files, and the class index of each file."""
    if not path.is_dir():
        raise refuse(
            f"{path} is not a folder. Choose the folder that holds one sub-folder for each class.", "data.path"
        )
    folders = sorted(p for p in path.iterdir() if p.is_dir() and not p.name.startswith("."))
    found = [_pictures(folder) for folder in folders]
    filled = [(folder.name, files) for folder, files in zip(folders, found, strict=True) if files]
    if not filled:
        met = f"{len(folders)} sub-folders without pictures" if folders else "no sub-folders"
        raise refuse(
            f"{path} has {met}. Put the pictures ({', '.join(sorted(ENDINGS))}) into one sub-folder for each class.",
            "data.images",
        )
    if len(filled) > MAX_CLASSES:
        raise refuse(
            f"{path} has {len(filled):,} sub-folders; at most {MAX_CLASSES:,} classes are taken.", "data.classes"
        )
    labels = np.repeat(np.arange(len(filled), dtype=np.int64), [len(files) for _, files in filled])
    return tuple(name for name, _ in filled), [file for _, files in filled for file in files], labels


def _pictures(folder: Path) -> list[Path]:
    """The pictures in a folder and below, sorted; a folder chosen by mistake is not searched without end."""
    seen = list(islice(folder.rglob("*"), MAX_FILES + 1))
    if len(seen) > MAX_FILES:
        raise refuse(f"{folder} holds more than {MAX_FILES:,} files. Is it the right folder?", "data.size")
    return sorted(file for file in seen if file.suffix.lower() in ENDINGS)


def _pixels(file: Path, mode: str, size: tuple[int, int]) -> Array:
    from PIL import Image, ImageOps

    with Image.open(file) as opened:
        opened.draft(mode, size)  # lets JPEG decode at a fraction of its size
        picture: Image.Image = ImageOps.exif_transpose(opened)
        return np.asarray(_flat(picture, mode).resize(size, Image.Resampling.BILINEAR))


def _flat(picture: Image, mode: str) -> Image:
    """The picture in that mode; what is transparent becomes white, 16-bit grey is brought to 8 bits."""
    from PIL import Image

    if picture.mode.startswith("I;16"):
        picture = Image.fromarray((np.asarray(picture) >> 8).astype(np.uint8))
    if picture.has_transparency_data:
        clear = picture.convert("RGBA")
        ground = Image.new("RGBA", clear.size, "white")
        picture = Image.alpha_composite(ground, clear)
    return picture.convert(mode)


def _unreadable() -> tuple[type[Exception], ...]:
    """What Pillow raises for a file that is no sound picture, or one made to fill the memory."""
    from PIL import Image, UnidentifiedImageError

    return (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError)


def _broken(path: Path, files: Sequence[Path], failures: dict[int, str]) -> LayerloomError:
    first = min(failures)
    more = f" ({len(failures)} such files)" if len(failures) > 1 else ""
    return refuse(
        f"{files[first].relative_to(path)} cannot be read as a picture{more}. "
        "Remove it, or let broken pictures be left out.",
        "data.images",
        detail="\n".join(f"{files[i]}: {why}" for i, why in sorted(failures.items())),
    )


def _dataset(classes: tuple[str, ...], pixels: Array, labels: Array) -> Dataset:
    fields = {
        "features": FieldSignature(shape=pixels.shape[1:], doc="Pixels from 0 to 1."),
        "target": FieldSignature(shape=(), dtype="int", classes=classes),
    }
    return Dataset({"features": pixels, "target": labels}, DataSignature(fields=fields, examples=len(pixels)))
