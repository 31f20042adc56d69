"""Made-up studies: folders as a search leaves them, without any training."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from core.search.study import Study
from core.training.pick import Pick
from core.training.search import Choices, Range, Search

LR, WIDTH, KIND = "job.objectives.0.optimizer.params.lr", "node.n2.out_features", "job.objectives.0.optimizer.kind"
EPOCHS = 6


def small_search(**given: Any) -> Search:
    """A rate, a width and an optimizer, judged by the accuracy."""
    variables = {
        LR: Range(low=1e-4, high=1e-1, log=True),
        WIDTH: Range(low=8, high=64, step=8, integer=True),
        KIND: Choices(choices=("sgd", "adam", "rmsprop")),
    }
    return Search(
        **{"variables": variables, "strategy": Pick(kind="random"), "trials": 16, "metric": "accuracy", **given}
    )


def write_study(
    folder: Path, count: int = 12, search: Search | None = None, design: str = "{}", title: str = "Iris"
) -> Study:
    """A study with `count` trials: every fifth is pruned, number 3 failed, the last one runs and another waits.

    The accuracy is best at a rate of 0.01 and grows a little with the width; nobody holds the lock, so what runs is
    told as waiting (claim `study.lock` to have it running).
    """
    study = Study.create(folder, design, search or small_search(), title)
    study.write("state", state="running")
    for number in range(count):
        values = {
            path: v.at((number * 0.618034 + k * 0.37) % 1.0)
            for k, (path, v) in enumerate(study.search.variables.items())
        }
        study.write("proposed", trial=number, values=values)
        if number < count - 1:
            _work(study, number, values, ends=number < count - 2)
    study.write("importance", shares={LR: 0.7, WIDTH: 0.2, KIND: 0.1})
    return study


def _work(study: Study, number: int, values: dict[str, Any], ends: bool) -> None:
    study.write("began", trial=number)
    if number == 3:
        text = "Linear: the input has 4 features, 8 were expected."
        study.write("ended", trial=number, state="failed", message=text, seconds=0.1)
        return
    top = 0.95 - 0.08 * (math.log10(values[LR]) + 2) ** 2 + 0.0005 * values[WIDTH]
    last = 2 if number % 5 == 4 else EPOCHS
    for epoch in range(1, last + 1):
        study.write("epoch", trial=number, fold=0, epoch=epoch, value=top * (1 - 0.5**epoch))
    if not ends:
        return
    reached = {"result": top * (1 - 0.5**last), "seconds": 0.5 * last}
    if last < EPOCHS:
        study.write("ended", trial=number, state="pruned", message="Below the median at epoch 2.", **reached)
    else:
        metrics = {"validation": {"accuracy": reached["result"], "loss": 1 - top}}
        study.write("ended", trial=number, state="finished", metrics=metrics, **reached)
