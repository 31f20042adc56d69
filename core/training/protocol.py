"""What a worker says and what it is told: one JSON object a line, on stdout and stdin.

Every event is ``{"v": 1, "event": <type>, …}``. State changes are sent at once and never dropped; points are gathered
for 50 ms into one `Points` event of columns (nothing is lost); of `Progress`, `Signals` and `Picture` (by name) only
the newest goes out. stdout carries nothing else: prints of libraries go to the run's log.

Steps are counted from 1: `step` says how many are done. A `Started` with `start_step` makes void whatever was said of
later steps: the run goes on from a checkpoint.
"""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar, Literal, TextIO, TypeAlias

VERSION = 1
State: TypeAlias = Literal["preparing", "running", "paused", "stopping", "finished", "stopped", "failed"]
FINAL: frozenset[str] = frozenset({"finished", "stopped", "failed"})


@dataclass(frozen=True, slots=True)
class Event:
    type: ClassVar[str] = ""


@dataclass(frozen=True, slots=True)
class Ready(Event):
    """The process is warm: heavy imports are done and it waits for a command."""

    type: ClassVar[str] = "ready"
    pid: int
    role: Literal["run", "assistant"]


@dataclass(frozen=True, slots=True)
class Started(Event):
    """The run begins (or goes on): all that is fixed from now on."""

    type: ClassVar[str] = "started"
    run: str
    device: str
    threads: int
    parameters: int
    epochs: int
    steps_per_epoch: int
    start_step: int
    examples: dict[str, int]  # split -> how many
    losses: tuple[str, ...]
    metrics: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StateChanged(Event):
    type: ClassVar[str] = "state"
    state: State
    message: str = ""


@dataclass(frozen=True, slots=True)
class Points(Event):
    """Columns of per-batch points: `series` maps ``train/loss``, ``lr``, ``grad_norm``, … to the values at `step`.

    Series that are sampled (``grad_norm``, ``time/…``, ``system/…``) come in events of their own.
    """

    type: ClassVar[str] = "points"
    step: Sequence[int]
    series: dict[str, Sequence[float]]


@dataclass(frozen=True, slots=True)
class EpochEnded(Event):
    """Means over the epoch (train), full evaluations (validation): ``{"train": {"loss": …}, "validation": …}``."""

    type: ClassVar[str] = "epoch"
    epoch: int
    step: int
    metrics: dict[str, dict[str, float]]
    seconds: float


@dataclass(frozen=True, slots=True)
class Progress(Event):
    type: ClassVar[str] = "progress"
    step: int
    total: int
    epoch: float
    samples_per_second: float
    seconds_left: float
    monitoring: float = 0.0  # measured share of the time that went into points, norms and pictures


@dataclass(frozen=True, slots=True)
class Picture(Event):
    """A live picture of what the net does: `name` is its kind (``boundary``, ``answers``, ``histograms``, ``flow``),
    `data` what that kind's panel draws; what never changes comes once, with the first."""

    type: ClassVar[str] = "picture"
    name: str
    step: int
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Signals(Event):
    """What flowed through each node in one step: path of the node -> what `core.training.signals.Monitor` measures."""

    type: ClassVar[str] = "signals"
    step: int
    nodes: dict[str, dict[str, float]]


@dataclass(frozen=True, slots=True)
class Changed(Event):
    """A setting was changed while the run went on (command ``set``); it holds from the next step."""

    type: ClassVar[str] = "changed"
    path: str
    value: float | None
    step: int


@dataclass(frozen=True, slots=True)
class Saved(Event):
    """A checkpoint lies in `path`; `best`: the weights in it are the best so far."""

    type: ClassVar[str] = "saved"
    path: str
    step: int
    best: bool


@dataclass(frozen=True, slots=True)
class Looked(Event):
    """Weights to look at lie in `path`, answering the command ``look``; nobody goes on from them."""

    type: ClassVar[str] = "looked"
    path: str
    step: int


@dataclass(frozen=True, slots=True)
class Met(Event):
    """A Problem, as `Problem.to_json` gives it."""

    type: ClassVar[str] = "problem"
    problem: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Finished(Event):
    """The last event of a run that ended by itself or by Stop: final metrics on every split.

    `weights` says which they belong to: ``best`` (of the best epoch) or ``last``.
    """

    type: ClassVar[str] = "finished"
    metrics: dict[str, dict[str, float]]
    epochs: float
    steps: int
    seconds: float
    best_epoch: int | None = None
    stopped_early: bool = False
    weights: Literal["last", "best"] = "last"


@dataclass(frozen=True, slots=True)
class Reply(Event):
    """The assistant's answer to the request `id`: a result, or a Problem."""

    type: ClassVar[str] = "reply"
    id: int
    result: Any = None
    problem: dict[str, Any] | None = None


EVENTS: dict[str, type[Event]] = {
    c.type: c
    for c in (
        Ready,
        Started,
        StateChanged,
        Points,
        EpochEnded,
        Progress,
        Picture,
        Signals,
        Changed,
        Saved,
        Looked,
        Met,
        Finished,
        Reply,
    )
}


@dataclass(frozen=True, slots=True)
class Command:
    """What a worker is told: ``run`` (folder, resume, and host and python to train on another machine), ``pause``,
    ``resume``, ``step`` (one batch while paused), ``stop``, ``save``, ``look`` (write the weights to be looked at, as
    soon as the budget of monitoring allows: see `Looked`), ``quit``, ``set`` (path, value: live steering, see
    `core.training.live`) and, for assistants, ``request`` (id, name, args). A worker that loses its stdin, because
    whoever started it is gone, saves and stops."""

    name: str
    args: dict[str, Any] = field(default_factory=dict)


def claim_stdout() -> TextIO:
    """This process's stdout, for the protocol alone: from now on what libraries print goes to stderr."""
    own = os.fdopen(os.dup(1), "w", encoding="utf-8", newline="\n")
    os.dup2(2, 1)
    return own


def stdin_is_pipe() -> bool:
    """Whether somebody may be at the other end of stdin, whose going would end it (not so for a terminal, a file, or
    ``/dev/null``)."""
    try:
        mode = os.fstat(0).st_mode
    except OSError:
        return False
    return stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)


def encode_event(event: Event) -> str:
    """One line, newline included. Floats that JSON lacks (NaN, infinity) are written as Python's json does."""
    values = {f.name: getattr(event, f.name) for f in fields(event)}
    return json.dumps({"v": VERSION, "event": event.type, **values}, separators=(",", ":")) + "\n"


def decode_event(line: str, kinds: Mapping[str, type[Event]] = EVENTS) -> Event | None:
    """The event of one line; None for one of no kind that is known here.

    Raises:
        ValueError: the line is not an event.
    """
    data = json.loads(line)
    if not isinstance(data, dict) or "event" not in data:
        raise ValueError(f"Not an event of the worker protocol: {line[:80]!r}")
    kind = kinds.get(data.pop("event"))
    data.pop("v", None)
    return None if kind is None else kind(**{k: _frozen(v) for k, v in data.items() if k in kind.__dataclass_fields__})


def encode_command(command: Command) -> str:
    return json.dumps({"v": VERSION, "command": command.name, **command.args}, separators=(",", ":")) + "\n"


def decode_command(line: str) -> Command:
    """Raises ValueError where the line is no command."""
    data = json.loads(line)
    if not isinstance(data, dict) or not isinstance(data.get("command"), str):
        raise ValueError(f"Not a command of the worker protocol: {line[:80]!r}")
    return Command(data["command"], {k: v for k, v in data.items() if k not in ("v", "command")})


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
