"""Small programs with their jobs, for tests of training."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from core.data.prepare import prepare
from core.program import module
from core.program.program import Program
from core.training.choices import Choices
from core.training.job import Job, read_job
from core.training.run import Run
from core.training.runs import RunFolder
from tests import drawn

__all__ = ["binary", "digits", "folder", "job", "module", "moons", "objective", "regression", "replace", "run"]


def moons(dropout: bool = True) -> Program:
    """Two features, two classes; everything that has a state: batch norm, dropout."""
    d = drawn.Drawing("Moons", "Moons")
    x, target = d.input("features", 2), d.target("target", dtype="int")
    x = d.layer("batch_norm1d", "norm", d.layer("linear", "hidden", x, params={"out_features": 16}))
    x = d.layer("relu", "relu", x)
    if dropout:
        x = d.layer("dropout", "dropout", x, params={"p": 0.2})
    logits = d.layer("linear", "logits", x, params={"out_features": 2})
    d.output(logits)
    d.loss(d.layer("cross_entropy", "loss", logits, target))
    return d.program()


def binary() -> Program:
    """One score for two classes."""
    d = drawn.Drawing("Binary", "Binary")
    x, target = d.input("features", 2), d.target("target", 1)
    x = d.layer("tanh", "tanh", d.layer("linear", "hidden", x, params={"out_features": 8}))
    score = d.layer("linear", "score", x, params={"out_features": 1})
    d.output(score)
    d.loss(d.layer("bce_with_logits", "loss", score, target))
    made = d.program()
    return replace(made, targets=(replace(made.targets[0], encoding="binary"),))


def regression() -> Program:
    """Diabetes: ten features, one number."""
    d = drawn.Drawing("Diabetes", "Diabetes")
    x, target = d.input("features", 10), d.target("target", 1)
    x = d.layer("relu", "relu", d.layer("linear", "hidden", x, params={"out_features": 16}))
    out = d.layer("linear", "out", x, params={"out_features": 1})
    d.output(out)
    d.loss(d.layer("mse_loss", "mse", out, target))
    return d.program()


def digits() -> Program:
    """A convolutional network for the digits."""
    d = drawn.Drawing("Digits", "Digits")
    x, target = d.input("features", 1, 8, 8), d.target("target", dtype="int")
    x = d.layer("conv2d", "conv", x, params={"out_channels": 8, "kernel_size": 3})
    x = d.layer("relu", "relu", d.layer("batch_norm2d", "norm", x))
    x = d.layer("global_avg_pool", "pool", x)
    logits = d.layer("linear", "logits", x, params={"out_features": 10})
    d.output(logits)
    d.loss(d.layer("cross_entropy", "loss", logits, target))
    return d.program()


def job(source: str = "moons", **changes: Any) -> Job:
    """A short job of one thread; `data` is the source's fields."""
    fields = changes.pop("data", {"n": 200, "seed": 1} if source == "moons" else {})
    base: dict[str, Any] = {
        "data": {"source": {"kind": source, "params": fields}, "transforms": changes.pop("transforms", [])},
        "epochs": 3,
        "batch_size": 16,
        "threads": 1,
    }
    return read_job({**base, **changes})


def objective(**changes: Any) -> dict[str, Any]:
    """One objective with a momentum, a schedule and a decay."""
    optimizer = {"kind": "adam", "params": {"lr": 0.01, "weight_decay": 1e-4}}
    return {"optimizer": optimizer, "schedule": {"kind": "cosine", "params": {}}, **changes}


def run(program: Program, given: Job, choices: Choices | None = None) -> Run:
    prepared = prepare(given.data, (*program.inputs, *program.targets))
    return Run(program, given, prepared, choices)


def folder(path: Path, program: Program, given: Job) -> RunFolder:
    return RunFolder.create(path, program, given, design="{}", title="Test")
