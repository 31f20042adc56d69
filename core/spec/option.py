"""Declarations of things that are picked by name and have fields: optimizers, schedules, data sources, metrics, …"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

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
