"""The kinds of field that a declaration may have: default, limits, text form, and what a wrong value is told.

A field is a record with JSON-Schema-like names. The property form, the command line (``--set``), the document codec and
the contract tests all go through `Param.check`; no layer checks its own values anywhere else.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from core.spec.param import UNSET, Param, defaults, limits, row, within

__all__ = [
    "UNSET", "Bool", "Choice", "Float", "Floats", "Int", "Ints", "Padding", "Pair", "Param", "Several",
    "Text", "Triple", "defaults",
]  # fmt: skip


@dataclass(frozen=True)
class Int(Param):
    name: str
    default: int | None = 0
    min: int | None = None
    max: int | None = None
    kind: ClassVar[str] = "int"

    @property
    def expects(self) -> str:
        return "a whole number" + limits(self.min, self.max)

    def _check(self, value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not within(value, self.min, self.max):
            self._refuse(value)
        return int(value)


@dataclass(frozen=True)
class Float(Param):
    name: str
    default: float | None = 0.0
    min: float | None = None
    max: float | None = None
    above: bool = False  # the minimum itself is excluded
    kind: ClassVar[str] = "float"

    @property
    def expects(self) -> str:
        return "a number" + (f" above {self.min}" if self.above else limits(self.min, self.max))

    def _check(self, value: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= sys.float_info.max:
            self._refuse(value)
        if not within(value, self.min, self.max) or (self.above and value == self.min):
            self._refuse(value)
        return float(value)


@dataclass(frozen=True)
class Bool(Param):
    name: str
    default: bool = False
    kind: ClassVar[str] = "bool"

    @property
    def expects(self) -> str:
        return "true or false"

    def _check(self, value: Any) -> bool:
        return value if isinstance(value, bool) else self._refuse(value)

    def _parse(self, text: str) -> Any:
        words = {
            "true": True,
            "yes": True,
            "1": True,
            "on": True,
            "false": False,
            "no": False,
            "0": False,
            "off": False,
        }
        return words.get(text.lower(), text)


@dataclass(frozen=True)
class Choice(Param):
    """One of a few words; `labels` gives what the person reads for each, where it differs."""

    name: str
    choices: tuple[str, ...] = ()
    default: str | None = ""
    labels: Mapping[str, str] | None = None
    kind: ClassVar[str] = "choice"

    @property
    def expects(self) -> str:
        return "one of " + ", ".join(self.choices)

    def _check(self, value: Any) -> str:
        return value if isinstance(value, str) and value in self.choices else self._refuse(value)

    def _parse(self, text: str) -> Any:
        return text


@dataclass(frozen=True)
class Several(Choice):
    """Any number of a few words, each once, in the order of the declaration."""

    default: tuple[str, ...] = ()  # type: ignore[assignment]
    kind: ClassVar[str] = "several"

    @property
    def expects(self) -> str:
        return "any of " + ", ".join(self.choices)

    def _check(self, value: Any) -> tuple[str, ...]:  # type: ignore[override]
        if isinstance(value, str) or not isinstance(value, Sequence) or not set(value) <= set(self.choices):
            self._refuse(value)
        return tuple(word for word in self.choices if word in value)

    def _parse(self, text: str) -> Any:
        return tuple(text.replace(",", " ").split())

    def format(self, value: Any) -> str:
        return ", ".join(value or ())


@dataclass(frozen=True)
class Text(Param):
    """A short text of one line; `identifier` asks for a Python-like name, `empty` says what no text means."""

    name: str
    default: str | None = ""
    identifier: bool = False
    max_length: int = 4096
    empty: str = ""
    kind: ClassVar[str] = "text"

    @property
    def expects(self) -> str:
        return "a name of letters, digits and underscores" if self.identifier else "a text"

    def _check(self, value: Any) -> str:
        fits = isinstance(value, str) and len(value) <= self.max_length
        if not fits or (self.identifier and value and not value.isidentifier()):
            self._refuse(value)
        return str(value)

    def _parse(self, text: str) -> Any:
        return text


@dataclass(frozen=True)
class Ints(Param):
    """Whole numbers in a row: any number of them, or exactly `length`; with `scalar`, one number stands for all."""

    name: str
    default: int | tuple[int, ...] | None = ()
    length: int | None = None
    min: int | None = None
    max: int | None = None
    scalar: bool = False
    kind: ClassVar[str] = "ints"

    @property
    def expects(self) -> str:
        many = f"{self.length} whole numbers" if self.length else "whole numbers"
        return ("one whole number or " if self.scalar else "") + many + limits(self.min, self.max)

    def _check(self, value: Any) -> Any:
        if self.scalar and isinstance(value, int) and not isinstance(value, bool):
            return value if within(value, self.min, self.max) else self._refuse(value)
        if not isinstance(value, Sequence) or isinstance(value, str):
            self._refuse(value)
        if any(isinstance(v, bool) or not isinstance(v, int) for v in value):
            self._refuse(value)
        if not all(within(v, self.min, self.max) for v in value) or (self.length and len(value) != self.length):
            self._refuse(value)
        return value[0] if self.scalar and len(value) == 1 else tuple(value)

    def _parse(self, text: str) -> Any:
        value = super()._parse(row(text))
        return value if self.scalar or not isinstance(value, int) else (value,)

    def format(self, value: Any) -> str:
        if value == () and self.optional:
            return "()"  # an empty row, apart from no value at all
        return ", ".join(map(str, value)) if isinstance(value, tuple) else super().format(value)


def Pair(name: str, default: int | tuple[int, int] | None, **more: Any) -> Ints:  # noqa: N802 - reads as a kind
    """One size for both spatial directions, or (height, width)."""
    return Ints(name, default, length=2, scalar=True, **more)


def Triple(name: str, default: int | tuple[int, int, int] | None, **more: Any) -> Ints:  # noqa: N802
    """One size for all three directions, or (depth, height, width)."""
    return Ints(name, default, length=3, scalar=True, **more)


@dataclass(frozen=True)
class Floats(Param):
    name: str
    default: tuple[float, ...] | None = None
    min: float | None = None
    max: float | None = None
    kind: ClassVar[str] = "floats"

    @property
    def expects(self) -> str:
        return "numbers separated by commas" + limits(self.min, self.max)

    def _check(self, value: Any) -> tuple[float, ...]:
        if not isinstance(value, Sequence) or isinstance(value, str):
            self._refuse(value)
        one = Float(self.name, 0.0, min=self.min, max=self.max)
        try:
            return tuple(one.check(v) for v in value)
        except ValueError:
            self._refuse(value)

    def _parse(self, text: str) -> Any:
        value = super()._parse(row(text))
        return value if isinstance(value, tuple | list) else (value,)

    def format(self, value: Any) -> str:
        if value == () and self.optional:
            return "()"  # as in Ints
        return ", ".join(map(repr, value)) if isinstance(value, tuple) else super().format(value)


@dataclass(frozen=True)
class Padding(Param):
    """``"same"``, ``"valid"``, or a number of cells (one for all directions, or one for each)."""

    name: str
    default: str | int | tuple[int, ...] = "same"
    length: int = 2
    words: tuple[str, ...] = ("same", "valid")
    kind: ClassVar[str] = "padding"

    @property
    def expects(self) -> str:
        return " or ".join((*self.words, "whole numbers of 0 or more"))

    def _check(self, value: Any) -> Any:
        if isinstance(value, str):
            return value if value in self.words else self._refuse(value)
        try:
            return Ints(self.name, 0, length=self.length, min=0, scalar=True).check(value)
        except ValueError:
            self._refuse(value)

    def _parse(self, text: str) -> Any:
        return text.lower() if text.lower() in self.words else super()._parse(row(text))

    def format(self, value: Any) -> str:
        return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
