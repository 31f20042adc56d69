"""One try of a tool of training: a process that tells how far it is and can be ended at any moment. Knows no widget."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QObject, Signal

from core.problem import LayerloomError, Problem
from core.training.protocol import Command, Event, Progress, Reply
from designer.trials.works import Work
from designer.workers import Outcome, Worker


class Trial(QObject):
    """Signals: `changed` (it began, is further, or ended).

    Attributes:
        tool: which was asked last. share: how far it is, from 0 to 1. answer, problem: how it ended, one of the two;
            both None where it was stopped, or has not ended.
    """

    changed = Signal()

    def __init__(self, work: Work, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._work = work
        self._process: Worker | None = None
        self.tool = ""
        self.share = 0.0
        self.answer: Mapping[str, Any] | None = None
        self.problem: Problem | None = None

    @property
    def is_running(self) -> bool:
        return self._process is not None

    def start(self, tool: str, params: Mapping[str, Any]) -> None:
        """Ask a tool about its work as it is now; one that is under way is ended."""
        self.stop()
        self.tool, self.share, self.answer, self.problem = tool, 0.0, None, None
        try:
            args = self._work.args()
        except LayerloomError as error:
            self.problem = error.problem
            self.changed.emit()
            return
        process = Worker("The tool's process", [sys.executable, "-m", self._work.module], self)
        process.received.connect(lambda event: self._heard(process, event))
        process.ended.connect(lambda outcome: self._ended(process, outcome))
        self._process = process
        process.start()
        process.send(Command("request", {"id": 1, "name": tool, "args": {**args, "params": dict(params)}}))
        self.changed.emit()

    def forget(self) -> None:
        """End what is under way, and what was found."""
        self.tool, self.answer, self.problem = "", None, None
        self.stop()
        self.changed.emit()

    def stop(self) -> None:
        """End what is under way; nothing of it is kept."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.deleteLater()
            self.changed.emit()

    def _heard(self, process: Worker, event: Event) -> None:
        if process is not self._process:
            return
        match event:
            case Progress():
                self.share = event.step / event.total
                self.changed.emit()
            case Reply():
                self.answer = event.result
                self.problem = Problem.from_json(event.problem) if event.problem else None
                self._process = None
                process.quit()
                self.changed.emit()
            case _:
                pass

    def _ended(self, process: Worker, outcome: Outcome) -> None:
        process.deleteLater()
        if process is self._process:
            self._process = None
            self.problem = Problem("tool", f"{outcome} Nothing was changed; try again.", detail=outcome.tail)
            self.changed.emit()
