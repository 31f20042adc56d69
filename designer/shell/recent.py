"""The files opened last."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QSettings

_KEY, LIMIT = "files/recent", 12


def recent() -> list[Path]:
    """The newest first; files that are gone are left out."""
    return [path for path in _stored() if path.is_file()]


def remember(path: Path) -> None:
    path = path.resolve()
    QSettings().setValue(_KEY, "\n".join(map(str, [path, *(p for p in _stored() if p != path)][:LIMIT])))


def _stored() -> list[Path]:
    return [Path(line) for line in str(QSettings().value(_KEY, "") or "").splitlines() if line]
