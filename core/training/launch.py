"""How a worker is started: its command line and its environment. Imports nothing heavy."""

from __future__ import annotations

import os
import sys
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2]

_SETTINGS = {
    "OMP_WAIT_POLICY": "PASSIVE",  # waiting threads sleep: spinning ones starve a busy machine (5 to 40 times slower)
    "KMP_BLOCKTIME": "0",  # the same for LLVM's OpenMP (macOS)
    "PYTHONUTF8": "1",
    "PYTHONUNBUFFERED": "1",
}


def worker_command(folder: str | Path | None = None, resume: bool = False) -> list[str]:
    """The command that trains the run in `folder`; without a folder, one that warms up and waits to be told.

    Its stdin takes the commands of `core.training.protocol`, its stdout gives the events. A pipe at its stdin must stay
    open: when it closes, the worker takes its starter for dead, saves and stops.
    """
    command = [sys.executable, "-m", "core.training.worker"]
    if folder is None:
        return [*command, "--warm"]
    return [*command, str(folder), *(["--resume"] if resume else [])]


def worker_environment() -> dict[str, str]:
    """The whole environment for a worker: this process's, and what makes threads behave where it says nothing."""
    environment = {**_SETTINGS, **os.environ}
    paths = [str(_ROOT), *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
    environment["PYTHONPATH"] = os.pathsep.join(dict.fromkeys(paths))
    return environment
