"""The regularisation path of one Linear layer is scikit-learn's; the suggestion follows its two rules."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import ElasticNet, Lasso, Ridge, lasso_path

from core.problem import LayerloomError
from core.training.run import Run
from core.training.tools.penalising import Place, _chosen, parts, penalty_path
from tests import trainings
from tests.core.training.test_penalties import STANDARD, line, optimizer

HALVES = {"validation": 0.3, "test": 0.0}


def whole(split: dict[str, float] = HALVES, **changes: Any) -> Run:
    """One Linear layer on the diabetes data, all examples in each step of plain descent with momentum."""
    objective = optimizer("sgd", lr=0.1, momentum=0.9)
    job = trainings.job("diabetes", batch_size="full", transforms=STANDARD, objectives=[objective], monitor=False,
                        **changes)  # fmt: skip
    job = job.model_copy(update={"data": job.data.model_copy(update={"split": type(job.data.split)(**split)})})
    return trainings.run(line(), job)


def numbers(run: Run, part: str = "train") -> tuple[Any, Any]:
    held = run.prepared.splits[part]
    return held["features"].astype(np.float64), held["target"][:, 0].astype(np.float64)


def paths(found: Any) -> Any:
    """(strengths, weights), in the order of the weights."""
    return np.array([one.values for one in found.weights]).T


@pytest.mark.parametrize(
    ("kind", "rival"),
    [
        ("l1", lambda s, n: Lasso(s / 2, tol=1e-10, max_iter=50_000)),
        ("l2", lambda s, n: Ridge(n * s)),
        ("elastic", lambda s, n: ElasticNet(
            alpha=0.6 * s / 2 + 0.4 * s, l1_ratio=(0.6 * s / 2) / (0.6 * s / 2 + 0.4 * s), tol=1e-10, max_iter=50_000)),
    ],
)  # fmt: skip
def test_the_path_of_one_layer_is_scikit_learns(kind: str, rival: Any) -> None:
    run = whole()
    found = penalty_path(run, kind=kind, low=1e-3, high=1.0, steps=5, epochs=700, share=0.6)
    x, y = numbers(run)
    for place, weights in zip(found.places, paths(found), strict=True):
        model = rival(place.strength, len(x)).fit(x, y)
        assert np.allclose(weights, model.coef_, rtol=0, atol=4e-4)
        assert place.train == pytest.approx(((model.predict(x) - y) ** 2).mean(), rel=2e-3)
        held, truth = numbers(run, "validation")
        assert place.validation == pytest.approx(((model.predict(held) - truth) ** 2).mean(), rel=2e-3)
        if kind == "l1":
            assert place.zeros == (model.coef_ == 0).mean()
        assert place.size == pytest.approx(np.abs(model.coef_).sum(), abs=3e-3)
        assert place.norm == pytest.approx(np.linalg.norm(model.coef_), abs=2e-3)


def test_lasso_path_as_a_whole() -> None:
    run = whole()
    found = penalty_path(run, kind="l1", low=0.02, high=0.6, steps=4, epochs=700)
    x, y = numbers(run)
    strengths = [place.strength for place in found.places]
    _, known, _ = lasso_path(x - x.mean(0), y - y.mean(), alphas=np.array(strengths)[::-1] / 2, tol=1e-10)
    assert np.allclose(paths(found), known.T[::-1], atol=4e-4)
    assert found.layers[0].values == tuple((known.T[::-1] == 0).mean(1))


def test_the_standard_error_is_over_ten_groups() -> None:
    run = whole()
    found = penalty_path(run, kind="l2", low=1e-2, high=1e-1, steps=2, epochs=300)
    held, truth = numbers(run, "validation")
    x, y = numbers(run)
    squares = (Ridge(len(x) * 1e-2).fit(x, y).predict(held) - truth) ** 2
    edges = [round(k * len(squares) / 10) for k in range(11)]
    groups = [squares[a:b].mean() for a, b in itertools.pairwise(edges)]
    assert found.places[0].error == pytest.approx(np.std(groups, ddof=1) / np.sqrt(10), rel=2e-3)


def test_the_best_and_the_simplest_within_one_standard_error() -> None:
    def place(strength: float, validation: float | None, error: float = 0.05) -> Place:
        return Place(strength, 1.0, validation, error, 0.0, 1.0, 1.0, 1)

    assert _chosen([place(0.1, 0.5), place(0.2, 0.4), place(0.3, 0.44), place(0.4, 0.46)]) == (0.2, 0.3)
    assert _chosen([place(0.1, 0.4), place(0.2, 0.6)]) == (0.1, 0.1)
    assert _chosen([place(0.1, None), place(0.2, None)]) == (None, None)


def test_a_deep_network_becomes_sparse_layer_by_layer() -> None:
    run = trainings.run(trainings.moons(dropout=False), trainings.job(objectives=[optimizer("sgd", lr=0.2)], epochs=2))
    before = {name: value.clone() for name, value in run.net.state_dict().items()}
    shares: list[float] = []
    found = penalty_path(run, kind="l1", low=1e-4, high=1.0, steps=4, epochs=4, told=shares.append)
    zeros = [place.zeros for place in found.places]
    assert zeros[0] < zeros[-1] == 1.0
    assert {one.node for one in found.layers} == {"hidden", "logits"}
    assert shares == sorted(shares)
    assert shares[-1] <= 1.0
    assert found.count == 2 * 16 + 16 * 2
    assert "of 64 weights are 0" in found.verdict
    assert all((before[name] == value).all() for name, value in run.net.state_dict().items())


def test_without_validation_nothing_is_suggested() -> None:
    found = penalty_path(whole({"validation": 0.0, "test": 0.0}), kind="l2", low=0.01, high=0.1, steps=2, epochs=2)
    assert (found.best, found.simplest) == (None, None)
    assert "no validation examples" in found.verdict


def test_what_the_fields_become() -> None:
    assert parts("l1", 0.2, 0.7) == {"l1": 0.2, "l2": 0.0}
    assert parts("l2", 0.2, 0.7) == {"l1": 0.0, "l2": 0.2}
    assert parts("elastic", 0.5, 0.6) == {"l1": 0.3, "l2": 0.2}


@pytest.mark.parametrize(
    ("changes", "says"),
    [({"low": 1.0, "high": 0.1}, "weakest strength above 0"), ({"objective": 3}, "no objective 3; it has 1")],
)
def test_trouble_is_a_sentence(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(LayerloomError, match=says):
        penalty_path(whole(), **changes)
