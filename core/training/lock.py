"""One worker to a run: a lock that the system releases when its process dies, however it dies."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from core.files import file_error
from core.problem import LayerloomError

_BYTE = 1 << 30  # Windows keeps others from reading a locked byte, so one far beyond the text is locked


class Lock:
    """The claim of one process on a run (or what else is `named`). The file holds the number of the process."""

    def __init__(self, path: Path, named: str = "run") -> None:
        self.path, self._named = path, named
        self._file: int | None = None

    def claim(self, patience: float = 1.0) -> None:
        """Hold the lock until `release` or the end of this process.

        Raises:
            LayerloomError: another process holds it (code ``running``), or the file cannot be written.
        """
        try:
            file = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o666)
        except OSError as error:
            raise file_error("lock", self.path, error) from error
        deadline = time.monotonic() + patience  # somebody who only looks holds it for a moment
        while not _take(file):
            if time.monotonic() > deadline:
                owner = os.pread(file, 20, 0).decode() if hasattr(os, "pread") else ""
                os.close(file)
                by = f" (process {owner})" if owner.isdecimal() else ""
                where = f"The {self._named} in {self.path.parent}"
                message = f"{where} is already going on in another process{by}; stop that first."
                raise LayerloomError(message, code="running", received=owner)
            time.sleep(0.05)
        self._file = file
        os.ftruncate(file, 0)
        os.write(file, str(os.getpid()).encode())

    def release(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def held(self) -> bool:
        """Whether a living process (this one included) holds the lock."""
        if self._file is not None:
            return True
        try:
            file = os.open(self.path, os.O_RDWR)
        except OSError:
            return False
        try:
            return not _take(file)
        finally:
            os.close(file)


if sys.platform == "win32":
    import msvcrt

    def _take(file: int) -> bool:
        os.lseek(file, _BYTE, os.SEEK_SET)
        try:
            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        os.lseek(file, 0, os.SEEK_SET)
        return True
else:
    import fcntl

    def _take(file: int) -> bool:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True
