"""A lesson held against a design and its runs."""

from __future__ import annotations

from dataclasses import dataclass

from graph.lessons.evidence import Evidence
from graph.lessons.kinds import CHECKS, Verdict
from graph.lessons.lesson import Check, Lesson, Task


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a task stands; without a check there is no verdict."""

    task: Task
    verdict: Verdict | None

    @property
    def passed(self) -> bool:
        return self.verdict is not None and self.verdict.passed


@dataclass(frozen=True, slots=True)
class Standing:
    """How a lesson stands."""

    goals: tuple[Outcome, ...]
    tries: tuple[Outcome, ...]

    @property
    def outcomes(self) -> tuple[Outcome, ...]:
        return (*self.goals, *self.tries)

    @property
    def done(self) -> int:
        return sum(outcome.passed for outcome in self.outcomes)

    @property
    def checked(self) -> int:
        """How many tasks can be verified."""
        return sum(outcome.verdict is not None for outcome in self.outcomes)

    @property
    def passed(self) -> bool:
        """Every task that can be verified is done."""
        return self.done == self.checked

    @property
    def next(self) -> Outcome | None:
        """The first task that is still to be done."""
        return next((o for o in self.outcomes if o.verdict is not None and not o.passed), None)


def verify(lesson: Lesson, evidence: Evidence) -> Standing:
    """Judge every task of a lesson."""
    return Standing(*(tuple(_outcome(task, evidence) for task in part) for part in (lesson.goals, lesson.tries)))


def judge(check: Check, evidence: Evidence) -> Verdict:
    return CHECKS[check.kind].judge(check.values, check.where, check.than, evidence)


def told(check: Check) -> str:
    """A check in words."""
    return CHECKS[check.kind].tell(check.values, check.where, check.than)


def _outcome(task: Task, evidence: Evidence) -> Outcome:
    return Outcome(task, judge(task.check, evidence) if task.check is not None else None)
