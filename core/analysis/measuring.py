"""Loss and metrics of a trained network on some examples, for whatever weights it is given: what examinations ask again
and again."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TypeAlias, cast

import torch
from torch import Tensor, nn

from core.analysis.subject import Part, Subject, load, read_weights
from core.problem import LayerloomError
from core.program.module import build, named_errors, seed_everything
from core.program.program import Program
from core.training import balance
from core.training.branching import START
from core.training.centres import place_centres
from core.training.computing import Batch, Compute
from core.training.evaluation import evaluate, looking
from core.training.job import Job
from core.training.meters import meters, unit_scales
from core.training.tools.copying import undisturbed
from core.training.weighing import Goal, weighted_sum

Vector: TypeAlias = list[Tensor]  # one tensor for each trained parameter


class Gauge:
    """A copy of a subject's network in evaluation mode, which may be changed at will, and the examples it is held to.

    `program` and `weights` stand in place of the subject's, for a network that is made of it.

    Attributes:
        net: the copy. batches: the examples, as the network is fed them.
        total: the losses by name to the one number that training minimised, penalties apart.
        series: ``loss`` and the metrics, in the order in which they are told.

    Raises:
        LayerloomError: the weights do not fit the network, or nothing of it is compared with anything.
    """

    def __init__(
        self, subject: Subject, part: Part, dtype: torch.dtype = torch.float32, program: Program | None = None,
        weights: Mapping[str, Tensor] | None = None,
    ) -> None:  # fmt: skip
        self.program, self.part, self.dtype = program or weighted(subject), part, dtype
        self.net = build(self.program)
        load(self.net, dict(subject.weights if weights is None else weights))
        self.net.to(dtype)
        self.batches: list[Batch] = [
            {name: t.to(dtype) if t.is_floating_point() else t for name, t in batch.items()}
            for batch in subject.batches(part)
        ]
        self.total = total(self.program, subject.run.job)
        scales = unit_scales(subject.pairings, subject.prepared)
        self._meters = meters(subject.pairings, subject.run.job.metrics, scales)
        self._compute = cast(Compute, self.net.step)

    @property
    def series(self) -> tuple[str, ...]:
        return ("loss", *(name for meter in self._meters for name in meter.names))

    @property
    def parameters(self) -> list[nn.Parameter]:
        """Those that are trained, each once."""
        return [p for p in self.net.parameters() if p.requires_grad]

    def values(self) -> dict[str, float]:
        """Means over all examples with the weights as they are now, by the names of `series` (and of each loss)."""
        with named_errors():
            return evaluate(self.net, self.batches, self.total, self._meters, self._compute)

    def loss(self) -> float:
        """The mean loss over all examples with the weights as they are now; infinite where it is no number."""
        summed, count = 0.0, 0
        with looking(self.net), named_errors():
            for batch in self.batches:
                size = len(next(iter(batch.values())))
                summed += float(self.total(self._compute(batch)[1])) * size
                count += size
        found = summed / count
        return found if found == found else float("inf")

    def losses(self) -> Iterator[tuple[Tensor, float]]:
        """The loss of each batch with its graph, and the share of the examples that it is the mean of."""
        sizes = [len(next(iter(batch.values()))) for batch in self.batches]
        with named_errors():
            for batch, size in zip(self.batches, sizes, strict=True):
                yield self.total(self._compute(batch)[1]), size / sum(sizes)

    def put(self, weights: Vector) -> None:
        """Give the trained parameters these values."""
        with torch.no_grad():
            for parameter, weight in zip(self.parameters, weights, strict=True):
                parameter.copy_(weight)

    def kept(self) -> Vector:
        """The trained parameters as they are now."""
        return [p.detach().clone() for p in self.parameters]

    def apart(self, weights: Mapping[str, Tensor]) -> Vector:
        """From the weights as they are now to those of a state_dict.

        Raises:
            LayerloomError: it is of another design.
        """
        named = [(name, p.detach()) for name, p in self.net.named_parameters() if p.requires_grad]
        if any(name not in weights or weights[name].shape != p.shape for name, p in named):
            raise LayerloomError("The two runs are not of one design: their weights differ in shape.", code="weights")
        return [weights[name].to(p.dtype) - p for name, p in named]


@contextmanager
def as_trained(subject: Subject) -> Iterator[None]:
    """Inside, as many threads as the run was trained with on a CPU: small networks are fastest with one."""
    choices = subject.run.environment().get("choices") or {}
    with undisturbed():
        if choices.get("device") == "cpu":
            torch.set_num_threads(max(1, min(int(choices["threads"]), os.cpu_count() or 1)))
        yield


def dot(a: Vector, b: Vector) -> float:
    """In double precision."""
    return sum(float((x.double() * y.double()).sum()) for x, y in zip(a, b, strict=True))


def norm(vector: Vector) -> float:
    return math.sqrt(dot(vector, vector))


def weighted(subject: Subject) -> Program:
    """The program as it was trained: with the class weights that the job asks for."""
    is_weighted = subject.run.job.balance == "weights"
    return balance.weighted(subject.program, subject.prepared) if is_weighted else subject.program


def total(program: Program, job: Job) -> Goal:
    """What validation is measured by: the losses of a single objective, or every loss with its own weight."""
    known = {loss.name: loss.weight for loss in program.losses}
    own = job.objectives[0].losses if len(job.objectives) == 1 else {}
    return weighted_sum(own or known)


def beginning(subject: Subject) -> Mapping[str, Tensor]:
    """The weights that the run began with: those it was given, or the ones that its seed gives again.

    Raises:
        LayerloomError: weights that it was given cannot be read.
    """
    given = subject.run.checkpoints / START / "weights.safetensors"
    if given.is_file():
        return read_weights(given)
    program, seed = weighted(subject), subject.run.job.seed
    with undisturbed():
        seed_everything(seed)
        net = build(program)
        place_centres(net, program, subject.prepared, seed)
    return dict(net.state_dict())
