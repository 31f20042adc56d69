"""What a view hangs up, with what is said of it: a sheet of pictures for a `Gallery`, or tiles for a `Behind`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from designer.figures.sheet import Tile


@dataclass(frozen=True)
class Hung:
    """`sheet` as `core.analysis.shrink.sheet` has it; `noun` names one picture of several."""

    sheet: Mapping[str, Any]
    title: str
    note: str = ""
    noun: str = "picture"


@dataclass(frozen=True)
class Rows:
    """Curves, or rows of numbers, one for each tile."""

    title: str
    tiles: Sequence[Tile]
