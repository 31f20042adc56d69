"""How long a training will take and what it really holds: its own step, on its own data, done a few times."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from core.data.overlap import overlap
from core.data.prepare import prepare
from core.program.module import named_errors, running
from core.program.program import Program
from core.training.computing import Batch
from core.training.devices import seconds
from core.training.evaluation import evaluate
from core.training.job import Job
from core.training.run import Run
from core.training.tools.copying import undisturbed


def estimate(program: Program, job: Job, base: Path | None = None) -> dict[str, Any]:
    """Measure the step of a training that has not begun; nothing of it is kept.

    The step is the real one (data, forward, backward, optimizer) on the job's device, with one thread and uncompiled,
    so training itself is as fast or faster. Relative paths of the data start at `base`.

    Keys: ``seconds`` a step (the shortest of a few), ``evaluation`` (seconds that validation takes each epoch),
    ``steps`` an epoch, ``batch`` (examples in the step that was timed), ``device``, ``held`` (path of a node -> bytes
    that it keeps for the way back, for the whole batch), ``free`` (bytes free on a GPU; None on others), ``examples``
    by part, ``overlap`` (held-out examples that are also trained on, by part).

    Raises:
        LayerloomError: as a run of this job would: the data, the device or the design does not hold.
    """
    prepared = prepare(job.data, (*program.inputs, *program.targets), base)
    names = [value.name for value in program.inputs if value.field]
    plain = job.model_copy(update={"compile": False, "threads": 1, "monitor": False})
    with undisturbed(), named_errors():
        run = Run(program, plain, prepared)
        batch = next(run.batches(0, 0))
        return {
            "seconds": seconds(_step(run)),
            "evaluation": _evaluation(run),
            "steps": run.steps_per_epoch,
            "batch": len(next(iter(batch.values()))),
            "device": run.device.type,
            "held": _held(run, batch),
            "free": torch.cuda.mem_get_info(run.device)[0] if run.device.type == "cuda" else None,
            "examples": prepared.examples,
            "overlap": overlap(prepared.splits, names),
        }


def _step(run: Run) -> Callable[[], object]:
    """The next step of a run, each time that it is called."""
    batches = itertools.chain.from_iterable(run.batches(epoch, 0) for epoch in itertools.count())
    done = itertools.cycle(range(run.steps))

    def step() -> None:
        run.engine.step(next(batches), next(done), run.batch_of)
        _wait(run)

    return step


def _evaluation(run: Run) -> float:
    """Seconds that validation takes, from one batch of it."""
    part = run.wholes["validation"]
    if not len(part):
        return 0.0
    batch = next(part.epoch(0))

    def look() -> None:
        evaluate(run.net, (batch,), run.engine.total, run.meters, run.engine.compute)
        _wait(run)

    return seconds(look) * len(part)


def _held(run: Run, batch: Batch) -> dict[str, int]:
    """Bytes of what the forward pass saves, each piece of memory once, by the node that saves it first; weights and the
    batch do not count. What a recomputed block saves on the way back belongs to no node and is left out."""
    given = [*run.net.parameters(), *run.net.buffers(), *batch.values()]
    known = {tensor.untyped_storage().data_ptr() for tensor in given}
    saved: list[Tensor] = []  # memory that is held is not given out a second time
    held: dict[str, int] = {}

    def save(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in known:
            known.add(storage.data_ptr())
            saved.append(tensor)
            node = running()
            held[node] = held.get(node, 0) + storage.nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(save, lambda tensor: tensor):
        run.engine.compute(batch)
    return held


def _wait(run: Run) -> None:
    """A GPU works on while Python goes ahead."""
    if run.device.type == "cuda":
        torch.cuda.synchronize(run.device)
