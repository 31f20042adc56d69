"""``layerloom check FILE --cost``: the pre-flight card as tables."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from core.analysis.lint import findings, room
from core.analysis.preflight import Preflight, measured, preflight
from core.memory import free_memory
from core.problem import LayerloomError, Problem
from core.program.program import Program
from core.training.job import Job
from designer.cli_design import Design
from designer.cli_output import counted, show_problems, table
from designer.numbers import lasting, short, size
from graph.lower import lower


@dataclass(frozen=True)
class Costs:
    """What a training will cost. `estimate` is that of `core.analysis.estimate`, None where nothing was measured: there
    is no data or no loss, it does not fit, or it cannot run (`problems` tells why)."""

    found: Preflight
    estimate: dict[str, Any] | None
    free: int
    problems: tuple[Problem, ...]

    def to_json(self) -> dict[str, Any]:
        memory = self.found.memory
        return {
            **{key: value for key, value in asdict(self.found).items() if key != "memory"},
            "nodes": [asdict(node) for node in self.found.nodes],
            "memory": {**asdict(memory), "total": memory.total, "free": self.free, "fits": memory.fits(self.free)},
            "largest_batch": memory.largest_batch(self.free),
            "measured": self.estimate,
            "findings": [problem.to_json() for problem in self.problems],
        }


def costs(design: Design) -> Costs:
    """Work out what the training of a design costs, and measure a step of it.

    Raises:
        LayerloomError: the design has errors.
    """
    program, job = lower(design.document), design.document.job
    stated, free = preflight(program, job), free_memory()
    if job.data.source.kind == "none" or not program.losses or not stated.memory.fits(free):
        return Costs(stated, None, free, (*room(stated, free), *findings(program, job)))
    try:
        seen, estimate = _looked_at(design, program, job)
    except LayerloomError as error:
        return Costs(stated, None, free, (error.problem, *findings(program, job)))
    free = free if estimate["free"] is None else int(estimate["free"])
    found = measured(stated, estimate)
    return Costs(found, estimate, free, (*room(found, free), *findings(program, job, seen, estimate)))


def print_costs(costs: Costs) -> None:
    """Totals, the layers by what they cost, and what looks wrong."""
    found = costs.found
    table(["training", ""], _facts(costs), right=("",))
    nodes = sorted(found.nodes, key=lambda node: (node.activations, node.parameters), reverse=True)
    rows = [(n.label, counted(n.parameters), short(n.macs), size(n.activations)) for n in nodes if any(_amounts(n))]
    right = ("parameters", "MACs", "memory an example")
    table(["layer", *right], rows, right=right)
    show_problems(costs.problems)


def _facts(costs: Costs) -> Iterator[tuple[str, str]]:
    found, memory, estimate = costs.found, costs.found.memory, costs.estimate
    yield "parameters, trained", f"{counted(found.parameters)}, {counted(found.trained)}"
    yield "MACs of an example", short(found.macs)
    for name in ("activations", "weights", "gradients", "optimizer", "copies", "data"):
        yield f"memory: {name}", size(getattr(memory, name))
    yield "memory in all, of what is free", f"{size(memory.total)}, {size(costs.free)}"
    if found.batch:
        yield "batch, the largest that fits (estimated)", f"{found.batch:,}, {memory.largest_batch(costs.free):,}"
    if estimate is not None:
        epoch = estimate["seconds"] * estimate["steps"] + estimate["evaluation"]
        yield f"a step ({estimate['device']}, one thread, measured)", lasting(estimate["seconds"])
        yield f"an epoch of {estimate['steps']:,} steps", lasting(epoch)
        yield f"all {found.epochs:,} epochs", lasting(epoch * found.epochs)


def _amounts(node: Any) -> tuple[int, int, int]:
    return node.parameters, node.macs, node.activations


def _looked_at(design: Design, program: Program, job: Job) -> tuple[dict[str, Any], dict[str, Any]]:
    from core.analysis.estimate import estimate
    from core.data.preview import preview

    base = design.path.parent
    return preview(job.data, base), estimate(program, job, base)
