"""Cross-validation: the examples that are not the test are divided in folds, of which each validates once."""

from __future__ import annotations

import numpy as np

from core.data.dataset import Array, Dataset, refuse
from core.training.job import Split


def folded(dataset: Dataset, rows: Array, split: Split) -> dict[str, Array]:
    """What trains and what validates, of these rows, at ``split.fold``.

    Folds are equal in size to within one example (of a class, where classes are divided in proportion); groups stay
    whole. Where the order is kept, a fold validates what is trained on all that comes before it, and what comes after
    is left out (rolling origin; Hyndman and Athanasopoulos, Forecasting, section 5.10).

    Raises:
        LayerloomError: fewer than two folds, no such fold, or fewer examples or groups than folds.
    """
    _check(split)
    if split.order == "kept":
        return _rolling(rows, split)
    draw = np.random.default_rng([split.seed, split.folds])
    name = dataset.class_field
    if dataset.groups is not None:
        at = _whole_groups(dataset.groups[rows], split.folds, draw)
    else:
        target = np.asarray(dataset.fields[name])[rows] if name is not None and split.stratify else np.zeros(len(rows))
        at = _dealt(target, split.folds, draw)
    if split.folds > len(rows):
        raise _too_few(f"{len(rows)} examples", split)
    return {"train": rows[at != split.fold], "validation": rows[at == split.fold]}


def _check(split: Split) -> None:
    if split.folds < 2 or split.fold >= split.folds:
        raise refuse(
            f"Split: expected two folds or more and one of 0 to {max(split.folds, 2) - 1} that validates, received "
            f"{split.folds} and {split.fold}.",
            code="data.split",
        )


def _dealt(target: Array, folds: int, draw: np.random.Generator) -> Array:
    """The fold of each row: rows in drawn order within each class, dealt out like cards through all classes."""
    order = draw.permutation(len(target))
    order = order[np.argsort(target[order], kind="stable")]
    at = np.empty(len(target), np.int64)
    at[order] = np.arange(len(target)) % folds
    return at


def _whole_groups(groups: Array, folds: int, draw: np.random.Generator) -> Array:
    """The largest group first, each to the fold that is smallest so far."""
    names, which, counts = np.unique(groups, return_inverse=True, return_counts=True)
    if len(names) < folds:
        raise refuse(f"Split: {len(names)} groups are too few for {folds} folds.", code="data.split")
    sizes, at = np.zeros(folds, np.int64), np.empty(len(names), np.int64)
    for group in np.lexsort((draw.random(len(names)), -counts)):
        at[group] = np.argmin(sizes)
        sizes[at[group]] += counts[group]
    found: Array = at[which]
    return found


def _rolling(rows: Array, split: Split) -> dict[str, Array]:
    size = len(rows) // (split.folds + 1)
    if size == 0:
        raise _too_few(f"{len(rows)} examples", split)
    start = len(rows) - (split.folds - split.fold) * size
    return {"train": rows[:start], "validation": rows[start : start + size]}


def _too_few(what: str, split: Split) -> Exception:
    return refuse(f"Split: {what} are too few for {split.folds} folds.", code="data.split")
