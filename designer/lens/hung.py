"""A sheet of pictures with what is said of it, ready for a `Gallery`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Hung:
    """`sheet` as `core.analysis.shrink.sheet` has it; `noun` names one picture of several."""

    sheet: Mapping[str, Any]
    title: str
    note: str = ""
    noun: str = "picture"
