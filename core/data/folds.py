"""Cross-validation: the examples that are not the test are divided in folds, of which each validates once."""

from __future__ import annotations

import numpy as np

from core.data.dataset import Array, Dataset, refuse
from core.training.job import Split


def folded(dataset: Dataset, rows: Array, split: Split) -> dict[str, Array]:
    """What trains and what validates, of these rows, at ``split.fold``.

    Folds are equal in size to within one example (of a class, where classes are divided in proportion); groups stay
    whole, and where classes count too, each goes where it evens them out best. As many folds as rows leave one out.
    Where the order is kept, a fold validates what is trained on all that comes before it, and what comes after is
    left out (rolling origin; Hyndman and Athanasopoulos, Forecasting, section 5.10).

    Raises:
        LayerloomError: fewer than two folds, no such fold, or fewer examples or groups than folds.
    """
    _check(split)
    if split.order == "kept":
        return _rolling(rows, split)
    draw = np.random.default_rng([split.seed, split.folds])
    name = dataset.class_field
    target = np.asarray(dataset.fields[name])[rows] if name is not None and split.stratify else np.zeros(len(rows))
    if split.folds > len(rows):
        raise _too_few(f"{len(rows)} examples", split)
    if dataset.groups is not None:
        at = _whole_groups(dataset.groups[rows], target, split.folds, draw)
    else:
        at = _dealt(target, split.folds, draw)
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


def _whole_groups(groups: Array, target: Array, folds: int, draw: np.random.Generator) -> Array:
    """The fold of each row, its whole group with it; groups that are alike in drawn order."""
    names, which = np.unique(groups, return_inverse=True)
    if len(names) < folds:
        raise refuse(f"Split: {len(names)} groups are too few for {folds} folds.", code="data.split")
    classes, label = np.unique(target, return_inverse=True)
    counts = np.zeros((len(names), len(classes)))
    np.add.at(counts, (which, label), 1)
    order = draw.permutation(len(names))
    at = np.empty(len(names), np.int64)
    at[order] = even_groups(counts[order], folds)
    found: Array = at[which]
    return found


def even_groups(counts: Array, folds: int) -> Array:
    """The fold of each group, of which `counts` (groups, classes) says how many examples of each class it has.

    Groups that are most uneven come first (of one class alone: the largest), each to the fold where the shares of the
    classes then differ least between folds; of equally good ones to the smallest. The rule of scikit-learn's
    StratifiedGroupKFold.
    """
    totals = counts.sum(axis=0)
    uneven = np.std(counts, axis=1) if len(totals) > 1 else counts[:, 0]
    held, at = np.zeros((folds, len(totals))), np.empty(len(counts), np.int64)
    for group in np.argsort(-uneven, kind="stable"):
        shares, added = held / totals, counts[group] / totals
        squares = (shares**2).sum(axis=0) - shares**2 + (shares + added) ** 2  # by the fold that would take it
        mean = (shares.sum(axis=0) + added) / folds
        spread = np.sqrt(np.maximum(squares / folds - mean**2, 0.0)).mean(axis=1)
        good = np.flatnonzero(np.isclose(spread, spread.min()))
        at[group] = good[np.argmin(held[good].sum(axis=1))]
        held[at[group]] += counts[group]
    return at


def _rolling(rows: Array, split: Split) -> dict[str, Array]:
    size = len(rows) // (split.folds + 1)
    if size == 0:
        raise _too_few(f"{len(rows)} examples", split)
    start = len(rows) - (split.folds - split.fold) * size
    return {"train": rows[:start], "validation": rows[start : start + size]}


def _too_few(what: str, split: Split) -> Exception:
    return refuse(f"Split: {what} are too few for {split.folds} folds.", code="data.split")
