"""What the tools of a card work on: the design as it is now, or the run that is shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

from PySide6.QtCore import SignalInstance

from core.analysis.examining.table import EXAMS
from core.problem import Fix, LayerloomError, Problem
from core.program import codec
from core.training.tools.table import TOOLS
from core.training.tools.tool import Tool
from designer.language import tr
from designer.session import Session
from designer.studio import Studio
from graph.lower import lower


class Work(Protocol):
    """`module` is the process that answers for the `tools`."""

    tools: Mapping[str, Tool[Any]]
    module: str
    session: Session

    @property
    def title(self) -> str:
        """Of the card."""

    def args(self) -> dict[str, Any]:
        """What a request is about. Raises LayerloomError where there is nothing to ask about."""

    def turned(self) -> SignalInstance | None:
        """Says that it is about something else now; None where it never is."""

    def apply(self, fix: Fix) -> None:
        """Do what an answer offers."""


class OfDesign:
    tools: Mapping[str, Tool[Any]] = TOOLS
    module = "core.training.tools"

    def __init__(self, session: Session) -> None:
        self.session = session

    @property
    def title(self) -> str:
        return tr("Tools of training")

    def args(self) -> dict[str, Any]:
        session = self.session
        program = codec.to_json(lower(session.document, session.inference))
        base = str(session.folder) if session.folder else None
        return {"program": program, "job": session.document.job.model_dump(mode="json"), "base": base}

    def turned(self) -> SignalInstance | None:
        return None

    def apply(self, fix: Fix) -> None:
        put_into_design(self.session, fix)


class OfRun:
    tools: Mapping[str, Tool[Any]] = EXAMS
    module = "core.analysis.examining"

    def __init__(self, studio: Studio) -> None:
        self.session, self._studio = studio.session, studio

    @property
    def title(self) -> str:
        record = self._studio.record
        return tr("Examine {run}", run=record.folder.name) if record else tr("Examine the run")

    def args(self) -> dict[str, Any]:
        record = self._studio.record
        if record is None:
            message = "No run is shown. Train the design, or choose a run in the Runs panel."
            raise LayerloomError(message, code="run")
        return {"run": str(record.folder), "weights": ""}

    def turned(self) -> SignalInstance | None:
        return self._studio.shown

    def apply(self, fix: Fix) -> None:
        act, record = _ACTS.get(fix.action), self._studio.record
        if act is None:
            put_into_design(self.session, fix)
        elif record is not None:
            act(self._studio, record.folder, fix.args)


def put_into_design(session: Session, fix: Fix) -> None:
    if session.fix(Problem("tool", ""), fix):
        session.notify(f"{fix.label}: in the design.", done=True)


_ACTS: Mapping[str, Callable[[Studio, Path, Mapping[str, Any]], object]] = {
    "export": lambda studio, run, args: studio.export_requested.emit(run, args),
    "prune_branch": lambda studio, _run, args: studio.prune_requested.emit(args),
}  # what is done with the run, and not with the design
