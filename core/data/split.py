"""Divides examples into train, validation and test: seeded, disjoint, stratified on classes or by whole groups."""

from __future__ import annotations

import numpy as np

from core.data.dataset import Array, Dataset, refuse
from core.data.folds import folded
from core.data.overlap import repeated
from core.problem import Problem, Severity
from core.training.job import Split

PARTS = ("train", "validation", "test")


def split(dataset: Dataset, split: Split) -> dict[str, Array]:
    """Indices of each part, in ascending order; a part with share 0 is empty.

    With `stratify`, and where a field holds classes, each class is divided in proportion (to within one example of it),
    and at least one of its examples trains. Groups stay whole, which goes before classes. With `apart`, no example is
    held out that is also trained on.

    Raises:
        LayerloomError: nothing would be left to train on, or to hold out.
    """
    parts = _drawn(dataset, split)
    return _kept_apart(dataset, parts) if split.apart and (split.validation or split.test) else parts


def _drawn(dataset: Dataset, split: Split) -> dict[str, Array]:
    if split.folds:
        whole = _drawn(dataset, split.model_copy(update={"validation": 0.0, "folds": 0}))
        return folded(dataset, whole["train"], split) | {"test": whole["test"]}
    held = _held_out(len(dataset), split)
    draw = np.random.default_rng(split.seed)
    name = dataset.class_field
    if split.order == "kept":
        return _cut(np.arange(len(dataset)), held)
    if dataset.groups is not None:
        return _grouped(dataset.groups, held, draw)
    if name is None or not split.stratify:
        return _cut(draw.permutation(len(dataset)), held)
    return _stratified(np.asarray(dataset.fields[name]), held, draw)


def _cut(order: Array, held: tuple[int, int]) -> dict[str, Array]:
    """Training first, then validation, then test."""
    ends = np.cumsum([len(order) - sum(held), *held])[:-1]
    return {part: np.sort(rows) for part, rows in zip(PARTS, np.split(order, ends), strict=True)}


def _grouped(groups: Array, held: tuple[int, int], draw: np.random.Generator) -> dict[str, Array]:
    """Whole groups in drawn order go to the test, then to the validation, as long as they bring it nearer its size."""
    names, counts = np.unique(groups, return_counts=True)
    waiting = list(draw.permutation(len(names)))
    chosen: dict[str, list[int]] = {}
    for part, wanted in (("test", held[1]), ("validation", held[0])):
        taken: list[int] = []
        for index in tuple(waiting):
            size = int(counts[taken].sum())
            if abs(size + counts[index] - wanted) < abs(size - wanted) and len(waiting) > 1:
                taken.append(index)
                waiting.remove(index)
        if wanted and not taken:
            raise refuse(
                f"Split: the {len(names)} groups are too few or too large for a {part} part of {wanted} examples. "
                "Set one share to 0, or bring more groups.",
                code="data.split",
            )
        chosen[part] = taken
    parts = {part: np.flatnonzero(np.isin(groups, names[taken])) for part, taken in chosen.items()}
    return {"train": np.flatnonzero(np.isin(groups, names[waiting])), **{p: parts[p] for p in PARTS[1:]}}


def tiny_classes(dataset: Dataset, parts: dict[str, Array]) -> list[Problem]:
    """A warning for the classes that are missing from a part because they have too few examples."""
    name = dataset.class_field
    if name is None:
        return []
    target, classes = dataset.fields[name], dataset.signature.fields[name].classes
    problems = []
    for part, rows in parts.items():
        absent = np.setdiff1d(np.unique(target), target[rows]) if len(rows) else ()
        if len(absent):
            shown = ", ".join(classes[k] for k in absent[:5]) + (", …" if len(absent) > 5 else "")
            message = (
                f"The {part} part has no example of {shown}: too few are in the data. "
                f"What is measured there says nothing about {'it' if len(absent) == 1 else 'them'}."
            )
            problems.append(Problem("data.tiny-class", message, severity=Severity.WARNING))
    return problems


def _kept_apart(dataset: Dataset, parts: dict[str, Array]) -> dict[str, Array]:
    """The parts with held-out examples that equal a training one, in all but the answer, moved to training."""
    given = [name for name in dataset.fields if name not in ("target", dataset.class_field)] or list(dataset.fields)
    alike = repeated({p: {name: dataset.fields[name][rows] for name in given} for p, rows in parts.items()}, given)
    kept = {part: rows[~alike[part]] for part, rows in parts.items() if part in alike}
    for part, rows in kept.items():
        if len(parts[part]) and not len(rows):
            raise refuse(
                f"Split: every example of the {part} part is also trained on, so none is left when the parts are kept "
                "apart. Bring data with more different examples, or allow the same ones.",
                code="data.split",
            )
    moved = [rows[alike[part]] for part, rows in parts.items() if part in alike]
    return {"train": np.sort(np.concatenate([parts["train"], *moved])), **kept}


def _held_out(examples: int, split: Split) -> tuple[int, int]:
    """How many examples go to validation and test: at least one where the share is not 0."""
    if split.validation + split.test >= 1:
        total = split.validation + split.test
        raise refuse(
            f"Split: validation {split.validation:g} and test {split.test:g} add up to {total:g}; "
            "their sum must stay below 1, or nothing is left to train on.",
            code="data.split",
        )
    validation, test = (max(1, round(examples * share)) if share else 0 for share in (split.validation, split.test))
    if validation + test >= examples:
        raise refuse(
            f"Split: {examples} example{'' if examples == 1 else 's'} cannot be divided into the parts that are "
            "asked for. Set the share of validation or test to 0, or bring more data.",
            code="data.split",
        )
    return validation, test


def _stratified(target: Array, held: tuple[int, int], draw: np.random.Generator) -> dict[str, Array]:
    order = draw.permutation(len(target))
    order = order[np.argsort(target[order], kind="stable")]  # by class, in drawn order within each
    counts = np.unique(target, return_counts=True)[1]
    test = _shares(counts, held[1], counts - 1, draw)
    validation = _shares(counts, held[0], counts - 1 - test, draw)
    for share, given in zip(held, (validation, test), strict=True):
        if share and not given.any():
            raise refuse(
                "Split: the classes have too few examples for a validation and a test part beside training. "
                "Set one share to 0, bring more data, or do not divide by class (stratify).",
                code="data.split",
            )
    starts = np.cumsum(counts) - counts
    rank = np.arange(len(target)) - np.repeat(starts, counts)
    in_test = rank < np.repeat(test, counts)
    in_validation = ~in_test & (rank < np.repeat(test + validation, counts))
    chosen = (~in_test & ~in_validation, in_validation, in_test)
    return {part: np.sort(order[mask]) for part, mask in zip(PARTS, chosen, strict=True)}


def _shares(counts: Array, total: int, room: Array, draw: np.random.Generator) -> Array:
    """`total` divided in proportion to `counts` by largest remainders, never more than `room` of a class.

    Ties are broken by the draw. Where room lacks, fewer than `total` are given.
    """
    exact = counts * (total / counts.sum())
    shares: Array = np.minimum(np.floor(exact).astype(np.int64), room)
    by_remainder = np.lexsort((draw.random(len(counts)), shares - exact))
    missing = min(total - int(shares.sum()), int((room - shares).sum()))
    while missing > 0:
        able = by_remainder[shares[by_remainder] < room[by_remainder]][:missing]
        shares[able] += 1
        missing -= len(able)
    return shares
