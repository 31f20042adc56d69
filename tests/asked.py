"""An assistant that keeps the questions, and a run to look at: for tests of panels that ask."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from core.problem import Problem
from designer.plots.record import RunRecord
from designer.studio import Studio
from designer.workers import AssistantClient


class Asked(AssistantClient):
    """An assistant that keeps the questions; the test answers."""

    def __init__(self) -> None:
        super().__init__()
        self.questions: list[tuple[str, dict[str, Any], Callable[[Any, Problem | None], None]]] = []

    def request(self, name: str, args: dict[str, Any], then: Callable[[Any, Problem | None], None]) -> None:
        self.questions.append((name, args, then))

    def reply(self, result: Any = None, problem: Problem | None = None) -> None:
        self.questions[-1][2](result, problem)

    @property
    def names(self) -> list[str]:
        return [name for name, _, _ in self.questions]


def show_run(studio: Studio, tmp_path: Path, state: str = "finished") -> RunRecord:
    record = RunRecord("Pets", tmp_path / "Pets")
    record.state = state  # type: ignore[assignment]
    studio._show(record)
    return record
