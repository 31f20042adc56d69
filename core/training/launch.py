"""How a worker is started: its command line and its environment. Imports nothing heavy."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

REMOTE = "remote.json"  # in the folder of a run that is trained on another machine: which, and where there
_ROOT = Path(__file__).resolve().parents[2]

_SETTINGS = {
    "OMP_WAIT_POLICY": "PASSIVE",  # waiting threads sleep: spinning ones starve a busy machine (5 to 40 times slower)
    "KMP_BLOCKTIME": "0",  # the same for LLVM's OpenMP (macOS)
    "PYTHONUTF8": "1",
    "PYTHONUNBUFFERED": "1",
}


@dataclass(frozen=True, slots=True)
class Machines:
    """A training on several machines, each of which starts it: they meet at `rendezvous` (``host:port``, on one of
    them). `processes` on this one (0: as the job says); `restarts`: how often all start again when one has died."""

    nodes: int = 1
    rendezvous: str = ""
    processes: int = 0
    restarts: int = 3

    @property
    def arguments(self) -> list[str]:
        """Those of `core.training.distributed.launcher`."""
        meeting = ["--rendezvous", self.rendezvous] if self.rendezvous else []
        numbers = {"--nodes": self.nodes, "--processes": self.processes, "--restarts": self.restarts}
        return [*meeting, *(word for name, number in numbers.items() for word in (name, str(number)))]


@dataclass(frozen=True, slots=True)
class Host:
    """Another machine, as ssh names it, and the Python there that has Layerloom."""

    name: str
    python: str = "python3"

    @staticmethod
    def of_run(folder: Path) -> Host | None:
        """Where the run in a folder is trained; None for this machine."""
        try:
            noted = json.loads((folder / REMOTE).read_text(encoding="utf-8"))
            return Host(str(noted["host"]), str(noted["python"]))
        except (OSError, ValueError, KeyError, TypeError):
            return None


def worker_command(
    folder: str | Path | None = None, resume: bool = False, place: Machines | Host | None = None, again: bool = False
) -> list[str]:
    """The command that trains the run in `folder`; without a folder, one that warms up and waits to be told, `again`
    after each run.

    Its stdin takes the commands of `core.training.protocol`, its stdout gives the events. A pipe at its stdin must stay
    open: when it closes, the worker takes its starter for dead, saves and stops.
    """
    command = [sys.executable, "-m", "core.training.worker"]
    if folder is None:
        return [*command, "--warm", *(["--again"] if again else [])]
    resuming = ["--resume"] if resume else []
    if isinstance(place, Machines):
        launcher = [sys.executable, "-m", "core.training.distributed.launcher"]
        return [*launcher, str(folder), *resuming, *place.arguments]
    if place is not None:
        remote = [sys.executable, "-m", "core.training.remote"]
        return [*remote, str(folder), place.name, "--python", place.python, *resuming]
    return [*command, str(folder), *resuming]


def study_command(folder: str | Path) -> list[str]:
    """The command that begins the study in `folder`, or goes on with it; it speaks `core.search.protocol`."""
    return [sys.executable, "-m", "designer.searching", str(folder)]


def worker_environment() -> dict[str, str]:
    """The whole environment for a worker: this process's, and what makes threads behave where it says nothing."""
    environment = {**_SETTINGS, **os.environ}
    paths = [str(_ROOT), *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
    environment["PYTHONPATH"] = os.pathsep.join(dict.fromkeys(paths))
    return environment


def started(command: list[str]) -> subprocess.Popen[str]:
    """A process that speaks the protocol, with all three of its pipes as text."""
    return subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=worker_environment(),
        text=True,
        encoding="utf-8",
        errors="replace",
        **_own_group(),
    )


def _own_group() -> dict[str, Any]:
    """What `subprocess.Popen` is given so that the terminal's Ctrl+C is for the starter alone, who then tells the
    process."""
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
    return {"start_new_session": True}
