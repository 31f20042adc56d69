"""The language of the interface: English sentences in the code, other languages in ``assets/languages``.

A catalogue is a JSON file from the English text to the other one; ``""`` names the language itself. What it lacks is
shown in English. ``python -m designer.language`` lists what catalogues lack.
"""

from __future__ import annotations

import ast
import json
import re
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from core.signal import Signal
from designer.resources import ASSETS

FOLDER = ASSETS / "languages"
ENGLISH = "en"
_NUMBER = re.compile(r"\d+")

changed: Signal[[]] = Signal()
_used = ENGLISH


@cache
def catalogue(code: str) -> Mapping[str, str]:
    """The texts of a language; none for English, and for one that is not there."""
    file = FOLDER / f"{code}.json"
    if code == ENGLISH or not file.is_file():
        return {}
    texts: dict[str, str] = json.loads(file.read_text("utf-8"))
    return texts


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
    """The text in the language in use, its ``{places}`` filled. A number in it need not be part of the catalogue."""
    texts = catalogue(_used)
    found = texts.get(text)
    if found is None and (number := _NUMBER.search(text)):
        found = texts.get(_NUMBER.sub("{n}", text, count=1))
        values = {"n": number[0], **values}
    return (found or text).format(**values) if values else found or text


def marked(text: str) -> str:
    """The text itself; says that it is to be translated where it is shown."""
    return text


def literals() -> Iterator[str]:
    """Every text that stands in the designer's code within `tr` or `marked`."""
    for file in sorted(Path(__file__).parent.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args:
                if node.func.id in ("tr", "marked"):
                    yield from _constants(node.args[0])
                elif node.func.id == "map" and getattr(node.args[0], "id", "") == "marked":
                    yield from (text for part in node.args[1:] for text in _constants(part))


def _constants(node: ast.expr) -> Iterator[str]:
    match node:
        case ast.Constant(value=str() as text):
            yield text
        case ast.IfExp():
            yield from (*_constants(node.body), *_constants(node.orelse))
        case ast.Tuple() | ast.List():
            yield from (text for part in node.elts for text in _constants(part))


def texts() -> Iterator[str]:
    """Every text of the tables of actions and panels, and of the code."""
    from designer.actions import ACTIONS
    from designer.shell.panels import PANELS

    yield from literals()
    for action in ACTIONS:
        yield from filter(None, (*action.menu.split("/"), action.label, action.tip))
    for panel in PANELS:
        yield panel.title


def missing(code: str) -> list[str]:
    """What of `texts` a catalogue lacks."""
    known = catalogue(code)
    return [t for t in dict.fromkeys(texts()) if t not in known and _NUMBER.sub("{n}", t, count=1) not in known]


if __name__ == "__main__":
    for name in languages():
        if name != ENGLISH:
            sys.stdout.writelines(f"{name}: {text}\n" for text in missing(name))
