"""``events.jsonl``: all that a run ever said, a line at a time; readable after any kill."""

from __future__ import annotations

import json
import mmap
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from core.files import file_error
from core.training.protocol import EpochEnded, Event, Points, Saved, decode_event, encode_event


class EventLog:
    """Appends whole lines. A line that a kill or a full disk cut short is dropped by whoever reads or goes on."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: int | None = None

    def append(self, lines: str) -> None:
        """Hand lines to the system: from then on they survive the death of this process. Raises LayerloomError."""
        data = memoryview(lines.encode())
        try:
            if self._file is None:
                self._file = self._open()
            while data:
                data = data[os.write(self._file, data) :]
        except OSError as error:
            raise file_error("write to", self.path, error) from error

    def settle(self) -> None:
        """Bring what was appended to the disk itself. Raises LayerloomError."""
        if self._file is not None:
            try:
                os.fsync(self._file)
            except OSError as error:
                raise file_error("write to", self.path, error) from error

    def close(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _open(self) -> int:
        file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0), 0o666)
        end = os.lseek(file, 0, os.SEEK_END)
        if end and _last_byte(file, end) != b"\n":
            os.write(file, b"\n")  # ends the line that was cut short; it will not parse, and is skipped
        return file

    def __iter__(self) -> Iterator[Event]:
        """Every event in order; cut lines and events of later versions are left out. Raises LayerloomError."""
        try:
            with self.path.open("rb") as file:
                for line in file:
                    event = _event(line)
                    if event is not None:
                        yield event
        except FileNotFoundError:
            return
        except OSError as error:
            raise file_error("open", self.path, error) from error

    def rewind(self, step: int) -> None:
        """Forget what was said of steps after `step`, where a run goes on from there. Raises LayerloomError.

        A checkpoint is written after its events are, so only lines at the end can speak of later steps.
        """
        self.close()
        try:
            if not self.path.exists() or not self.path.stat().st_size:
                return
            with self.path.open("rb+") as file:
                with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
                    keep, remains = _cut(data, step)
                file.truncate(keep)
                file.seek(keep)
                file.write(remains)
        except OSError as error:
            raise file_error("write to", self.path, error) from error


def _cut(data: mmap.mmap, step: int) -> tuple[int, bytes]:
    """How many bytes to keep, and what of the first dropped line still holds."""
    end = data.rfind(b"\n") + 1
    while end:
        start = data.rfind(b"\n", 0, end - 1) + 1
        event = _event(data[start:end])
        steps = _steps(event)
        if steps and steps[0] <= step:
            remains = _until(event, step) if isinstance(event, Points) and steps[1] > step else b""
            return (start, remains) if remains else (end, b"")
        end = start
    return 0, b""


def _until(event: Points, step: int) -> bytes:
    count = sum(1 for s in event.step if s <= step)
    short = replace(event, step=event.step[:count], series={n: v[:count] for n, v in event.series.items()})
    return encode_event(short).encode()


def _steps(event: Event | None) -> tuple[int, int] | None:
    """The first and the last step that an event speaks of; None where it does not stand in the order of steps.

    Progress and pictures are told after the points of the same moment, although they may be older.
    """
    if isinstance(event, Points):
        return (event.step[0], event.step[-1]) if event.step else None
    return (event.step, event.step) if isinstance(event, EpochEnded | Saved) else None


def _event(line: bytes) -> Event | None:
    try:
        return decode_event(line.decode()) if line.strip() else None
    except (ValueError, TypeError, json.JSONDecodeError):
        return None


def _last_byte(file: int, end: int) -> bytes:
    os.lseek(file, end - 1, os.SEEK_SET)
    return os.read(file, 1)
