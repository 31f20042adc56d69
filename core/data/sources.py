"""Loads what a job picked. Each source is a function in a module of its own, imported when it is used."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from itertools import islice
from pathlib import Path
from typing import Any

from core.catalog.datasets import SOURCES, source_values
from core.data.dataset import MAX_FILES, Dataset, refuse
from core.training.job import Pick

LOADERS: Mapping[str, str] = {
    "iris": "core.data.bundled:iris",
    "wine": "core.data.bundled:wine",
    "breast_cancer": "core.data.bundled:breast_cancer",
    "digits": "core.data.bundled:digits",
    "noisy_digits": "core.data.bundled:noisy_digits",
    "diabetes": "core.data.bundled:diabetes",
    "moons": "core.data.generated:moons",
    "circles": "core.data.generated:circles",
    "spirals": "core.data.generated:spirals",
    "xor": "core.data.generated:xor",
    "gate": "core.data.generated:gate",
    "ring": "core.data.generated:ring",
    "mnist1d": "core.data.mnist1d:mnist1d",
    "python_text": "core.data.text:python_text",
    "text": "core.data.text:read_text",
    "series": "core.data.series:series",
    "motion": "core.data.flows:motion",
    "pairs": "core.data.pairs:pairs",
    "graphs": "core.data.graphs:graphs",
    "shapes": "core.data.shapes:shapes",
    "sounds": "core.data.sounds:sounds",
    "csv": "core.data.csv_table:read_csv",
    "npz": "core.data.npz:read_npz",
    "image_folder": "core.data.images:read_folder",
}


def load(pick: Pick, base: Path | None = None) -> Dataset:
    """All examples of the picked source. Relative paths start at `base` (default: the working directory).

    Raises:
        LayerloomError: no source is picked, a field does not hold, or a file does not; the sentence names the file,
            the line and column or the array, what was met, what was expected, and what to do.
    """
    values = source_values(pick)
    if pick.kind not in LOADERS:
        raise refuse("There is no data yet. Choose a source in the Data panel, or with data.source.kind.", "data.none")
    if "path" in values:
        values["path"] = _path(pick.kind, values["path"], base)
    module, _, name = LOADERS[pick.kind].partition(":")
    read: Callable[..., Dataset] = getattr(import_module(module), name)
    dataset = read(**values)
    if not len(dataset):
        raise refuse(f"{SOURCES[pick.kind].label}: there is not one example.", "data.empty")
    return dataset


def resolved(pick: Pick, base: Path) -> Pick:
    """The same pick with its path made absolute, so that it means the same from any folder."""
    path = pick.params.get("path")
    if not isinstance(path, str) or not path:
        return pick
    params: dict[str, Any] = {**pick.params, "path": str((base / Path(path).expanduser()).absolute())}
    return pick.model_copy(update={"params": params})


class Recent:
    """Loads, and keeps what it loaded last for as long as its files stay as they are."""

    def __init__(self) -> None:
        self._key: object = None
        self._dataset: Dataset | None = None

    def load(self, pick: Pick, base: Path | None = None) -> Dataset:
        """Like `load`."""
        key = (pick.model_dump_json(), base, tuple(_stamps(pick, base)))
        if self._dataset is None or key != self._key:
            self._key = self._dataset = None  # never two at a time in memory
            self._dataset, self._key = load(pick, base), key
        return self._dataset


def _stamps(pick: Pick, base: Path | None) -> Iterator[tuple[str, int, int]]:
    """Name, time and size of each file that the pick reads."""
    text = pick.params.get("path")
    if isinstance(text, str) and text:
        path = (base or Path()) / Path(text).expanduser()
        for file in sorted(islice(path.rglob("*"), MAX_FILES)) if path.is_dir() else [path] if path.exists() else []:
            told = file.stat()
            yield str(file), told.st_mtime_ns, told.st_size


def _path(kind: str, text: str, base: Path | None) -> Path:
    label = SOURCES[kind].label
    if not text:
        raise refuse(f"{label}: no file is chosen. Set its path.", "data.path")
    path = (base or Path()) / Path(text).expanduser()
    if not path.exists():
        raise refuse(f"{label}: there is no {path}. Choose the file again.", "data.path", received=text)
    return path
