"""The race of optimizers, on a quadratic where everything is known, and what it refuses."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from core.problem import LayerloomError
from core.program.program import Program
from core.training.tools.race import race
from core.training.tools.table import TOOLS, Asked
from core.training.tools.tool import perform
from tests import drawn, trainings
from tests.core.training.test_loop import optimizer


def quadratic() -> Program:
    """Two weights and no bias: the mean squared error is a quadratic in them."""
    d = drawn.Drawing("Line", "Line")
    x, target = d.input("features", 2), d.target("target", 1)
    out = d.layer("linear", "out", x, params={"out_features": 1, "bias": False})
    d.output(out)
    d.loss(d.layer("mse_loss", "mse", out, target))
    made = d.program()
    return trainings.replace(made, targets=(trainings.replace(made.targets[0], encoding="binary"),))


def run(**changes: Any) -> Any:
    job = trainings.job(batch_size="full", objectives=[optimizer("sgd", lr=0.05)], monitor=False, **changes)
    return trainings.run(quadratic(), job)


def problem(made: Any) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Inputs, targets and the first weights, in float64."""
    data = made.prepared.splits["train"]
    start = made.net.out.weight.detach().double().numpy().ravel()
    return data["features"].astype(float), data["target"].astype(float).ravel(), start


def test_gradient_descent_on_a_quadratic_follows_the_closed_form() -> None:
    made = run()
    x, y, w = problem(made)
    found = race(made, optimizers="sgd:0.2", steps=40)
    hessian, best = 2 * x.T @ x / len(x), np.linalg.lstsq(x, y, rcond=None)[0]
    shrink = np.eye(2) - 0.2 * hessian
    wanted = []
    for k in range(40):  # e_k = (I - lr H)^k e_0
        here = best + np.linalg.matrix_power(shrink, k) @ (w - best)
        wanted.append(((x @ here - y) ** 2).mean())
    np.testing.assert_allclose(found.entries[0].losses, wanted, rtol=1e-4)
    assert found.entries[0].last == pytest.approx(np.mean(wanted[-4:]), rel=1e-4)


def test_the_surface_is_the_loss_itself_and_the_paths_lie_on_it() -> None:
    made = run()
    x, y, w = problem(made)
    found = race(made, optimizers="sgd:0.2, momentum:0.05, adam:0.1", steps=60)
    ground = found.surface
    assert ground is not None
    assert ground.explained == pytest.approx(1.0), "two weights make one plane"
    starts = [np.array(path[0]) for path in ground.paths]
    np.testing.assert_allclose(starts[1:], [starts[0]] * 2, atol=1e-5)
    best = next(i for i, entry in enumerate(found.entries) if entry.name == found.winner)
    np.testing.assert_allclose(ground.paths[best][-1], [0, 0], atol=1e-9)

    # Distances are kept, so the quadratic is found again: fit one to the grid and compare its eigenvalues with X^T X.
    a, b = np.meshgrid(ground.x, ground.y)
    columns = np.stack([a**2, a * b, b**2, a, b, np.ones_like(a)], -1).reshape(-1, 6)
    fitted, rest, *_ = np.linalg.lstsq(columns, np.array(ground.values).ravel(), rcond=None)
    assert np.sqrt(rest[0] / columns.shape[0]) < 1e-4 * np.ptp(ground.values)
    curvature = np.array([[fitted[0], fitted[1] / 2], [fitted[1] / 2, fitted[2]]])
    np.testing.assert_allclose(np.linalg.eigvalsh(curvature), np.linalg.eigvalsh(x.T @ x / len(x)), rtol=1e-3)
    at = np.array([*starts[0] ** 2, *starts[0], 1.0, starts[0].prod()])[[0, 5, 1, 2, 3, 4]]
    assert at @ fitted == pytest.approx(((x @ w - y) ** 2).mean(), rel=1e-3)


def test_all_start_from_the_same_weights_over_the_same_batches_and_the_run_stays_as_it_is() -> None:
    job = trainings.job(objectives=[optimizer("adam", lr=0.01)], monitor=False)
    made = trainings.run(trainings.moons(), job)
    before = {name: value.clone() for name, value in made.net.state_dict().items()}
    drawn_before = torch.get_rng_state()
    found = race(made, optimizers="sgd, momentum, adam, adam:0.1, rmsprop", steps=30, surface=False)
    assert found.surface is None
    assert len({entry.losses[0] for entry in found.entries}) == 1
    assert [entry.lr for entry in found.entries][2:4] == [0.01, 0.1], "the job's own optimizer keeps what is set"
    again = race(made, optimizers="adam, sgd", steps=30, surface=False)
    assert again.entries[0].losses == found.entries[2].losses, "whoever comes first"
    assert all(torch.equal(value, before[name]) for name, value in made.net.state_dict().items())
    assert torch.equal(torch.get_rng_state(), drawn_before)


def test_one_that_breaks_is_told_and_loses() -> None:
    found = race(run(), optimizers="sgd:1e6, adam:0.05", steps=60)
    assert found.winner == "adam:0.05"
    assert "The loss broke with SGD, 1e+06." in found.verdict
    assert found.surface is not None
    answer = perform(TOOLS, "race", Asked(quadratic(), run().job), {"optimizers": "sgd:1e30", "steps": 30})
    assert (answer["good"], answer["fixes"], answer["surface"]) == (False, [], None)
    assert answer["entries"][0]["last"] is None


def test_the_answer_offers_the_winner() -> None:
    asked = Asked(quadratic(), run().job)
    answer = perform(TOOLS, "race", asked, {"optimizers": "sgd:0.0001, adam:0.1", "steps": 50})
    [fix] = answer["fixes"]
    assert fix["args"] == {"path": "objectives.0.optimizer", "value": {"kind": "adam", "params": {"lr": 0.1}}}
    assert TOOLS["race"].command == "race"


@pytest.mark.parametrize(
    ("optimizers", "sentence"),
    [
        ("lion", "There is no optimizer 'lion'; there are momentum, nesterov, sgd, adam"),
        ("sgd:fast", "sgd:fast: learning rate: expected a number"),
        ("sgd:-1", "expected a number above 0"),
        ("adam, adam", "adam is in the race already"),
        (" , ", "A race needs optimizers"),
    ],
)
def test_what_cannot_race_is_told(optimizers: str, sentence: str) -> None:
    with pytest.raises(LayerloomError, match=sentence):
        race(run(), optimizers=optimizers)
