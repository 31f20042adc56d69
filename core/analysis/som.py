"""A self-organising map and the data on it: how far units lie apart, who wins how often, what each stands for."""

from __future__ import annotations

from typing import Any

import numpy as np
from torch import Tensor

from core.analysis.latent import kinds
from core.analysis.observe import at_work
from core.analysis.shrink import sheet
from core.analysis.subject import Subject
from core.data.dataset import Array

PLANES, SIDE = 64, 96
NEIGHBOURS = 1.5  # of grid distance: those beside and across the corner, as MiniSom counts them


def organised(subject: Subject, split: str = "test", node: str = "") -> dict[str, Any]:
    """The map at `node` with the examples of a part on it.

    Keys: those of `Subject.heading`; ``node``; ``grid``, its shape; ``quantisation``, the mean distance of an example
    to its unit; ``topographic``, the share of examples whose two nearest units are no neighbours; ``apart``: the
    U-matrix, the mean distance of each unit's example to its neighbours'; ``hits``: how many examples each unit wins;
    ``planes``: one number of the units' examples after the other, up to 64, with ``shown`` of ``width``; all three as
    `shrink.sheet` has them, a picture for each layer of a grid of three directions; with classes also ``classes`` and
    ``labels``: the class that most often wins each unit by row, -1 where none does.

    Raises:
        LayerloomError: the run has no such map (code ``node``).
    """
    part = subject.part(split)
    rows, units = [], None
    refusal = f"The network of this run has no self-organising map at {node!r:.40}."
    for scope, step, _ in at_work(subject, part, node, lambda step: step.layer == "som", refusal):
        rows.append(_array(scope.arrives(step)["x"]))
        units = _array(scope.weights[f"{step.module}.weight"])
    assert units is not None
    grid, width = units.shape[:-1], units.shape[-1]
    places = np.stack(np.meshgrid(*map(np.arange, grid), indexing="ij"), axis=-1).reshape(-1, len(grid))
    flat = units.reshape(-1, width)
    first, second, near = nearest(np.concatenate(rows), flat)
    [found] = kinds(subject, part)
    planes = np.moveaxis(units, -1, 0)[:PLANES]
    return {
        **subject.heading(part),
        "node": node,
        "grid": list(grid),
        "quantisation": float(near.mean()),
        "topographic": float((np.linalg.norm(places[first] - places[second], axis=1) > NEIGHBOURS).mean()),
        "apart": sheet(_pictures(distances(flat, places).reshape(grid)), SIDE),
        "hits": sheet(_pictures(np.bincount(first, minlength=len(flat)).reshape(grid)), SIDE),
        "planes": sheet(np.concatenate([_pictures(plane) for plane in planes])[:PLANES], SIDE),
        "shown": len(planes),
        "width": width,
        **(_classes(found, first, len(flat)) if "classes" in found else {}),
    }


def nearest(rows: Array, units: Array) -> tuple[Array, Array, Array]:
    """For each row the nearest unit, the second nearest, and the distance to the nearest."""
    first, second, near = (np.zeros(len(rows), kind) for kind in (np.int64, np.int64, np.float64))
    for index, row in enumerate(rows):
        apart = np.linalg.norm(units - row, axis=1)
        order = np.argpartition(apart, 1)[:2] if len(apart) > 1 else np.zeros(2, np.int64)
        first[index], second[index] = order[np.argsort(apart[order])]
        near[index] = apart[first[index]]
    return first, second, near


def distances(units: Array, places: Array) -> Array:
    """The mean distance of each unit to its neighbours on the grid; 0 where it has none."""
    result = np.zeros(len(units))
    for index, place in enumerate(places):
        apart = np.abs(places - place).max(1)
        beside = apart == 1
        if beside.any():
            result[index] = np.linalg.norm(units[beside] - units[index], axis=1).mean()
    return result


def _classes(found: dict[str, Any], winner: Array, units: int) -> dict[str, Any]:
    counts = np.zeros((units, len(found["classes"])), np.int64)
    np.add.at(counts, (winner, np.asarray(found["class"])), 1)
    labels = np.where(counts.any(1), counts.argmax(1), -1)
    return {"classes": found["classes"], "labels": labels.tolist()}


def _pictures(values: Array) -> Array:
    """(pictures, rows, columns), whatever directions the grid has."""
    if values.ndim == 1:
        return values[None, None]
    return values if values.ndim == 3 else values[None]


def _array(tensor: Tensor) -> Array:
    array: Array = tensor.detach().float().numpy().astype(np.float64)
    return array
