"""The suite's ground: Qt offscreen, one thread for torch, and no test may leave threads or processes behind."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import psutil
import pytest


@pytest.fixture(autouse=True)
def no_leaks() -> Iterator[None]:
    """Fails the test that leaves a thread or a child process running."""
    threads = set(threading.enumerate())
    children = {child.pid for child in psutil.Process().children(recursive=True)}
    yield
    left = _gone_within(2.0, lambda: [t.name for t in threading.enumerate() if t not in threads and not t.daemon])
    assert not left, f"threads left running: {left}"
    left = _gone_within(5.0, lambda: [str(c) for c in _living_children() if c.pid not in children])
    assert not left, f"processes left running: {left}"


def _gone_within(seconds: float, what: Callable[[], list[str]]) -> list[str]:
    end = time.monotonic() + seconds
    while (left := what()) and time.monotonic() < end:
        time.sleep(0.02)
    return left


def _living_children() -> list[psutil.Process]:
    children = psutil.Process().children(recursive=True)
    living = []
    for child in children:
        try:
            if child.status() != psutil.STATUS_ZOMBIE and "resource_tracker" not in " ".join(child.cmdline()):
                living.append(child)
        except psutil.NoSuchProcess:
            continue
    return living
