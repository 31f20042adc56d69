"""The runs of one lesson, read from a folder of runs."""

from __future__ import annotations

import json
from pathlib import Path

from core.catalog import Catalog
from core.problem import LayerloomError
from core.training.runs import RunFolder, RunSummary, list_runs
from graph.codec import decode
from graph.document import Document
from graph.lessons.evidence import Trained


class Runs:
    """The runs of one lesson in a folder of runs. Designs are read once: that of a run never changes."""

    def __init__(self, catalog: Catalog, lesson: str) -> None:
        self._catalog, self.lesson = catalog, lesson
        self._mark = f'"id": {json.dumps(lesson, ensure_ascii=False)}'
        self._designs: dict[tuple[Path, float], Document | None] = {}

    def under(self, directory: Path) -> tuple[Trained, ...]:
        """Newest first. A run that cannot be read, or is of another lesson, is left out."""
        found = []
        for run in list_runs(directory):
            document = self._design(run)
            if document is not None:
                found.append(Trained(run.folder.name, document, run.metrics, run.state in ("finished", "stopped")))
        return tuple(found)

    def _design(self, run: RunSummary) -> Document | None:
        key = (run.folder, run.created)
        if key not in self._designs:
            self._designs[key] = self._read(run.folder)
        return self._designs[key]

    def _read(self, folder: Path) -> Document | None:
        try:
            text = RunFolder.open(folder).design
            if self._mark not in text:
                return None
            document, _ = decode(text, self._catalog, folder.name)
        except LayerloomError:
            return None
        held = document.settings.get("lesson")
        return document if isinstance(held, dict) and held.get("id") == self.lesson else None
