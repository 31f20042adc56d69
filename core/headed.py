"""Folders with a file at their head, which says what they are and in which format: runs and studies."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.files import MEGABYTE, atomic_write, file_error, read_text
from core.problem import LayerloomError

LIMIT = 64 * MEGABYTE


@dataclass(frozen=True, slots=True)
class Headed:
    """A kind of folder: `what` it holds (``run``), its head ``run.json`` in a `format`, and how one that is there
    already is gone on with (`again`: ``resume the run``)."""

    what: str
    format: int
    again: str

    def make(self, folder: str | Path) -> Path:
        """A new, empty folder.

        Raises:
            LayerloomError: it exists and is not empty (code ``exists``), or cannot be written.
        """
        path = Path(folder).absolute()
        try:
            path.mkdir(parents=True, exist_ok=True)
            if any(path.iterdir()):
                raise LayerloomError(
                    f"The folder {path} is not empty; a new {self.what} needs a folder of its own. Choose another, or "
                    f"{self.again} that is in it.",
                    code="exists",
                )
        except OSError as error:
            raise file_error(f"make the {self.what} folder", path, error) from error
        return path

    def write(self, path: Path, head: Mapping[str, Any]) -> None:
        """Put the head into the folder."""
        write_json(path / f"{self.what}.json", {"format": self.format, **head})

    def read(self, path: Path) -> dict[str, Any]:
        """The head of a folder.

        Raises:
            LayerloomError: there is none (code ``not-a-run``, ``not-a-study``), it is damaged or of a later version.
        """
        if not (path / f"{self.what}.json").is_file():
            absent = f"is not the folder of a {self.what}: it has no {self.what}.json"
            what = absent if path.is_dir() else "does not exist"
            raise LayerloomError(f"{path} {what}.", code=f"not-a-{self.what}")
        head = read_json(path / f"{self.what}.json")
        version = head.get("format")
        if not isinstance(version, int) or version > self.format:
            raise LayerloomError(
                f"The {self.what} in {path} was written by a later version of Layerloom (format {version!r:.20}).",
                code="version",
            )
        return head


def read_json(path: Path) -> dict[str, Any]:
    """The object in a file. Raises LayerloomError where it cannot be read or is damaged (code ``damaged``)."""
    text = read_text(path, LIMIT)
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise LayerloomError(f"{path} is damaged: it is not JSON ({error}).", code="damaged") from error
    if not isinstance(data, dict):
        raise LayerloomError(f"{path} is damaged: expected an object, found {type(data).__name__}.", code="damaged")
    return data


def write_json(path: Path, data: Mapping[str, Any]) -> None:
    """Write an object whole or not at all. Raises LayerloomError."""
    atomic_write(path, json.dumps(data, indent=1) + "\n")
