"""Simple methods beside a network: fitted on what trains alone, equal to scikit-learn's own."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression
from sklearn.metrics import accuracy_score, r2_score, root_mean_squared_error
from sklearn.neighbors import KNeighborsClassifier
from sklearn.preprocessing import StandardScaler

from core.analysis.baselines import baselines
from core.analysis.evaluate import evaluate
from core.analysis.subject import Subject
from core.problem import LayerloomError

Get = Callable[[str], Subject]


def by_name(told: dict[str, object]) -> dict[str, dict[str, float]]:
    [task] = told["tasks"]  # type: ignore[misc]
    return {row["method"]: row for row in task["rows"]}


def test_pictures_by_nearest_neighbours(subject: Get) -> None:
    digits = subject("digits")
    told = by_name(baselines(digits, "test"))
    splits = digits.prepared.splits
    rows = {part: splits[part]["features"].reshape(len(splits[part]["features"]), -1) for part in ("train", "test")}
    scaler = StandardScaler().fit(rows["train"])
    model = KNeighborsClassifier(5).fit(scaler.transform(rows["train"]), splits["train"]["target"])
    wanted = accuracy_score(splits["test"]["target"], model.predict(scaler.transform(rows["test"])))
    assert told["nearest neighbours"]["value"] == pytest.approx(wanted)
    [task] = evaluate(digits, "test")["tasks"]
    assert told["network"]["value"] == pytest.approx(task["accuracy"])
    counts = np.bincount(splits["train"]["target"])
    share = (splits["test"]["target"] == counts.argmax()).mean()
    assert told["most frequent"]["value"] == pytest.approx(share)
    assert told["logistic regression"]["value"] > 0.9
    assert told["small MLP"]["value"] > 0.9


def test_numbers_in_the_units_of_the_data(subject: Get) -> None:
    diabetes = subject("regression")
    told = by_name(baselines(diabetes, "test"))
    splits = diabetes.prepared.splits
    model = LinearRegression().fit(splits["train"]["features"], splits["train"]["target"])
    found = diabetes.prepared.inverse("target", model.predict(splits["test"]["features"]))
    wanted = diabetes.prepared.inverse("target", splits["test"]["target"])
    assert told["linear regression"]["value"] == pytest.approx(r2_score(wanted, found), rel=1e-4)
    assert told["linear regression"]["rmse"] == pytest.approx(root_mean_squared_error(wanted, found), rel=1e-4)
    assert told["mean"]["value"] == pytest.approx(0.0, abs=0.1)


def test_one_score_for_two_classes(subject: Get) -> None:
    told = by_name(baselines(subject("binary"), "validation"))
    assert all(0.3 <= row["value"] <= 1.0 for row in told.values())
    assert told["nearest neighbours"]["value"] > 0.9


@pytest.mark.parametrize("name", ["autoencoder", "characters"])
def test_what_has_no_simple_rival_is_told(name: str, subject: Get) -> None:
    with pytest.raises(LayerloomError, match="no simple method"):
        baselines(subject(name), "test")
