"""kill -9 at random moments of editing and saving: no edit older than two seconds is lost, no file is unreadable."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from core.catalog.families import default_catalog
from graph import storage
from tests.process.editing import LAYER

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork and kill -9")
ROOT = Path(__file__).parents[2]
LOST = 2.0  # seconds of work that a crash may cost
AT_ONCE = 8


def test_nothing_older_than_two_seconds_is_lost(tmp_path: Path) -> None:
    assert kill_all(tmp_path, 15, longest=4.0, seed=1) == 15


@pytest.mark.slow
def test_two_hundred_kills(tmp_path: Path) -> None:
    done = 0
    for batch in range(25):
        folder = tmp_path / str(batch)
        folder.mkdir()
        done += kill_all(folder, AT_ONCE, longest=6.0, seed=batch)
    assert done == 200


def kill_all(folder: Path, count: int, *, longest: float, seed: int) -> int:
    """Have so many people edit, kill each within `longest` seconds, look at what is left; how many were killed."""
    command = [sys.executable, "-W", "ignore", "-m", "tests.process.editing", str(folder), str(count)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as editors:
        assert editors.stdout is not None
        pids = [int(pid) for pid in editors.stdout.readline().split()]
        chance = random.Random(seed)
        order = sorted((chance.uniform(0.0, longest), number) for number in range(count))
        start = time.monotonic()
        for moment, number in order:
            time.sleep(max(0.0, start + moment - time.monotonic()))
            os.kill(pids[number], signal.SIGKILL)
        psutil.wait_procs([psutil.Process(pid) for pid in pids if psutil.pid_exists(pid)], timeout=5)
        editors.communicate()
    for number in range(count):
        look_after(folder / str(number))
    return count


def look_after(folder: Path) -> None:
    """What is left must be readable, and hold every edit of more than two seconds before the last one."""
    ledger = _ledger(folder)
    if not (folder / "net.loom").exists():
        assert len(ledger) == 0, "the design was saved before the first edit"
        return
    saved = _number(*storage.load(folder / "net.loom", default_catalog()))
    copies = folder / "state" / "layerloom" / "autosave"
    found = storage.recoverable(copies)
    assert len(found) == len(list(copies.glob("*.autosave"))), "every copy is whole, and its process known to be dead"
    restored = [_number(*recovery.load(default_catalog())) for recovery in found]
    shown = max([saved, *restored]) if not restored else max(restored)
    assert shown >= saved, "what is restored is never older than the file"
    needed = [number for number, when in ledger if when <= ledger[-1][1] - LOST]
    assert shown >= max(needed, default=0), f"edit {max(needed)} was lost: {shown} is what is left of {ledger[-1][0]}"


def _ledger(folder: Path) -> list[tuple[int, float]]:
    path = folder / "ledger"
    lines = path.read_text().splitlines() if path.exists() else []
    return [(int(number), float(when)) for number, when in (line.split() for line in lines)]


def _number(document: storage.Document, problems: list[object]) -> int:
    assert problems == []
    return int(document.graph().node(LAYER).params.get("out_features", 0))
