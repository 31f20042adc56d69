"""Races on a quadratic where everything is known, and what they refuse."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from core.data.batches import Batches
from core.problem import LayerloomError
from core.program.program import Program
from core.training.tools.race import race
from core.training.tools.table import TOOLS, Asked
from core.training.tools.tool import perform
from tests import drawn, trainings
from tests.core.training.test_loop import optimizer

Floats = np.ndarray[Any, Any]


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
    found = race(made, entries="sgd:0.2", steps=40)
    hessian, best = 2 * x.T @ x / len(x), np.linalg.lstsq(x, y, rcond=None)[0]
    shrink = np.eye(2) - 0.2 * hessian
    wanted = []
    for k in range(41):  # e_k = (I - lr H)^k e_0
        here = best + np.linalg.matrix_power(shrink, k) @ (w - best)
        wanted.append(((x @ here - y) ** 2).mean())
    np.testing.assert_allclose(found.entries[0].losses, wanted[:40], rtol=1e-4)
    assert found.entries[0].last == pytest.approx(wanted[40], rel=1e-4)
    assert [at.step for at in found.entries[0].stations] == list(range(41))
    np.testing.assert_allclose([at.loss for at in found.entries[0].stations], wanted, rtol=1e-4)


def test_the_surface_is_the_loss_itself_and_the_paths_lie_on_it() -> None:
    made = run()
    x, y, w = problem(made)
    found = race(made, entries="sgd:0.2, momentum:0.05, adam:0.1", steps=60)
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
    found = race(made, entries="sgd, momentum, adam, adam:0.1, rmsprop", steps=30, surface=False)
    assert found.surface is None
    assert len({entry.losses[0] for entry in found.entries}) == 1
    assert [entry.lr for entry in found.entries][2:4] == [0.01, 0.1], "the job's own optimizer keeps what is set"
    again = race(made, entries="adam, sgd", steps=30, surface=False)
    assert again.entries[0].losses == found.entries[2].losses, "whoever comes first"
    assert all(torch.equal(value, before[name]) for name, value in made.net.state_dict().items())
    assert torch.equal(torch.get_rng_state(), drawn_before)


def steps_of(x: Floats, y: Floats, w: Floats, rows: list[Floats], rates: list[float]) -> list[Floats]:
    """Plain gradient descent over batches of examples, in float64."""
    path = [w]
    for at, rate in zip(rows, rates, strict=True):
        slope = np.mean([2 * (x[i] @ path[-1] - y[i]) * x[i] for i in at], axis=0)
        path.append(path[-1] - rate * slope)
    return path


def test_a_full_batch_is_one_step_along_the_mean_of_all_gradients_and_sgd_takes_one_at_a_time() -> None:
    made = run()
    x, y, w = problem(made)
    found = race(made, vary="batches", entries="full, 16, 1", steps=30)
    assert [entry.label for entry in found.entries] == [
        "full batch",
        "mini-batches of 16",
        "single examples",
    ]
    assert found.entries[0].setting == {"path": "batch_size", "value": "full"}
    for entry, size in zip(found.entries, (len(x), 16, 1), strict=True):
        batches = Batches({"row": np.arange(len(x))}, size, seed=made.job.seed)
        rows = [batch["row"].numpy() for epoch in range(30) for batch in batches.epoch(epoch)][:30]
        path = steps_of(x, y, w, rows, [0.05] * 30)
        own = [((x[at] @ here - y[at]) ** 2).mean() for at, here in zip(rows, path, strict=False)]
        np.testing.assert_allclose(entry.losses, own, rtol=1e-4, atol=1e-6)
        assert entry.last == pytest.approx(((x @ path[-1] - y) ** 2).mean(), rel=1e-4)
        assert entry.seen == tuple(np.cumsum([len(at) for at in rows]).tolist())
        assert list(entry.clock) == sorted(entry.clock)
    assert found.surface is not None
    assert found.surface.explained == pytest.approx(1.0)
    starts = [path[0] for path in found.surface.paths]
    np.testing.assert_allclose(starts[1:], [starts[0]] * 2, atol=1e-5)


def test_each_may_see_as_many_examples() -> None:
    job = trainings.job(batch_size=20, objectives=[optimizer("sgd", lr=0.05)], monitor=False)
    found = race(trainings.run(quadratic(), job), vary="batches", equal="examples", steps=7, surface=False)
    assert [entry.name for entry in found.entries] == ["full", "20", "1"], "the design's own size between the extremes"
    assert [(len(entry.losses), entry.seen[-1]) for entry in found.entries] == [(1, 140), (7, 140), (140, 140)]
    assert "after 140 examples" in found.verdict


def test_gradient_descent_breaks_out_just_above_two_over_the_sharpest_curvature() -> None:
    made = run()
    x, _, _ = problem(made)
    limit = 2 / np.linalg.eigvalsh(2 * x.T @ x / len(x))[-1]
    below, above = f"{0.98 * limit:.6g}", f"{1.05 * limit:.6g}"
    held, broken = race(made, vary="rates", entries=f"{below}, {above}", steps=400, surface=False).entries
    assert held.last < held.stations[0].loss
    assert broken.last > 1e6
    usual = race(made, vary="rates", steps=2, surface=False).entries
    assert [entry.lr for entry in usual] == pytest.approx([0.005, 0.015, 0.05, 0.15, 0.5])
    assert usual[0].setting == {"path": "objectives.0.optimizer.params.lr", "value": 0.005}


def test_schedules_span_the_race() -> None:
    made = run()
    x, y, w = problem(made)
    found = race(made, vary="schedules", entries="constant, cosine", steps=40, surface=False)
    every = [np.arange(len(x))] * 40
    for entry, rates in zip(
        found.entries, ([0.05] * 40, [0.025 * (1 + np.cos(np.pi * k / 40)) for k in range(40)]), strict=True
    ):
        end = steps_of(x, y, w, every, rates)[-1]
        assert entry.last == pytest.approx(((x @ end - y) ** 2).mean(), rel=1e-4)
    assert len(race(made, vary="schedules", steps=2, surface=False).entries) == 4


def test_one_that_breaks_is_told_and_loses() -> None:
    found = race(run(), entries="sgd:1e6, adam:0.05", steps=60)
    assert found.winner == "adam:0.05"
    assert "The loss broke with SGD, 1e+06." in found.verdict
    assert found.surface is not None
    answer = perform(TOOLS, "race", Asked(quadratic(), run().job), {"entries": "sgd:1e30", "steps": 30})
    assert (answer["good"], answer["fixes"], answer["surface"]) == (False, [], None)
    assert answer["entries"][0]["last"] is None


def test_the_answer_offers_the_winner() -> None:
    asked = Asked(quadratic(), run().job)
    answer = perform(TOOLS, "race", asked, {"entries": "sgd:0.0001, adam:0.1", "steps": 50})
    [fix] = answer["fixes"]
    assert fix["args"] == {"path": "objectives.0.optimizer", "value": {"kind": "adam", "params": {"lr": 0.1}}}
    assert TOOLS["race"].command == "race"


@pytest.mark.parametrize(
    ("vary", "entries", "sentence"),
    [
        ("batches", "0", "0: a batch has 1 or more examples, or is full"),
        ("batches", "many", "many: a batch has 1 or more examples"),
        ("batches", "8, 08", "08 is in the race already"),
        ("rates", "0.1, x", "x: learning rate: expected a number"),
        ("rates", ",", "A race needs learning rates: 0.005"),
        ("schedules", "linear", "There is no schedule 'linear'; there are constant"),
        ("schedules", "plateau", "plateau: it listens to validation"),
    ],
)
def test_other_fields_refuse_too(vary: str, entries: str, sentence: str) -> None:
    with pytest.raises(LayerloomError, match=sentence):
        race(run(), vary=vary, entries=entries)


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
        race(run(), entries=optimizers)
