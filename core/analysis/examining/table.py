"""The tools that work on a run, by name, like `core.training.tools.table`: each family stands in a module of its own.

Imports no torch before one is run.
"""

from __future__ import annotations

from collections.abc import Mapping

from core.analysis.examining import compress, rebuilding, robust, sure, surfaces
from core.analysis.examining.examined import PART, Examined
from core.training.tools.tool import Tool

__all__ = ["EXAMS", "PART", "Examined"]

_FAMILIES: tuple[tuple[Tool[Examined], ...], ...] = (
    surfaces.EXAMS,
    robust.EXAMS,
    sure.EXAMS,
    rebuilding.EXAMS,
    compress.EXAMS,
)
EXAMS: Mapping[str, Tool[Examined]] = {tool.id: tool for family in _FAMILIES for tool in family}
