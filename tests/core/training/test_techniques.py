"""Averages of weights, balance of classes, precision, compiling and recomputing."""

from __future__ import annotations

import importlib
import time
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from sklearn.utils.class_weight import compute_class_weight
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from core.data.batches import Batches
from core.problem import LayerloomError
from core.training import balance, computing
from core.training.job import Stopping
from core.training.loop import train
from core.training.protocol import Finished, Met
from core.training.stopping import BestSoFar
from tests import trainings
from tests.core.training.test_loop import of, optimizer


def test_the_average_is_that_of_pytorch_and_is_what_is_validated_and_saved(tmp_path: Path) -> None:
    job = trainings.job(objectives=[optimizer("sgd", lr=0.1)], average=0.9, monitor=False)
    ours, theirs = (trainings.run(trainings.binary(), job) for _ in range(2))
    [finished] = of(Finished, list(train(ours, folder=tmp_path)))
    net: Any = trainings.module.build(theirs.program)
    net.load_state_dict({name: value.clone() for name, value in theirs.net.state_dict().items()})
    average = AveragedModel(net, multi_avg_fn=get_ema_multi_avg_fn(0.9))
    plain = torch.optim.SGD(net.parameters(), lr=0.1)
    for epoch in range(job.epochs):
        for batch in theirs.batches(epoch, 0):
            plain.zero_grad()
            net.step(batch)[1]["loss"].backward()
            plain.step()
            average.update_parameters(net)
    saved = load_file(tmp_path / "last" / "weights.safetensors")
    for name, value in average.module.state_dict().items():
        assert torch.allclose(saved[name], value, rtol=1e-5, atol=1e-6), name
        assert torch.equal(saved[name], ours.net.state_dict()[name])
    assert not torch.allclose(saved["hidden.weight"], net.hidden.weight, atol=1e-4)
    assert finished.metrics["validation"] == ours.evaluate("validation")


def test_an_average_that_is_not_shown_changes_nothing() -> None:
    base = {"objectives": [optimizer("sgd", lr=0.1)], "monitor": False}
    with_it = trainings.run(trainings.binary(), trainings.job(**base, average=0.9, average_shown=False))
    without = trainings.run(trainings.binary(), trainings.job(**base))
    list(train(with_it))
    list(train(without))
    for name, value in without.net.state_dict().items():
        assert torch.equal(with_it.net.state_dict()[name], value)


def test_stopping_follows_the_given_direction() -> None:
    up = BestSoFar.of(Stopping(enabled=True, metric="loss", mode="max"), ("loss",))
    assert up.update(1, {"loss": 1.0})
    assert up.update(2, {"loss": 2.0})
    assert not up.update(3, {"loss": 0.5})
    assert BestSoFar.of(Stopping(enabled=True, metric="top_3"), ("loss", "top_3")).update(1, {"top_3": 0.5})


def unbalanced() -> Any:
    """Breast cancer: 63 % of one class, 37 % of the other."""
    from tests import drawn

    d = drawn.Drawing("Cancer", "Cancer")
    x, target = d.input("features", 30), d.target("target", dtype="int")
    logits = d.layer("linear", "logits", x, params={"out_features": 2})
    d.output(logits)
    d.loss(d.layer("cross_entropy", "loss", logits, target))
    return d.program()


def test_class_weights_are_scikit_learns_balanced() -> None:
    run = trainings.run(unbalanced(), trainings.job("breast_cancer", balance="weights"))
    labels = run.prepared.splits["train"]["target"]
    expected = compute_class_weight("balanced", classes=np.array([0, 1]), y=labels)
    [step] = [step for step in run.program.steps if step.node == "loss"]
    assert step.params["class_weights"] == pytest.approx(tuple(expected))
    assert "new_tensor" in trainings.module.source_of(run.net).text


def test_balanced_batches_hold_each_class_as_often() -> None:
    prepared = trainings.run(unbalanced(), trainings.job("breast_cancer")).prepared
    chances = balance.sampling_weights(unbalanced(), prepared)
    arrays = prepared.splits["train"]
    made = Batches(arrays, 32, seed=3, chances=chances)
    drawn = Counter(int(c) for e in range(20) for batch in made.epoch(e) for c in batch["target"])
    assert drawn[0] + drawn[1] == 20 * len(arrays["target"])
    assert drawn[0] / drawn[1] == pytest.approx(1.0, abs=0.06)
    assert torch.equal(made.order(4), made.order(4))
    full = Batches(arrays, "full", seed=3, chances=chances)
    [batch] = full.epoch(0)
    assert 0.4 < float(batch["target"].float().mean()) < 0.6


def test_balancing_what_has_no_classes_is_told() -> None:
    for way in ("weights", "sampling"):
        with pytest.raises(LayerloomError, match="balance"):
            trainings.run(trainings.regression(), trainings.job("diabetes", balance=way))


def test_recomputing_gives_the_same_bits_masks_included() -> None:
    base = {"objectives": [optimizer("adam", lr=0.02)], "monitor": False}
    plain = trainings.run(trainings.moons(), trainings.job(**base))
    list(train(plain))
    again = trainings.run(trainings.moons(), trainings.job(**base, recompute=["dropout", "hidden"]))
    calls: list[int] = []
    again.net.get_submodule("dropout").register_forward_hook(lambda *_: calls.append(1))
    list(train(again))
    assert calls
    for name, value in plain.net.state_dict().items():
        assert torch.equal(again.net.state_dict()[name], value)
    with pytest.raises(LayerloomError, match="recompute: there is no block or layer 'nowhere'"):
        trainings.run(trainings.moons(), trainings.job(recompute=["nowhere"]))


def test_compiling_says_what_it_buys_or_why_not() -> None:
    works, note = computing.compiling(lambda: time.sleep(0.004), lambda: time.sleep(0.001))
    assert works
    assert "it pays after" in note.message

    def refuse() -> None:
        raise RuntimeError("no compiler")

    works, note = computing.compiling(lambda: None, refuse)
    assert not works
    assert "no compiler" in note.message


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
def test_a_compiled_run_learns_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    config = importlib.import_module("torch._inductor.config")
    monkeypatch.setattr(config, "compile_threads", 1)  # no processes that outlive the test
    base = {"objectives": [optimizer("adam", lr=0.02)], "monitor": False}
    plain = trainings.run(trainings.binary(), trainings.job(**base))
    fast = trainings.run(trainings.binary(), trainings.job(**base, compile=True))
    list(train(plain))
    said = list(train(fast))
    assert any("torch.compile took" in e.problem["message"] for e in of(Met, said))
    for name, value in plain.net.state_dict().items():
        assert torch.allclose(fast.net.state_dict()[name], value, rtol=1e-3, atol=1e-4), name
