"""New runs made out of the weights of the run that is shown: pruned, or of a network that has grown.

The assistant makes them, for that takes torch; the studio trains them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject

from core.problem import LayerloomError, Problem
from core.program import codec
from core.program.growth import partners, widening
from core.program.program import Program
from core.training.branching import free_branch
from core.training.runs import RunFolder
from designer.language import tr
from designer.session import Button
from designer.studio import Studio
from designer.workers import AssistantClient
from graph.codec import encode
from graph.commands.base import Command
from graph.grow import deeper, wider
from graph.lower import lower


class Offshoots(QObject):
    """Belongs to one design. Trouble is told, and nothing is changed then."""

    def __init__(self, studio: Studio, assistant: AssistantClient, parent: QObject) -> None:
        super().__init__(parent)
        self._studio, self._session, self._assistant = studio, studio.session, assistant
        studio.prune_requested.connect(self.prune)

    def prune(self, args: Mapping[str, Any]) -> None:
        """Train on with a share of the weights held at zero; `args`: share and scope."""
        run = self._shown()
        if run is None or self._is_busy():
            return
        wish = {"run": str(run.path), "folder": str(free_branch(run.path)), **args}
        self._assistant.request("branch.prune", wish, self._train)

    def grow(self, node: str, to: int = 0) -> None:
        """Add a layer behind a node, or give that node `to` units; the shown run's weights go along into a new run."""
        run = self._shown()
        if run is None:
            return
        try:
            growing = self._growing(run, node, to)
        except LayerloomError as error:
            self._session.notify(error.problem)
            return
        wish = {
            "run": str(run.path),
            "folder": str(free_branch(run.path)),
            "program": codec.to_json(growing.program),
            "design": growing.design,
            "growth": growing.growth,
        }
        self._assistant.request("branch.grow", wish, lambda result, problem: self._grown(growing, result, problem))

    def _growing(self, run: RunFolder, node: str, to: int) -> _Growing:
        """What is to be done to the drawing, and what it then means; the drawing itself stays as it is."""
        session = self._session
        now, then = lower(session.document, session.inference), run.program
        if (now.steps, now.blocks) != (then.steps, then.blocks):
            raise LayerloomError(
                f"The design is not the one that the run {run.path.name} trained, so its weights do not fit. Train the "
                "design first, or open the design of the run.",
                code="grow",
            )
        command: Command
        growth: dict[str, Any]
        if to:
            widening(now, node, to)
            command, growth = wider(session.document, partners(now, node), to), {"wider": node, "to": to}
        else:
            chain = deeper(session.document, session.inference, node)
            command, growth = chain, {"added": [made.id for made in chain.chain]}
        with session.document.rehearsal():
            session.document.apply(command.changes(session.document))
            return _Growing(command, growth, lower(session.document), encode(session.document))

    def _grown(self, growing: _Growing, result: Mapping[str, Any] | None, problem: Problem | None) -> None:
        if problem is not None or result is None:
            self._session.notify(problem or tr("Nothing was made."))
            return
        what = growing.command.describe(self._session.document)
        if not self._session.do(growing.command):
            return
        folder = Path(result["run"])
        self._studio.listed.emit()
        self._studio.show(folder)
        told = tr("{what}: the run {run} begins with what was learned.", what=tr(what), run=folder.name)
        self._session.notify(told, Button(tr("Train it"), lambda: self._studio.resume(folder)))

    def _train(self, result: Mapping[str, Any] | None, problem: Problem | None) -> None:
        if problem is not None or result is None:
            self._session.notify(problem or tr("Nothing was made."))
            return
        self._studio.listed.emit()
        self._studio.resume(Path(result["run"]))

    def _shown(self) -> RunFolder | None:
        record = self._studio.record
        try:
            if record is not None:
                return RunFolder.open(record.folder)
        except LayerloomError as error:
            self._session.notify(error.problem)
            return None
        message = tr("No run is shown. Train the design, or choose a run in the Runs panel.")
        self._session.notify(Problem("run", message))
        return None

    def _is_busy(self) -> bool:
        if self._session.run.is_active:
            self._session.notify(tr("A run is going on; stop it first, or wait for its end."))
            return True
        return False


@dataclass(frozen=True)
class _Growing:
    command: Command
    growth: Mapping[str, Any]
    program: Program
    design: str
