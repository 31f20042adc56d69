"""How well a few typed letters mean a name. Pure; used by the palette, the quick add and the command palette."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

T = TypeVar("T")

_WHOLE, _START, _WORD, _INSIDE, _SCATTERED = 100.0, 80.0, 60.0, 40.0, 15.0
_SYNONYM = 0.6  # a synonym counts a little less than the name itself


def score(query: str, name: str, synonyms: Iterable[str] = ()) -> float:
    """Higher is better, 0 is no match. Each word of the query must be found; letters may skip within a name."""
    words = query.lower().split()
    if not words:
        return 1.0
    total = 0.0
    for word in words:
        best = max((_one(word, name.lower()), *(_SYNONYM * _one(word, s.lower(), scattered=False) for s in synonyms)))
        if best == 0:
            return 0.0
        total += best
    return total / len(words) + (_WHOLE if query.lower().strip() == name.lower() else 0) - 0.01 * len(name)


def rank(query: str, items: Iterable[T], names: Callable[[T], tuple[str, Sequence[str]]]) -> list[T]:
    """The items that match, best first, equals in their order; `names` gives an item's name and synonyms."""
    scored = [(score(query, *names(item)), item) for item in items]
    return [item for points, item in sorted(scored, key=lambda pair: -pair[0]) if points > 0]


def _one(word: str, name: str, *, scattered: bool = True) -> float:
    compact = name.replace(" ", "")
    if name.startswith(word) or compact.startswith(word):
        return _START + 15 * len(word) / max(len(compact), 1)
    starts = [part for part in name.replace("-", " ").split() if part.startswith(word)]
    if starts:
        return _WORD
    if word in name or word in compact:
        return _INSIDE
    return _SCATTERED * _compactness(word, compact) if scattered and len(word) > 2 else 0.0


def _compactness(word: str, name: str) -> float:
    """1 where the letters of the word stand close together in the name, towards 0 where far apart; 0: not in order."""
    first = at = -1
    for letter in word:
        at = name.find(letter, at + 1)
        if at < 0:
            return 0.0
        first = at if first < 0 else first
    spread = len(word) / (at - first + 1)
    return spread if spread > 0.34 else 0.0
