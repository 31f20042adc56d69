"""What writes that were killed left behind goes with the next write in that folder."""

from __future__ import annotations

import os
import time
from pathlib import Path

from core.files import atomic_write


def old(path: Path) -> Path:
    path.write_text("half")
    os.utime(path, (time.time() - 3600,) * 2)
    return path


def test_leftovers_go_and_all_else_stays(tmp_path: Path) -> None:
    leftover = old(tmp_path / ".net.loom.0123abcd.tmp")
    kept = [old(tmp_path / name) for name in ("net.tmp", ".hidden.tmp", ".net.loom.0123abcx.tmp", "a.0123abcd.tmp")]
    fresh = tmp_path / ".other.loom.0123abcd.tmp"
    fresh.write_text("being written by another program")
    atomic_write(tmp_path / "net.loom", "whole")
    assert not leftover.exists()
    assert fresh.exists()
    assert all(path.exists() for path in kept)
    assert (tmp_path / "net.loom").read_text() == "whole"
