"""A table of people with drifts that can be asked for, and a network that was trained on it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.program.program import Program
from core.training.job import Job
from core.training.runs import RunFolder
from tests import drawn, trainings
from tests.analysed import fresh

HEAD = "age,income,size,noise,town,answer"
TOWNS = ("Lima", "Oslo", "Rome")


@dataclass(frozen=True)
class People:
    """How the people of a table are drawn: `shift` of the income, `scale` of the age, share of missing ages, …"""

    shift: float = 0.0
    scale: float = 1.0
    towns: tuple[float, float, float] = (0.2, 0.3, 0.5)
    holes: float = 0.0
    turned: bool = False

    def lines(self, count: int, seed: int) -> list[str]:
        rng = np.random.default_rng(seed)
        age = rng.normal(40, 10, count) * self.scale
        income = rng.lognormal(3, 0.5, count)
        size, noise = rng.integers(0, 5, count), rng.normal(size=count)
        town = rng.choice(TOWNS, count, p=self.towns)
        rich = (income + 5 * (town == "Oslo") + rng.normal(0, 2, count) > 21) != self.turned
        gone = rng.random(count) < self.holes
        return [
            f"{'' if gone[i] else f'{age[i]:.2f}'},{income[i] + self.shift:.3f},{size[i]},{noise[i]:.4f},{town[i]},"
            f"{'yes' if rich[i] else 'no'}"
            for i in range(count)
        ]


def write(path: Path, lines: list[str], head: str = HEAD) -> Path:
    path.write_text("\n".join([head, *lines]) + "\n")
    return path


def design(source: str) -> tuple[Program, Job]:
    """A small MLP on that table."""
    d = drawn.Drawing("Towns", "Towns")
    x, target = d.input("features", 7), d.target("target", dtype="int")
    hidden = d.layer("relu", "relu", d.layer("linear", "hidden", x, params={"out_features": 16}))
    logits = d.layer("linear", "logits", hidden, params={"out_features": 2})
    d.output(logits)
    d.loss(d.layer("cross_entropy", "loss", logits, target))
    job = trainings.job(
        "csv",
        epochs=6,
        data={"path": source},
        transforms=[{"kind": "standardise", "field": "features"}],
        objectives=[{"optimizer": {"kind": "adam", "params": {"lr": 0.03}}}],
    )
    return d.program(), job


def trained(folder: Path) -> RunFolder:
    source = write(folder / "train.csv", People().lines(1_500, 0))
    return fresh(folder / "run", *design(str(source)))
