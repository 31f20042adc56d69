"""What the activations of a network are worth: without them stacked linear layers are one linear map."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from math import prod
from typing import Any

import torch
from torch import Tensor, nn

from core.analysis.measuring import Gauge
from core.analysis.subject import Part, Subject
from core.catalog.families import default_catalog
from core.problem import LayerloomError
from core.program.module import build
from core.program.program import Program
from core.program.straight import BENDING, straightened
from core.training.boundary import Boundary
from core.training.loop import train
from core.training.protocol import EpochEnded
from core.training.run import Run
from core.training.tools.copying import Told, undisturbed, unheard

STRAIGHT = 1e-9  # of the greatest answer: what a map in double precision may be off by and still be linear
EXAMPLES = 256  # that this is tried on
LARGEST = 2**20  # numbers of a map that is still written down
SHOWN = (32, 256)  # rows and columns of it that are told


@dataclass(frozen=True)
class Map:
    """``y = A x + c``: what the network computes without its activations.

    Attributes:
        inputs, outputs: numbers of an example. rank: of A. error: the greatest difference to the network, over the
            greatest answer. matrix, shift: the first rows and columns of A, and c. shape: of the input. names: of the
            outputs, where they are classes.
    """

    inputs: int
    outputs: int
    rank: int
    error: float
    matrix: tuple[tuple[float, ...], ...]
    shift: tuple[float, ...]
    shape: tuple[int, ...]
    names: tuple[str, ...]


@dataclass(frozen=True)
class WithoutActivations:
    """Measures of three networks: `whole` as it is, `bare` with the activations taken out and the weights as they are,
    `trained` anew without them (None where that was not asked for).

    Attributes:
        removed: the nodes that were taken out, by their paths.
        map: what is left of the last of them, where that is one linear map; None where something else still bends.
        weights: numbers that the network learns.
        pictures: ``whole`` and ``trained`` over the plane of the data, where that is one (`core.training.boundary`).
    """

    whole: Mapping[str, float]
    bare: Mapping[str, float]
    trained: Mapping[str, float] | None
    removed: tuple[str, ...]
    map: Map | None
    weights: int
    examples: int
    pictures: Mapping[str, Any]

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def without_activations(
    subject: Subject, *, part: str = "test", anew: bool = True, epochs: int | None = None, examples: int = 2000,
    told: Told = unheard,
) -> WithoutActivations:  # fmt: skip
    """Take the activations out of a trained network, and train one without them beside it.

    Args:
        anew: train the straight network too, with the run's own job: from its seed, on its data.
        epochs: in place of the job's.

    Raises:
        LayerloomError: there is no activation between weights, or the part is empty.
    """
    straight = straightened(subject.program)
    if not straight.removed:
        raise LayerloomError(
            "This network has no activation between its weights, so there is nothing to take out.", code="activation"
        )
    chosen = subject.part(part, examples)
    whole = Gauge(subject, chosen)
    program = straightened(whole.program).program
    names = set(build(program).state_dict())
    kept = {name: tensor for name, tensor in subject.weights.items() if name in names}
    bare = Gauge(subject, chosen, program=program, weights=kept)
    learned = _trained(subject, straight.program, epochs, told) if anew else None
    own = Gauge(subject, chosen, program=program, weights=learned) if learned is not None else None
    told(1.0)
    return WithoutActivations(
        whole.values(), bare.values(), own.values() if own else None, straight.removed,
        collapsed(subject, program, learned or kept, chosen), sum(p.numel() for p in whole.parameters), len(chosen),
        _pictures(subject, whole.net, (own or bare).net),
    )  # fmt: skip


def collapsed(subject: Subject, program: Program, weights: Mapping[str, Tensor], part: Part) -> Map | None:
    """The one linear map that a program computes, functions behind its last weights apart; None where it bends, reads
    no real numbers, or would be too large."""
    program = _scores(program)
    shapes = [part.arrays[value.name].shape[1:] for value in program.inputs]
    inputs = sum(map(prod, shapes))
    if any(value.type.dtype != "float" for value in program.inputs):
        return None
    gauge = Gauge(subject, subject.chosen(part.name, part.positions[:EXAMPLES]), torch.float64, program, weights)

    def answers(rows: Tensor) -> Tensor:
        parts: tuple[Tensor, ...] = torch.split(rows, [prod(shape) for shape in shapes], dim=1)
        found = gauge.net(*(p.reshape(len(rows), *shape) for p, shape in zip(parts, shapes, strict=True)))
        first: Tensor = found[0] if isinstance(found, tuple) else found
        return first.reshape(len(rows), -1)

    with torch.no_grad():
        examples = torch.cat([_rows(program, batch) for batch in gauge.batches])
        real = answers(examples)
        still = answers(torch.zeros(1, inputs, dtype=torch.float64))
        together = answers(examples + examples.flip(0)) - real - real.flip(0) + still
        if inputs * real.shape[1] > LARGEST or _relative(together, real) > STRAIGHT * inputs:
            return None
        units = torch.split(torch.eye(inputs, dtype=torch.float64), EXAMPLES)
        matrix = torch.cat([answers(rows) for rows in units]) - still
        error = _relative(examples @ matrix + still - real, real)
    if error > STRAIGHT * inputs:
        return None
    found = matrix.T
    rank = int(torch.linalg.matrix_rank(found, rtol=1e-9))
    shown = tuple(tuple(row) for row in found[: SHOWN[0], : SHOWN[1]].tolist())
    outputs, shape = found.shape[0], tuple(int(n) for n in shapes[0]) if len(shapes) == 1 else ()
    shift = tuple(still[0, : SHOWN[0]].tolist())
    return Map(inputs, outputs, rank, error, shown, shift, shape, _classes(subject, program, outputs))


def _relative(difference: Tensor, to: Tensor) -> float:
    """The greatest of all, over the greatest of what it is compared with; infinite where one is no number."""
    found = float(difference.abs().max() / to.abs().max().clamp_min(1e-300))
    return found if found == found else float("inf")


def _classes(subject: Subject, program: Program, outputs: int) -> tuple[str, ...]:
    """The names of the outputs, where there is one for each class."""
    paired = next((p for p in subject.pairings if p.output == program.outputs[0].name), None)
    names = subject.prepared.tasks[paired.target].classes if paired else ()
    return tuple(names) if len(names) == outputs else ()


def _rows(program: Program, batch: Mapping[str, Tensor]) -> Tensor:
    return torch.cat([batch[value.name].reshape(len(batch[value.name]), -1) for value in program.inputs], 1)


def _scores(program: Program) -> Program:
    """With what its first output is made of before the functions that stand behind the last weights."""
    made = {value: step for step in program.steps for value in step.outputs.values()}
    [first, *_] = program.outputs
    value = first.value
    while value in made and made[value].layer and default_catalog()[made[value].layer].category == BENDING:
        [value] = made[value].inputs.values()
    return replace(program, outputs=(replace(first, value=value),))


def _trained(subject: Subject, program: Program, epochs: int | None, told: Told) -> dict[str, Tensor]:
    job = subject.run.job
    changes = {"epochs": epochs or job.epochs, "compile": False, "monitor": False, "logs": (), "device": "cpu"}
    with undisturbed():
        run = Run(program, job.model_copy(update={**changes, "threads": job.threads or 1}), subject.prepared)
        for event in train(run):
            if isinstance(event, EpochEnded):
                told(0.95 * event.epoch / run.epochs)
        return {name: value.detach().clone() for name, value in run.net.state_dict().items()}


def _pictures(subject: Subject, whole: nn.Module, straight: nn.Module) -> dict[str, Any]:
    pairings = subject.pairings
    if not Boundary.suits(subject.program, subject.prepared, pairings):
        return {}
    made = {"whole": whole, "straight": straight}
    cpu = torch.device("cpu")
    return {
        name: Boundary(net, subject.program, subject.prepared, pairings[0], cpu).picture() for name, net in made.items()
    }
