"""The processes of one training, and how the first of them tells the others what to do."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import torch
import torch.distributed as dist

from core.catalog.optimizers import OPTIMIZERS
from core.problem import LayerloomError
from core.training.devices import choose_device
from core.training.job import Job, Objective

PATIENCE = timedelta(days=30)  # a pause may be long; the death of a process is noticed at once whatever this is


@dataclass(frozen=True, slots=True)
class Ranks:
    """This process among those that train together.

    `local` is its number on its machine, `machine` that machine's; the one with `rank` 0 leads.
    """

    rank: int
    size: int
    local: int
    local_size: int
    machine: int

    @staticmethod
    def here(environment: Mapping[str, str] = os.environ) -> Ranks:
        """As the elastic launcher says in the environment of each process that it starts."""
        names = ("RANK", "WORLD_SIZE", "LOCAL_RANK", "LOCAL_WORLD_SIZE", "GROUP_RANK")
        return Ranks(*(int(environment[name]) for name in names))

    @property
    def leads(self) -> bool:
        return self.rank == 0

    def join(self, job: Job) -> None:
        """Meet the others. Plain values go over gloo; tensors of GPUs over NCCL."""
        on_gpu = choose_device(job.device).type == "cuda"
        if on_gpu:
            torch.cuda.set_device(self.local % torch.cuda.device_count())
        dist.init_process_group("cpu:gloo,cuda:nccl" if on_gpu else "gloo", timeout=PATIENCE)

    def leave(self) -> None:
        """Part from the others where all is done, so that what ends first does not look like a death to the rest."""
        if dist.is_initialized():
            dist.destroy_process_group()

    def fitted(self, job: Job) -> Job:
        """The job with what must be the same everywhere settled without measuring. Raises LayerloomError where the job
        cannot be trained by several processes."""
        check(job, self.size)
        cores = (os.cpu_count() or 1) // self.local_size
        return job.model_copy(update={"threads": job.threads or max(1, cores)})

    # -- the leader's side: each call is heard by every follower in `following.serve`

    def command(self, name: str, *arguments: Any) -> None:
        """Tell the followers to do something."""
        dist.broadcast_object_list([(name, arguments)], src=0, device=torch.device("cpu"))

    def ask(self, name: str, *arguments: Any) -> list[Any]:
        """What each of the followers answers, in their order."""
        self.command(name, *arguments)
        answers: list[Any] = [None] * self.size
        dist.gather_object(None, answers, dst=0)
        return answers[1:]

    # -- the followers' side

    def hear(self) -> tuple[str, tuple[Any, ...]]:
        """The leader's next command."""
        heard: list[Any] = [None]
        dist.broadcast_object_list(heard, src=0, device=torch.device("cpu"))
        return heard[0]  # type: ignore[no-any-return]

    def answer(self, value: Any) -> None:
        dist.gather_object(value, None, dst=0)


def _looks_again(objective: Objective) -> bool:
    kind = objective.optimizer.kind
    return kind in OPTIMIZERS and OPTIMIZERS[kind].looks_again


def check(job: Job, size: int) -> None:
    """Raises LayerloomError for what a training by `size` processes cannot do (code ``processes``)."""
    wrong = ""
    if job.compile:
        wrong = "torch.compile is for one process; switch it off, or train in one"
    elif job.sharding == "full" and any(_looks_again(objective) for objective in job.objectives):
        wrong = "L-BFGS takes all weights as one vector; set sharding to none, or take another optimizer"
    elif isinstance(job.batch_size, int) and job.batch_size < size:
        wrong = f"a batch of {job.batch_size} cannot be shared by {size} processes; make it {size} or more"
    elif job.sharding == "full" and (len(job.objectives) > 1 or job.objectives[0].split != "train"):
        wrong = "weights are shared out for one objective, which steps on the training part; set sharding to none"
    if wrong:
        raise LayerloomError(f"Training job: processes: {wrong}.", code="processes", received=str(size))
