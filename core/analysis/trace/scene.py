"""What a trace is of: a program with its weights, and the examples that go through it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from core.analysis.subject import moment, read_weights
from core.analysis.trace.passes import Pass
from core.catalog.families import default_catalog
from core.data.batches import Batches
from core.data.prepare import Prepared, prepare
from core.problem import LayerloomError
from core.program.module import build, seed_everything
from core.program.program import Program
from core.training import balance
from core.training.job import Job
from core.training.runs import RunFolder

PARTS = ("train", "validation", "test")
MOST = 8  # examples of one trace


@dataclass(frozen=True)
class Wish:
    """What is asked for.

    Attributes:
        weights: ``fresh``, or ``best``, ``last`` or empty (those that the run ended with) of the run in the folder
            `run`; without a run they are fresh.
        part, example, count: which examples go through together.
        objective: which of the job's objectives is followed back.
        place, copies: path of the block whose inside is stepped through, and which copy of each block on the way.
        node, unit: path of the node that is worked out for another number than the first, and which (counted through
            the tensor).
    """

    run: Path | None = None
    weights: str = ""
    part: str = "train"
    example: int = 0
    count: int = 1
    objective: int = 0
    place: str = ""
    copies: tuple[int, ...] = ()
    node: str = ""
    unit: int = 0


@dataclass(frozen=True)
class Scene:
    """All that a pass needs. `told` says where the weights are from; `notes` what else the reader must know."""

    program: Program
    job: Job
    weights: dict[str, Tensor]
    batch: dict[str, Tensor]
    prepared: Prepared
    whole: int
    first: int
    told: str
    fresh: bool
    notes: tuple[str, ...]

    def start(self, objective: int) -> Pass:
        """The main graph at work, followed back from the losses of an objective."""
        opened = replace(
            self.program,
            inputs=(*self.program.inputs, *self.program.targets), targets=(), losses=(), outputs=(),
        )  # fmt: skip
        given = {value.name: self.batch[value.name] for value in opened.inputs}
        seeds = {
            loss.value: torch.tensor(weight, dtype=torch.float64)
            for loss in self.program.losses
            if (weight := self.weighs(objective).get(loss.name)) is not None
        }
        return Pass("", opened, self.weights, given, seeds)

    def weighs(self, objective: int) -> dict[str, float]:
        """How much each loss counts that an objective minimises."""
        chosen = self.job.objectives[objective].losses
        return dict(chosen) or {loss.name: loss.weight for loss in self.program.losses}


def scene(program: Program, job: Job, base: Path | None, wish: Wish, prepared: Prepared | None = None) -> Scene:
    """Get data and weights ready.

    Raises:
        LayerloomError: the design has no data, the data has no such example, or an objective is asked for that the job
            lacks.
    """
    if not 0 <= wish.objective < len(job.objectives):
        raise LayerloomError(f"The job has no objective {wish.objective}.", code="objective")
    prepared = prepared or prepare(job.data, (*program.inputs, *program.targets), base)
    if job.balance == "weights":
        program = balance.weighted(program, prepared)
    whole, rows = _rows(prepared, wish)
    arrays = {name: array[rows] for name, array in prepared.splits[wish.part].items()}
    batch = next(iter(Batches(arrays, len(rows), shuffle=False, scalings=prepared.scalings)))
    weights, told, fresh, notes = _weights(program, job, wish)
    notes = (*notes, *_resting(program))
    return Scene(program, job, weights, batch, prepared, whole, int(rows[0]), told, fresh, notes)


def _rows(prepared: Prepared, wish: Wish) -> tuple[int, np.ndarray[tuple[int], np.dtype[np.int64]]]:
    whole = prepared.examples.get(wish.part, 0)
    if not whole:
        known = ", ".join(f"{part} ({count:,})" for part, count in prepared.examples.items() if count)
        raise LayerloomError(f"The data has no {wish.part!r:.40} examples; there are {known}.", code="split")
    if not 0 <= wish.example < whole:
        raise LayerloomError(
            f"There is no example {wish.example:,}; those of {wish.part} are 0 to {whole - 1:,}.", code="example"
        )
    if not 1 <= wish.count <= MOST:
        raise LayerloomError(f"1 to {MOST} examples go through together, not {wish.count:,}.", code="example")
    first = min(wish.example, max(0, whole - wish.count))
    return whole, np.arange(first, min(first + wish.count, whole))


def _weights(program: Program, job: Job, wish: Wish) -> tuple[dict[str, Tensor], str, bool, tuple[str, ...]]:
    with torch.random.fork_rng(devices=[]):
        seed_everything(job.seed)
        own = dict(build(program).state_dict())
    fresh = f"fresh weights of seed {job.seed}"
    if wish.run is None or wish.weights == "fresh":
        return own, fresh, True, ()
    run = RunFolder.open(wish.run)
    at = moment(run, wish.weights)
    held = read_weights(at.path)
    if {n: t.shape for n, t in held.items()} != {n: t.shape for n, t in own.items()}:
        note = f"The design was changed since the run {run.path.name}, so its weights do not fit; these are fresh."
        return own, fresh, True, (note,)
    when = f" after step {at.step:,}" if at.step is not None else ""
    return held, f"{at.which} weights of {run.path.name}{when}", False, ()


def _resting(program: Program) -> tuple[str, ...]:
    """What behaves otherwise while it trains."""
    catalog = default_catalog()
    layers = (catalog.get(step.layer) for _, step in program.walk() if step.layer)
    labels = sorted({spec.label for spec in layers if spec is not None and spec.trains_differently})
    told = f"As in evaluation: {', '.join(labels)}. Nothing is dropped, and averages are those of training."
    return (told,) if labels else ()
