"""New inputs of a trained network, window by window: what has drifted, and what to look into."""

from __future__ import annotations

import hashlib
import math
import re
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from core.analysis.drift.arrays import Arrays
from core.analysis.drift.comparing import compare
from core.analysis.drift.incoming import Incoming
from core.analysis.drift.network import Network
from core.analysis.drift.report import reported
from core.analysis.drift.statistics import holm
from core.analysis.drift.tables import ENDINGS, Tables
from core.analysis.drift.traits import Traits
from core.analysis.subject import Subject
from core.data.dataset import Array, Dataset, refuse
from core.data.signature import DRAWN
from core.data.sources import load
from core.problem import LayerloomError

WINDOWS = 50  # the newest are told
TRAITS = 200  # that are compared
TRAINING, NUMBERS = 20_000, 10**8  # examples of the reference, and numbers in them: large pictures get fewer


class Reader(Protocol):
    """What reads new inputs of one kind, and the training part as it reads them."""

    def reference(self, rows: Array) -> Traits: ...

    def read(self, path: Path, growing: bool = False) -> Incoming: ...


@dataclass(frozen=True)
class Watched:
    """How new inputs are watched.

    Attributes:
        alpha: how often at most a report of inputs that have not drifted raises an alarm.
        least: the least PSI that is worth an alarm.
        window: rows of a table or array that are taken together; 0 for all of a file.
        latency: whether calls of the network are timed.
    """

    alpha: float = 0.01
    least: float = 0.0
    window: int = 0
    latency: bool = True


class Monitor:
    """Watches the inputs of one network. What it found of a window is kept for as long as the window is the same.

    Raises:
        LayerloomError: the run has no weights, or its data is gone.
    """

    def __init__(self, subject: Subject, watched: Watched | None = None) -> None:
        self.subject, self.watched = subject, watched or Watched()
        self._kept: OrderedDict[str, dict[str, Any]] = OrderedDict()
        self._files: dict[Path, tuple[object, list[str]]] = {}

    def look(self, path: Path, growing: bool = False, window: int | None = None) -> dict[str, Any]:
        """Everything that is to be told of the inputs in a file, or in the files of a folder in the order of their
        names; `window` is the one that is told in full (default: the newest). See `report.reported` for the keys.

        Raises:
            LayerloomError: there is nothing there, or nothing that this network can be fed.
        """
        left: list[tuple[str, LayerloomError]] = []
        keys = self._windows(path, growing, left)
        if not keys:
            raise left[0][1] if left else refuse(f"{path} holds no examples.", "drift.file")
        windows = [self._kept[key] for key in keys][-WINDOWS:]
        windows[-1] = {**windows[-1], "faults": [*windows[-1]["faults"], *([name, str(error)] for name, error in left)]}
        latency = self._latency if self.watched.latency else []
        notes = [] if self.network.is_held else [
            "The run held no examples out, so the answers are compared with those to training examples, which are "
            "surer than any others: confidence may seem to fall."
        ]  # fmt: skip
        told = reported(windows, self.watched.alpha, self.watched.least, window, notes, len(keys) > len(windows))
        return {
            "run": self.subject.run.title,
            "weights": self.subject.at.which,
            "epoch": self.subject.at.epoch,
            "alpha": self.watched.alpha,
            "path": str(path),
            "stamp": stamp(path),
            "reference": len(self._rows),
            "latency": latency,
            **told,
        }

    # -- the reference

    @cached_property
    def dataset(self) -> Dataset:
        return load(self.subject.run.job.data.source, self.subject.run.base)

    @cached_property
    def network(self) -> Network:
        return Network(self.subject, self.dataset)

    @cached_property
    def _rows(self) -> Array:
        rows = self.subject.prepared.indices["train"]
        one = sum(values[:1].size for values in self.dataset.fields.values()) or 1
        most = min(len(rows), TRAINING, max(200, NUMBERS // one))
        return rows[np.unique(np.linspace(0, len(rows) - 1, most).round().astype(np.int64))]

    @cached_property
    def _tables(self) -> Reader:
        source = self.subject.run.job.data.source
        path = Path(str(source.params.get("path", ""))) if source.kind == "csv" else None
        if path is not None and not path.is_absolute():
            path = (self.subject.run.base or Path()) / path
        return Tables(self.dataset, source, path)

    @cached_property
    def _arrays(self) -> Reader:
        program = self.subject.program
        needed = dict.fromkeys(value.field for value in program.inputs if value.encoding not in DRAWN)
        if not needed:
            raise refuse("This network is fed noise alone: there are no inputs that could drift.", "drift.inputs")
        return Arrays(self.dataset, self.subject.run.job.data.source, tuple(needed))

    def _reader(self, path: Path) -> Reader:
        if path.suffix.lower() not in ENDINGS or path.is_dir() or self.subject.run.job.data.source.kind == "text":
            return self._arrays
        if self.subject.run.job.data.source.kind != "csv" and "features" not in self.dataset.columns:
            raise refuse(
                f"{path.name} is a table, and the inputs of this network have no names that columns could bear. "
                "Bring arrays (.npz), examples first.",
                "drift.file",
            )
        return self._tables

    @cached_property
    def _references(self) -> dict[Reader, Traits]:
        return {}

    def _reference(self, reader: Reader) -> Traits:
        if reader not in self._references:
            self._references[reader] = dict(list(reader.reference(self._rows).items())[:TRAITS])
        return self._references[reader]

    @cached_property
    def _latency(self) -> list[dict[str, Any]]:
        return self.network.latency()

    # -- windows

    def _windows(self, path: Path, growing: bool, left: list[tuple[str, LayerloomError]]) -> list[str]:
        """The keys of the newest windows in time order; what is new of them is looked at.

        Files of a folder that cannot be compared are `left` with the reason; the last of one that is growing may only
        not be whole yet, and is passed over.
        """
        if not path.exists():
            raise refuse(f"There is no {path}. Choose a file or a folder.", "drift.file")
        found, keys = self._found(path), list[str]()
        for file in reversed(found):
            if len(keys) > WINDOWS:
                break
            try:
                keys = [*self._of_file(file, growing), *keys]
            except LayerloomError as error:
                if not (growing and file == found[-1] and len(found) > 1):
                    left.append((file.name, error))
        return keys

    def _of_file(self, file: Path, growing: bool) -> list[str]:
        now = _stamp(file)
        if file not in self._files or self._files[file][0] != now:
            self._files[file] = (now, list(self._read(file, growing)))
        return self._files[file][1]

    def _found(self, path: Path) -> list[Path]:
        """The files or folders that are a window each, in the order of their names."""
        if not path.is_dir():
            return [path]
        inside = [entry for entry in path.iterdir() if not entry.name.startswith(".")]
        endings = {*ENDINGS, ".npz"}
        files = sorted((e for e in inside if e.is_file() and e.suffix.lower() in endings), key=_natural)
        if self.subject.run.job.data.source.kind == "image_folder" and not files:
            classes = set(self.dataset.signature.fields["target"].classes)
            folders = sorted((e for e in inside if e.is_dir()), key=_natural)
            return [path] if not folders or classes & {folder.name for folder in folders} else folders
        if not files:
            raise refuse(f"{path} holds no table (.csv) and no arrays (.npz). Choose another folder.", "drift.file")
        return files

    def _read(self, file: Path, growing: bool) -> Iterator[str]:
        reader = self._reader(file)
        for incoming in reader.read(file, growing).windows(self.watched.window)[-WINDOWS - 1 :]:
            key = _digest(incoming)
            if key not in self._kept:
                self._kept[key] = self._looked(reader, incoming)
            self._kept.move_to_end(key)
            while len(self._kept) > 4 * WINDOWS:
                self._forget()
            yield key

    def _forget(self) -> None:
        """Drop the oldest window, and the files that it is of, which are read anew when they are asked about."""
        oldest, _ = self._kept.popitem(last=False)
        self._files = {file: (stamp, keys) for file, (stamp, keys) in self._files.items() if oldest not in keys}

    def _looked(self, reader: Reader, incoming: Incoming) -> dict[str, Any]:
        """One window, each trait with its p; those of the whole family are Holm's."""
        alpha = self.watched.alpha
        reference = self._reference(reader)
        rows = [compare(name, "input", trait, incoming.traits[name], alpha) for name, trait in reference.items()]
        answered = self.network.answer(incoming)
        if answered is not None:
            before = self.network.reference
            for group, old, new in (
                ("features", before.features, answered.features), ("output", before.outputs, answered.outputs)
            ):  # fmt: skip
                rows += [compare(name, group, old[name], trait, alpha) for name, trait in new.items()]
        metric = answered.metric if answered is not None else None
        _adjust(rows, metric)
        return {
            "name": incoming.name,
            "examples": len(incoming),
            "fed": int(incoming.usable.sum()),
            "reference": len(self._rows),
            "rows": rows,
            "metric": metric,
            "notes": [*incoming.notes, *_unfed(incoming)],
            "faults": [list(fault) for fault in incoming.faults],
        }


def _adjust(rows: list[dict[str, Any]], metric: dict[str, Any] | None) -> None:
    """Holm's p over all that is tested of a window: every trait, what is missing of it, and the live metric."""
    tests = [(row, key) for row in rows for key in ("p", "p_missing")] + ([(metric, "p")] if metric else [])
    adjusted = holm([math.nan if row[key] is None else row[key] for row, key in tests])
    for (row, key), value in zip(tests, adjusted, strict=True):
        row["adjusted" if key == "p" else "adjusted_missing"] = None if math.isnan(value) else value


def _unfed(incoming: Incoming) -> list[str]:
    left = len(incoming) - int(incoming.usable.sum())
    if not left:
        return []
    return [f"{left:,} of {len(incoming):,} examples cannot be fed to the network (holes, or words it does not know)."]


def stamp(path: Path) -> str:
    """A short text that changes when what lies at a path does.

    Raises:
        LayerloomError: nothing can be read there.
    """
    return hashlib.blake2b(repr(_stamp(path)).encode(), digest_size=8).hexdigest()


def _stamp(path: Path) -> object:
    """What changes when a file, or a file in a folder, does."""
    try:
        if path.is_dir():
            entries = [(e.name, e.stat().st_mtime_ns, e.stat().st_size) for e in path.rglob("*") if e.is_file()]
            return tuple(sorted(entries))
        facts = path.stat()
    except OSError as error:
        raise LayerloomError(f"{path} cannot be read: {error.strerror}.", code="drift.file") from error
    return facts.st_mtime_ns, facts.st_size


def _digest(incoming: Incoming) -> str:
    """The same for the same examples under the same name."""
    found = hashlib.blake2b(incoming.name.encode())
    parts: Mapping[str, Array] = {**{k: t.values for k, t in incoming.traits.items()}, **incoming.fields}
    for name, values in parts.items():
        found.update(name.encode() + np.ascontiguousarray(values).tobytes())
    return found.hexdigest()


def _natural(path: Path) -> list[object]:
    """Names in the order that people count in: day 2 before day 10."""
    parts = re.split(r"(\d+)", path.name.lower())
    return [(int(part), "") if part.isdigit() else (-1, part) for part in parts]
