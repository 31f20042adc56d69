"""What every kind of field has; `core.spec.params` lists the kinds."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, NoReturn


class _Unset:
    def __repr__(self) -> str:
        return "UNSET"


UNSET: Any = _Unset()


@dataclass(frozen=True, kw_only=True)
class Param:
    """What every kind of field has.

    `implied` is the value that the called constructor assumes when the argument is absent: source text leaves such
    arguments out. By default it is the field's own default; None on a field that is not optional says that the argument
    is required. `when` names another field and the values of it for which this one applies. An `advanced` field may be
    shown apart from the others.
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

    def _refuse(self, value: Any) -> NoReturn:
        received = repr(value)
        received = received if len(received) <= 60 else received[:57] + "..."
        raise ValueError(f"{self.title}: expected {self.expects}, received {received}.")


def defaults(params: Sequence[Param]) -> dict[str, Any]:
    """The value of every field when nobody has set it."""
    return {p.name: p.default for p in params}


def within(value: float, low: float | None, high: float | None) -> bool:
    return (low is None or value >= low) and (high is None or value <= high)


def limits(low: float | None, high: float | None) -> str:
    if low is None and high is None:
        return ""
    if high is None:
        return f" of {low} or more"
    return f" of {high} or less" if low is None else f" from {low} to {high}"


def row(text: str) -> str:
    """`3 x 5`, `3 5` and `3, 5` all read as a tuple."""
    parts = text.strip("()[] ").replace("x", " ").replace(",", " ").split()
    if not parts:
        return "()"
    is_row = len(parts) > 1 or text.strip().startswith(("(", "["))
    return f"({', '.join(parts)},)" if is_row else parts[0]
