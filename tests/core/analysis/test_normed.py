"""Running statistics: the layer's own equations in NumPy, in evaluation and in training, and their closed form."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from core.analysis.layers import layers
from core.analysis.normed import normed
from core.analysis.requests import Analyses
from core.analysis.subject import Subject, moment
from core.problem import LayerloomError
from core.program.module import build
from core.program.program import Program
from core.training.runs import RunFolder
from tests import drawn, trainings
from tests.analysed import fresh


def first(layer: str = "batch_norm1d", **params: object) -> Program:
    """The features are normalised as they come, so that their statistics are those of the data."""
    d = drawn.Drawing("Normed", "Normed")
    x, target = d.input("features", 2), d.target("target", dtype="int")
    x = d.layer(layer, "norm", x, params=params)
    logits = d.layer("linear", "logits", x, params={"out_features": 2})
    d.output(logits)
    d.loss(d.layer("cross_entropy", "loss", logits, target))
    return d.program()


def test_running_statistics_after_k_batches_are_the_closed_form(tmp_path: Path) -> None:
    """r_k = (1 - m)^k r_0 + sum_i m (1 - m)^(k - 1 - i) s_i, the variance over n - 1."""
    job = trainings.job(epochs=3, batch_size=16)
    run = fresh(tmp_path / "run", first(momentum=0.2), job)
    about = Subject(run, moment(run, "last"))
    found = normed(about, "train", "norm")
    json.dumps(found, allow_nan=False)
    again = trainings.run(first(momentum=0.2), job)
    batches = [batch["features"].double().numpy() for epoch in range(3) for batch in again.batches(epoch, 0)]
    k = len(batches)
    weights = 0.2 * 0.8 ** np.arange(k - 1, -1, -1)
    mean = 0.8**k * 0.0 + sum(w * b.mean(0) for w, b in zip(weights, batches, strict=True))
    var = 0.8**k * 1.0 + sum(w * b.var(0, ddof=1) for w, b in zip(weights, batches, strict=True))
    assert found["running"]["mean"] == pytest.approx(mean.tolist(), rel=1e-5, abs=1e-6)
    assert found["running"]["var"] == pytest.approx(var.tolist(), rel=1e-5)
    assert (found["batches"], found["momentum"]) == (k, 0.2)


def test_given_and_made_are_the_equation_in_evaluation(subject: Callable[[str], Subject]) -> None:
    about = subject("digits")
    found = normed(about, "test", "norm")
    part = about.part("test")
    net = build(about.program)
    net.load_state_dict(about.weights)
    net.eval()
    with torch.inference_mode():
        x = net.conv(torch.from_numpy(part.arrays["features"])).double().numpy()  # type: ignore[operator]
    held = {
        name: about.weights[f"norm.{name}"].double().numpy()
        for name in ("weight", "bias", "running_mean", "running_var")
    }
    by_channel = np.moveaxis(x, 1, -1).reshape(-1, x.shape[1])
    made = held["weight"] * (by_channel - held["running_mean"]) / np.sqrt(held["running_var"] + 1e-5) + held["bias"]
    assert found["channels"] == 8
    assert found["given"]["mean"] == pytest.approx(by_channel.mean(0).tolist(), rel=1e-4, abs=1e-5)
    assert found["given"]["var"] == pytest.approx(by_channel.var(0).tolist(), rel=1e-4)
    assert found["made"]["mean"] == pytest.approx(made.mean(0).tolist(), rel=1e-3, abs=1e-4)
    assert found["made"]["var"] == pytest.approx(made.var(0).tolist(), rel=1e-4)
    gap = (by_channel.mean(0) - held["running_mean"]) / np.sqrt(held["running_var"] + 1e-5)
    assert found["gap"] == pytest.approx(gap.tolist(), rel=1e-3, abs=1e-4)
    factor = np.log(by_channel.var(0) / held["running_var"])
    assert found["far"] == int(((np.abs(gap) > 1) | (np.abs(factor) > 1)).sum())


def test_in_training_the_batch_itself_is_the_measure() -> None:
    """What the same layer gives in training has the statistics of its weights: mean b, variance g^2."""
    run = trainings.run(first(), trainings.job(batch_size=32))
    batch = next(run.batches(0, 0))["features"]
    norm = run.net.get_submodule("norm")
    norm.train()
    made = norm(batch).detach().double().numpy()
    x = batch.double().numpy()
    wanted = (x - x.mean(0)) / np.sqrt(x.var(0) + 1e-5)
    assert np.allclose(made, wanted, atol=1e-5)


def test_a_layer_without_running_statistics_has_none(tmp_path: Path) -> None:
    run = fresh(tmp_path / "run", first("layer_norm"), trainings.job(epochs=1))
    about = Subject(run, moment(run))
    found = normed(about, "test", "norm")
    assert (found["running"], found["gap"], found["far"], found["batches"]) == (None, None, None, None)
    assert found["channels"] == 2
    x = about.part("test").arrays["features"].astype(np.float64)
    assert found["given"]["mean"] == pytest.approx(x.mean(0).tolist(), rel=1e-5, abs=1e-6)


def test_the_lens_offers_it_and_others_are_refused(subject: Callable[[str], Subject]) -> None:
    assert layers(subject("digits"), "test", "", "norm")["node"]["further"][0] == "normed"
    with pytest.raises(LayerloomError, match="normalises nothing at 'relu'"):
        normed(subject("digits"), "test", "relu")


def test_the_assistant_answers_by_the_same_name(trained: Callable[[str], RunFolder]) -> None:
    about = trained("moons")
    found = Analyses().normed({"run": str(about.path), "split": "validation", "node": "norm"})
    assert found == normed(Subject(about, moment(about)), "validation", "norm")
