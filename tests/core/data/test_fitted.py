"""Transforms: equal to scikit-learn's, fitted on the training rows alone, invertible, safe on constants."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from sklearn.preprocessing import MinMaxScaler, RobustScaler, StandardScaler

from core.data.dataset import Dataset
from core.data.signature import DataSignature, FieldSignature
from core.data.sources import load
from core.data.transforms import Fitted, fit
from core.problem import LayerloomError
from core.training.job import Pick, Transform

TRAIN = np.arange(0, 300)


def numbers(values: np.ndarray, **fields: FieldSignature) -> Dataset:
    signature = DataSignature(
        fields={"features": FieldSignature(shape=values.shape[1:]), **fields}, examples=len(values)
    )
    return Dataset({"features": values}, signature)


def on_features(kind: str, **params: Any) -> Transform:
    return Transform(kind=kind, field="features", params=params)


@pytest.mark.parametrize(
    ("transform", "reference"),
    [
        (on_features("standardise"), StandardScaler()),
        (on_features("min_max"), MinMaxScaler()),
        (on_features("min_max", low=-1.0, high=3.0), MinMaxScaler((-1, 3))),
        (on_features("robust"), RobustScaler()),
        (on_features("robust", low=0.1, high=0.8), RobustScaler(quantile_range=(10, 80))),
    ],
)
def test_equals_scikit_learn(transform: Transform, reference: Any) -> None:
    data = load(Pick(kind="breast_cancer"))
    raw = data.fields["features"].astype(np.float64)
    ours = fit(data, TRAIN, [transform]).apply(data.fields)["features"]
    np.testing.assert_allclose(ours, reference.fit(raw[TRAIN]).transform(raw), rtol=1e-5, atol=1e-5)
    assert ours.dtype == np.float32


@pytest.mark.parametrize("kind", ["standardise", "min_max", "robust", "log", "yeo_johnson"])
def test_changing_what_does_not_train_changes_nothing(kind: str) -> None:
    data = load(Pick(kind="wine"))
    changed = data.fields["features"].copy()
    changed[150:] += 1000
    other = Dataset({**data.fields, "features": changed}, data.signature)
    train = np.arange(150)
    assert fit(data, train, [on_features(kind)]).to_json() == fit(other, train, [on_features(kind)]).to_json()


def test_constant_columns_are_safe() -> None:
    data = numbers(np.array([[5, 1], [5, 2], [5, 3]], np.float32))
    rows = np.arange(3)
    assert fit(data, rows, [on_features("standardise")]).apply(data.fields)["features"][:, 0].tolist() == [0, 0, 0]
    assert fit(data, rows, [on_features("min_max", low=2.0, high=4.0)]).apply(data.fields)["features"].tolist() == [
        [2, 2],
        [2, 3],
        [2, 4],
    ]


@pytest.mark.parametrize(
    ("per", "shape"),
    [("auto", (3, 1, 1)), ("channel", (3, 1, 1)), ("last", (1, 1, 5)), ("all", (1, 1, 1)), ("element", (3, 4, 5))],
)
def test_what_shares_a_statistic(per: str, shape: tuple[int, ...]) -> None:
    values = np.random.default_rng(0).normal(3, 2, (50, 3, 4, 5)).astype(np.float32)
    fitted = fit(numbers(values), np.arange(50), [on_features("standardise", per=per)])
    assert fitted.maps["features"].scale.shape == shape
    axes = tuple(i for i, size in enumerate((50, *shape)) if i == 0 or size == 1)
    done = fitted.apply({"features": values})["features"]
    np.testing.assert_allclose(done.mean(axis=axes), 0, atol=1e-5)
    np.testing.assert_allclose(done.std(axis=axes), 1, atol=1e-5)


def test_bytes_stand_for_numbers_from_0_to_1() -> None:
    values = np.random.default_rng(0).integers(0, 256, (20, 1, 4, 4)).astype(np.uint8)
    rows = np.arange(10)
    from_bytes = fit(numbers(values), rows, [on_features("standardise")])
    real = (values / 255).astype(np.float32)
    from_real = fit(numbers(real), rows, [on_features("standardise")])
    np.testing.assert_allclose(
        from_bytes.apply({"features": values})["features"], from_real.apply({"features": real})["features"], atol=1e-5
    )


def test_transforms_follow_one_another() -> None:
    data = load(Pick(kind="wine"))
    both = fit(data, np.arange(100), [on_features("min_max"), on_features("standardise", per="all")])
    first = fit(data, np.arange(100), [on_features("min_max")]).apply(data.fields)
    second = fit(Dataset(first, data.signature), np.arange(100), [on_features("standardise", per="all")])
    np.testing.assert_allclose(both.apply(data.fields)["features"], second.apply(first)["features"], atol=1e-5)


def test_inverse_brings_targets_back_to_their_units() -> None:
    data = load(Pick(kind="diabetes"))
    fitted = fit(data, TRAIN, [Transform(kind="standardise", field="target")])
    done = fitted.apply(data.fields)
    assert abs(done["target"][TRAIN].mean()) < 1e-5
    np.testing.assert_allclose(fitted.inverse("target", done["target"]), data.fields["target"], rtol=1e-5)
    assert fitted.inverse("features", data.fields["features"]) is data.fields["features"]


def test_json_round_trip() -> None:
    data = load(Pick(kind="digits"))
    fitted = fit(data, TRAIN, [on_features("standardise")])
    again = Fitted.from_json(json.loads(json.dumps(fitted.to_json())))
    np.testing.assert_array_equal(again.apply(data.fields)["features"], fitted.apply(data.fields)["features"])
    assert again.to_json() == fitted.to_json()
    with pytest.raises(LayerloomError, match="does not hold"):
        Fitted.from_json({"maps": {"features": {}}})


@pytest.mark.parametrize(
    ("transform", "words"),
    [
        (on_features("whiten"), "no transform 'whiten'; known are standardise, min_max"),
        (Transform(kind="standardise", field="price"), "no field 'price'; it has features, target"),
        (Transform(kind="standardise", field="target"), "the field target holds classes"),
        (on_features("min_max", low=2.0), "low must be below high, received 2 and 1"),
        (on_features("min_max", per="row"), "expected one of auto"),
    ],
)
def test_refusals(transform: Transform, words: str) -> None:
    with pytest.raises(LayerloomError, match=words):
        fit(load(Pick(kind="iris")), np.arange(100), [transform])
