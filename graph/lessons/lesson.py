"""What a lesson is: records, and their plain form in the design file (the setting ``lesson``)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from core.problem import LayerloomError
from graph.document import Document
from graph.lessons.facts import Conditions, check_conditions
from graph.lessons.kinds import CHECKS

SETTING = "lesson"
LONGEST = 4_000  # characters of one text
MOST = 20  # tasks of one kind

Tasks: TypeAlias = "Sequence[Task | str]"


@dataclass(frozen=True, slots=True)
class Check:
    """What is verified: `kind` is an id of `kinds.CHECKS`, `params` the values of its fields.

    `where` holds what must be so of the design that is looked at (see `facts`); `than`, for a kind that compares, what
    must be so of the other one.

    Raises:
        ValueError: there is no such kind, or a value does not fit.
    """

    kind: str
    params: Mapping[str, Any] = field(default_factory=dict)
    where: Conditions = field(default_factory=dict)
    than: Conditions = field(default_factory=dict)

    def __post_init__(self) -> None:
        spec = CHECKS.get(self.kind)
        if spec is None:
            raise ValueError(f"There is no check {self.kind!r:.40}; there are {', '.join(CHECKS)}.")
        values = spec.values(self.params)
        spec.verify(values)
        check_conditions(self.where)
        check_conditions(self.than)

    @property
    def values(self) -> dict[str, Any]:
        """Every field's value, given or default."""
        return CHECKS[self.kind].values(self.params)

    def to_json(self) -> dict[str, Any]:
        plain = {"kind": self.kind, "params": dict(self.params), "where": dict(self.where), "than": dict(self.than)}
        return {key: value for key, value in plain.items() if value != {}}


@dataclass(frozen=True, slots=True)
class Task:
    """Something to do: a sentence or two, and how it is known to be done (None: only the reader knows)."""

    text: str
    check: Check | None = None

    def to_json(self) -> dict[str, Any]:
        return {"text": self.text, **({"check": self.check.to_json()} if self.check else {})}


@dataclass(frozen=True, slots=True)
class Lesson:
    """What a design teaches.

    Attributes:
        id: tells the lesson from others: a run belongs to it where the design it was made of carries the same.
        what: what this is. look: what to look at.
        tries: things to try. goals: what is to be reached.
    """

    id: str
    what: str
    look: str
    tries: tuple[Task, ...] = ()
    goals: tuple[Task, ...] = ()

    @property
    def tasks(self) -> tuple[Task, ...]:
        """In the order in which they are done: goals, then things to try."""
        return (*self.goals, *self.tries)

    def to_json(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "what": self.what,
            "look": self.look,
            "tries": [task.to_json() for task in self.tries],
            "goals": [task.to_json() for task in self.goals],
        }


def tasks(given: Tasks) -> tuple[Task, ...]:
    """Plain sentences become tasks without a check."""
    return tuple(Task(task) if isinstance(task, str) else task for task in given)


def lesson_of(document: Document) -> Lesson | None:
    """The lesson that a design carries; None where it has none, or one that does not hold."""
    try:
        return read_lesson(document.settings[SETTING]) if SETTING in document.settings else None
    except LayerloomError:
        return None


def read_lesson(data: Any) -> Lesson:
    """The lesson in plain data, every value checked. Raises LayerloomError that names the field."""
    try:
        return _lesson(data)
    except ValueError as error:
        raise LayerloomError(f"Lesson: {error}", code="lesson") from error


def _lesson(data: Any) -> Lesson:
    plain = _object(data, "it", {"id", "what", "look", "tries", "goals"})
    id, what, look = (_text(plain.get(key, ""), key) for key in ("id", "what", "look"))
    tries, goals = (_rows(plain.get(key, []), key) for key in ("tries", "goals"))
    return Lesson(id, what, look, tries, goals)


def _rows(data: Any, key: str) -> tuple[Task, ...]:
    if not isinstance(data, list | tuple) or len(data) > MOST:
        raise ValueError(f"{key}: expected a list of up to {MOST} tasks, received {data!r:.60}.")
    return tuple(_task(row, f"{key}.{index}") for index, row in enumerate(data))


def _task(data: Any, place: str) -> Task:
    plain = _object(data, place, {"text", "check"})
    check = plain.get("check")
    return Task(_text(plain.get("text", ""), f"{place}.text"), None if check is None else _check(check, place))


def _check(data: Any, place: str) -> Check:
    plain = _object(data, f"{place}.check", {"kind", "params", "where", "than"})
    parts = {key: _object(plain.get(key, {}), f"{place}.check.{key}") for key in ("params", "where", "than")}
    try:
        return Check(_text(plain.get("kind", ""), "kind"), **parts)
    except ValueError as error:
        raise ValueError(f"{place}.check: {error}") from error


def _object(data: Any, place: str, known: set[str] | None = None) -> Mapping[str, Any]:
    if not isinstance(data, Mapping) or not all(isinstance(key, str) for key in data):
        raise ValueError(f"{place}: expected an object, received {data!r:.60}.")
    unknown = sorted(set(data) - known) if known is not None else []
    if unknown:
        raise ValueError(f"{place}: it has no field {unknown[0]!r:.40}.")
    return data


def _text(value: Any, place: str) -> str:
    if not isinstance(value, str) or len(value) > LONGEST:
        raise ValueError(f"{place}: expected a text of up to {LONGEST:,} characters, received {value!r:.60}.")
    return value
