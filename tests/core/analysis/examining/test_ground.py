"""The loss around trained weights: against closed forms, NumPy's eigenvalues and the Hessian written down."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from core.analysis.examining.between import barrier, between
from core.analysis.examining.curvature import curvature, lanczos
from core.analysis.examining.ground import filtered, ground
from core.analysis.measuring import Gauge, as_trained, beginning
from core.analysis.subject import Subject, moment
from core.problem import LayerloomError
from core.program.program import Program
from core.training.run import Run
from tests import drawn, trainings
from tests.analysed import fresh
from tests.core.training.test_loop import optimizer

Get = Callable[[str], Subject]
Floats = np.ndarray[Any, Any]


def plane() -> Program:
    """Ten features, one number, nothing between: the mean squared error is a quadratic."""
    d = drawn.Drawing("Plane", "Plane")
    x, target = d.input("features", 10), d.target("target", 1)
    out = d.layer("linear", "out", x, params={"out_features": 1})
    d.output(out)
    d.loss(d.layer("mse_loss", "mse", out, target))
    return d.program()


def curved() -> Program:
    """Small enough for its whole Hessian."""
    d = drawn.Drawing("Curved", "Curved")
    x, target = d.input("features", 2), d.target("target", dtype="int")
    x = d.layer("tanh", "tanh", d.layer("linear", "hidden", x, params={"out_features": 4}))
    logits = d.layer("linear", "logits", x, params={"out_features": 2})
    d.output(logits)
    d.loss(d.layer("cross_entropy", "loss", logits, target))
    return d.program()


STANDARD = [{"kind": "standardise", "field": field} for field in ("features", "target")]


@pytest.fixture(scope="module")
def linear(tmp_path_factory: pytest.TempPathFactory) -> Subject:
    job = trainings.job("diabetes", transforms=STANDARD, objectives=[optimizer("sgd", lr=0.05)])
    run = fresh(tmp_path_factory.mktemp("plane") / "run", plane(), job)
    return Subject(run, moment(run))


@pytest.fixture(scope="module")
def bent(tmp_path_factory: pytest.TempPathFactory) -> Subject:
    run = fresh(tmp_path_factory.mktemp("bent") / "run", curved(), trainings.job())
    return Subject(run, moment(run))


def data(subject: Subject, part: str = "train") -> tuple[Floats, Floats, Floats]:
    """Inputs with a column of ones, targets, and the weights with the bias at their end."""
    arrays = subject.prepared.splits[part]
    x = np.hstack([arrays["features"], np.ones((len(arrays["features"]), 1))]).astype(np.float64)
    weights = torch.cat([subject.weights["out.weight"].ravel(), subject.weights["out.bias"]])
    return x, arrays["target"].astype(np.float64).ravel(), weights.double().numpy()


def test_the_surface_of_a_linear_regression_is_its_quadratic(linear: Subject) -> None:
    x, y, w = data(linear)
    found = ground(linear, span=1.5, resolution=9, examples=10_000, seed=3)
    draw = torch.Generator().manual_seed(3)
    weights = [linear.weights["out.weight"], linear.weights["out.bias"]]
    d, e = (torch.cat([v.ravel() for v in filtered(weights, draw)]).double().numpy() for _ in range(2))
    for drawn_direction in (d, e):
        assert np.linalg.norm(drawn_direction[:-1]) == pytest.approx(np.linalg.norm(w[:-1]), rel=1e-6)
        assert drawn_direction[-1] == 0, "biases stay"
    wanted = [[np.mean((x @ (w + a * d + b * e) - y) ** 2) for a in found.x] for b in found.y]
    np.testing.assert_allclose(found.values, wanted, rtol=2e-5)
    assert found.x[4] == found.y[4] == 0.0
    assert found.values[4][4] == found.loss == found.places[0].loss
    near = [wanted[j][i] for j in range(9) for i in range(9) if np.hypot(found.x[i], found.y[j]) <= 0.25]
    turns = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    near += [np.mean((x @ (w + 0.25 * (np.cos(t) * d + np.sin(t) * e)) - y) ** 2) for t in turns]
    assert found.rise == pytest.approx(max(near) - found.loss, abs=1e-5)
    assert found.rise > 0
    assert found.examples == len(x)

    hessian = np.linalg.eigvalsh(2 * x.T @ x / len(x))
    assert found.curvature is not None
    assert found.curvature.largest == pytest.approx(hessian[-1], rel=1e-6)
    assert found.curvature.least == pytest.approx(hessian[0], abs=1e-3 * hessian[-1])
    assert found.curvature.limit == pytest.approx(2 / hessian[-1], rel=1e-6)


def test_each_filter_is_as_long_as_the_weights_own() -> None:
    weights = [torch.randn(6, 3, 5, 5), torch.randn(6), torch.randn(4, 7), torch.zeros(2, 3)]
    found = filtered(weights, torch.Generator().manual_seed(0))
    for w, d in zip((weights[0], weights[2]), (found[0], found[2]), strict=True):
        torch.testing.assert_close(d.flatten(1).norm(dim=1), w.flatten(1).norm(dim=1))
        assert torch.nn.functional.cosine_similarity(w.flatten(), d.flatten(), dim=0).abs() < 0.5
    assert not found[1].any()
    assert not found[3].any()


def test_the_ends_of_the_spectrum_are_those_of_the_hessian_written_down(bent: Subject) -> None:
    gauge = Gauge(bent, bent.part("train"), torch.float64)
    found = curvature(gauge)
    names = [name for name, _ in gauge.net.named_parameters()]
    sizes = [p.numel() for p in gauge.parameters]
    shapes = [p.shape for p in gauge.parameters]
    batch = {n: torch.cat([b[n] for b in gauge.batches]) for n in gauge.batches[0]}

    def loss(flat: torch.Tensor) -> torch.Tensor:
        parts = [one.view(shape) for one, shape in zip(torch.split(flat, sizes), shapes, strict=True)]
        scores = torch.func.functional_call(gauge.net, dict(zip(names, parts, strict=True)), (batch["features"],))
        return torch.nn.functional.cross_entropy(scores, batch["target"])

    flat = torch.cat([p.detach().ravel() for p in gauge.parameters])
    hessian = torch.autograd.functional.hessian(loss, flat)  # type: ignore[no-untyped-call]
    whole = np.linalg.eigvalsh(hessian.numpy())
    assert found is not None
    assert found.largest == pytest.approx(whole[-1], rel=1e-6)
    assert found.least == pytest.approx(whole[0], abs=1e-4 * whole[-1])
    assert found.products <= len(flat)
    assert abs(found.largest - whole[-1]) <= max(found.error, 1e-9)
    assert all(p.grad is None for p in gauge.net.parameters())


def test_lanczos_finds_both_ends_of_a_matrix() -> None:
    draw = torch.Generator().manual_seed(5)
    raw = torch.randn(60, 60, generator=draw, dtype=torch.float64)
    matrix = raw + raw.T
    values, error, taken = lanczos(lambda v: matrix @ v, torch.ones(60, dtype=torch.float64), 60)
    wanted = np.linalg.eigvalsh(matrix.numpy())
    assert float(values[-1]) == pytest.approx(wanted[-1], rel=1e-6)
    assert float(values[0]) == pytest.approx(wanted[0], rel=1e-6)
    assert error <= 1e-3 * wanted[-1]
    assert taken < 60
    _, far, taken = lanczos(lambda v: matrix @ v, torch.ones(60, dtype=torch.float64), 60, -1.0)
    assert (taken, far > error) == (1, True), "the time was over"
    flat, _, taken = lanczos(lambda v: 3 * v, torch.ones(60, dtype=torch.float64), 60)
    assert (flat.tolist(), taken) == ([pytest.approx(3.0)], 1)


def test_gradient_descent_leaves_the_valley_just_above_the_limit(linear: Subject) -> None:
    x, y, w = data(linear)
    found = curvature(Gauge(linear, linear.part("train"), torch.float64))
    assert found is not None
    assert found.limit is not None

    def after(rate: float) -> float:
        here = w.copy()
        for _ in range(2000):
            here -= rate * 2 * x.T @ (x @ here - y) / len(x)
        return float(np.mean((x @ here - y) ** 2))

    assert after(0.99 * found.limit) < np.mean((x @ w - y) ** 2)
    assert after(1.01 * found.limit) > 1e6


def test_the_plane_of_a_run_holds_where_it_began(bent: Subject) -> None:
    found = ground(bent, view="run", resolution=7, curved=False)
    here, start = found.places
    assert here.name == "these weights, the best", "the last epoch was the best one"
    fresh_run = Run(bent.program, bent.run.job, bent.prepared)
    first = fresh_run.net.state_dict()
    assert all(torch.equal(value, first[name]) for name, value in beginning(bent).items())
    apart = torch.cat([(first[n] - bent.weights[n]).ravel() for n in first]).norm()
    assert start.x == pytest.approx(float(apart), rel=1e-5)
    assert abs(start.y) < 1e-6
    assert start.away < 1e-5
    assert start.loss == pytest.approx(fresh_run.evaluate("train")["loss"], rel=1e-5)
    assert here.loss == pytest.approx(Gauge(bent, bent.part("train")).loss(), rel=1e-6)
    assert found.x[0] < 0 < start.x < found.x[-1]
    assert found.curvature is None


def test_a_run_that_has_not_moved_has_no_plane(tmp_path: Path) -> None:
    job = trainings.job(objectives=[optimizer("sgd", lr=1e-30)], epochs=1)
    run = fresh(tmp_path / "run", curved(), job)
    subject = Subject(run, moment(run))
    with pytest.raises(LayerloomError, match="has not moved"):
        ground(subject, view="run")
    with pytest.raises(LayerloomError, match="these very weights"):
        between(subject)


def test_a_slow_network_gets_a_coarser_grid(bent: Subject) -> None:
    found = ground(bent, resolution=40, seconds=1e-9, curved=False)
    assert (len(found.x), len(found.values), found.asked) == (5, 5, 41)
    assert found.x[2] == 0.0


def test_the_loss_along_the_line_is_that_of_both_ends_and_a_quadratic_between(linear: Subject) -> None:
    found = between(linear, steps=11, beyond=0.2)
    assert found.at == pytest.approx([k / 10 for k in range(-2, 13)])
    first = beginning(linear)
    w0 = np.append(first["out.weight"].double().numpy().ravel(), first["out.bias"].double().numpy())
    for part in ("train", "validation"):
        x, y, w = data(linear, part)
        wanted = [np.mean((x @ ((1 - a) * w0 + a * w) - y) ** 2) for a in found.at]
        np.testing.assert_allclose(found.losses[part], wanted, rtol=1e-5)
        assert found.barriers[part] == pytest.approx(0, abs=1e-6), "a bowl has none"
    assert found.distance == pytest.approx(np.linalg.norm(data(linear)[2] - w0), rel=1e-5)


def test_the_line_to_another_run_ends_at_that_run(bent: Subject, tmp_path: Path) -> None:
    other = fresh(bent.run.path.parent / "other", curved(), trainings.job(seed=5))
    theirs = Gauge(Subject(other, moment(other)), bent.part("train")).loss()
    ours = Gauge(bent, bent.part("train")).loss()
    for name in ("other", str(other.path)):
        found = between(bent, other=name, steps=5, beyond=0.0)
        assert found.losses["train"][0] == pytest.approx(theirs, rel=1e-5)
        assert found.losses["train"][-1] == pytest.approx(ours, rel=1e-5)
    with pytest.raises(LayerloomError, match="another design"):
        between(bent, other=str(fresh(tmp_path / "run", trainings.moons(), trainings.job()).path))


def test_what_normalisation_remembers_moves_along_the_line(subject: Get) -> None:
    digits = subject("digits")
    found = between(digits, steps=3, beyond=1.0)
    assert np.isfinite(found.losses["validation"]).all(), "beyond the ends no variance falls below 0"
    untrained = Run(digits.program, digits.run.job, digits.prepared)
    assert found.losses["validation"][2] == pytest.approx(untrained.evaluate("validation")["loss"], rel=1e-5)
    assert found.losses["validation"][4] == pytest.approx(Gauge(digits, digits.part("validation")).loss(), rel=1e-5)


def test_a_barrier_is_what_rises_above_the_higher_end() -> None:
    assert barrier([1.0, 2.9, 3.0]) == 0.0
    assert barrier([1.0, 4.0, 3.0]) == 1.0
    assert barrier([2.0, 0.0, 1.0]) == 0.0


def test_threads_are_those_of_the_training(bent: Subject, monkeypatch: pytest.MonkeyPatch) -> None:
    before = torch.get_num_threads()
    met: dict[str, int] = {}
    for name, choices in {"cpu": {"device": "cpu", "threads": 1}, "cuda": {"device": "cuda", "threads": 9}}.items():
        monkeypatch.setattr(type(bent.run), "environment", lambda _self, c=choices: {"choices": c})
        with as_trained(bent):
            met[name] = torch.get_num_threads()
    assert met == {"cpu": 1, "cuda": before}
    assert torch.get_num_threads() == before


def test_a_gauge_measures_as_the_run_did(subject: Get) -> None:
    for name in ("digits", "regression", "binary"):
        made = subject(name)
        result = made.run.result()
        assert result is not None
        for part in ("validation", "test"):
            found = Gauge(made, made.part(part)).values()
            assert found == pytest.approx(result["metrics"][part], rel=1e-5)
