"""JSON from strangers: parsed within limits, and refused in a sentence that says where it breaks."""

from __future__ import annotations

import json
import math
from typing import Any, NoReturn

from core.problem import LayerloomError

MAX_BYTES = 64 << 20
MAX_VALUES = 2_000_000
MAX_DEPTH = 64
MAX_TEXT = 1_000_000  # characters of one text
_LARGEST = 2**63


def parse(text: str, name: str) -> tuple[dict[str, Any], list[str]]:
    """The object that the text holds, and the keys that stand twice in one object of it (the last one counts).

    `name` is what the sentences call the text. The result has `MAX_DEPTH` levels at most, finite numbers, valid texts.

    Raises:
        LayerloomError: the text is too large, no JSON, or no object; with line and column where it breaks.
    """
    _check_size(text, name)
    doubled: list[str] = []

    def collect(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        data = dict(pairs)
        if len(data) != len(pairs):
            keys = [key for key, _ in pairs]
            doubled.extend(sorted({key for key in keys if keys.count(key) > 1})[:10])
        return data

    try:
        data = json.loads(text, object_pairs_hook=collect, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        raise LayerloomError(f"{name}: {_where(error, text)}", code="not-json", detail=repr(error)) from error
    except RecursionError as error:
        raise LayerloomError(f"{name}: it is nested deeper than {MAX_DEPTH} levels.", code="too-deep") from error
    except ValueError as error:  # a constant that is no JSON, or a number of thousands of digits
        raise LayerloomError(f"{name}: a number in it cannot be read: {error}.", code="not-json") from error
    if not isinstance(data, dict):
        raise LayerloomError(f"{name}: expected an object {{…}}, found {_kind(data)}.", code="not-json")
    _check_values(data, name)
    return data, doubled


def _check_size(text: str, name: str) -> None:
    if len(text) > MAX_BYTES:
        size = f"{len(text) / (1 << 20):.0f} MB"
        raise LayerloomError(f"{name}: it is larger ({size}) than the limit of {MAX_BYTES >> 20} MB.", code="too-large")
    if sum(map(text.count, ",[{")) > MAX_VALUES:
        raise LayerloomError(f"{name}: it has more than {MAX_VALUES:,} values.", code="too-large")
    if not text.strip():
        raise LayerloomError(f"{name}: it is empty.", code="not-json")


def _check_values(data: Any, name: str) -> None:
    """Walk without recursion, so that no nesting can exhaust the stack."""
    level: list[Any] = [data]
    for _ in range(MAX_DEPTH):
        below: list[Any] = []
        for value in level:
            if isinstance(value, dict):
                for key in value:
                    _check_text(key, name)
                below.extend(value.values())
            elif isinstance(value, list):
                below.extend(value)
            elif isinstance(value, str):
                _check_text(value, name)
            elif isinstance(value, float) and not math.isfinite(value):
                raise LayerloomError(f"{name}: a number in it is too large.", code="number")
            elif isinstance(value, int) and not -_LARGEST <= value < _LARGEST:
                raise LayerloomError(f"{name}: the number {str(value)[:12]}… in it is too large.", code="number")
        level = below
        if not level:
            return
    raise LayerloomError(f"{name}: it is nested deeper than {MAX_DEPTH} levels.", code="too-deep")


def _check_text(text: str, name: str) -> None:
    if text.isascii() and len(text) <= MAX_TEXT:
        return
    if len(text) > MAX_TEXT:
        raise LayerloomError(f"{name}: a text in it is longer than {MAX_TEXT:,} characters.", code="too-large")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise LayerloomError(f"{name}: a text in it has half a character (\\ud800 to \\udfff).", code="text") from error


def _refuse_constant(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON number")


def _where(error: json.JSONDecodeError, text: str) -> str:
    cut = error.pos >= len(text.rstrip()) or error.msg.startswith("Unterminated string")
    what = error.msg[:1].lower() + error.msg[1:].replace("property name enclosed in double quotes", "a name in quotes")
    return f"line {error.lineno}, column {error.colno}: {what}{'; the file seems cut off' if cut else ''}."


def _kind(data: Any) -> str:
    names = {list: "a list", str: "a text", bool: "true or false", int: "a number", float: "a number"}
    return names.get(type(data), "null")
