"""The examinations of the ground that a network stands on, declared. Imports no torch before one is run."""

from __future__ import annotations

from core.analysis.examining.examined import Examined
from core.training.tools.tool import Tool

EXAMS: tuple[Tool[Examined], ...] = ()
