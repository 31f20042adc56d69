"""The range test against a loop written by hand, and against what is known of quadratics."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from core.data.prepare import prepare
from core.problem import LayerloomError
from core.program import module
from core.program.program import Program
from core.training.job import read_job
from core.training.run import Run
from core.training.tools.rates import RangeTest, find_rate, read
from tests import drawn, trainings


def line(width: int) -> Program:
    """A weighted sum without a bias: its mean squared error is a quadratic in the weights."""
    d = drawn.Drawing("Line", "Line")
    x, target = d.input("features", width), d.target("target", 1)
    out = d.layer("linear", "sum", x, params={"out_features": 1, "bias": False})
    d.output(out)
    d.loss(d.layer("mse_loss", "loss", out, target))
    return d.program()


def quadratic(path: Path, width: int) -> tuple[Run, float]:
    """The run, and the greatest eigenvalue of its loss's Hessian, 2 X^T X / n."""
    random = np.random.default_rng(3)
    x = random.normal(size=(40, width)).astype(np.float32) * np.linspace(0.5, 2.0, width, dtype=np.float32)
    y = (x @ random.normal(size=(width, 1)).astype(np.float32)).astype(np.float32)
    np.savez(path / "line.npz", x=x, y=y)
    source = {"kind": "npz", "params": {"path": str(path / "line.npz")}}
    given = read_job(
        {
            "data": {"source": source, "split": {"validation": 0, "test": 0}},
            "batch_size": "full",
            "threads": 1,
            "objectives": [{"optimizer": {"kind": "sgd", "params": {"lr": 0.1}}}],
        }
    )
    program = line(width)
    run = Run(program, given, prepare(given.data, (*program.inputs, *program.targets)))
    return run, float(np.linalg.eigvalsh(2 * x.T.astype(np.float64) @ x / len(x))[-1])


def by_hand(run: Run, low: float, high: float, steps: int) -> list[float]:
    """The same test in plain PyTorch: the module, Adam, and the batches in their order."""
    torch.manual_seed(run.job.seed)
    net = module.build(run.program)
    net.load_state_dict(run.net.state_dict())
    optimizer = torch.optim.Adam(net.parameters(), lr=low)
    losses = []
    batches = (batch for epoch in range(1000) for batch in run.batches(epoch, 0))
    for step, batch in zip(range(steps), batches, strict=False):
        optimizer.param_groups[0]["lr"] = low * (high / low) ** (step / (steps - 1))
        _, found = net.step(batch)  # type: ignore[operator]
        optimizer.zero_grad()
        found["loss"].backward()
        optimizer.step()
        losses.append(found["loss"].item())
    return losses


def test_the_history_is_that_of_a_loop_written_by_hand() -> None:
    run = trainings.run(trainings.moons(dropout=False), trainings.job())
    found = find_rate(run, low=1e-5, high=1.0, steps=40)
    count = len(found.losses)
    assert count > 20
    np.testing.assert_allclose(found.losses, by_hand(run, 1e-5, 1.0, 40)[:count], rtol=2e-5)
    assert found.rates[0] == 1e-5
    np.testing.assert_allclose(np.diff(np.log(found.rates)), np.log(1e5) / 39)


def test_smoothing_and_suggestions_are_the_formulas() -> None:
    rates = np.logspace(-4, 0, 60)
    losses = 1.0 - 0.8 / (1 + np.exp(-3 * (np.log10(rates) + 2))) + (rates / 0.5) ** 3 / 10
    found = read(rates.tolist(), losses.tolist())
    mean, smoothed = 0.0, []
    for k, loss in enumerate(losses):
        mean = 0.9 * mean + 0.1 * loss
        smoothed.append(mean / (1 - 0.9 ** (k + 1)))
    np.testing.assert_allclose(found.smoothed, smoothed)
    slopes = np.gradient(np.array(smoothed), np.log(rates))
    least = int(np.argmin(smoothed))
    assert found.steepest == pytest.approx(rates[1 + int(np.argmin(slopes[1:least]))])
    assert found.tenth == found.suggestion == pytest.approx(rates[least] / 10)
    assert "a tenth" in found.verdict


@pytest.mark.parametrize("width", [1, 5])
@pytest.mark.parametrize(("factor", "diverges"), [(0.98, False), (1.02, True)])
def test_a_quadratic_diverges_exactly_beyond_two_by_its_greatest_curvature(
    tmp_path: Path, width: int, factor: float, diverges: bool
) -> None:
    run, greatest = quadratic(tmp_path, width)
    rate = factor * 2 / greatest
    found = find_rate(run, low=rate, high=rate, steps=600)
    assert (found.diverged is not None) == diverges
    if not diverges:
        assert found.losses[-1] < found.losses[0]


def test_on_a_quadratic_of_one_weight_the_loss_rises_from_the_very_rate_on(tmp_path: Path) -> None:
    run, curvature = quadratic(tmp_path, 1)
    found = find_rate(run, low=1.8 / curvature, high=3 / curvature, steps=60)
    rises = next(i for i in range(len(found.losses) - 1) if found.losses[i + 1] > found.losses[i])
    assert found.rates[rises - 1] <= 2 / curvature < found.rates[rises]
    assert found.diverged is not None
    assert found.diverged > 2 / curvature
    wide = find_rate(run, low=1e-3 / curvature, high=10 / curvature)
    assert wide.suggestion is not None
    assert wide.suggestion < 2 / curvature


def everything(run: Run) -> dict[str, Any]:
    return {
        "weights": {name: t.clone() for name, t in run.net.state_dict().items()},
        "random": torch.get_rng_state().clone(),
        "numpy": np.random.get_state()[1].copy(),
        "python": random.getstate(),
        "job": run.job.model_dump(),
        "step": run.step,
        "threads": torch.get_num_threads(),
    }


def test_the_run_and_the_process_are_as_before() -> None:
    run = trainings.run(trainings.moons(), trainings.job(balance="weights", objectives=[trainings.objective()]))
    for batch in run.batches(0, 0):
        run.engine.step(batch, 0)
    before = everything(run)
    find_rate(run, steps=20)
    after = everything(run)
    assert all(torch.equal(after["weights"][name], t) for name, t in before.pop("weights").items())
    assert torch.equal(after["random"], before.pop("random"))
    assert (after["numpy"] == before.pop("numpy")).all()
    assert all(after[name] == value for name, value in before.items())


@pytest.mark.parametrize(
    "more",
    [
        {"objectives": [trainings.objective(accumulate=3)]},
        {"objectives": [trainings.objective(trains=["hidden"]), trainings.objective(trains=["logits"])]},
        {"objectives": [{"optimizer": {"kind": "lbfgs"}}], "batch_size": "full"},
        {"precision": "bf16", "balance": "sampling", "average": 0.9},
    ],
)
def test_jobs_of_many_kinds(more: dict[str, Any]) -> None:
    run = trainings.run(trainings.moons(), trainings.job(**more))
    told: list[float] = []
    found = find_rate(run, steps=30, objective=len(run.engine.trainers) - 1, told=told.append)
    assert told == sorted(told)
    assert json.loads(json.dumps(found.to_json()))["verdict"]
    assert isinstance(found, RangeTest)


def test_what_never_falls_suggests_nothing() -> None:
    found = read(np.logspace(-5, 0, 30).tolist(), [1.0] * 30)
    assert found.suggestion is None
    assert "did not fall" in found.verdict


@pytest.mark.parametrize("wrong", [{"low": 0.0}, {"low": 1.0, "high": 0.1}, {"steps": 1}, {"objective": 1}])
def test_bad_wishes_are_told(wrong: dict[str, Any]) -> None:
    run = trainings.run(trainings.moons(), trainings.job())
    with pytest.raises(LayerloomError, match=r"range test needs|no objective"):
        find_rate(run, **wrong)


def test_whoever_listens_may_end_it() -> None:
    run = trainings.run(trainings.moons(), trainings.job())

    def stop(share: float) -> None:
        if share > 0.3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        find_rate(run, told=stop)
