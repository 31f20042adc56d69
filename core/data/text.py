"""Text by characters: cut into windows, each with the characters that follow its own."""

from __future__ import annotations

import sysconfig
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from core.catalog.datasets import signature
from core.catalog.sequences import ASCII, READABLE, text_signature
from core.data.csv_text import read_text as read_file
from core.data.dataset import MAX_CLASSES, Array, Dataset, check_size, refuse
from core.training.job import Pick

_CHARACTERS = {name: character for character, name in READABLE.items()}


def python_text(window: int, characters: int) -> Dataset:
    """Python's modules in the order of their names; a tab becomes a space, and what is not ASCII is left out."""
    folder = Path(sysconfig.get_path("stdlib"))
    parts: list[str] = []
    missing = characters
    for path in sorted(folder.glob("*.py")):
        text = path.read_text(encoding="utf-8").replace("\t", " ")
        parts.append("".join(c for c in text if c == "\n" or " " <= c <= "~")[:missing])
        missing -= len(parts[-1])
        if not missing:
            break
    if missing:
        raise refuse(
            f"Python's own source has only {characters - missing:,} characters in {folder}, not {characters:,}. "
            "Ask for fewer, or take a text file of your own.",
            "data.text",
            expected=f"{characters:,} characters",
            received=f"{characters - missing:,}",
        )
    declared = signature(Pick(kind="python_text", params={"window": window, "characters": characters}))
    assert declared is not None
    return Dataset(_windows("".join(parts), window, ASCII), declared)


def read_text(path: Path, window: int, encoding: str) -> Dataset:
    """The characters of the file are the classes, in the order of their code points.

    Raises:
        LayerloomError: the file cannot be read, is not text of that encoding, is shorter than one window, or has more
            different characters than a classification can mean.
    """
    text = read_file(path, encoding, "text file").replace("\r\n", "\n")
    if len(text) <= window:
        raise refuse(
            f"{path}: the text has {len(text)} characters; one window takes {window + 1}. "
            "Make the window smaller, or choose a longer text.",
            "data.text",
            expected=f"{window + 1} characters or more",
            received=str(len(text)),
        )
    found = sorted(set(text))
    if len(found) > MAX_CLASSES:
        raise refuse(
            f"{path}: the text has {len(found):,} different characters; at most {MAX_CLASSES:,} are taken as classes.",
            "data.text",
        )
    vocabulary = tuple(named(c) for c in found)
    fields = _windows(text, window, vocabulary)
    return Dataset(fields, text_signature(window, len(fields["features"]), vocabulary))


def named(character: str) -> str:
    """What the class of a character is called."""
    return READABLE.get(character) or (character if character.isprintable() else f"U+{ord(character):04X}")


def spelled(names: Iterable[str]) -> str:
    """The text that a row of class names stands for: the inverse of `named`."""
    return "".join(_CHARACTERS.get(n) or (n if len(n) == 1 else chr(int(n.removeprefix("U+"), 16))) for n in names)


def _windows(text: str, window: int, vocabulary: tuple[str, ...]) -> dict[str, Array]:
    """Windows one after the other, and the same moved on by one; what is left at the end is left out."""
    count = (len(text) - 1) // window
    check_size("The text", (2, len(text)), 8)
    points = np.frombuffer(text.encode("utf-32-le"), np.uint32)
    codes = np.array([ord(spelled([name])) for name in vocabulary], np.uint32)
    order = np.argsort(codes)
    index = order[np.searchsorted(codes, points, sorter=order)].astype(np.int64)
    end = count * window
    return {
        "features": index[:end].reshape(count, window),
        "target": index[1 : end + 1].reshape(count, window),
    }
