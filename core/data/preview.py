"""What the Data panel shows of a source, as plain JSON of bounded size."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from core.data.dataset import Array, Dataset
from core.data.remarks import remarks
from core.data.signature import FieldSignature
from core.data.sources import load
from core.data.split import split, tiny_classes
from core.data.transforms import as_real
from core.training.job import DataJob, Pick

ROWS, PICTURES, CURVES, POINTS, COLUMNS, BINS = 50, 32, 32, 2000, 64, 24
FEWEST, NUMBERS = 8, 32_768  # pictures are as many as make so many numbers, but not fewer than that
ENOUGH = 200_000  # numbers that a statistic is taken of
MAX_SIDE = 64  # pictures are thinned to this many pixels a side


def preview(
    job: DataJob, base: Path | None = None, load: Callable[[Pick, Path | None], Dataset] = load
) -> dict[str, Any]:
    """The data as it comes from the source, before transforms; `load` may be that of a `Recent`.

    Keys: ``signature``; ``examples``; ``splits`` (part -> how many); ``balance`` (None without classes: ``classes``
    and ``counts`` by part); ``fields`` (name -> ``shape``, ``dtype``, ``doc`` and, for numbers, ``statistics``: a row
    for each of the first 64 columns or channels, with ``name``, ``min``, ``max``, ``mean``, ``std``, ``missing``,
    ``histogram`` and its ``edges``); ``rows`` (``columns`` and ``values`` of the first 50 examples; None where examples
    are no rows); ``pictures`` (up to 32, fewer of large ones: ``pixels`` from 0 to 255 by row, three numbers a
    pixel where coloured, and ``label``); ``curves`` (up to 32: ``values`` by channel and ``label``); ``scatter`` (two
    features: ``x``, ``y``, ``label``, ``names``); ``problems``.

    Raises:
        LayerloomError: the source or the split does not hold.
    """
    dataset = load(job.source, base)
    parts = split(dataset, job.split)
    shape = dataset.signature.fields["features"].shape if "features" in dataset.fields else ()
    return {
        "signature": dataset.signature.model_dump(mode="json"),
        "examples": len(dataset),
        "splits": {part: len(rows) for part, rows in parts.items()},
        "balance": _balance(dataset, parts),
        "fields": {name: _field(dataset, name) for name in dataset.fields},
        "rows": _rows(dataset),
        "pictures": _pictures(dataset) if _is_picture(shape) else [],
        "curves": _curves(dataset) if len(shape) == 2 else [],
        "scatter": _scatter(dataset) if shape == (2,) else None,
        "problems": [problem.to_json() for problem in (*tiny_classes(dataset, parts), *remarks(dataset))],
    }


def _balance(dataset: Dataset, parts: Mapping[str, Array]) -> dict[str, Any] | None:
    name = dataset.class_field
    if name is None:
        return None
    classes, target = dataset.signature.fields[name].classes, dataset.fields[name]
    counts = {part: np.bincount(target[rows], minlength=len(classes)).tolist() for part, rows in parts.items()}
    return {"field": name, "classes": list(classes), "counts": counts}


def _field(dataset: Dataset, name: str) -> dict[str, Any]:
    signature = dataset.signature.fields[name]
    result: dict[str, Any] = {"shape": list(signature.shape), "dtype": signature.dtype, "doc": signature.doc}
    if not signature.classes:
        result["statistics"] = _statistics(dataset, name)
    return result


def _statistics(dataset: Dataset, name: str) -> list[dict[str, Any]]:
    values = dataset.fields[name]
    missing = np.isnan(values).sum(axis=0) if name in dataset.holes else np.zeros(values.shape[1:2], np.int64)
    values = values[:: 1 + values.size // max(1, values.shape[1]) // ENOUGH]  # thinned evenly: a preview never waits
    if values.ndim > 2:
        groups = [values[:, channel] for channel in range(min(values.shape[1], COLUMNS))]
        titles = tuple(f"channel {i}" for i in range(len(groups)))
    else:
        groups = list(values.reshape(len(values), -1).T[:COLUMNS])
        titles = column_names(dataset, name)
    rows = zip(titles, groups, missing, strict=False)
    return [{"name": title, "missing": int(holes), **_summary(group)} for title, group, holes in rows]


def _summary(values: Array) -> dict[str, Any]:
    real = as_real(values.ravel())
    known = real[~np.isnan(real)]
    if not len(known):
        return {}
    counts, edges = np.histogram(known, bins=BINS)
    return {
        "min": float(known.min()),
        "max": float(known.max()),
        "mean": float(known.mean()),
        "std": float(known.std()),
        "histogram": counts.tolist(),
        "edges": edges.tolist(),
    }


def column_names(dataset: Dataset, name: str) -> tuple[str, ...]:
    """Names of the elements of a field of rank 0 or 1."""
    width = int(np.prod(dataset.signature.fields[name].shape, dtype=np.int64))
    return dataset.columns.get(name) or ((name,) if width == 1 else tuple(f"{name} {i}" for i in range(width)))


def _rows(dataset: Dataset) -> dict[str, Any] | None:
    flat = {name: f for name, f in dataset.signature.fields.items() if len(f.shape) <= 1}
    if "features" not in flat:
        return None
    columns: list[str] = []
    parts: list[list[list[Any]]] = []
    for name, signature in flat.items():
        names = column_names(dataset, name)[:COLUMNS]
        columns += names
        parts.append([_cells(row, signature)[: len(names)] for row in dataset.fields[name][:ROWS]])
    return {"columns": columns, "values": [list(chain(*cells)) for cells in zip(*parts, strict=True)]}


def _cells(row: Any, signature: FieldSignature) -> list[Any]:
    if signature.classes:
        return [signature.classes[k] for k in np.atleast_1d(row)]
    return [None if np.isnan(v) else float(v) for v in np.atleast_1d(row)]


def _is_picture(shape: tuple[int, ...]) -> bool:
    return len(shape) == 3 and shape[0] in (1, 3)


def _pictures(dataset: Dataset) -> list[dict[str, Any]]:
    values = dataset.fields["features"]
    step = max(1, -(-max(values.shape[2:]) // MAX_SIDE))
    size = values[:1, :, ::step, ::step].size
    chosen = spread(dataset, max(FEWEST, min(PICTURES, NUMBERS // max(1, size))))
    shown = values[chosen][:, :, ::step, ::step]
    if shown.dtype != np.uint8:
        low, high = float(values.min()), float(values.max())
        shown = np.round((shown - low) / (high - low or 1.0) * 255).astype(np.uint8)
    by_pixel = shown[:, 0] if shown.shape[1] == 1 else shown.transpose(0, 2, 3, 1)
    return [{"pixels": p.tolist(), "label": _label(dataset, i)} for p, i in zip(by_pixel, chosen, strict=True)]


def _curves(dataset: Dataset) -> list[dict[str, Any]]:
    values = dataset.fields["features"]
    return [
        {"values": values[i, :4, :1000].astype(np.float64).round(5).tolist(), "label": _label(dataset, i)}
        for i in spread(dataset, CURVES)
    ]


def _scatter(dataset: Dataset) -> dict[str, Any]:
    rows = np.linspace(0, len(dataset) - 1, min(POINTS, len(dataset))).astype(int)
    x, y = dataset.fields["features"][rows].astype(np.float64).round(5).T
    x_name, y_name = column_names(dataset, "features")
    name = dataset.class_field
    return {
        "x": [None if np.isnan(v) else v for v in x.tolist()],
        "y": [None if np.isnan(v) else v for v in y.tolist()],
        "label": dataset.fields[name][rows].tolist() if name else None,
        "names": [x_name, y_name],
    }


def spread(dataset: Dataset, count: int) -> list[int]:
    """Rows to show: the classes in turn, so that each is seen; the first rows where there are none."""
    name = dataset.class_field
    if name is None:
        return list(range(min(count, len(dataset))))
    target = dataset.fields[name]
    order = np.argsort(target, kind="stable")
    counts = np.bincount(target)
    rank = np.arange(len(target)) - np.repeat(np.cumsum(counts) - counts, counts)
    chosen: list[int] = order[np.lexsort((target[order], rank))][:count].tolist()
    return chosen


def _label(dataset: Dataset, row: int) -> str:
    name = dataset.class_field
    if name is not None:
        return dataset.signature.fields[name].classes[int(dataset.fields[name][row])]
    if "target" in dataset.fields and dataset.fields["target"][row].size == 1:
        return f"{float(dataset.fields['target'][row].item()):g}"
    return ""
