"""`Session`: one open document and all that panels need of it. Knows no widget and no Qt."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, TypeAlias

from core.problem import Fix, LayerloomError, Problem, Severity
from core.signal import Signal
from core.training.protocol import State
from designer.language import tr
from designer.search.names import Names
from designer.selection import Selection, scope_at
from graph.check import problems
from graph.commands import Command
from graph.document import Document
from graph.fixes import command as fix_command
from graph.history import History
from graph.infer import Inference

Later: TypeAlias = Callable[[Callable[[], None]], object]
RunCommand: TypeAlias = Literal["train", "pause", "resume", "step", "save", "steer", "stop"]


@dataclass(frozen=True, slots=True)
class Button:
    """Something to click in a notice."""

    label: str
    run: Callable[[], object]


@dataclass(frozen=True, slots=True)
class Notice:
    """A message for the person: the problem's sentence, its fixes, and further buttons. `done`: it is good news."""

    problem: Problem
    buttons: tuple[Button, ...] = ()
    done: bool = False


@dataclass(frozen=True, slots=True)
class Shown:
    """What is to stand on the canvas: by the path of a node, and by path and output port for wires, how strong it is
    from 0 to 1, and a few words or numbers. Empty: nothing more."""

    nodes: Mapping[str, tuple[float, str]]
    wires: Mapping[tuple[str, str], tuple[float, str]]


class RunControls:
    """What the window asks of training, and how training stands; the training panel is at the other end.

    `check_requested` asks for the pre-flight card, `tool_requested` for one of `core.training.tools.table` by its id.
    `is_searching`: a study of the design is under way.

    `requested` carries ``train``, ``pause``, ``resume`` or ``stop``; `changed` is emitted when `state` changes.
    """

    def __init__(self) -> None:
        self.requested: Signal[[RunCommand]] = Signal()
        self.check_requested: Signal[[]] = Signal()
        self.tool_requested: Signal[[str]] = Signal()
        self.changed: Signal[[]] = Signal()
        self._state: State | Literal["idle"] = "idle"
        self._is_searching = False

    @property
    def state(self) -> State | Literal["idle"]:
        return self._state

    @state.setter
    def state(self, state: State | Literal["idle"]) -> None:
        if state != self._state:
            self._state = state
            self.changed.emit()

    @property
    def is_searching(self) -> bool:
        return self._is_searching

    @is_searching.setter
    def is_searching(self, is_searching: bool) -> None:
        if is_searching != self._is_searching:
            self._is_searching = is_searching
            self.changed.emit()

    @property
    def is_active(self) -> bool:
        """A run is under way, paused or not."""
        return self._state in ("preparing", "running", "paused", "stopping")


class Session:
    """One open document.

    Problems are gathered anew at most once per turn of the event loop: `later` is given a function to call in the next
    turn (by default it is called at once, so tests need no loop). Reading `problems` is always up to date.

    Signals: `problems_changed`; `titled` (path, title or unsaved mark changed); `noticed` (a `Notice` for the person);
    `revealed` (path of a node that must be brought into view); `add_requested` (id of a layer to put at the centre of
    the view); `traced` (what a trace has to show on the canvas); `panel_requested` (the id of a panel that is to come
    to the front, and a place in it, or nothing).
    """

    def __init__(self, document: Document, path: Path | None = None, *, later: Later | None = None) -> None:
        self.document = document
        self.history = History(document)
        self.inference = Inference(document)
        self.selection = Selection(document)
        self.run = RunControls()
        self.search = Names(document, self.inference)
        self.problems_changed: Signal[[]] = Signal()
        self.titled: Signal[[]] = Signal()
        self.noticed: Signal[[Notice]] = Signal()
        self.revealed: Signal[[str]] = Signal()
        self.add_requested: Signal[[str]] = Signal()
        self.traced: Signal[[Shown]] = Signal()
        self.panel_requested: Signal[[str, str]] = Signal()
        self._path = path
        self._later: Later = later or (lambda function: function())
        self._problems: list[Problem] | None = None
        self._met: dict[tuple[str, str], Problem] = {}  # in a run, by code and node
        self._unread: Problem | None = None  # why the data could not be read
        self._announcing = False
        document.changed.connect(lambda _changes: self._stale())
        self.inference.changed.connect(lambda *_: self._stale())
        self.history.changed.connect(self.titled.emit)

    # -- the file

    @property
    def path(self) -> Path | None:
        return self._path

    @path.setter
    def path(self, path: Path | None) -> None:
        self._path = path
        self.titled.emit()

    @property
    def folder(self) -> Path | None:
        """The folder of the design's file, where relative paths of its data start; None while it has no file."""
        return self._path.parent if self._path else None

    @property
    def is_dirty(self) -> bool:
        """There are edits that no file has."""
        return not self.history.is_saved

    @property
    def title(self) -> str:
        """The design's name: its file's, else the title in the document, else "Untitled"."""
        return self._path.stem if self._path else self.document.title or tr("Untitled")

    # -- edits

    def do(self, command: Command) -> bool:
        """Do an undoable command. A refusal is told to the person; returns whether it was done."""
        try:
            self.history.do(command)
        except LayerloomError as error:
            self.notify(error.problem)
            return False
        return True

    def attempt(self, make: Callable[[], Command]) -> bool:
        """Make a command and do it; a refusal at either is told to the person."""
        try:
            command = make()
        except LayerloomError as error:
            self.notify(error.problem)
            return False
        return self.do(command)

    def fix(self, problem: Problem, fix: Fix) -> bool:
        """Apply one way out of a problem, as one undo step."""
        done = self.attempt(lambda: fix_command(self.document, problem, fix))
        if done and (problem.code, problem.node) in self._met:
            del self._met[problem.code, problem.node]
            self._stale()
        return done

    def undo(self) -> None:
        if self.history.can_undo:
            self.history.undo()

    def redo(self) -> None:
        if self.history.can_redo:
            self.history.redo()

    # -- problems and messages

    @property
    def problems(self) -> list[Problem]:
        """All that is wrong with the design and its data, the worst first, and what the newest run met at its nodes."""
        if self._problems is None:
            met = (problem for problem in self._met.values() if self._is_here(problem.node))
            data = () if self._unread is None else (self._unread,)
            found = [*data, *problems(self.document, self.inference), *met]
            self._problems = sorted(found, key=lambda problem: list(Severity).index(problem.severity))
        return self._problems

    def meet(self, problem: Problem) -> None:
        """Let trouble of a run stand at its node until the next run begins or its fix is applied. It is no error of the
        design, so it keeps nobody from training again."""
        if problem.node:
            worst = Severity.WARNING if problem.severity is Severity.ERROR else problem.severity
            self._met[problem.code, problem.node] = replace(problem, severity=worst)
            self._stale()

    def tell_of_data(self, problem: Problem | None) -> None:
        """The data has been read, or tried: what was wrong stands among the problems until it is tried again."""
        if problem != self._unread:
            self._unread = problem
            self._stale()

    def forget_met(self) -> None:
        """A run begins: what the last one met is past."""
        if self._met:
            self._met.clear()
            self._stale()

    def _is_here(self, path: str) -> bool:
        place, _, node = path.rpartition("/")
        scope = scope_at(self.document, place)
        return scope is not None and node in self.document.graph(scope)

    def notify(self, what: Problem | str, *buttons: Button, done: bool = False) -> None:
        """Tell the person something, with buttons beside the problem's own fixes. A plain text is a hint."""
        problem = Problem("message", what, severity=Severity.HINT) if isinstance(what, str) else what
        self.noticed.emit(Notice(problem, buttons, done))

    def reveal(self, path: str) -> None:
        """Select the node at `path`, wherever it lies, and bring it into view. A path that is gone does nothing."""
        place, _, node = path.rpartition("/")
        if self._is_here(path):
            self.selection.set([node], path=place)
            self.revealed.emit(path)

    def _stale(self) -> None:
        self._problems = None
        if not self._announcing:
            self._announcing = True
            self._later(self._announce)

    def _announce(self) -> None:
        self._announcing = False
        self.problems_changed.emit()
