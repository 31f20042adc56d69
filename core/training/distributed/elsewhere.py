"""Where a worker's training happens: in this process alone, or in several that a launcher starts.

Imports nothing heavy.
"""

from __future__ import annotations

import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterator
from queue import SimpleQueue
from typing import TYPE_CHECKING, Protocol, TypeAlias

from core.problem import LayerloomError
from core.training.protocol import Command, Event
from core.training.runs import RunFolder

if TYPE_CHECKING:
    from core.training.run import Run

Start: TypeAlias = "Callable[[RunFolder, bool], tuple[Run, int]]"
Train: TypeAlias = "Callable[[Run, RunFolder, SimpleQueue[Command], Callable[[], None]], Iterator[Event]]"
Ways: TypeAlias = tuple[Start, Train]


class Mouth(Protocol):
    def say(self, event: Event) -> None: ...


def launcher(folder: RunFolder, resume: bool) -> list[str]:
    """The command that this process is to become, where the job asks for several and this is none of them; empty where
    it is to train."""
    if folder.job.processes == 1 or _is_member():
        return []
    resuming = ["--resume"] if resume else []
    return [sys.executable, "-m", "core.training.distributed.launcher", str(folder.path), *resuming]


def follows() -> bool:
    """Whether this process is one of several and not the first."""
    return _is_member() and os.environ["RANK"] != "0"


def begins_again() -> bool:
    """Whether it was started again because one of the processes had died."""
    return _is_member() and os.environ["TORCHELASTIC_RESTART_COUNT"] != "0"


def is_over(folder: RunFolder) -> bool:
    """Whether a process that was started again has nothing to do: another one died when all was done."""
    return begins_again() and folder.last_state() in ("finished", "stopped")


def will_begin_again() -> bool:
    """Whether it will be started again where it dies."""
    return _is_member() and int(os.environ["TORCHELASTIC_RESTART_COUNT"]) < int(os.environ["TORCHELASTIC_MAX_RESTARTS"])


def have_met() -> bool:
    """Whether the processes have found each other, so that the others end with the first."""
    if not _is_member():
        return False
    import torch.distributed as dist

    return dist.is_initialized()


def together(folder: RunFolder) -> Ways | None:
    """How the first of several processes starts and trains; None in a process that trains alone."""
    if not _is_member():
        return None
    from core.training.distributed.ranks import Ranks
    from core.training.distributed.team import Team

    team = Team(folder, Ranks.here())
    return team.start, team.lead


def follow(path: str, resume: bool, mouth: Mouth) -> int:
    """Train as one of the others; returns the exit status. What it prints goes to the log of the run."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)  # the first process is told, and tells this one
    from core.training.distributed.ranks import Ranks
    from core.training.distributed.team import Team

    folder, ranks = RunFolder.open(path), Ranks.here()
    if is_over(folder):
        return 0
    log = os.open(folder.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
    os.dup2(log, 2)
    speaks = ranks.machine != 0 and ranks.local == 0  # somebody may watch on this machine too
    try:
        team = Team(folder, ranks)
        team.follow(resume or begins_again(), mouth.say if speaks else lambda _event: None)
    except LayerloomError:
        traceback.print_exc()  # the first process meets and tells the same
        return 0
    return 0


def _is_member() -> bool:
    return "TORCHELASTIC_RUN_ID" in os.environ
