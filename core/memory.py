"""How much memory this process may still take: what the machine has free, and what its container allows."""

from __future__ import annotations

from pathlib import Path

import psutil  # type: ignore[import-untyped]

_CGROUPS = Path("/sys/fs/cgroup")
_UNLIMITED = 1 << 60  # version 1 says "none" by a number near the greatest there is


def free_memory() -> int:
    """Bytes of memory that this machine, and the control groups that this process is in, can give now."""
    return min([int(psutil.virtual_memory().available), *_left_in_groups(_CGROUPS, Path("/proc/self/cgroup"))])


def _left_in_groups(root: Path, own: Path) -> list[int]:
    """What each limited group from this process's up to the root has left; empty where nothing is limited (or there are
    no groups: other systems)."""
    left: list[int] = []
    for controllers, place in _groups(own):
        base, names = (root, _V2) if not controllers else (root / "memory", _V1)
        for folder in (base / place, *(base / place).parents):
            if folder == root.parent or not folder.is_relative_to(base):
                break
            limit, used = (_number(folder / name) for name in names[:2])
            if limit is not None and used is not None and limit < _UNLIMITED:
                left.append(max(0, limit - used + _reclaimable(folder / "memory.stat", names[2])))
    return left


_V1 = ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")
_V2 = ("memory.max", "memory.current", "inactive_file")


def _groups(own: Path) -> list[tuple[str, str]]:
    """The controllers ("" in version 2) and the path of each group that may limit memory."""
    try:
        lines = own.read_text(encoding="utf-8").splitlines()
    except OSError:
        return []
    parts = [line.split(":", 2) for line in lines if line.count(":") >= 2]
    return [(which, path.lstrip("/")) for _, which, path in parts if not which or "memory" in which.split(",")]


def _number(path: Path) -> int | None:
    try:
        text = path.read_text(encoding="utf-8").strip()
    except OSError:
        return None
    return int(text) if text.isdecimal() else None


def _reclaimable(stat: Path, name: str) -> int:
    """Bytes of cached files that the kernel gives back when they are needed."""
    try:
        rows = [line.split() for line in stat.read_text(encoding="utf-8").splitlines()]
    except OSError:
        return 0
    return next((int(row[1]) for row in rows if row[0] == name), 0)
