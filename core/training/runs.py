"""The run folder: all that one training needs, says and leaves, readable and resumable after any kill.

run.json          title, when it was made, where relative paths of the data start
job.json          the training job
program.json      the network
design.loom       the design as it was saved then
masks.safetensors which weights are pruned away for good, where some are
environment.json  versions, device, threads: written when the worker starts
preparation.json  statistics of the data's preparation, for exports
events.jsonl      everything that the worker said, pictures apart
pictures/         those, thinned out over the run (`core.training.films`)
log.txt           what libraries printed
status.json       how far it is, for lists
checkpoints/last  where the run goes on; checkpoints/best: the best weights by the validation metric
result.json       final metrics, and which weights they belong to
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Literal, TypeAlias

from core.files import atomic_write, file_error, read_text
from core.headed import LIMIT, Headed, read_json, write_json
from core.problem import LayerloomError
from core.program import codec
from core.program.program import Program
from core.training.eventlog import EventLog
from core.training.films import Films
from core.training.job import Job, read_job
from core.training.lock import Lock
from core.training.protocol import FINAL, Changed, EpochEnded, Event, Finished, Progress, Started, State, StateChanged

HEAD = Headed("run", 1, "resume the run")
RunState: TypeAlias = State | Literal["new", "interrupted"]


@dataclass(frozen=True, slots=True)
class Status:
    """How far a run is, as it last said."""

    state: RunState = "new"
    message: str = ""
    epoch: float = 0.0
    epochs: int = 0
    step: int = 0
    seconds: float = 0.0
    device: str = ""
    metrics: Mapping[str, Mapping[str, float]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RunSummary:
    """A row of the list of runs. `created` counts seconds since 1970; a folder that does not hold is ``damaged``."""

    folder: Path
    title: str
    created: float
    state: RunState | Literal["damaged"]
    message: str
    epoch: float
    epochs: int
    seconds: float
    metrics: Mapping[str, Mapping[str, float]]


class RunFolder:
    """One run on the disk. Every method may raise LayerloomError where the disk refuses."""

    def __init__(self, path: Path, head: Mapping[str, Any]) -> None:
        self.path = path
        self.title = str(head.get("title", path.name))
        self.created = float(head.get("created", 0.0))
        self.base = Path(head["base"]) if head.get("base") else None
        self.branch: Mapping[str, Any] = head.get("branch") or {}  # run, checkpoint and step that it went on from
        self.events = EventLog(path / "events.jsonl")
        self.films = Films(path / "pictures")
        self.lock = Lock(path / "lock")

    @classmethod
    def create(
        cls, folder: str | Path, program: Program, job: Job, design: str, title: str, base: str | Path | None = None
    ) -> RunFolder:
        """Make the folder of a new run; `base` is where relative paths of the data start (the design's folder).

        Raises:
            LayerloomError: the folder exists and is not empty (code ``exists``), or cannot be written.
        """
        path = HEAD.make(folder)
        write_json(path / "job.json", job.model_dump(mode="json"))
        write_json(path / "program.json", codec.to_json(program))
        atomic_write(path / "design.loom", design)
        where = str(Path(base).absolute()) if base else ""
        HEAD.write(path, {"title": title, "created": time.time(), "base": where})
        return cls.open(path)

    @classmethod
    def open(cls, folder: str | Path) -> RunFolder:
        """The run in `folder`. Raises LayerloomError where it is no run (code ``not-a-run``) or of a later version."""
        path = Path(folder).absolute()
        return cls(path, HEAD.read(path))

    @property
    def job(self) -> Job:
        return read_job(read_json(self.path / "job.json"))

    @property
    def program(self) -> Program:
        return codec.from_json(read_json(self.path / "program.json"))

    @property
    def design(self) -> str:
        return read_text(self.path / "design.loom", LIMIT)

    @property
    def log(self) -> Path:
        return self.path / "log.txt"

    @property
    def checkpoints(self) -> Path:
        return self.path / "checkpoints"

    @property
    def masks(self) -> Path:
        """0 where a weight stays pruned, 1 elsewhere, by parameter (`core.training.pruning`); there need be none."""
        return self.path / "masks.safetensors"

    @property
    def can_resume(self) -> bool:
        """Whether there is something to go on from, in a run that is not going on."""
        kept = ("last", ".last.new", ".last.old")  # see core.training.checkpoint
        return any((self.checkpoints / name / "state.json").is_file() for name in kept) and not self.lock.held()

    def weights(self) -> Path:
        """The weights that the run ended with (or has reached), as safetensors. Raises LayerloomError without any."""
        result = self.result() or {}
        chosen = "best" if result.get("weights") == "best" else "last"
        path = self.checkpoints / chosen / "weights.safetensors"
        if not path.is_file():
            raise LayerloomError(f"The run in {self.path} has no weights yet: no checkpoint was saved.", code="weights")
        return path

    def status(self) -> Status:
        """How far the run is; `state` is right even after its process was killed."""
        status = self._said()
        if status.state in FINAL or self.lock.held():
            return status
        state: RunState = "new" if status.state == "new" else "interrupted"
        message = "" if state == "new" else "The process of this run ended without a word; the run can be resumed."
        return Status(**{**_plain(status), "state": state, "message": message})

    def state(self) -> RunState:
        """What the run is doing: ``interrupted`` where it neither ended nor has a living process."""
        return self.status().state

    def last_state(self) -> RunState:
        """What the run last said of itself, whether or not its process still lives."""
        return self._said().state

    def result(self) -> dict[str, Any] | None:
        """What the run ended with, if it ended."""
        return read_json(self.path / "result.json") if (self.path / "result.json").is_file() else None

    def environment(self) -> dict[str, Any]:
        """Versions, device and threads; empty before the first start."""
        path = self.path / "environment.json"
        return read_json(path) if path.is_file() else {}

    def preparation(self) -> dict[str, Any]:
        """``fitted`` (`core.data.transforms.Fitted`) and ``signature`` of the data; empty before the first start."""
        path = self.path / "preparation.json"
        return read_json(path) if path.is_file() else {}

    def write(self, name: Literal["environment", "preparation", "result"], data: Mapping[str, Any]) -> None:
        write_json(self.path / f"{name}.json", data)

    def forget_result(self) -> None:
        """A run that goes on has not ended."""
        (self.path / "result.json").unlink(missing_ok=True)

    def _said(self) -> Status:
        try:
            data = read_json(self.path / "status.json")
            return Status(**{f.name: data[f.name] for f in fields(Status) if f.name in data})
        except LayerloomError:
            return Status(state="preparing") if self.events.path.exists() else Status()


class StatusKeeper:
    """Follows the events of a run and keeps ``status.json`` fresh: at once for states, else every two seconds."""

    def __init__(self, folder: RunFolder, every: float = 2.0) -> None:
        self._path, self._every, self._due = folder.path / "status.json", every, 0.0
        self.status = folder._said()

    def follow(self, event: Event) -> None:
        news = _news(event)
        if not news:
            return
        self.status = Status(**{**_plain(self.status), **news})
        if isinstance(event, StateChanged | Finished) or time.monotonic() >= self._due:
            self._due = time.monotonic() + self._every
            temporary = self._path.with_suffix(".tmp")  # without fsync: the state is also told by events and lock
            try:
                temporary.write_text(json.dumps(_plain(self.status)))
                temporary.replace(self._path)
            except OSError as error:
                raise file_error("write", self._path, error) from error


def _news(event: Event) -> dict[str, Any]:
    match event:
        case StateChanged():
            return {"state": event.state, "message": event.message}
        case Started():
            return {"epochs": event.epochs, "device": event.device, "step": event.start_step}
        case Progress():
            return {"step": event.step, "epoch": event.epoch}
        case Changed(path="epochs"):
            return {"epochs": int(event.value or 0)}
        case EpochEnded():
            return {"step": event.step, "epoch": event.epoch, "metrics": event.metrics}
        case Finished():
            return {"step": event.steps, "epoch": event.epochs, "metrics": event.metrics, "seconds": event.seconds}
        case _:
            return {}


def list_runs(directory: str | Path) -> list[RunSummary]:
    """The runs in the folders under `directory`, newest first; none where it does not exist."""
    path = Path(directory)
    try:
        folders = [child for child in path.iterdir() if (child / "run.json").is_file()] if path.is_dir() else []
    except OSError as error:
        raise file_error("open", path, error) from error
    return sorted(map(_summary, folders), key=lambda run: run.created, reverse=True)


def _summary(path: Path) -> RunSummary:
    try:
        folder = RunFolder.open(path)
        s = folder.status()
    except LayerloomError as error:
        return RunSummary(path, path.name, 0.0, "damaged", str(error), 0.0, 0, 0.0, {})
    return RunSummary(path, folder.title, folder.created, s.state, s.message, s.epoch, s.epochs, s.seconds, s.metrics)


def _plain(status: Status) -> dict[str, Any]:
    return asdict(status)
