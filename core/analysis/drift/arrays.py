"""Reading new inputs that are no tables: arrays by their names, pictures, and whatever else the source itself reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from core.analysis.drift.incoming import Incoming
from core.analysis.drift.traits import Traits, of_fields
from core.catalog.datasets import source_values
from core.data.dataset import Array, Dataset, refuse
from core.data.images import ENDINGS, read_folder, read_pictures
from core.data.npz import array_names
from core.data.sources import load
from core.training.job import Pick


class Arrays:
    """Reads arrays and pictures for a run; `needed` are the fields that its network is fed."""

    def __init__(self, dataset: Dataset, source: Pick, needed: Sequence[str]) -> None:
        self._dataset, self._source, self._needed = dataset, source, tuple(needed)

    def reference(self, rows: Array) -> Traits:
        """The traits of rows of the training data."""
        return of_fields(self._dataset, {name: self._dataset.fields[name][rows] for name in self._needed})

    def read(self, path: Path, growing: bool = False) -> Incoming:
        """The examples of a file or folder; a file is read whole, so `growing` changes nothing.

        Raises:
            LayerloomError: it holds nothing of the kind that the network was trained on.
        """
        if path.is_dir():
            fields, notes = self._pictures(path)
        elif path.suffix.lower() == ".npz":
            fields, notes = self._npz(path)
        elif self._source.kind in _BY_PATH:
            pick = self._source.model_copy(update={"params": {**self._source.params, "path": str(path)}})
            fields, notes = self._known(load(pick)), ()
        else:
            raise refuse(
                f"{path.name} is of no kind that this network's inputs can come in. Bring arrays (.npz) with "
                f"{', '.join(self._needed)} by name, examples first.",
                "drift.file",
            )
        self._check(path, fields)
        given = {name: fields[name] for name in self._needed}
        known = {name: self._is_known(name, values) for name, values in fields.items()}
        usable = np.asarray(np.all([known[name] for name in self._needed], axis=0))
        answered = {name: known[name] for name in ("target",) if name in fields and name not in self._needed}
        if not answered and "target" in self._dataset.fields and "target" not in self._needed:
            notes = (*notes, "Without targets no live metrics are told.")
        traits = of_fields(self._dataset, given)
        sizes = {name: len(self._dataset.signature.fields[name].classes) for name in fields}
        filled: dict[str, Array] = {n: np.clip(v, 0, sizes[n] - 1) if sizes[n] else v for n, v in fields.items()}
        return Incoming(path.name, traits, filled, usable, answered, notes)

    def _is_known(self, name: str, values: Array) -> Array:
        """Which examples have classes that the training knows, and finite numbers where nothing fills a hole."""
        if name in self._dataset.holes:
            return np.ones(len(values), bool)
        rows, classes = values.reshape(len(values), -1), len(self._dataset.signature.fields[name].classes)
        return np.asarray(((rows >= 0) & (rows < classes) if classes else np.isfinite(rows)).all(axis=1))

    def _classes(self) -> tuple[str, ...]:
        return self._dataset.signature.fields["target"].classes

    def _npz(self, path: Path) -> tuple[dict[str, Array], tuple[str, ...]]:
        own = source_values(self._source) if self._source.kind == "npz" else {}
        names = array_names(path)
        features = str(own.get("features", "")) or ("features" if "features" in names else "")
        target = str(own.get("target", "")) or next((name for name in _TARGETS if name in names), "-")
        target = target if target in names else "-"
        others = [name for name in self._needed if name not in ("features", "target")]
        params = {"path": str(path), "features": features, "target": target, "others": ", ".join(others)}
        if "target" in self._dataset.signature.fields:
            params["target_is"] = "classes" if self._classes() else "numbers"
        fill = {name: own[name] for name in ("holes",) if own.get(name) not in (None, "refuse", "drop")}
        dataset = load(Pick(kind="npz", params={**params, **fill}))
        return self._known(dataset), ()

    def _pictures(self, path: Path) -> tuple[dict[str, Array], tuple[str, ...]]:
        """A folder of the training's kind, with a sub-folder for each class, or pictures side by side."""
        if self._source.kind != "image_folder":
            raise refuse(
                f"{path.name} is a folder, and this network was not trained on a folder of pictures. Choose a file.",
                "drift.file",
            )
        params = source_values(self._source)
        inside = {folder.name for folder in path.iterdir() if folder.is_dir()}
        if inside & set(self._classes()):
            return self._known(read_folder(**{**params, "path": path})), ()
        files = sorted(file for file in path.rglob("*") if file.suffix.lower() in ENDINGS)
        if not files:
            raise refuse(f"{path.name} holds no pictures ({', '.join(sorted(ENDINGS))}).", "drift.file")
        pixels, kept = read_pictures(path, files, params["size"], params["colour"], params["broken"])
        lost = len(files) - len(kept)
        return {"features": pixels}, (f"{lost:,} broken pictures were left out.",) if lost else ()

    def _known(self, dataset: Dataset) -> dict[str, Array]:
        """Its fields with classes counted as the training counts them; -1 for classes that it has not."""
        found: dict[str, Array] = {}
        for name, values in dataset.fields.items():
            signature = self._dataset.signature.fields.get(name)
            if signature is None:
                continue
            classes = dataset.signature.fields[name].classes
            if signature.classes and classes:
                values = np.array(_places(signature.classes, classes, values.ndim > 1))[values]
            elif signature.dtype == "int":
                values = values.astype(np.int64)
            found[name] = values
        return found

    def _check(self, path: Path, fields: Mapping[str, Array]) -> None:
        for name in self._needed:
            expected = self._dataset.fields[name]
            if name not in fields:
                raise refuse(f"{path.name} has no {name}, which the network is fed.", "drift.columns")
            met = fields[name]
            if met.shape[1:] != expected.shape[1:]:
                drawn, seen = (" x ".join(map(str, a.shape[1:])) or "one number" for a in (expected, met))
                raise refuse(
                    f"{path.name}: an example of {name} is {seen}, the network was trained on {drawn}.",
                    "drift.shape", expected=drawn, received=seen,
                )  # fmt: skip


_TARGETS = ("target", "y", "labels", "label")
_BY_PATH: frozenset[str] = frozenset({"text"})


def _places(known: Sequence[str], labels: Sequence[str], are_indices: bool) -> list[int]:
    """The class that each label means: the one of that name, -1 where there is none. Numbers of which none is a name,
    and those of sequences (`are_indices`), count the classes."""
    place = {label: at for at, label in enumerate(known)}
    counts = all(label.isdecimal() and int(label) < len(known) for label in labels)
    if counts and (are_indices or not place.keys() & set(labels)):
        return [int(label) for label in labels]
    return [place.get(label, -1) for label in labels]
