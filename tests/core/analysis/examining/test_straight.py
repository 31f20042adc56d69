"""Without activations: the optimum of scikit-learn's linear regression, and one map that is the network itself."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression

from core.analysis.examining.straight import collapsed, without_activations
from core.analysis.measuring import Gauge
from core.analysis.subject import Subject, moment
from core.problem import LayerloomError
from core.program.straight import straightened
from tests import drawn, trainings
from tests.analysed import fresh

Get = Callable[[str], Subject]
LBFGS = {"optimizer": {"kind": "lbfgs", "params": {"max_iter": 100, "line_search_fn": "strong_wolfe"}}}


@pytest.fixture(scope="module")
def converged(tmp_path_factory: pytest.TempPathFactory) -> Subject:
    """A regression with a hidden layer, trained to its end."""
    standard = [{"kind": "standardise", "field": "features"}, {"kind": "standardise", "field": "target"}]
    job = trainings.job("diabetes", transforms=standard, batch_size="full", epochs=10, objectives=[LBFGS])
    run = fresh(tmp_path_factory.mktemp("straight") / "run", trainings.regression(), job)
    return Subject(run, moment(run))


def test_a_deep_network_without_activations_reaches_what_linear_regression_does(converged: Subject) -> None:
    found = without_activations(converged)
    data = converged.prepared.splits
    model = LinearRegression().fit(data["train"]["features"].astype(float), data["train"]["target"].astype(float))
    wanted = model.score(data["test"]["features"].astype(float), data["test"]["target"].astype(float))
    assert found.trained is not None
    assert found.trained["r2"] == pytest.approx(wanted, abs=1e-3)
    assert found.map is not None
    assert (found.map.inputs, found.map.outputs, found.map.rank) == (10, 1, 1)
    np.testing.assert_allclose(found.map.matrix, model.coef_, atol=0.02)
    assert dict(found.whole) == Gauge(converged, converged.part("test")).values()
    assert found.removed == ("relu",)


def test_the_map_is_the_product_of_the_matrices(converged: Subject) -> None:
    found = without_activations(converged, anew=False)
    w = {name: t.double().numpy() for name, t in converged.weights.items()}
    assert found.map is not None
    np.testing.assert_allclose(found.map.matrix, w["out.weight"] @ w["hidden.weight"], rtol=1e-9)
    assert found.map.error < 1e-12
    assert found.trained is None
    x = converged.prepared.splits["test"]["features"].astype(float)
    y = x @ (w["out.weight"] @ w["hidden.weight"]).T + w["out.weight"] @ w["hidden.bias"] + w["out.bias"]
    truth = converged.prepared.splits["test"]["target"]
    assert found.bare["loss"] == pytest.approx(np.mean((y - truth) ** 2), rel=1e-5)


def test_convolutions_and_norms_collapse_too_and_classes_have_their_pictures(subject: Get) -> None:
    digits = without_activations(subject("digits"), anew=False)
    assert digits.map is not None
    assert (digits.map.inputs, digits.map.outputs, digits.map.shape) == (64, 10, (1, 8, 8))
    assert digits.map.rank <= 8, "eight channels are all that passes"
    moons = without_activations(subject("moons"), epochs=1)
    assert set(moons.pictures) == {"whole", "straight"}
    values = np.array(moons.pictures["straight"]["values"]).reshape(50, 50)
    logits = np.log(values.clip(1e-4, 1 - 1e-4) / (1 - values.clip(1e-4, 1 - 1e-4)))
    bend = np.abs(np.diff(logits, 2, axis=1)).max()
    assert bend < 0.05 * np.ptp(logits), "a straight line between the classes"


def test_what_still_bends_is_no_map(subject: Get) -> None:
    made = subject("attention")
    program = straightened(made.program).program
    assert collapsed(made, program, made.weights, made.part("test")) is None
    words = subject("characters")
    assert collapsed(words, words.program, words.weights, words.part("test")) is None, "symbols are no numbers"


def test_a_function_behind_the_last_weights_is_left_out(tmp_path: Path) -> None:
    d = drawn.Drawing("End", "End")
    x, target = d.input("features", 2), d.target("target", 1)
    x = d.layer("relu", "relu", d.layer("linear", "hidden", x, params={"out_features": 4}))
    out = d.layer("sigmoid", "end", d.layer("linear", "score", x, params={"out_features": 1}))
    d.output(out)
    d.loss(d.layer("bce_loss", "loss", out, target))
    program = d.program()
    program = trainings.replace(program, targets=(trainings.replace(program.targets[0], encoding="binary"),))
    run = fresh(tmp_path / "run", program, trainings.job(epochs=1))
    found = without_activations(Subject(run, moment(run)), anew=False)
    assert found.removed == ("relu",)
    assert found.map is not None
    weights = Subject(run, moment(run)).weights
    wanted = (weights["score.weight"].double() @ weights["hidden.weight"].double()).numpy()
    np.testing.assert_allclose(found.map.matrix, wanted, rtol=1e-9)


def test_without_activations_between_weights_there_is_nothing_to_take_out(subject: Get) -> None:
    with pytest.raises(LayerloomError, match="nothing to take out"):
        without_activations(subject("autoencoder"))
