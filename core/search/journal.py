"""``journal.jsonl``: what happened in a study, a line at a time; readable after any kill, and as it grows."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from core.files import file_error


class Journal:
    """Appends whole lines and reads those that are new. A line that a kill cut short is left out."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._read = 0  # bytes

    def append(self, entry: Mapping[str, Any], settle: bool = False) -> None:
        """Hand a line to the system, and with `settle` to the disk itself. Raises LayerloomError."""
        line = json.dumps(entry, separators=(",", ":")) + "\n"
        try:
            with self.path.open("ab+") as file:
                if _is_cut(file.fileno()):
                    line = "\n" + line
                file.write(line.encode())
                file.flush()
                if settle:
                    os.fsync(file.fileno())
        except OSError as error:
            raise file_error("write to", self.path, error) from error

    def news(self) -> list[dict[str, Any]]:
        """The entries since the last call, oldest first. Raises LayerloomError."""
        try:
            with self.path.open("rb") as file:
                file.seek(self._read)
                data = file.read()
        except FileNotFoundError:
            return []
        except OSError as error:
            raise file_error("open", self.path, error) from error
        whole = data.rfind(b"\n") + 1
        self._read += whole
        return [entry for line in data[:whole].splitlines() if (entry := _entry(line)) is not None]


def _is_cut(file: int) -> bool:
    """Whether the last line was never ended: the process that wrote it was killed, or the disk was full."""
    end = os.lseek(file, 0, os.SEEK_END)
    if not end:
        return False
    os.lseek(file, end - 1, os.SEEK_SET)
    return os.read(file, 1) != b"\n"


def _entry(line: bytes) -> dict[str, Any] | None:
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return entry if isinstance(entry, dict) else None
