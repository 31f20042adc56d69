"""Parts are disjoint, exhaustive, seeded, and proportional to within one example of a class."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from core.data.dataset import Dataset
from core.data.signature import DataSignature, FieldSignature
from core.data.split import PARTS, split, tiny_classes
from core.problem import LayerloomError
from core.training.job import Split


def classes(counts: list[int], seed: int = 0) -> Dataset:
    target = np.random.default_rng(seed).permutation(np.repeat(np.arange(len(counts)), counts))
    names = tuple(f"k{i}" for i in range(len(counts)))
    signature = DataSignature(
        fields={"target": FieldSignature(shape=(), dtype="int", classes=names)}, examples=len(target)
    )
    return Dataset({"target": target}, signature)


def plain(count: int) -> Dataset:
    signature = DataSignature(fields={"target": FieldSignature(shape=(1,))}, examples=count)
    return Dataset({"target": np.zeros((count, 1), np.float32)}, signature)


def per_class(data: Dataset, rows: np.ndarray) -> np.ndarray:
    return np.bincount(data.fields["target"][rows], minlength=len(data.signature.fields["target"].classes))


@given(
    counts=st.lists(st.integers(1, 60), min_size=1, max_size=8).filter(lambda c: sum(c) >= 10),
    validation=st.sampled_from([0.0, 0.1, 0.15, 0.3]),
    test=st.sampled_from([0.0, 0.1, 0.2, 0.5]),
    seed=st.integers(0, 100),
)
def test_every_example_is_in_one_part_and_every_class_trains(
    counts: list[int], validation: float, test: float, seed: int
) -> None:
    data, wanted = classes(counts), Split(validation=validation, test=test, seed=seed)
    assume(sum(counts) - len(counts) >= 2 * sum(counts) * (validation + test) or not validation + test)
    parts = split(data, wanted)
    assert tuple(parts) == PARTS
    np.testing.assert_array_equal(np.sort(np.concatenate(list(parts.values()))), np.arange(sum(counts)))
    assert (per_class(data, parts["train"]) >= 1).all()
    again = split(data, wanted)
    assert all(np.array_equal(parts[p], again[p]) for p in PARTS)


@pytest.mark.parametrize("test", [0.1, 0.25, 0.333])
def test_proportions_are_those_of_scikit_learn_to_within_one(test: float) -> None:
    from sklearn.model_selection import train_test_split

    data = classes([50, 31, 7, 112, 20])
    ours = split(data, Split(validation=0.0, test=test))
    theirs = train_test_split(np.arange(len(data)), test_size=test, stratify=data.fields["target"], random_state=0)
    for mine, other in zip((ours["train"], ours["test"]), theirs, strict=True):
        assert np.abs(per_class(data, mine) - per_class(data, other)).max() <= 1


def test_other_seeds_give_other_parts_of_the_same_size() -> None:
    data = classes([40, 60])
    one, two = (split(data, Split(seed=seed)) for seed in (0, 1))
    assert not np.array_equal(one["test"], two["test"])
    assert [len(one[p]) for p in PARTS] == [len(two[p]) for p in PARTS] == [70, 15, 15]


@pytest.mark.parametrize("stratify", [True, False])
def test_numbers_are_split_at_random(stratify: bool) -> None:
    parts = split(plain(200), Split(stratify=stratify))
    assert [len(parts[p]) for p in PARTS] == [140, 30, 30]
    assert not np.array_equal(parts["test"], np.arange(170, 200))


def test_tiny_classes_train_and_are_told() -> None:
    data = classes([50, 1, 2])
    parts = split(data, Split())
    assert per_class(data, parts["train"])[1] == 1
    problems = tiny_classes(data, parts)
    assert [p.severity for p in problems] == ["warning"] * len(problems)
    assert any("test part has no example of k1" in p.message for p in problems)
    assert tiny_classes(classes([50, 50]), split(classes([50, 50]), Split())) == []


@pytest.mark.parametrize(
    ("data", "wanted", "words"),
    [
        (plain(10), Split(validation=0.5, test=0.5), "add up to 1;"),
        (plain(2), Split(), "2 examples cannot be divided into the parts"),
        (classes([1] * 10), Split(), "too few examples for a validation and a test part"),
    ],
)
def test_nothing_left_to_train_on_is_refused(data: Dataset, wanted: Split, words: str) -> None:
    with pytest.raises(LayerloomError, match=words):
        split(data, wanted)


def twins() -> Dataset:
    """Sixty examples, of which the last twenty repeat the first with another answer."""
    features = np.arange(60, dtype=np.float32)[:, None].repeat(2, axis=1)
    features[40:] = features[:20]
    target = (np.arange(60) % 2).astype(np.int64)
    target[40:] = 1 - target[:20]
    signature = DataSignature(
        fields={
            "features": FieldSignature(shape=(2,)),
            "target": FieldSignature(shape=(), dtype="int", classes=("a", "b")),
        },
        examples=60,
    )
    return Dataset({"features": features, "target": target}, signature)


def seen_twice(data: Dataset, parts: dict[str, Any]) -> int:
    known = {tuple(row) for row in data.fields["features"][parts["train"]]}
    held = np.concatenate([parts["validation"], parts["test"]])
    return sum(tuple(row) in known for row in data.fields["features"][held])


def test_parts_kept_apart_hold_out_nothing_that_is_trained_on() -> None:
    data = twins()
    mixed, apart = split(data, Split(seed=1)), split(data, Split(seed=1, apart=True))
    assert seen_twice(data, mixed) > 0
    assert seen_twice(data, apart) == 0
    assert len(apart["train"]) == len(mixed["train"]) + seen_twice(data, mixed)
    assert sorted(np.concatenate(list(apart.values()))) == list(range(60))
    assert set(apart["test"]) <= set(mixed["test"])


def test_parts_that_cannot_be_kept_apart_are_refused() -> None:
    data = Dataset(
        {"features": np.ones((20, 2), np.float32)},
        DataSignature(fields={"features": FieldSignature(shape=(2,))}, examples=20),
    )
    with pytest.raises(LayerloomError, match="every example of the validation part is also trained on"):
        split(data, Split(apart=True))
    everything = split(data, Split(validation=0, test=0, apart=True))
    assert len(everything["train"]) == 20
