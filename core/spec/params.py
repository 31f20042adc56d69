"""The kinds of field that a declaration may have: default, limits, text form, and what a wrong value is told.

A field is a record with JSON-Schema-like names. The property form, the command line (``--set``), the document codec and
the contract tests all go through `Param.check`; no layer checks its own values anywhere else.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar


class _Unset:
    def __repr__(self) -> str:
        return "UNSET"


UNSET: Any = _Unset()


@dataclass(frozen=True, kw_only=True)
class Param:
    """What every kind of field has.

    `implied` is the value that the called constructor assumes when the argument is absent (by default the field's own
    default): source text leaves such arguments out. `when` names another field and the values of it for which this one
    applies. `symbol` is the letter that the layer's formula uses.
    """

    label: str = ""
    doc: str = ""
    implied: Any = UNSET
    optional: bool = False
    when: tuple[str, tuple[Any, ...]] | None = None
    advanced: bool = False

    kind: ClassVar[str] = ""
    name: str = ""
    default: Any = None

    @property
    def title(self) -> str:
        return self.label or self.name.replace("_", " ")

    @property
    def implied_value(self) -> Any:
        return self.default if self.implied is UNSET else self.implied

    def applies(self, values: Mapping[str, Any]) -> bool:
        """Whether the field means anything beside these values of the other fields."""
        return self.when is None or values.get(self.when[0]) in self.when[1]

    def check(self, value: Any) -> Any:
        """The value in its normal form.

        Raises:
            ValueError: the value does not fit; the text says what was expected and what was received.
        """
        if value is None and self.optional:
            return None
        return self._check(value)

    def parse(self, text: str) -> Any:
        """The value that a person typed. Raises ValueError like `check`."""
        text = text.strip()
        if self.optional and text.lower() in ("", "none"):
            return None
        return self.check(self._parse(text))

    def format(self, value: Any) -> str:
        """The value as a person would type it; `parse` reads it back."""
        return "" if value is None else str(value)

    @property
    def expects(self) -> str:
        """What a value must be, for messages: "a whole number from 1 to 8"."""
        raise NotImplementedError

    def _check(self, value: Any) -> Any:
        raise NotImplementedError

    def _parse(self, text: str) -> Any:
        try:
            return ast.literal_eval(text)
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            self._refuse(text)

    def _refuse(self, value: Any) -> Any:
        received = repr(value)
        received = received if len(received) <= 60 else received[:57] + "..."
        raise ValueError(f"{self.title}: expected {self.expects}, received {received}.")


@dataclass(frozen=True)
class Int(Param):
    name: str
    default: int | None = 0
    min: int | None = None
    max: int | None = None
    kind: ClassVar[str] = "int"

    @property
    def expects(self) -> str:
        return "a whole number" + _limits(self.min, self.max)

    def _check(self, value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not _within(value, self.min, self.max):
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
        return "a number" + (f" above {self.min}" if self.above else _limits(self.min, self.max))

    def _check(self, value: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            self._refuse(value)
        if not _within(value, self.min, self.max) or (self.above and value == self.min):
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
class Text(Param):
    """A short text of one line; `identifier` asks for a Python-like name."""

    name: str
    default: str | None = ""
    identifier: bool = False
    max_length: int = 4096
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
        return ("one whole number or " if self.scalar else "") + many + _limits(self.min, self.max)

    def _check(self, value: Any) -> Any:
        if self.scalar and isinstance(value, int) and not isinstance(value, bool):
            return value if _within(value, self.min, self.max) else self._refuse(value)
        if not isinstance(value, Sequence) or isinstance(value, str):
            self._refuse(value)
        if any(isinstance(v, bool) or not isinstance(v, int) for v in value):
            self._refuse(value)
        if not all(_within(v, self.min, self.max) for v in value) or (self.length and len(value) != self.length):
            self._refuse(value)
        return tuple(value)

    def _parse(self, text: str) -> Any:
        value = super()._parse(_row(text))
        return value if self.scalar or not isinstance(value, int) else (value,)

    def format(self, value: Any) -> str:
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
        return "numbers separated by commas" + _limits(self.min, self.max)

    def _check(self, value: Any) -> tuple[float, ...]:
        if not isinstance(value, Sequence) or isinstance(value, str):
            self._refuse(value)
        one = Float(self.name, 0.0, min=self.min, max=self.max, label=self.title)
        return tuple(one.check(v) for v in value)

    def _parse(self, text: str) -> Any:
        value = super()._parse(_row(text))
        return value if isinstance(value, tuple | list) else (value,)

    def format(self, value: Any) -> str:
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
        return text.lower() if text.lower() in self.words else super()._parse(_row(text))

    def format(self, value: Any) -> str:
        return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)


def defaults(params: Sequence[Param]) -> dict[str, Any]:
    """The value of every field when nobody has set it."""
    return {p.name: p.default for p in params}


def _within(value: float, low: float | None, high: float | None) -> bool:
    return (low is None or value >= low) and (high is None or value <= high)


def _limits(low: float | None, high: float | None) -> str:
    if low is None and high is None:
        return ""
    if high is None:
        return f" of {low} or more"
    return f" of {high} or less" if low is None else f" from {low} to {high}"


def _row(text: str) -> str:
    """`3 x 5`, `3 5` and `3, 5` all read as a tuple."""
    parts = text.strip("()[] ").replace("x", " ").replace(",", " ").split()
    return (
        parts[0]
        if len(parts) == 1 and not text.strip().startswith(("(", "["))
        else f"({', '.join(parts)},)"
        if parts
        else "()"
    )
