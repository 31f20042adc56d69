"""Declarations of things that are picked by name and have fields: optimizers, schedules, data sources, metrics, …"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

from core.problem import LayerloomError
from core.spec.params import Param


@dataclass(frozen=True)
class OptionSpec:
    """One pickable thing; the same form widget edits its fields as edits a layer's.

    `torch` is the path of the class that it becomes, where there is one.
    """

    id: str
    label: str
    doc: str
    params: tuple[Param, ...] = ()
    formula: str = ""
    source: str = ""
    torch: str = ""
    group: str = ""

    @cached_property
    def param(self) -> Mapping[str, Param]:
        return {p.name: p for p in self.params}

    def values(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """Every field's value, given or default. Raises ValueError for unknown names and values that do not fit."""
        unknown = sorted(set(params) - set(self.param))
        if unknown:
            raise ValueError(f"{self.label} has no field {', '.join(unknown)}.")
        return {p.name: p.check(params[p.name]) if p.name in params else p.default for p in self.params}


Option = TypeVar("Option", bound=OptionSpec)


def picked(
    options: Mapping[str, Option], id: str, params: Mapping[str, Any], what: str
) -> tuple[Option, dict[str, Any]]:
    """The option by id, and every field's value.

    Raises:
        LayerloomError: there is no such `what`, or one of its fields does not hold; `what` is the code too.
    """
    if id not in options:
        raise LayerloomError(f"There is no {what} {id!r:.40}; there are {', '.join(options)}.", code=what)
    option = options[id]
    try:
        return option, option.values(params)
    except ValueError as error:
        raise LayerloomError(f"{option.label}: {error}", code=what) from error
