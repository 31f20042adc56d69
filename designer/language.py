"""The language of the interface: English sentences in the code, other languages in ``assets/languages``.

A catalogue goes from the English text to the other one: ``de.json`` for the interface, where ``""`` names the language
itself, and the files of the folder ``de`` for what the declarations of layers, options and fields say. What it lacks is
shown in English. `designer.wording` says what a catalogue must have, ``python -m designer.language`` what it lacks.

Names of layers, of optimizers' and layers' parameters, and whatever else is an identifier of PyTorch or of the
literature, are the same in every language.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from core.signal import Signal
from designer.resources import ASSETS

FOLDER = ASSETS / "languages"
ENGLISH = "en"
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e[+-]?\d+)?")
_PLACE = "{n}"

changed: Signal[[]] = Signal()
_used = ENGLISH


@cache
def catalogue(code: str) -> Mapping[str, str]:
    """The texts of a language; none for English, and for one that is not there."""
    texts: dict[str, str] = {}
    for file in files(code) if code != ENGLISH else ():
        texts |= json.loads(file.read_text("utf-8"))
    return texts


def files(code: str) -> list[Path]:
    """The files that make up the catalogue of a language; none for one that is not there."""
    main = FOLDER / f"{code}.json"
    return [main, *sorted((FOLDER / code).glob("*.json"))] if main.is_file() else []


def languages() -> dict[str, str]:
    """Every language by its code, with the name that it gives itself."""
    codes = sorted(file.stem for file in FOLDER.glob("*.json"))
    return {ENGLISH: "English", **{code: catalogue(code)[""] for code in codes}}


def used() -> str:
    """The code of the language in use."""
    return _used


def use(code: str) -> None:
    """Speak this language from now on; one that is not there leaves English."""
    global _used
    code = code if code in languages() else ENGLISH
    if code != _used:
        _used = code
        changed.emit()


def tr(text: str, **values: object) -> str:
    """The text in the language in use, its ``{places}`` filled. Numbers in it need not be part of the catalogue."""
    texts = catalogue(_used)
    found = texts.get(text)
    if found is None and (general := texts.get(without_numbers(text))):
        numbers = iter(_NUMBER.findall(text))
        found = re.sub(re.escape(_PLACE), lambda _: next(numbers), general)
    return (found or text).format(**values) if values else found or text


def without_numbers(text: str) -> str:
    """The text as a catalogue may have it for any numbers: each is ``{n}``, in the same order in every language."""
    return _NUMBER.sub(_PLACE, text)


def marked(text: str) -> str:
    """The text itself; says that it is to be translated where it is shown."""
    return text


if __name__ == "__main__":
    from designer.wording import missing

    for name in languages():
        if name != ENGLISH:
            sys.stdout.writelines(f"{name}: {text}\n" for text in missing(name))
