"""A copy of a run to try things on: whatever happens to it, the run itself stays as it is."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import nn

from core.program.module import named_errors
from core.program.program import Placed
from core.training import checkpoint as files
from core.training.job import Job, Objective
from core.training.run import Run

Told = Callable[[float], None]  # told how far a tool is, from 0 to 1; what it raises ends the tool
LONG = 1_000_000  # epochs: no schedule, no last batch of a run comes in the way of a try


def unheard(_share: float) -> None:
    """For those who do not want to know."""


@contextmanager
def undisturbed() -> Iterator[None]:
    """Leaves the number of threads and all random numbers of this process as they were."""
    threads, own, numbers = torch.get_num_threads(), random.getstate(), np.random.get_state()
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    states = files.random_state(device)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
        random.setstate(own)
        np.random.set_state(numbers)
        files.restore_random_state(states, device)


def plain(job: Job) -> Job:
    """The job for a try: uncompiled, unwatched, and as long as can be."""
    return job.model_copy(
        update={
            "compile": False,
            "monitor": False,
            "epochs": LONG,
            "average": None,
            "balance": "none" if job.balance == "weights" else job.balance,  # the program has them already
        }
    )


@contextmanager
def copied(run: Run, change: Callable[[Job], Job] = lambda job: job) -> Iterator[Run]:
    """A run of the same design and data with the same weights, fresh optimizers, and the job that `change` makes of the
    run's: uncompiled, and as long as can be.

    Inside, errors name their node; afterwards the random numbers and threads of this process are as before.
    """
    with undisturbed(), named_errors():
        made = Run(run.program, change(plain(run.job)), run.prepared, run.choices)
        made.net.load_state_dict(run.net.state_dict())
        made.net.train()
        yield made


def trained_layers(run: Run) -> Iterator[tuple[Placed, list[tuple[str, nn.Parameter]]]]:
    """Each layer at the node that constructs it, with its parameters that are trained, by their names in the network;
    those without any too."""
    for placed in run.program.placed():
        if placed.step.layer and placed.modules and not placed.shared:
            named = [
                (f"{module}.{name}", p)
                for module in placed.modules
                for name, p in run.net.get_submodule(module).named_parameters()
                if p.requires_grad and p.is_floating_point()
            ]
            yield placed, named


def with_objective(job: Job, index: int, **changes: Any) -> Job:
    """The job with other values in one of its objectives."""
    objectives = list(job.objectives)
    objectives[index] = objectives[index].model_copy(update=changes)
    return job.model_copy(update={"objectives": tuple(objectives)})


def constant(job: Job, index: int) -> Job:
    """The job with a learning rate that stays, and a step for every batch."""
    still = Objective()
    return with_objective(job, index, schedule=still.schedule, warmup=still.warmup, every=1)
