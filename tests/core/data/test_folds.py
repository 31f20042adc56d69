"""Cross-validation, groups and kept order, held against scikit-learn's."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.model_selection import GroupKFold, LeaveOneOut, StratifiedGroupKFold, StratifiedKFold, TimeSeriesSplit

from core.data.folds import even_groups
from core.data.split import split
from core.problem import LayerloomError
from core.training.job import Split
from tests.core.data.test_split import classes, per_class, plain


@given(
    counts=st.lists(st.integers(12, 40), min_size=2, max_size=5),
    folds=st.integers(2, 6),
    test=st.sampled_from([0.0, 0.2]),
)
def test_each_example_validates_once_and_classes_are_spread(counts: list[int], folds: int, test: float) -> None:
    data = classes(counts)
    parts = [split(data, Split(validation=0.3, test=test, folds=folds, fold=i)) for i in range(folds)]
    rest = np.concatenate([part["validation"] for part in parts])
    assert len(np.unique(rest)) == len(rest) == len(data) - len(parts[0]["test"])
    for part in parts:
        np.testing.assert_array_equal(part["test"], parts[0]["test"])
        whole = np.sort(np.concatenate(list(part.values())))
        np.testing.assert_array_equal(whole, np.arange(len(data)))
    spread = np.array([per_class(data, part["validation"]) for part in parts])
    assert (np.ptp(spread, axis=0) <= 1).all()
    assert np.ptp(spread.sum(axis=1)) <= 1


def test_sizes_are_those_of_scikit_learn() -> None:
    data = classes([50, 31, 17])
    target = data.fields["target"]
    theirs = [len(held) for _, held in StratifiedKFold(5, shuffle=True, random_state=0).split(target, target)]
    ours = [len(split(data, Split(test=0.0, folds=5, fold=i))["validation"]) for i in range(5)]
    assert sorted(ours) == sorted(theirs)


@pytest.mark.parametrize(("count", "folds"), [(100, 4), (53, 5), (7, 3)])
def test_where_the_order_is_kept_folds_roll_forward_as_in_scikit_learn(count: int, folds: int) -> None:
    for fold, (train, held) in enumerate(TimeSeriesSplit(folds).split(np.zeros(count))):
        part = split(plain(count), Split(test=0.0, order="kept", folds=folds, fold=fold))
        np.testing.assert_array_equal(part["train"], train)
        np.testing.assert_array_equal(part["validation"], held)


def test_where_the_order_is_kept_the_last_are_held_out() -> None:
    part = split(plain(20), Split(validation=0.2, test=0.1, order="kept"))
    assert [rows.tolist() for rows in part.values()] == [list(range(14)), list(range(14, 18)), [18, 19]]


@pytest.mark.parametrize("folds", [0, 4])
def test_groups_stay_whole(folds: int) -> None:
    sizes = np.random.default_rng(0).integers(1, 12, 40)
    groups = np.random.default_rng(1).permutation(np.repeat(np.arange(40), sizes))
    data = replace(plain(len(groups)), groups=groups)
    for fold in range(max(folds, 1)):
        part = split(data, Split(validation=0.2, test=0.2, folds=folds, fold=fold))
        train, held, test = (set(groups[part[name]].tolist()) for name in ("train", "validation", "test"))
        assert not train & held
        assert not train & test
        assert not held & test
        assert sum(map(len, part.values())) == len(groups)
        assert abs(len(part["test"]) - 0.2 * len(groups)) <= 6
        wanted = (len(groups) - len(part["test"])) / folds if folds else 0.2 * len(groups)
        assert abs(len(part["validation"]) - wanted) <= 6


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        (Split(folds=1), "expected two folds or more"),
        (Split(folds=3, fold=3), "one of 0 to 2"),
        (Split(folds=30, test=0.0), "20 examples are too few for 30 folds"),
        (Split(folds=30, test=0.0, order="kept"), "too few for 30 folds"),
    ],
)
def test_refusals(wanted: Split, told: str) -> None:
    with pytest.raises(LayerloomError, match=told):
        split(plain(20), wanted)


def test_too_few_groups_are_refused() -> None:
    data = replace(plain(20), groups=np.repeat([0, 1], 10))
    with pytest.raises(LayerloomError, match="2 groups are too few for 3 folds"):
        split(data, Split(test=0.0, folds=3))
    with pytest.raises(LayerloomError, match="too few or too large for a"):
        split(replace(data, groups=np.zeros(20, np.int64)), Split())


@pytest.mark.parametrize("folds", [2, 3, 5, 10])
@pytest.mark.parametrize("seed", range(4))
def test_groups_of_classes_are_spread_as_evenly_as_by_scikit_learn(folds: int, seed: int) -> None:
    """The same rule, but for ties: there the other one goes by what rounding leaves."""
    chance = np.random.default_rng(seed)
    groups = np.sort(chance.integers(0, 60, 500))
    target = (chance.random(500) < chance.random(60)[groups]).astype(int) + (chance.random(500) < 0.1)
    names, which = np.unique(groups, return_inverse=True)
    counts = np.zeros((len(names), 3))
    np.add.at(counts, (which, target), 1)
    at = even_groups(counts, folds)[which]
    wanted = [held for _, held in StratifiedGroupKFold(folds).split(target, target, groups)]
    ours, theirs = (
        np.array([np.bincount(target[held], minlength=3) for held in parts]) / counts.sum(axis=0)
        for parts in ([np.flatnonzero(at == fold) for fold in range(folds)], wanted)
    )
    assert ours.std(axis=0).mean() <= 1.2 * theirs.std(axis=0).mean() + 1e-3
    np.testing.assert_allclose(ours.sum(axis=0), 1)


def test_groups_without_classes_fill_the_folds_as_evenly_as_scikit_learn() -> None:
    groups = np.repeat(np.arange(30), np.random.default_rng(0).integers(1, 40, 30))
    data = replace(plain(len(groups)), groups=groups)
    ours = sorted(len(split(data, Split(test=0.0, folds=4, fold=i))["validation"]) for i in range(4))
    theirs = sorted(len(held) for _, held in GroupKFold(4).split(groups, groups=groups))
    assert ours == theirs


def test_groups_and_classes_together_stay_whole_and_even() -> None:
    chance = np.random.default_rng(2)
    groups = chance.integers(0, 50, 400)
    data = classes([200, 150, 50])
    order = chance.permutation(400)
    data = replace(data, fields={name: field[order] for name, field in data.fields.items()}, groups=groups)
    parts = [split(data, Split(test=0.0, folds=5, fold=i)) for i in range(5)]
    for part in parts:
        assert not set(groups[part["train"]]) & set(groups[part["validation"]])
    spread = np.array([per_class(data, part["validation"]) for part in parts])
    assert (np.ptp(spread / [200, 150, 50], axis=0) < 0.1).all()
    again = split(data, Split(test=0.0, folds=5, fold=0, seed=1))
    assert not np.array_equal(again["validation"], parts[0]["validation"])


def test_as_many_folds_as_rows_leave_one_out() -> None:
    data = classes([6, 5, 4])
    held = [split(data, Split(test=0.0, folds=15, fold=i))["validation"].tolist() for i in range(15)]
    assert sorted(map(tuple, held)) == [tuple(test) for _, test in LeaveOneOut().split(np.zeros(15))]
