"""Sentences of the engine in the language in use.

`core`, `graph` and `exporters` know no languages: they say in English what is wrong and what an act is called, with the
values in it. A catalogue has such a sentence with places for the values, ``{1}: no Input reaches it, …``; what is shown
is looked up by which of them it was made of. What no catalogue knows stays English.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache

from designer import language
from designer.language import ENGLISH, catalogue, tr

_PLACE = re.compile(r"\{(\d)\}")
_ENDS = re.compile(r"(?<=[.!?)]) (?=[A-Z])")
_CLAUSES = re.compile("; ")
_VALUE = r"(?:(?![.!?] [A-Z]).)+?"  # it does not reach into another sentence
_SEVERAL_WORDS = re.compile(r"\w\W* +\w")
KEPT = 4096


@dataclass(frozen=True)
class Pattern:
    """A sentence with places: what it matches, and how another language says it."""

    matches: re.Pattern[str]
    other: str

    def read(self, text: str) -> str | None:
        """The text in the other language; None where it is another sentence."""
        found = self.matches.fullmatch(text)
        if found is None:
            return None
        values = [told(value) if _SEVERAL_WORDS.search(value) else value for value in found.groups()]
        return _PLACE.sub(lambda place: values[int(place[1]) - 1], self.other)


def told(text: str) -> str:
    """The sentence in the language in use; as it is where that has no words for it."""
    code = language.used()
    return text if code == ENGLISH or not text else _told(text, code)


@cache
def patterns(code: str) -> tuple[Pattern, ...]:
    """The sentences with places of a language, those that say most first."""
    found = [(english, other) for english, other in catalogue(code).items() if _PLACE.search(english)]
    found.sort(key=lambda pair: -len(_PLACE.sub("", pair[0])))
    return tuple(Pattern(re.compile(expression(english), re.DOTALL), other) for english, other in found)


def expression(template: str) -> str:
    """What the texts look like that are made of a sentence with places; a place that comes again has the same value."""
    seen: set[str] = set()

    def parts() -> Iterator[str]:
        for index, part in enumerate(_PLACE.split(template)):
            if index % 2 == 0:
                yield re.escape(part)
            else:
                yield f"(?P=v{part})" if part in seen else f"(?P<v{part}>{_VALUE})"
                seen.add(part)

    return "".join(parts()) + ("" if "." in template else r"(?<!\.)")  # a name of an act is no sentence


_kept: dict[tuple[str, str], str] = {}


def _told(text: str, code: str) -> str:
    key = (code, text)
    if key not in _kept:
        if len(_kept) >= KEPT:
            _kept.clear()
        ways: tuple[Callable[[str, str], str], ...] = (_whole, _after_a_name, _in_parts)
        _kept[key] = next((other for way in ways if (other := way(text, code)) != text), text)
    return _kept[key]


def _whole(text: str, code: str) -> str:
    if (exact := tr(text)) != text:
        return exact
    return next((other for pattern in patterns(code) if (other := pattern.read(text)) is not None), text)


def _after_a_name(text: str, code: str) -> str:
    """``Conv 2D 2: the input has no wire.``: the name stays."""
    name, mark, rest = text.partition(": ")
    if not mark or _ENDS.search(name) or (other := told(rest)) == rest:
        return text
    return f"{name}{mark}{other}"


def _in_parts(text: str, code: str) -> str:
    """Several sentences or clauses, each for itself; all stay where one has no words: half of it helps nobody."""
    for ends, mark in ((_ENDS, " "), (_CLAUSES, "; ")):
        parts = ends.split(text)
        others = [told(part) for part in parts] if len(parts) > 1 else []
        if others and all(other != part for other, part in zip(others, parts, strict=True)):
            return mark.join(others)
    return text
