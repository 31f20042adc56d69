"""Anomalies of a network that is exactly principal components, whose answers scikit-learn gives too."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA
from sklearn.metrics import roc_auc_score

from core.analysis.examining.anomalies import anomalies, narrowest
from core.analysis.examining.rebuilding import EXAMS
from core.analysis.subject import Subject
from core.problem import LayerloomError
from tests import analysed, drawn

Get = Callable[[str], Subject]


@pytest.fixture
def linear(subject: Get) -> Subject:
    """The autoencoder of digits with the weights of twelve principal components."""
    found = subject("autoencoder")
    rows = rows_of(found, "train")
    fitted = PCA(12, random_state=0).fit(rows)
    across, mean = torch.tensor(fitted.components_).float(), torch.tensor(fitted.mean_).float()
    found.weights = {"squeeze.weight": across, "squeeze.bias": -across @ mean}
    found.weights |= {"back.weight": across.T.contiguous(), "back.bias": mean}
    return found


def rows_of(subject: Subject, part: str) -> np.ndarray:
    return subject.part(part).arrays["features"].reshape(-1, 64).astype(float)


def test_it_is_principal_components_where_the_network_is(linear: Subject) -> None:
    answer = anomalies(linear, part="test", false_alarms=0.1)
    beside = answer["beside"]
    assert beside["components"] == narrowest(linear.program) == 12
    for key in ("area", "threshold", "caught", "alarms"):
        assert answer[key] == pytest.approx(beside[key], rel=1e-4), key
    assert abs(answer["alarms"] - 0.1) < 0.08
    assert answer["area"] > 0.9, "digits whose pixels are drawn one by one are no digits"
    assert sum(answer["ordinary"]) == sum(answer["unusual"]) == answer["of"]


def test_a_class_against_the_rest_is_scikit_learns(linear: Subject) -> None:
    answer = anomalies(linear, part="test", abnormal="1, 4")
    rows = rows_of(linear, "test")
    fitted = PCA(12, random_state=0).fit(rows_of(linear, "train"))
    errors = np.square(rows - fitted.inverse_transform(fitted.transform(rows))).mean(1)
    truth = digits(linear)
    assert answer["area"] == pytest.approx(roc_auc_score(np.isin(truth, (1, 4)), errors), abs=1e-4)
    for index, one in enumerate(answer["classes"]):
        assert one["error"] == pytest.approx(errors[truth == index].mean(), rel=1e-3)
        assert one["area"] == pytest.approx(roc_auc_score(truth == index, errors), abs=1e-4)
    furthest = np.argsort(-errors, kind="stable")[:5]
    assert [one["position"] for one in answer["strangest"][:5]] == furthest.tolist()
    assert [one["class"] for one in answer["strangest"][:5]] == [str(truth[at]) for at in furthest]


def digits(subject: Subject) -> np.ndarray:
    from sklearn.datasets import load_digits

    found: np.ndarray = load_digits().target[subject.prepared.indices["test"]]
    return found


@pytest.mark.parametrize(
    ("name", "abnormal", "says"),
    [
        ("digits", "", "does not rebuild what it is given"),
        ("autoencoder", "seven", "there is no class 'seven'; there are 0, 1"),
        ("autoencoder", "0,1,2,3,4,5,6,7,8,9", "name fewer or other classes"),
    ],
)
def test_what_cannot_be_asked_is_told(subject: Get, name: str, abnormal: str, says: str) -> None:
    with pytest.raises(LayerloomError, match=says):
        anomalies(subject(name), abnormal=abnormal)


def test_the_verdict_names_what_is_beside() -> None:
    [exam] = EXAMS
    assert exam.good({"area": 0.9})
    assert not exam.good({"area": 0.6})


def test_losses_are_no_narrow_place() -> None:
    wide = drawn.Drawing("Wide", "Wide")
    x = wide.input("features", 4)
    y = wide.layer("linear", "only", x, params={"out_features": 4})
    wide.output(y)
    wide.loss(wide.layer("mse_loss", "mse", y, x))
    assert narrowest(wide.program()) == 4
    assert narrowest(analysed.autoencoder()) == 12
