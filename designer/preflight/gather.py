"""What the card shows: worked out here at once, measured and read by the assistant meanwhile. Knows no widget."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.analysis.lint import findings, room
from core.analysis.preflight import Preflight, measured, preflight
from core.memory import free_memory
from core.problem import LayerloomError, Problem, Severity
from core.program import codec
from core.program.program import Program
from core.signal import Signal
from core.training.job import Job
from designer.figures.asking import Asker
from designer.session import Session
from designer.workers import AssistantClient
from graph.lower import lower

_WORST_FIRST = {severity: place for place, severity in enumerate(Severity)}


class Gathering:
    """Follows nothing by itself: `look` when the design may have changed. `changed` is emitted when there is more.

    Attributes:
        found: the costs; None while the design or its job has errors.
        estimate: the answer of the assistant that belongs to it; None before it came.
        free: bytes of memory that the training may use, on the device that was measured.
        is_measuring: an answer is under way.
    """

    def __init__(self, session: Session, assistant: AssistantClient) -> None:
        self.changed: Signal[[]] = Signal()
        self.found: Preflight | None = None
        self.estimate: Mapping[str, Any] | None = None
        self.free = free_memory()
        self.is_measuring = False
        self._session = session
        self._measure, self._preview = Asker(assistant), Asker(assistant)
        self._stated: Preflight | None = None  # before anything was measured
        self._program: Program | None = None
        self._job: Job | None = None
        self._seen: Mapping[str, Any] | None = None
        self._trouble: tuple[Problem, ...] = ()
        self._asked: dict[str, dict[str, Any]] = {}

    @property
    def problems(self) -> list[Problem]:
        """What is wrong with the design, then what looks wrong with its training; the worst first, each once."""
        found = [*self._session.problems, *self._trouble]
        if self.found is not None:
            found += room(self.found, self.free)
        if self._program is not None and self._job is not None:
            known = {problem.code for problem in found}
            more = findings(self._program, self._job, self._seen, self.estimate)
            found += [problem for problem in more if problem.code not in known]
        unlike = {(problem.message, problem.node): problem for problem in found}
        return sorted(unlike.values(), key=lambda problem: _WORST_FIRST[problem.severity])

    @property
    def fits(self) -> bool:
        return self.found is not None and self.found.memory.fits(self.free)

    def look(self, *, again: bool = False) -> None:
        """Work the costs out anew, and ask for what is not known of this very design and job (`again`: in any case)."""
        if again:
            self._asked.clear()
        try:
            job = self._session.document.job
            program = lower(self._session.document, self._session.inference)
            self._stated = preflight(program, job)
        except LayerloomError:  # one of the session's problems
            self.found, self._stated, self._program = None, None, None
            self._stop_measuring()
            self.changed.emit()
            return
        self._program, self._job = program, job
        self._settle()
        self._ask(program, job)
        self.changed.emit()

    def _ask(self, program: Program, job: Job) -> None:
        if job.data.source.kind == "none" or not program.losses:
            self.estimate, self._seen, self.is_measuring = None, None, False
            self._settle()
            return
        base = str(self._session.folder) if self._session.folder else None
        data = job.data.model_dump(mode="json")
        if self._is_new("data.preview", {"data": data, "base": base}):
            self._seen = None
            self._preview.ask("data.preview", self._asked["data.preview"], self._previewed)
        if self._stated is not None and not self._stated.memory.fits(free_memory()):
            self._stop_measuring()  # a step would take the memory that is not there
            return
        if self._is_new("estimate", {"program": codec.to_json(program), "job": _without_length(job), "base": base}):
            self.is_measuring, self.estimate, self._trouble = True, None, ()
            self._settle()
            self._measure.ask("estimate", self._asked["estimate"], self._measured)

    def _stop_measuring(self) -> None:
        self._measure.forget()
        self._asked.pop("estimate", None)
        self.is_measuring, self.estimate = False, None
        self._settle()

    def _is_new(self, name: str, args: dict[str, Any]) -> bool:
        if self._asked.get(name) == args:
            return False
        self._asked[name] = args
        return True

    def _previewed(self, result: Any, problem: Problem | None) -> None:
        self._seen = result if problem is None else None
        self.changed.emit()

    def _measured(self, result: Any, problem: Problem | None) -> None:
        self.is_measuring = False
        self.estimate = result
        self._trouble = (problem,) if problem is not None else ()
        self._settle()
        self.changed.emit()

    def _settle(self) -> None:
        """The costs as they are known now."""
        free = self.estimate.get("free") if self.estimate else None
        self.free = int(free) if free is not None else free_memory()
        stated = self._stated
        self.found = measured(stated, self.estimate) if stated is not None and self.estimate is not None else stated


def _without_length(job: Job) -> dict[str, Any]:
    """The job in plain data, without what does not bear on one step: nothing is measured again for more epochs."""
    return job.model_copy(update={"epochs": Job().epochs, "stopping": Job().stopping}).model_dump(mode="json")
