"""Half precision: the steps are those of PyTorch's own loop under autocast, with its scaling of gradients."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from torch import nn

from core.problem import LayerloomError, Severity
from core.training import checkpoint as files
from core.training.computing import HALF, check_precision
from core.training.engine import Engine
from core.training.loop import train
from core.training.protocol import Finished, Met
from core.training.run import Run
from tests import drawn, trainings
from tests.core.training.test_loop import of, optimizer

OBJECTIVES: dict[str, dict[str, Any]] = {
    "plain": optimizer("adam", lr=0.02),
    "clipped": {**optimizer("sgd", lr=0.1, momentum=0.9), "clip_norm": 0.5},
    "gathered": {**optimizer("adam", lr=0.02), "accumulate": 2},
}


def by_hand(run: Run, precision: str, objective: dict[str, Any], steps: int) -> tuple[nn.Module, list[float]]:
    """The loop of PyTorch's guide to mixed precision; the network, and the scale of every step."""
    net: Any = trainings.module.build(run.program)
    net.load_state_dict({name: value.clone() for name, value in run.net.state_dict().items()})
    kind, values = objective["optimizer"]["kind"], objective["optimizer"]["params"]
    made = {"adam": torch.optim.Adam, "sgd": torch.optim.SGD}[kind](net.parameters(), **values)
    scaler = torch.amp.GradScaler("cpu", enabled=precision == "fp16")
    gathers, scales = objective.get("accumulate", 1), []
    for number, batch in enumerate(run.batches(0, 0)):
        if number == steps:
            break
        with torch.autocast("cpu", HALF[precision]):
            loss = net.step(batch)[1]["loss"]
        scaler.scale(loss / gathers).backward()
        if (number + 1) % gathers == 0:
            scaler.unscale_(made)
            if "clip_norm" in objective:
                nn.utils.clip_grad_norm_(net.parameters(), objective["clip_norm"])
            scaler.step(made)
            scaler.update()
            made.zero_grad()
        scales.append(scaler.get_scale())
    return net, scales


@pytest.mark.parametrize("kind", OBJECTIVES)
@pytest.mark.parametrize("precision", HALF)
def test_steps_are_those_of_pytorchs_own_loop(precision: str, kind: str) -> None:
    job = trainings.job("digits", precision=precision, objectives=[OBJECTIVES[kind]], batch_size=64, device="cpu")
    run = trainings.run(trainings.digits(), job)
    net, _ = by_hand(run, precision, OBJECTIVES[kind], 8)
    for number, batch in enumerate(run.batches(0, 0)):
        if number == 8:
            break
        run.engine.step(batch, number)
    for name, value in net.state_dict().items():
        assert torch.allclose(run.net.state_dict()[name], value, rtol=1e-4, atol=2e-5), name


@pytest.mark.parametrize("precision", HALF)
def test_half_precision_learns_with_weights_in_float32(precision: str) -> None:
    job = trainings.job(epochs=40, precision=precision, device="cpu", objectives=[optimizer("adam", lr=0.02)])
    run = trainings.run(trainings.moons(), job)
    seen: set[torch.dtype] = set()
    run.net.get_submodule("hidden").register_forward_hook(lambda _m, _i, output: seen.add(output.dtype))
    told = list(train(run))
    [finished] = of(Finished, told)
    assert finished.metrics["test"]["accuracy"] > 0.8
    assert HALF[precision] in seen
    assert {p.dtype for p in run.net.parameters()} == {torch.float32}
    notes = [event.problem for event in of(Met, told) if event.problem["code"] == "precision"]
    assert len(notes) == (precision == "fp16")


def fp16(**changes: Any) -> Run:
    return trainings.run(
        trainings.moons(dropout=False),
        trainings.job(precision="fp16", device="cpu", objectives=[optimizer("sgd", lr=0.1, momentum=0.9)], **changes),
    )


def test_a_step_whose_gradients_overflow_is_skipped_and_the_scale_halved() -> None:
    run = fp16()
    [trainer] = run.engine.trainers
    assert trainer.scaler is not None
    trainer.scaler = torch.amp.GradScaler("cpu", init_scale=2.0**40)
    batches = list(run.batches(0, 0))
    before = [p.detach().clone() for p in run.net.parameters()]
    run.engine.step(batches[0], 0)
    assert all(torch.equal(p, old) for p, old in zip(run.net.parameters(), before, strict=True))
    assert trainer.scaler.get_scale() == 2.0**39
    for number in range(1, 40):
        run.engine.step(batches[number % len(batches)], number)
    assert trainer.scaler.get_scale() < 2.0**30
    assert not any(torch.equal(p, old) for p, old in zip(run.net.parameters(), before, strict=True))
    assert run.engine.finite()


@pytest.mark.parametrize("kind", ["sgd", "adam", "adamw", "rmsprop"])
def test_an_overflow_in_the_very_first_step_leaves_no_memory(kind: str) -> None:
    more = {"momentum": 0.9} if kind == "sgd" else {}
    job = trainings.job(precision="fp16", device="cpu", objectives=[optimizer(kind, lr=0.01, **more)])
    ours, theirs = (trainings.run(trainings.moons(dropout=False), job) for _ in range(2))
    first, *rest = ours.batches(0, 0)
    ours.engine.trainers[0].scaler = torch.amp.GradScaler("cpu", init_scale=2.0**40)
    ours.engine.step(first, 0)
    ours.engine.trainers[0].scaler = theirs.engine.trainers[0].scaler
    theirs.engine.compute(first)  # batch norm has seen it too
    for number, batch in enumerate(rest[:3]):
        ours.engine.step(batch, number)
        theirs.engine.step(batch, number)
    for name, value in theirs.net.state_dict().items():
        assert torch.equal(ours.net.state_dict()[name], value), name


def test_the_scale_grows_after_steps_without_overflow() -> None:
    run = fp16()
    [trainer] = run.engine.trainers
    trainer.scaler = torch.amp.GradScaler("cpu", init_scale=8.0, growth_interval=3)
    for number, batch in zip(range(6), run.batches(0, 0), strict=False):
        run.engine.step(batch, number)
    assert trainer.scaler.get_scale() == 8.0 * 4


def test_a_checkpoint_keeps_the_scale_and_goes_on_to_the_same_bits(tmp_path: Path) -> None:
    runs = [fp16(epochs=4, monitor=False) for _ in range(3)]
    whole, first, second = runs
    for run in (whole, first):
        scaler = torch.amp.GradScaler("cpu", init_scale=2.0**22, growth_interval=5)  # overflows, and grows again
        run.engine.trainers[0].scaler = scaler
    list(train(whole, folder=tmp_path / "whole"))
    events = train(first, folder=None)
    while first.step < 13:
        next(events)
    first.recorder.read()
    files.save(tmp_path / "half", first.checkpoint())
    second.engine.trainers[0].scaler = torch.amp.GradScaler("cpu", growth_interval=5)
    second.restore(files.load(tmp_path / "half"))
    scaler = second.engine.trainers[0].scaler
    assert scaler is not None
    assert scaler.get_scale() == first.engine.trainers[0].scaler.get_scale()  # type: ignore[union-attr]
    list(train(second, folder=tmp_path / "again"))
    left, right = (load_file(tmp_path / name / "last" / "weights.safetensors") for name in ("whole", "again"))
    assert all(torch.equal(left[name], right[name]) for name in left)
    assert (
        files.load(tmp_path / "whole" / "last").state["objectives"]
        == (files.load(tmp_path / "again" / "last").state["objectives"])
    )


def recurrent() -> Any:
    d = drawn.Drawing("Recurrent")
    x, target = d.input("features", 40, 1), d.target("target", dtype="int")
    (x,) = d.layer("lstm", "lstm", x, params={"hidden_size": 4}, uses=["sequence"])
    logits = d.layer("linear", "logits", d.layer("flatten", "flat", x), params={"out_features": 10})
    d.output(logits)
    d.loss(d.layer("cross_entropy", "loss", logits, target))
    return d.program()


def test_what_cannot_be_computed_in_fp16_is_refused_with_a_way_out() -> None:
    net = trainings.module.build(recurrent())
    with pytest.raises(LayerloomError, match=r"on a CPU PyTorch has no LSTM in fp16\. bf16 has the range") as met:
        check_precision(net, "fp16", torch.device("cpu"))
    assert met.value.problem.fixes[0].args == {"path": "precision", "value": "bf16"}
    with pytest.raises(LayerloomError, match="PyTorch scales no gradients on mps"):
        check_precision(net, "fp16", torch.device("mps"))
    assert check_precision(net, "bf16", torch.device("cpu")) == []
    assert check_precision(net, "fp16", torch.device("cuda")) == []
    [hint] = check_precision(trainings.module.build(trainings.digits()), "fp16", torch.device("cpu"))
    assert hint.severity is Severity.HINT


def test_scaling_is_for_fp16_alone() -> None:
    for precision, scales in (("float32", False), ("bf16", False), ("fp16", True)):
        run = trainings.run(trainings.moons(), trainings.job(precision=precision, device="cpu"))
        assert isinstance(run.engine, Engine)
        assert (run.engine.trainers[0].scaler is not None) == scales
