"""Centres of bumps that start from the training data: where K-means puts them, at examples, or refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from scipy.interpolate import RBFInterpolator
from sklearn.cluster import KMeans

from core.data.dataset import Array
from core.problem import LayerloomError
from core.program.program import Program
from core.training.job import Job, read_job
from core.training.run import Run
from tests import drawn
from tests.trainings import run


def program(start: str, count: int = 7, *, before: bool = False) -> Program:
    d = drawn.Drawing("Bumps", "Bumps")
    x, target = d.input("features", 2), d.target("target", dtype="int")
    if before:
        x = d.layer("tanh", "bend", d.layer("linear", "turn", x, params={"out_features": 3}))
    [y] = d.layer("rbf", "bumps", x, params={"out_features": count, "start": start}, uses=["y"])
    logits = d.layer("linear", "logits", y, params={"out_features": 2})
    d.output(logits)
    d.loss(d.layer("cross_entropy", "loss", logits, target))
    return d.program()


def job(n: int = 200, seed: int = 0) -> Job:
    source = {"kind": "moons", "params": {"n": n}}
    return read_job({"data": {"source": source}, "seed": seed, "epochs": 1, "threads": 1, "batch_size": 16})


def centres(made: Run) -> Array:
    state: Any = made.net.state_dict()["bumps.centres"]
    return np.asarray(state)


def rows(made: Run) -> Array:
    return made.prepared.splits["train"]["features"]


def test_kmeans_centres_are_scikit_learns() -> None:
    made = run(program("kmeans"), job())
    theirs = KMeans(7, n_init=4, random_state=0).fit(rows(made)).cluster_centers_
    np.testing.assert_allclose(np.sort(centres(made), 0), np.sort(theirs, 0), atol=1e-5)
    assert np.array_equal(centres(made), centres(run(program("kmeans"), job())))


def test_examples_are_examples_and_differ_with_the_seed() -> None:
    made = run(program("data"), job())
    found = {tuple(row) for row in centres(made).tolist()}
    assert len(found) == 7
    assert found <= {tuple(row) for row in rows(made).tolist()}
    other = run(program("data"), job(seed=1))
    assert found != {tuple(row) for row in centres(other).tolist()}


def test_what_arrives_counts_not_what_enters() -> None:
    made = run(program("data", before=True), job())
    state = made.net.state_dict()
    bent = np.tanh(rows(made) @ state["turn.weight"].numpy().T + state["turn.bias"].numpy())
    apart = np.abs(centres(made)[:, None] - bent[None]).max(2).min(1)
    assert apart.max() < 1e-6


def test_other_weights_start_as_they_would_without() -> None:
    """The centres' own draw is made all the same, so nothing else moves."""
    plain, placed = (run(program(start), job()).net.state_dict() for start in ("random", "kmeans"))
    assert torch.equal(plain["logits.weight"], placed["logits.weight"])
    assert not torch.equal(plain["bumps.centres"], placed["bumps.centres"])


def test_more_centres_than_examples_are_refused_with_a_number_that_fits() -> None:
    with pytest.raises(LayerloomError, match=r"its 500 centres .* only 1\d\d different ones arrive") as refused:
        run(program("kmeans", 500), job())
    [fix] = refused.value.problem.fixes
    assert fix.args == {"name": "out_features", "value": int(refused.value.problem.received)}


def test_the_boundary_shows_where_the_bumps_stand() -> None:
    made = run(program("kmeans"), job())
    assert made.boundary is not None
    picture = made.boundary.picture()
    np.testing.assert_allclose(picture["centres"], made.prepared.inverse("features", centres(made)), atol=1e-4)
    (low, high), _ = picture["x"], picture["y"]
    assert all(low < x < high for x, _ in picture["centres"])
    plain = run(program("kmeans", before=True), job())
    assert plain.boundary is not None
    assert "centres" not in plain.boundary.picture(), "they lie in another space"


def test_with_a_centre_at_every_example_the_net_interpolates_as_scipy_does() -> None:
    made = run(program("data", 60), job(n=100))
    points = rows(made).astype(np.float64)[:60]
    net = made.net.double()
    bumps = net.get_submodule("bumps")
    with torch.no_grad():
        bumps.centres.copy_(torch.from_numpy(points))  # type: ignore[operator]
        bumps.log_widths.fill_(float(np.log(0.2)))  # type: ignore[operator]
        values, asked = np.sin(3 * points[:, :1]), points + 0.05
        features, new = (bumps(torch.from_numpy(p)).numpy() for p in (points, asked))
    ours = new @ np.linalg.solve(features, values)
    theirs = RBFInterpolator(points, values, kernel="gaussian", epsilon=1 / (0.2 * np.sqrt(2)), degree=-1)(asked)
    np.testing.assert_allclose(ours, theirs, atol=1e-7)
