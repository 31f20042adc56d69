"""Costs of a training before it runs: parameters, multiply-accumulates and bytes, counted by hand."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from typing import Any

import pytest
import torch

from core.analysis.preflight import Memory, measured, preflight
from core.catalog.optimizers import OPTIMIZERS
from core.memory import free_memory
from core.program.module import build
from core.program.program import Program
from core.training.job import Job, read_job
from core.training.optimizers import make, memory
from tests.drawn import Drawing, mlp, resnet

HIDDEN, LOGITS = 4 * 16 + 16, 16 * 3 + 3  # parameters of the two layers of `mlp`


def job(**more: Any) -> Job:
    """Iris: 150 examples, of which 22 validate and 22 test."""
    return read_job({"data": {"source": {"kind": "iris"}}, "batch_size": 10, **more})


def objective(**more: Any) -> dict[str, Any]:
    return {"objectives": [more]}


def test_a_small_network_to_the_byte() -> None:
    found = preflight(mlp(), job())
    assert (found.parameters, found.trained, found.macs) == (131, 131, 4 * 16 + 16 * 3)
    assert (found.examples, found.batch, found.steps, found.epochs) == (106, 10, 11, 20)
    assert [(n.label, n.parameters, n.macs, n.activations) for n in found.nodes] == [
        ("features", 0, 0, 4 * 4),
        ("hidden", HIDDEN, 64, 4 * 16),
        ("relu", 0, 0, 4 * 16),
        ("logits", LOGITS, 48, 4 * 3),
        ("loss", 0, 0, 4),
    ]
    example = 16 + 64 + 64 + 12 + 4
    assert found.memory == Memory(
        weights=524,
        gradients=524,
        optimizer=2 * 524,  # Adam's two running means
        copies=524,  # the best weights so far
        activations=10 * example,
        data=150 * (4 * 4 + 8),
        example=example,
    )
    assert found.memory.total == 524 * 5 + 1600 + 3600


@pytest.mark.parametrize(
    ("more", "changed"),
    [
        (objective(optimizer={"kind": "sgd"}), {"optimizer": 0}),
        (objective(optimizer={"kind": "sgd", "params": {"momentum": 0.9}}), {"optimizer": 524}),
        ({"average": 0.99}, {"copies": 2 * 524}),
        ({"data": {"source": {"kind": "iris"}, "split": {"validation": 0}}}, {"copies": 0}),
        ({"precision": "bf16"}, {"example": 80, "activations": 800}),
        (objective(trains=["logits"]), {"gradients": 4 * LOGITS, "optimizer": 8 * LOGITS}),
        ({"batch_size": "full"}, {"activations": 106 * 160}),
        ({"batch_size": 1000}, {"activations": 106 * 160}),
        ({"data": {}}, {"data": 0, "activations": 0, "copies": 524}),
    ],
)
def test_what_the_job_changes(more: dict[str, Any], changed: dict[str, int]) -> None:
    assert preflight(mlp(), job(**more)).memory == replace(preflight(mlp(), job()).memory, **changed)


def test_objectives_that_step_the_same_weights_keep_memory_of_their_own() -> None:
    two = {"objectives": [{"trains": ["hidden"]}, {"optimizer": {"kind": "adagrad"}}]}
    needed = preflight(mlp(), job(**two)).memory
    assert needed.gradients == 524
    assert needed.optimizer == 4 * (2 * HIDDEN + 1 * 131)


def test_frozen_weights_have_no_gradients_and_frozen_blocks_neither() -> None:
    program = mlp()
    frozen = replace(program, steps=tuple(replace(s, frozen=s.name == "hidden") for s in program.steps))
    found = preflight(frozen, job())
    assert (found.parameters, found.trained) == (131, LOGITS)
    deep = resnet()
    whole = preflight(deep, job())
    block = replace(deep, steps=tuple(replace(s, frozen=s.name == "stage1") for s in deep.steps))
    inside = sum(n.parameters for n in whole.nodes if n.node.startswith("stage1/"))
    assert preflight(block, job()).trained == whole.parameters - inside


def test_parameters_and_copies_of_a_repeated_block() -> None:
    program = resnet(blocks=3)
    found = preflight(program, job())
    assert found.parameters == sum(p.numel() for p in build(program).parameters())
    first = next(n for n in found.nodes if n.node == "stage1/conv1")
    assert first.parameters == 3 * (8 * 8 * 9)
    assert first.activations == 3 * 4 * 8 * 8 * 8
    assert first.label == "stage1 / conv1"


def test_what_is_only_reshaped_takes_no_room() -> None:
    d = Drawing("Flat")
    x = d.input("x", 3, 4)
    d.output(d.layer("relu", "relu", d.layer("flatten", "flat", x)))
    assert {n.node: n.activations for n in preflight(d.program(), job()).nodes} == {"x": 48, "flat": 0, "relu": 48}


def test_a_recomputed_block_holds_what_leaves_it() -> None:
    found = {n.node: n.activations for n in preflight(resnet(), job(recompute=["stage2"])).nodes}
    assert found["stage2/conv1"] == 0
    assert found["stage2"] == 4 * 16 * 4 * 4
    assert found["stage1/conv1"] > 0


def test_measured_bytes_take_the_place_of_those_worked_out() -> None:
    held = {"hidden": 100, "relu": 641, "": 9}
    answer = {"batch": 10, "held": held, "steps": 12, "examples": {"train": 111}}
    found = measured(preflight(mlp(), job()), answer)
    assert {n.node: n.activations for n in found.nodes} == {
        "features": 16,
        "hidden": 10,
        "relu": 65,
        "logits": 0,
        "loss": 0,
    }
    assert found.memory.activations == 750 + 10 * 16
    assert found.memory.example == 91
    assert (found.steps, found.examples) == (12, 111)


def test_whether_it_fits_and_with_which_batch() -> None:
    needed = Memory(weights=100, gradients=100, optimizer=200, copies=0, activations=500, data=100, example=50)
    assert needed.total == 1000
    assert needed.fits(1112)
    assert not needed.fits(1110)
    assert needed.largest_batch(1112) == 10
    assert needed.largest_batch(1111) == 9
    assert needed.largest_batch(100) == 0
    assert replace(needed, example=0).largest_batch(10**9) == 0
    assert 10**6 < free_memory() < 10**15


def _kept(kind: str, values: dict[str, Any]) -> float:
    """Numbers that the real optimizer holds for each weight after a few steps."""
    weight = torch.nn.Parameter(torch.ones(40, 50))
    optimizer = make(kind, [{"params": [weight]}], values)

    def closure() -> float:
        optimizer.zero_grad()
        loss = (weight * torch.arange(2000.0).reshape(40, 50)).sin().sum()
        loss.backward()  # type: ignore[no-untyped-call]
        return float(loss.detach())

    for _ in range(3):
        closure()
        optimizer.step(*((closure,) if OPTIMIZERS[kind].looks_again else ()))
    return sum(t.numel() for t in memory(optimizer)[0].values() if t.numel() > 1) / weight.numel()


@pytest.mark.parametrize("kind", sorted(set(OPTIMIZERS) - {"lbfgs", "muon"}))
def test_what_optimizers_keep(kind: str) -> None:
    spec = OPTIMIZERS[kind]
    assert _kept(kind, spec.values({})) == spec.keeps(spec.values({}))


@pytest.mark.parametrize(
    ("kind", "params"),
    [
        ("sgd", {"momentum": 0.9}),
        ("adam", {"amsgrad": True}),
        ("rmsprop", {"momentum": 0.5, "centered": True}),
    ],
)
def test_what_optimizers_keep_for_their_options(kind: str, params: dict[str, Any]) -> None:
    values = OPTIMIZERS[kind].values(params)
    assert _kept(kind, values) == OPTIMIZERS[kind].keeps(values)


@pytest.mark.parametrize(("kind", "params"), [("lbfgs", {"history_size": 5, "max_iter": 4}), ("muon", {})])
def test_the_most_that_optimizers_keep(kind: str, params: dict[str, Any]) -> None:
    values = OPTIMIZERS[kind].values(params)
    assert 0 < _kept(kind, values) <= OPTIMIZERS[kind].keeps(values)


def test_defaults_are_usual() -> None:
    for spec in OPTIMIZERS.values():
        low, high = spec.usual
        assert low < spec.param["lr"].default < high, spec.id


def test_a_program_without_data_has_no_batch() -> None:
    program: Program = mlp()
    found = preflight(program, read_job({}))
    assert (found.examples, found.batch, found.steps) == (0, 0, 0)
    assert found.parameters == 131


def test_nothing_heavy_is_imported() -> None:
    modules = "core.analysis.preflight, core.analysis.lint"
    code = f"import sys, {modules}; print(sorted({{'torch', 'sklearn', 'scipy'}} & set(sys.modules)))"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"
