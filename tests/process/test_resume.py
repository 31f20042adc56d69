"""A training whose process is killed at random moments ends with the same bits as one that nobody disturbed."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from core.data.prepare import prepare
from core.program.program import Program
from core.training import checkpoint as files
from core.training.choices import Choices
from core.training.loop import train
from core.training.protocol import EpochEnded, Event, Finished, Points, Saved, Started
from core.training.run import Run
from core.training.runs import RunFolder
from tests import drawn, trainings
from tests.core.training.test_loop import optimizer
from tests.process.test_worker import same, worker

KILLS = 6  # of each variant in the slow form: 54 in all


def made_of_noise() -> Program:
    """What is drawn anew in each epoch becomes points, by weights and a random mask; a critic tells their class."""
    d = drawn.Drawing("Made", "Made")
    z, points, target = d.input("z", 3), d.target("features", 2), d.target("target", 1)
    made = d.layer("dropout", "mask", d.layer("linear", "generator", z, params={"out_features": 2}), params={"p": 0.3})
    score = d.layer("linear", "critic", made, params={"out_features": 1})
    d.output(score)
    d.loss(d.layer("mse_loss", "fit", made, points))
    d.loss(d.layer("bce_with_logits", "guess", score, target))
    program = d.program()
    [noise], [near, kind] = program.inputs, program.targets
    inputs = (trainings.replace(noise, field="", encoding="normal"),)
    return trainings.replace(program, inputs=inputs, targets=(near, trainings.replace(kind, encoding="binary")))


@dataclass(frozen=True)
class Variant:
    """A design and what its job has besides the usual."""

    program: Callable[[], Program] = trainings.moons
    source: str = "moons"
    job: dict[str, Any] = field(default_factory=dict)


def one(**objective: Any) -> dict[str, Any]:
    return {"objectives": [objective]}


TWO = [
    {"name": "critic", "trains": ["critic"], "losses": {"guess": 1.0}, **optimizer("sgd", lr=0.05, momentum=0.9)},
    {"name": "maker", "trains": ["generator"], "losses": {"fit": 0.7}, "every": 2, **optimizer("adam")},
]
ELSEWHERE = [
    {"trains": ["hidden", "norm"], **optimizer("adam")},
    {"trains": ["logits"], "split": "validation", "schedule": {"kind": "cosine", "params": {}}, **optimizer("sgd")},
]
VARIANTS = {
    "adam": Variant(
        job={
            **one(**trainings.objective()),
            "stopping": {"enabled": True, "patience": 350, "metric": "accuracy"},
        }
    ),
    "cycle": Variant(
        job=one(
            optimizer={"kind": "sgd", "params": {"lr": 0.02, "momentum": 0.9, "nesterov": True}},
            schedule={"kind": "one_cycle", "params": {"cycle_momentum": True}},
            clip_norm=1.0,
        )
    ),
    "gathered": Variant(
        job={
            **one(accumulate=3, warmup={"length": 400}, clip_value=0.5, **optimizer("adamw")),
            "average": 0.99,
            "balance": "sampling",
        }
    ),
    "penalised": Variant(
        job={
            **one(l1=1e-4, l2=1e-3, rates={"hidden": 0.5}, **optimizer("nadam")),
            "average": 0.9,
            "average_shown": False,
            "balance": "weights",
        }
    ),
    "plateau": Variant(
        job={
            **one(schedule={"kind": "plateau", "params": {"patience": 20, "factor": 0.7}}, **optimizer("rmsprop")),
            "balance": "smote",
        }
    ),
    "two objectives, noise": Variant(made_of_noise, job={"objectives": TWO}),
    "on validation": Variant(job={"objectives": ELSEWHERE}),
    "half precision": Variant(
        job={**one(**optimizer("sgd", lr=0.05, momentum=0.9)), "precision": "fp16", "epochs": 150}
    ),
    "measured choices": Variant(trainings.digits, "digits", {"threads": 0, "epochs": 30, **one(**optimizer("muon"))}),
}


def killed_and_resumed(folder: RunFolder, chance: random.Random, kills: int) -> list[int]:
    """Train a run, killing its worker at random moments; returns the steps at which it went on."""
    begins: list[int] = []
    for attempt in range(kills + 1):
        with worker(folder.path, resume=attempt > 0) as process:
            started = process.until(lambda e: isinstance(e, Started))
            assert isinstance(started, Started)
            begins.append(started.start_step)
            if attempt == kills:
                assert process.rest() == 0
                break
            begun = started.start_step
            process.until(lambda e, begun=begun: isinstance(e, Saved) and not e.best and e.step > begun)  # type: ignore[misc]
            time.sleep(chance.uniform(0.0, 0.06))
            os.kill(process.process.pid, signal.SIGKILL)
            process.rest()
        assert folder.state() == "interrupted"
    return begins


def undisturbed(folder: RunFolder, beside: Path) -> list[Event]:
    """The same training in this process, by the choices that the folder's run was made with; its checkpoints go
    `beside`."""
    program, job, threads = folder.program, folder.job, torch.get_num_threads()
    prepared = prepare(job.data, (*program.inputs, *program.targets), folder.base)
    run = Run(program, job, prepared, Choices.from_json(folder.environment()["choices"]))
    try:
        return list(train(run, folder=beside))
    finally:
        torch.set_num_threads(threads)


def losses(events: Iterable[Event]) -> list[tuple[int, float]]:
    """Every loss with its step."""
    points = [e for e in events if isinstance(e, Points) and "train/loss" in e.series]
    return [pair for e in points for pair in zip(e.step, e.series["train/loss"], strict=True)]


def metrics(events: Iterable[Event]) -> dict[tuple[int, str, str], float]:
    """Those of every epoch, by epoch, part and name."""
    ends = [e for e in events if isinstance(e, EpochEnded)]
    return {(e.epoch, part, n): v for e in ends for part, values in e.metrics.items() for n, v in values.items()}


def state(checkpoint: Path) -> dict[str, Any]:
    return {name: value for name, value in files.load(checkpoint).state.items() if name != "seconds"}


@pytest.mark.parametrize(
    ("name", "kills"),
    [
        ("gathered", 2),
        ("two objectives, noise", 1),
        *(pytest.param(name, KILLS, marks=pytest.mark.slow) for name in VARIANTS),
    ],
)
def test_killed_and_resumed_ends_with_the_same_bits(tmp_path: Path, name: str, kills: int) -> None:
    variant = VARIANTS[name]
    job = trainings.job(variant.source, **{"epochs": 400, "checkpoint_seconds": 0.05, **variant.job})
    folder = trainings.folder(tmp_path / "killed", variant.program(), job)
    begins = killed_and_resumed(folder, random.Random(name), kills)
    assert len(set(begins[1:])) == kills  # each time it had come further
    told = undisturbed(folder, tmp_path / "whole")
    last, whole = folder.checkpoints / "last", tmp_path / "whole" / "last"
    for file in ("weights.safetensors", "training.safetensors"):
        assert same(load_file(last / file), load_file(whole / file)), file
    assert state(last) == state(whole)
    if (tmp_path / "whole" / "best").exists():
        best = "best/weights.safetensors"
        assert same(load_file(folder.checkpoints / best), load_file(tmp_path / "whole" / best))
    assert losses(folder.events) == losses(told)
    assert metrics(folder.events) == pytest.approx(metrics(told), rel=1e-12)  # sums are read when time has come
    [finished], result = [e for e in told if isinstance(e, Finished)], folder.result()
    assert result is not None
    assert (result["metrics"], result["steps"], result["best_epoch"]) == (
        finished.metrics,
        finished.steps,
        finished.best_epoch,
    )
