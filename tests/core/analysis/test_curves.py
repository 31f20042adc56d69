"""Curves and calibration against scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics
from sklearn.calibration import calibration_curve

from core.analysis.curves import POINTS, Curve, calibration, precision_recall, roc


@pytest.fixture(params=["spread", "ties", "few"])
def case(request: pytest.FixtureRequest) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(3)
    n = 12 if request.param == "few" else 5000
    truth = random.random(n) < 0.3
    truth[:2] = (True, False)
    scores = random.normal(size=n) + truth
    return truth, scores.round(1) if request.param == "ties" else scores


def test_roc_is_scikit_learns(case: tuple[np.ndarray, np.ndarray]) -> None:
    truth, scores = case
    found = roc(truth, scores)
    assert found is not None
    x, y, _ = metrics.roc_curve(truth, scores, drop_intermediate=False)
    np.testing.assert_allclose(found.x, x)
    np.testing.assert_allclose(found.y, y)
    assert found.area == pytest.approx(metrics.roc_auc_score(truth, scores), abs=1e-12)


def test_precision_and_recall_are_scikit_learns(case: tuple[np.ndarray, np.ndarray]) -> None:
    truth, scores = case
    found = precision_recall(truth, scores)
    assert found is not None
    precision, recall, _ = metrics.precision_recall_curve(truth, scores)
    np.testing.assert_allclose(found.x[1:], recall[::-1][1:])
    np.testing.assert_allclose(found.y[1:], precision[::-1][1:])
    assert found.area == pytest.approx(metrics.average_precision_score(truth, scores), abs=1e-12)


@pytest.mark.parametrize("make", [roc, precision_recall])
def test_a_thinned_curve_stays_near_the_whole_one(make: object, case: tuple[np.ndarray, np.ndarray]) -> None:
    whole = make(*case)  # type: ignore[operator]
    assert isinstance(whole, Curve)
    thin = whole.thinned()
    assert len(thin.x) <= POINTS
    assert (thin.x[0], thin.y[0], thin.x[-1], thin.y[-1]) == (whole.x[0], whole.y[0], whole.x[-1], whole.y[-1])
    assert thin.area == whole.area
    length = np.sum(np.abs(np.diff(whole.x)) + np.abs(np.diff(whole.y)))
    for x, y in zip(whole.x, whole.y, strict=True):
        near = np.min(np.abs(thin.x - x) + np.abs(thin.y - y)) if len(thin.x) == POINTS else 0.0
        assert near <= length / POINTS * 1.5 + 1e-9


def test_one_kind_alone_has_no_curve() -> None:
    scores = np.array([0.1, 0.9])
    assert roc(np.array([True, True]), scores) is None
    assert roc(np.array([False, False]), scores) is None
    assert precision_recall(np.array([False, False]), scores) is None
    assert roc(np.array([True, False]), np.array([np.nan, np.nan])) is None


def test_calibration_is_scikit_learns_and_its_error_the_weighted_gap() -> None:
    random = np.random.default_rng(5)
    sure = random.random(4000)
    right = random.random(4000) < sure**2
    found = calibration(right, sure, bins=10)
    share, mean = calibration_curve(right, sure, n_bins=10)
    np.testing.assert_allclose(found.accuracy, share)
    np.testing.assert_allclose(found.confidence, mean)
    expected = sum(
        found.count[i] / 4000 * abs(right[inside].mean() - sure[inside].mean())
        for i in range(10)
        if (inside := (sure > i / 10) & (sure <= (i + 1) / 10)).any()
    )
    assert found.error == pytest.approx(expected, abs=1e-12)


def test_calibration_leaves_empty_bins_open() -> None:
    found = calibration(np.array([True, False]), np.array([1.0, 1.0]))
    assert found.count.tolist() == [0] * 14 + [2]
    assert np.isnan(found.accuracy[0])
    assert found.error == pytest.approx(0.5)
