"""Weights to look at while a run goes on, written when somebody asks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from core.training import checkpoint as files
from core.training.checkpoint import LOOK
from core.training.protocol import Event, Looked
from core.training.reports.reporter import Reporter
from core.training.run import Run


class Weights(Reporter):
    """Answers ``look``: the weights that are validated lie in the checkpoint ``look``, not settled on the disk, since
    nobody goes on from them."""

    def __init__(self, run: Run, folder: Path) -> None:
        self._run, self._place = run, folder / LOOK
        self.wanted = False

    def tell(self) -> Iterator[Event]:
        if not self.wanted:
            return
        self.wanted = False
        files.save(self._place, self._run.shown_checkpoint(), settle=False)
        yield Looked(str(self._place), self._run.step)

    def forget(self) -> None:
        """The run ends, and its last weights are saved."""
        files.remove(self._place)
