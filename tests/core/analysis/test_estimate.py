"""One step measured: its time, what it holds node by node, and what it finds in two parts of the data."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from core.analysis.estimate import estimate
from core.analysis.preflight import measured, preflight
from core.problem import LayerloomError
from core.training.job import Job, read_job
from tests.drawn import Drawing, mlp


def job(**more: Any) -> Job:
    return read_job({"data": {"source": {"kind": "iris"}}, "batch_size": 10, **more})


def test_a_step_is_measured_and_nothing_is_left_behind() -> None:
    threads, random = torch.get_num_threads(), torch.get_rng_state()
    found = estimate(mlp(), job(epochs=3))
    assert torch.get_num_threads() == threads
    assert torch.equal(torch.get_rng_state(), random)
    assert 0 < found["seconds"] < 5
    assert 0 < found["evaluation"] < 5
    assert (found["steps"], found["batch"], found["device"], found["free"]) == (11, 10, "cpu", None)
    assert found["examples"] == {"train": 106, "validation": 22, "test": 22}
    assert set(found["overlap"]) == {"validation", "test"}


def test_what_is_held_by_node_to_the_byte() -> None:
    """ReLU keeps what it gives (the next layer needs the same), cross-entropy its logarithms and a total weight."""
    held = estimate(mlp(), job())["held"]
    assert held["relu"] == 10 * 16 * 4
    assert held["loss"] == 10 * 3 * 4 + 4
    assert set(held) == {"relu", "loss"}


def test_blocks_are_told_by_the_path_of_the_inner_node() -> None:
    inner = Drawing("Inner", path="block")
    inner.output(inner.layer("tanh", "squash", inner.input("x", 4)))
    d = Drawing("Outer")
    x, target = d.input("features", 4), d.target("target", dtype="int")
    x = d.layer("linear", "first", x, params={"out_features": 4})
    x = d.block("Inner", inner.program(), "block", x)
    logits = d.layer("linear", "logits", x, params={"out_features": 3})
    d.output(logits)
    d.loss(d.layer("cross_entropy", "loss", logits, target))
    program = d.program()
    found = estimate(program, job())
    assert found["held"]["block/squash"] == 10 * 4 * 4
    told = {n.node: n.activations for n in measured(preflight(program, job()), found).nodes}
    assert told["block/squash"] == 16


@pytest.mark.parametrize("more", [{"balance": "weights"}, {"average": 0.9}, {"batch_size": "full"}])
def test_jobs_of_many_kinds_are_measured(more: dict[str, Any]) -> None:
    found = estimate(mlp(), job(**more))
    assert found["batch"] == (106 if more.get("batch_size") == "full" else 10)


def test_several_objectives_are_measured_together() -> None:
    two = [{"trains": ["hidden"]}, {"trains": ["logits"], "split": "validation"}]
    assert estimate(mlp(), job(objectives=two))["seconds"] > 0


def test_without_validation_there_is_nothing_to_evaluate() -> None:
    found = estimate(mlp(), job(data={"source": {"kind": "iris"}, "split": {"validation": 0}}))
    assert found["evaluation"] == 0.0


def test_what_is_wrong_is_told_as_a_run_would() -> None:
    with pytest.raises(LayerloomError, match="no file is chosen"):
        estimate(mlp(), job(data={"source": {"kind": "csv"}}))
