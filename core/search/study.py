"""The folder of a study: what is searched, every trial, and where their runs lie. Reading needs neither torch nor
Optuna.

study.json     title, when it was made, where relative paths of the data start, the search
design.loom    the design that is varied
journal.jsonl  what happened, a line at a time (`core.search.journal`); all state is made of it
trials/007     the run folder of trial 7; with folds it holds fold1, fold2, …
lock           held by the process that works on it
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, TypeAlias

from core.files import atomic_write, file_error, read_text
from core.headed import LIMIT, Headed
from core.problem import LayerloomError
from core.search.journal import Journal
from core.search.space import points
from core.search.trial import Trial
from core.training.job import read_job
from core.training.lock import Lock
from core.training.search import Search

HEAD = Headed("study", 1, "go on with the study")
StudyState: TypeAlias = Literal["new", "running", "paused", "interrupted", "stopped", "finished", "failed"]


class Study:
    """One study on the disk. What it tells is fresh at each call of `refresh`, which reads what is new."""

    def __init__(self, path: Path, head: Mapping[str, Any]) -> None:
        self.path = path
        self.title = str(head.get("title", path.name))
        self.created = float(head.get("created", 0.0))
        self.base = Path(head["base"]) if head.get("base") else None
        self.search: Search = read_job({"search": head.get("search", {})}).search
        self.lock = Lock(path / "lock", "study")
        self.message = ""
        self.importance: Mapping[str, float] = {}  # share of the spread that a path explains; empty before it is known
        self._said: StudyState = "new"
        self._trials: dict[int, Trial] = {}
        self._journal = Journal(path / "journal.jsonl")
        self.refresh()

    @classmethod
    def create(
        cls, folder: str | Path, design: str, search: Search, title: str, base: str | Path | None = None
    ) -> Study:
        """Make the folder of a new study of a design (the text of its file); `base` as for `RunFolder.create`.

        Raises:
            LayerloomError: the folder exists and is not empty (code ``exists``), or cannot be written.
        """
        path = HEAD.make(folder)
        atomic_write(path / "design.loom", design)
        where = str(Path(base).absolute()) if base else ""
        said = {"title": title, "created": time.time(), "base": where}
        HEAD.write(path, {**said, "search": search.model_dump(mode="json")})
        return cls.open(path)

    @classmethod
    def open(cls, folder: str | Path) -> Study:
        """The study in `folder`.

        Raises:
            LayerloomError: there is none (code ``not-a-study``), it is damaged or of a later version.
        """
        path = Path(folder).absolute()
        return cls(path, HEAD.read(path))

    @property
    def design(self) -> str:
        """The text of the design. Raises LayerloomError."""
        return read_text(self.path / "design.loom", LIMIT)

    @property
    def planned(self) -> int:
        """How many trials it is to have; without variables one."""
        if not self.search.variables:
            return 1
        every = points(self.search)
        return self.search.trials if every is None else every

    @property
    def trials(self) -> list[Trial]:
        """Every trial by number. One whose process is gone is ``waiting``: it goes on when the study does."""
        found = [self._trials[number] for number in sorted(self._trials)]
        if self.lock.held():
            return found
        return [replace(trial, state="waiting") if trial.state == "running" else trial for trial in found]

    def trial(self, number: int) -> Trial:
        """One of them. Raises KeyError where there is none of that number."""
        return self._trials[number]

    @property
    def ranked(self) -> list[Trial]:
        """The finished trials, the best first, of equals the earlier one."""
        done = [trial for trial in self.trials if trial.state == "finished" and trial.result is not None]
        sign = 1 if self.search.direction == "min" else -1
        return sorted(done, key=lambda trial: sign * float(trial.result or 0.0))

    @property
    def best(self) -> Trial | None:
        """The first of those; None before there is one."""
        return next(iter(self.ranked), None)

    def state(self) -> StudyState:
        """What it is doing; right even after a ``kill -9``: neither ended nor at work is ``interrupted``."""
        if self.lock.held():
            return "paused" if self._said == "paused" else "running"
        return "interrupted" if self._said in ("running", "paused") else self._said

    def folders(self, number: int) -> tuple[Path, ...]:
        """Where the runs of a trial lie, or will: one, or one for each fold."""
        own = self.path / "trials" / f"{number:03d}"
        return tuple(own / f"fold{k + 1}" for k in range(self.search.folds)) or (own,)

    def refresh(self) -> bool:
        """Read what was written since the last time; whether there was anything. Raises LayerloomError."""
        news = self._journal.news()
        for entry in news:
            try:
                self._take(entry)
            except (KeyError, TypeError, ValueError):
                continue  # of a later version, or damaged: the others hold all the same
        return bool(news)

    def extend(self, trials: int) -> None:
        """So many trials in all are to be made when the study goes on.

        Raises:
            LayerloomError: a process is at work on it, which alone may write (tell it), or the disk refuses.
        """
        if self.lock.held():
            raise LayerloomError(f"The study in {self.path} is going on; stop it first.", code="running")
        self.write("extended", settle=True, trials=max(1, trials))

    def write(self, what: str, settle: bool = False, **values: Any) -> None:
        """Note what happened (see `_take`); for the process that holds the lock. Raises LayerloomError."""
        self._journal.append({"what": what, "time": time.time(), **values}, settle)
        self.refresh()

    def _take(self, entry: Mapping[str, Any]) -> None:
        match entry["what"]:
            case "state":
                self._said, self.message = entry["state"], str(entry.get("message", ""))
            case "extended":
                self.search = self.search.model_copy(update={"trials": int(entry["trials"])})
            case "importance":
                self.importance = {str(path): float(share) for path, share in entry["shares"].items()}
            case "proposed":
                number, is_design = int(entry["trial"]), entry.get("is_design") is True
                self._trials[number] = Trial(number, dict(entry["values"]), is_design=is_design)
            case "began":
                trial = self._trials[int(entry["trial"])]
                self._trials[trial.number] = replace(trial, state="running", runs=self.folders(trial.number))
            case "built":
                number = int(entry["trial"])
                self._trials[number] = replace(self._trials[number], parameters=int(entry["parameters"]))
            case "epoch":
                self._epoch(int(entry["trial"]), int(entry["fold"]), int(entry["epoch"]), float(entry["value"]))
            case "ended":
                trial = self._trials[int(entry["trial"])]
                kept = ("state", "result", "deviation", "metrics", "seconds", "message")
                self._trials[trial.number] = replace(trial, **{name: entry[name] for name in kept if name in entry})

    def _epoch(self, number: int, fold: int, epoch: int, value: float) -> None:
        trial = self._trials[number]
        curves = [*trial.curves, *[()] * (fold + 1 - len(trial.curves))]
        kept = curves[fold]
        if kept and kept[-1][0] >= epoch:  # told again, by a run that goes on from before
            kept = tuple(point for point in kept if point[0] < epoch)
        curves[fold] = (*kept, (epoch, value))
        self._trials[number] = replace(trial, curves=tuple(curves))


@dataclass(frozen=True, slots=True)
class StudySummary:
    """A row of the list of studies; a folder that does not hold is ``damaged``."""

    folder: Path
    title: str
    created: float
    state: StudyState | Literal["damaged"]
    message: str
    ended: int
    planned: int
    metric: str
    best: float | None


class StudyList:
    """The studies in the folders under a directory. A journal that has not grown since is not read again."""

    def __init__(self, directory: str | Path) -> None:
        self.directory = Path(directory)
        self._known: dict[Path, tuple[tuple[Any, ...], StudySummary]] = {}

    def read(self) -> list[StudySummary]:
        """Newest first; none where there is no such directory. Raises LayerloomError where it cannot be read."""
        path = self.directory
        try:
            folders = [child for child in path.iterdir() if (child / "study.json").is_file()] if path.is_dir() else []
            stamps = {folder: _stamp(folder) for folder in folders}
        except OSError as error:
            raise file_error("open", path, error) from error
        known = self._known
        self._known = {
            folder: known[folder] if folder in known and known[folder][0] == stamp else (stamp, _summary(folder))
            for folder, stamp in stamps.items()
        }
        return sorted((study for _, study in self._known.values()), key=lambda study: study.created, reverse=True)


def list_studies(directory: str | Path) -> list[StudySummary]:
    """The studies in the folders under `directory`, as `StudyList.read` tells them."""
    return StudyList(directory).read()


def _stamp(folder: Path) -> tuple[Any, ...]:
    """What differs where the study may tell something else. Raises OSError."""
    files = [folder / name for name in ("study.json", "journal.jsonl")]
    sizes = [(one.st_mtime_ns, one.st_size) for one in (file.stat() for file in files if file.exists())]
    return (*sizes, Lock(folder / "lock").held())


def _summary(path: Path) -> StudySummary:
    try:
        study = Study.open(path)
    except LayerloomError as error:
        return StudySummary(path, path.name, 0.0, "damaged", str(error), 0, 0, "", None)
    best, ended = study.best, sum(trial.has_ended for trial in study.trials)
    return StudySummary(
        path, study.title, study.created, study.state(), study.message, ended, study.planned,
        study.search.metric, best.result if best else None,
    )  # fmt: skip
