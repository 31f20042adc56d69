"""The batches of each part of the data, as a run takes them."""

from __future__ import annotations

import torch

from core.data.batches import Batches
from core.data.prepare import Prepared
from core.program.program import Program
from core.training import balance
from core.training.evaluation import evaluation_size
from core.training.job import Job
from core.training.resampling import RESAMPLED, resampled

PARTS = ("train", "validation", "test")


def evaluated(job: Job, prepared: Prepared, device: torch.device) -> dict[str, Batches]:
    """Each part whole and in order, in batches as large as is good where nothing is learned."""
    return {
        part: Batches(
            prepared.splits[part],
            evaluation_size(prepared.splits[part], batch_size(job, prepared, part)),
            device=device,
            shuffle=False,
            scalings=prepared.scalings,
        )
        for part in PARTS
    }


def stepped(program: Program, job: Job, prepared: Prepared, device: torch.device) -> dict[str, Batches]:
    """The training part, and others that an objective steps on: shuffled, or drawn where classes are balanced so.

    Raises:
        LayerloomError: the classes of the training part cannot be balanced as the job asks.
    """
    made: dict[str, Batches] = {}
    for part in PARTS:
        if part == "train" or any(o.split == part for o in job.objectives):
            sampled = job.balance == "sampling" and part == "train" and len(prepared.indices[part])
            resamples = job.balance in RESAMPLED and part == "train" and len(prepared.indices[part])
            made[part] = Batches(
                resampled(job.balance, program, prepared, job.seed) if resamples else prepared.splits[part],
                job.batch_size,
                seed=job.seed,
                device=device,
                scalings=prepared.scalings,
                drawn=prepared.drawn,
                chances=balance.sampling_weights(program, prepared) if sampled else None,
            )
    return made


def batch_size(job: Job, prepared: Prepared, part: str) -> int:
    """Examples of a batch of a part."""
    return len(prepared.indices[part]) if job.batch_size == "full" else job.batch_size
