"""Bent fields: equal to scikit-learn's and SciPy's, invertible, the same in torch, carried into a file and back."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
import torch
from scipy.stats import yeojohnson
from sklearn.preprocessing import FunctionTransformer, PowerTransformer, StandardScaler

from core.data.curves import CURVES, Curve
from core.data.dataset import Dataset
from core.data.signature import DataSignature, FieldSignature
from core.data.sources import load
from core.data.transforms import Fitted, fit
from core.problem import LayerloomError
from core.training.job import Pick, Transform

TRAIN = np.arange(0, 300)


def skewed(rows: int = 400) -> np.ndarray:
    """Columns skewed to the right, to the left, of both signs, and one that is the same everywhere."""
    chance = np.random.default_rng(0)
    right = np.exp(chance.normal(6, 1, rows))
    columns = [right, -np.exp(chance.normal(0, 1, rows)), chance.standard_t(3, rows), np.full(rows, 2.5)]
    return np.stack(columns, axis=1).astype(np.float32)


def dataset(values: np.ndarray) -> Dataset:
    field = FieldSignature(shape=values.shape[1:])
    return Dataset({"features": values}, DataSignature(fields={"features": field}, examples=len(values)))


def on_features(kind: str, **params: Any) -> Transform:
    return Transform(kind=kind, field="features", params=params)


def bent(kind: str) -> np.ndarray:
    data = dataset(skewed())
    return fit(data, TRAIN, [on_features(kind)]).apply(data.fields)["features"]


def test_the_powers_are_those_of_scikit_learn() -> None:
    rows = skewed().astype(np.float64)
    varying = rows[:, :3]
    reference = PowerTransformer().fit(varying[TRAIN])
    np.testing.assert_allclose(bent("yeo_johnson")[:, :3], reference.transform(varying), atol=2e-3)
    assert (bent("yeo_johnson")[:, 3] == 0).all()


@pytest.mark.parametrize("power", [-2.0, 0.0, 0.5, 1.0, 2.0, 3.5])
def test_the_bend_is_that_of_scipy_and_its_inverse(power: float) -> None:
    x = np.linspace(-30, 30, 121)
    curve = Curve("yeo_johnson", np.array(power))
    y = curve(x)
    np.testing.assert_allclose(y, yeojohnson(x, power), rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(curve.inverse(y), x, rtol=1e-6, atol=1e-9)


def test_a_logarithm_is_standardised() -> None:
    rows = skewed().astype(np.float64)
    logs = FunctionTransformer(lambda x: np.sign(x) * np.log1p(np.abs(x))).transform(rows)
    reference = StandardScaler().fit(logs[TRAIN])
    np.testing.assert_allclose(bent("log"), reference.transform(logs), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("kind", CURVES)
def test_back_to_the_units_of_the_data_and_as_json(kind: str) -> None:
    data = dataset(skewed())
    fitted = fit(data, TRAIN, [on_features(kind)])
    done = fitted.apply(data.fields)["features"]
    np.testing.assert_allclose(fitted.inverse("features", done), data.fields["features"], rtol=2e-3, atol=1e-4)
    again = Fitted.from_json(json.loads(json.dumps(fitted.to_json(), allow_nan=False)))
    np.testing.assert_array_equal(again.apply(data.fields)["features"], done)
    with pytest.raises(LayerloomError, match="there is no curve 'whiten'"):
        Fitted.from_json({"maps": {}, "fill": {}, "curves": {"features": {"kind": "whiten", "power": 1.0}}})


@pytest.mark.parametrize("kind", CURVES)
def test_torch_bends_alike(kind: str) -> None:
    x = np.linspace(-8, 8, 40)[:, None] + np.zeros(5)
    power = np.array([-1.0, 0.0, 0.7, 2.0, 3.0])
    curve, there = Curve(kind, power), torch.from_numpy(power)
    y = CURVES[kind].forward(torch, torch.from_numpy(x), there)
    np.testing.assert_allclose(y, curve(x), rtol=1e-12)
    np.testing.assert_allclose(CURVES[kind].inverse(torch, y, there), curve.inverse(curve(x)), rtol=1e-9, atol=1e-9)


def test_answers_beyond_what_any_number_is_bent_to_stay_finite() -> None:
    assert np.isfinite(Curve("yeo_johnson", np.array(-2.0)).inverse(np.array([0.49, 0.5, 40.0]))).all()


def test_other_preparations_come_behind() -> None:
    data = dataset(skewed())
    both = fit(data, TRAIN, [on_features("log"), on_features("min_max")])
    alone = fit(data, TRAIN, [on_features("log")]).apply(data.fields)["features"][:, :3]
    done = both.apply(data.fields)["features"][:, :3]
    low, high = alone[TRAIN].min(axis=0), alone[TRAIN].max(axis=0)
    np.testing.assert_allclose(done, (alone - low) / (high - low), rtol=1e-4, atol=1e-5)
    with pytest.raises(LayerloomError, match="must be the first preparation of features"):
        fit(data, TRAIN, [on_features("min_max"), on_features("log")])


def test_where_nothing_can_be_bent() -> None:
    digits = load(Pick(kind="digits"))
    with pytest.raises(LayerloomError, match=r"a power for each column, .* not pictures or series"):
        fit(digits, TRAIN, [on_features("yeo_johnson")])
    assert fit(digits, TRAIN, [on_features("log")]).maps["features"].scale.shape == (1, 1, 1)
    pictures = dataset(np.zeros((400, 1, 4, 4), np.uint8))
    with pytest.raises(LayerloomError, match="holds bytes of pictures, which are not bent"):
        fit(pictures, TRAIN, [on_features("log")])
