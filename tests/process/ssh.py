"""A stand-in for ssh: a script that runs what it is told here, in a home directory of its own."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

SSH = """#!/bin/sh
while [ "$1" = -o ]; do shift 2; done
host=$1; shift
[ "$host" = away ] || { echo "ssh: Could not resolve hostname $host" >&2; exit 255; }
cd "$LAYERLOOM_TEST_HOME" && exec sh -c "$*"
"""


def stand_in(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put it in front of the real one; the home directory on the machine ``away``, the only one that it knows."""
    (folder / "bin").mkdir()
    (folder / "bin" / "ssh").write_text(SSH)
    (folder / "bin" / "ssh").chmod(0o755)
    home = folder / "home"
    home.mkdir()
    monkeypatch.setenv("PATH", f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("LAYERLOOM_TEST_HOME", str(home))
    return home
