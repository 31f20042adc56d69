"""Design files on disk: open, save, notice changes by others, and keep what is unsaved through a crash.

Saving replaces the file whole or not at all (see core.files, which also names each failure: no permission, disk full, a
missing folder). Autosaves lie in the person's state folder, never beside the design, and never count as saved.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any

import platformdirs
import psutil  # type: ignore[import-untyped]

from core.catalog import Catalog
from core.files import atomic_write, read_bytes, read_text
from core.problem import LayerloomError, Problem
from graph.codec import decode, encode
from graph.document import Document
from graph.encoding import Encoding
from graph.plain import MAX_BYTES
from graph.records import Change

SUFFIX = ".loom"
_HEAD = 64 * 1024  # bytes; the first line of an autosave is shorter
_MARK, _OPEN_MARK = "layerloom autosave", "layerloom open files"


def load(path: str | Path, catalog: Catalog) -> tuple[Document, list[Problem]]:
    """The document in a file, and what was wrong with it (see `graph.codec.decode`).

    Raises:
        LayerloomError: the file cannot be read, is no design, or of a later version.
    """
    return decode(read_text(path, MAX_BYTES), catalog, Path(path).name)


def save(document: Document, path: str | Path) -> str:
    """Write the document; returns the fingerprint of what is on disk now.

    Raises:
        LayerloomError: the file could not be written; the old one is as it was.
    """
    return write(encode(document), path)


def write(text: str, path: str | Path) -> str:
    """As `save`, of a document whose text is known."""
    data = text.encode()
    atomic_write(path, data)
    return _digest(data)


def fingerprint(path: str | Path) -> str:
    """What tells this content of a file from any other; empty where there is no readable file.

    Compare with the one from when the file was opened or saved, to notice that somebody else has written it since.
    """
    try:
        return _digest(read_bytes(path, MAX_BYTES))
    except LayerloomError:
        return ""


def _digest(data: bytes) -> str:
    return hashlib.blake2b(data, digest_size=16).hexdigest()


# -- autosave


def autosave_folder() -> Path:
    """Where autosaves lie by default: the person's state folder of this system."""
    return platformdirs.user_state_path("layerloom", appauthor=False) / "autosave"


class Autosave:
    """Keeps one copy of a document that has changed since it was opened or saved.

    The owner calls `write` now and then (a few seconds after a change), `clear` when the document was saved or closed.
    If the process dies in between, `recoverable` finds the copy. `write` may run in a thread of its own while the
    document is edited: it writes one state of it, and what is edited meanwhile counts for the next time.
    """

    def __init__(self, document: Document, path: Path | None = None, folder: Path | None = None) -> None:
        self.document = document
        self.path = path  # of the design itself; None where it was never saved
        self.file = (folder or autosave_folder()) / f"{secrets.token_hex(8)}.autosave"
        self._encoding = Encoding(document)
        self._changed = False
        self._one = Lock()  # at a time: writes the copy, or takes it away
        self._disconnect = document.changed.connect(self._note)

    def _note(self, changes: Sequence[Change]) -> None:
        self._encoding.note(changes)
        self._changed = True

    def text(self) -> str:
        """What `encode` gives of the document, sooner: most of it is known. Raises like it."""
        return self._encoding.text()

    def write(self) -> bool:
        """Write the copy, if the document has changed since the last time; whether it did.

        Raises:
            LayerloomError: it could not be written; the last copy is as it was.
        """
        with self._one:
            if not self._changed:
                return False
            self._changed = False  # before the text is taken: an edit from here on is not sure to be in it
            try:
                _write(self.file, json.dumps(self._head()) + "\n" + self.text())
            except LayerloomError:
                self._changed = True
                raise
            return True

    def _head(self) -> dict[str, Any]:
        path, title = str(self.path) if self.path else "", self.document.title
        return {"kind": _MARK, "path": path, "title": title, "time": time.time(), **_process()}

    def clear(self) -> None:
        """The document is safe on disk, or not wanted any more: the copy goes."""
        with self._one:
            self._changed = False
            with contextlib.suppress(OSError):
                self.file.unlink(missing_ok=True)

    def close(self) -> None:
        """Stop following the document, and `clear`."""
        self._disconnect()
        self.clear()


@dataclass(frozen=True)
class Recovery:
    """An autosave that a dead process left behind."""

    file: Path
    path: Path | None  # of the design itself; None where it was never saved
    title: str
    time: float  # seconds since 1970

    def load(self, catalog: Catalog) -> tuple[Document, list[Problem]]:
        """The document as it was last autosaved. Raises LayerloomError like `load`."""
        _, _, text = read_text(self.file, MAX_BYTES + _HEAD).partition("\n")
        return decode(text, catalog, self.path.name if self.path else self.title or "The autosave")

    def discard(self) -> None:
        with contextlib.suppress(OSError):
            self.file.unlink(missing_ok=True)


def recoverable(folder: Path | None = None) -> list[Recovery]:
    """Autosaves whose process is gone, the newest first. What cannot be read is passed over."""
    files = (folder or autosave_folder()).glob("*.autosave")
    found = [recovery for file in files if (recovery := _recovery(file)) is not None]
    return sorted(found, key=lambda recovery: -recovery.time)


def _recovery(file: Path) -> Recovery | None:
    try:
        with file.open("rb") as stream:
            head = json.loads(stream.readline(_HEAD))
        if head["kind"] != _MARK or _is_alive(head):
            return None
        path, title, when = head["path"], head["title"], float(head["time"])
        return Recovery(file, Path(path) if path else None, str(title), when)
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return None


# -- which files are open


class OpenFiles:
    """Which design files a window has open, kept on disk until `clear`, so that they can be opened again."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._name = f"{secrets.token_hex(8)}.open"

    @property
    def file(self) -> Path:
        return (self._folder or autosave_folder()) / self._name

    def note(self, paths: Sequence[Path]) -> None:
        """These are open now. That the note cannot be written is no reason to disturb anybody."""
        if not paths:
            self.clear()
            return
        head = {"kind": _OPEN_MARK, "time": time.time(), **_process(), "paths": [str(path) for path in paths]}
        with contextlib.suppress(LayerloomError):
            _write(self.file, json.dumps(head) + "\n")

    def clear(self) -> None:
        """The window was closed as it should be."""
        with contextlib.suppress(OSError):
            self.file.unlink(missing_ok=True)


@dataclass(frozen=True)
class LeftOpen:
    """The files that a dead process had open."""

    file: Path
    paths: tuple[Path, ...]

    def discard(self) -> None:
        with contextlib.suppress(OSError):
            self.file.unlink(missing_ok=True)


def left_open(folder: Path | None = None) -> list[LeftOpen]:
    """What was open in processes that are gone, the newest first. What cannot be read is passed over."""
    found: list[tuple[float, LeftOpen]] = []
    for file in (folder or autosave_folder()).glob("*.open"):
        with contextlib.suppress(OSError, ValueError, LookupError, TypeError, RecursionError):
            with file.open("rb") as stream:
                head = json.loads(stream.readline(_HEAD))
            if head["kind"] == _OPEN_MARK and not _is_alive(head):
                paths = tuple(Path(str(path)) for path in head["paths"])
                found.append((float(head["time"]), LeftOpen(file, paths)))
    return [left for _, left in sorted(found, key=lambda pair: -pair[0])]


# -- whose they are


def _process() -> dict[str, Any]:
    """What tells this process from any other, one of the same number included."""
    return {"pid": os.getpid(), "started": psutil.Process().create_time()}


def _write(file: Path, text: str) -> None:
    with contextlib.suppress(OSError):  # atomic_write then says what is wrong with the folder
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    atomic_write(file, text)


def _is_alive(head: dict[str, Any]) -> bool:
    """Whether the very process that wrote it still runs (its number may have gone to another)."""
    try:
        started: float = psutil.Process(int(head["pid"])).create_time()
        return abs(started - float(head["started"])) < 1.0
    except psutil.Error:
        return False
