"""Weights & Biases: an offline run under ``wandb/`` in the folder of the run, to be sent by ``wandb sync`` or never.

Only WANDB_MODE=online in the environment makes it send as it goes. Every epoch's numbers are kept; of those per batch a
few from each twentieth of a second. A run that goes on keeps its id, and adds only steps that are not there yet.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Mapping

os.environ.setdefault("WANDB_ERROR_REPORTING", "false")  # read at import: reports of its own faults go out otherwise

import numpy as np
import wandb

from core.files import atomic_write
from core.training.logs.logger import About, Logger, Rows, Spread, thinned

PROJECT = "layerloom"
MOST_STEPS = 10  # of one event
SETTLE = 2.0  # seconds between two notes of how far it is
QUIET = {
    "console": "off",
    "silent": True,
    "disable_git": True,
    "disable_code": True,
    "save_code": False,
    "x_disable_stats": True,
    "x_disable_meta": True,
}


class WeightsAndBiases(Logger):
    """History by tag over the column ``step``; the job as configuration; the network's source in it."""

    def begin(self, about: About, step: int) -> Mapping[str, int]:
        self._note = about.folder / "wandb" / "known.json"
        self._last: dict[str, int] = json.loads(self._note.read_text()) if self._note.is_file() else {}
        self._settled = 0.0
        self._run = wandb.init(
            mode="online" if os.environ.get("WANDB_MODE") == "online" else "offline",
            dir=about.folder,
            project=os.environ.get("WANDB_PROJECT", PROJECT),
            id=hashlib.sha256(f"{about.created!r} {about.folder}".encode()).hexdigest()[:16],
            name=about.folder.name,
            config={**about.hyper, "network": about.source},
            resume="allow" if self._last else None,
            settings=wandb.Settings(**QUIET),
        )
        self._run.define_metric("*", step_metric="step")
        return dict(self._last)

    def write(self, given: Rows) -> None:
        steps, columns = thinned(given, MOST_STEPS)
        for index, step in enumerate(steps):
            self._run.log({"step": step, **{tag: values[index] for tag, values in columns.items()}})
        self._last.update(dict.fromkeys(columns, steps[-1]))

    def spread(self, tag: str, step: int, spread: Spread) -> None:
        self._run.log(
            {"step": step, tag: wandb.Histogram(np_histogram=(np.array(spread.counts), np.array(spread.edges)))}
        )
        self._last[tag] = step

    def settle(self) -> None:
        if time.monotonic() >= self._settled + SETTLE:
            atomic_write(self._note, json.dumps(self._last))
            self._settled = time.monotonic()

    def finish(self, state: str) -> None:
        atomic_write(self._note, json.dumps(self._last))
        self._run.summary["state"] = state
        self._run.finish(exit_code=0 if state in ("finished", "stopped") else 1)
