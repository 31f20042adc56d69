"""Texts inside generated source: values as literals, a person's words as harmless docstrings."""

from __future__ import annotations

import textwrap
import unicodedata

WIDTH = 100
INDENT = "    "


def literal(value: object) -> str:
    """The value written as Python, in ruff's choice of quotes.

    Raises:
        TypeError: it is no plain value (None, bool, int, float, str, or a tuple, list or dict of such).
    """
    match value:
        case None | bool() | int():
            return repr(value)
        case float():
            return repr(value) if abs(value) < float("inf") else f'float("{value!r}")'
        case str():
            return _quoted(value)
        case tuple():
            inside = ", ".join(map(literal, value))
            return f"({inside},)" if len(value) == 1 else f"({inside})"
        case list():
            return f"[{', '.join(map(literal, value))}]"
        case dict():
            return "{" + ", ".join(f"{literal(k)}: {literal(v)}" for k, v in value.items()) + "}"
        case _:
            raise TypeError(f"{type(value).__name__} cannot be written as a literal")


def comment(text: str) -> str:
    """A person's text made safe for a docstring or a comment: one line, nothing that could end either."""
    plain = "".join(c if c.isprintable() else " " for c in text).replace("\\", "/").replace('"', "'")
    return " ".join(plain.split())


def docstring(indent: int, text: str) -> list[str]:
    """The lines of a docstring that holds a person's text as a sentence, wrapped where it is long."""
    plain, margin = comment(text), INDENT * indent
    sentence = plain if plain[-1:] in (".", "!", "?") else f"{plain}."
    rows = textwrap.wrap(sentence, WIDTH - len(margin) - 6, break_on_hyphens=False) or ["."]
    if len(rows) == 1:
        return [f'{margin}"""{sentence}"""']
    return [f'{margin}"""{rows[0]}', *(margin + row for row in rows[1:]), f'{margin}"""']


def width(text: str) -> int:
    """Columns that the text takes; wide East Asian letters take two."""
    if text.isascii():
        return len(text)
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def _quoted(text: str) -> str:
    shown = repr(text)
    inside = shown[1:-1].replace("\\'", "'") if shown[0] == "'" else shown[1:-1]
    if text.count('"') > text.count("'"):
        return "'" + inside.replace("'", "\\'") + "'"
    return '"' + inside.replace('"', '\\"') + '"'
