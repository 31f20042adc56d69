"""What a training will cost, worked out from the program and its job before anything runs. Imports no torch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from core.catalog.datasets import signature
from core.catalog.families import default_catalog
from core.catalog.optimizers import OPTIMIZERS
from core.data.signature import DataSignature
from core.program.cost import evaluations, program_cost
from core.program.program import Placed, Program, Solver
from core.spec.shape import Dim, TensorType, evaluate, product
from core.training.job import Job, Objective

NUMBER = 4  # bytes of a float32: what weights, gradients and optimizers count in
_SIZES = {"float": NUMBER, "int": 8, "bool": 1}
_ROOM = 0.9  # the share of free memory that a training may plan with


@dataclass(frozen=True, slots=True)
class NodeCost:
    """What one layer costs, all its copies together; `macs` and `activations` (bytes) are for one example."""

    node: str
    label: str
    parameters: int
    macs: int
    activations: int
    is_input: bool = False


@dataclass(frozen=True, slots=True)
class Memory:
    """Bytes that a training needs, by what they hold; `example` is what each further example in a batch adds."""

    weights: int
    gradients: int
    optimizer: int
    copies: int
    activations: int
    data: int
    example: int

    @property
    def fixed(self) -> int:
        """What no batch size changes."""
        return self.weights + self.gradients + self.optimizer + self.copies + self.data

    @property
    def total(self) -> int:
        return self.fixed + self.activations

    def fits(self, free: int) -> bool:
        """Whether it finds room in so many free bytes; a tenth of them is left to everything else."""
        return self.total <= free * _ROOM

    def largest_batch(self, free: int) -> int:
        """The largest batch that fits in so many free bytes; 0 where not even one example does."""
        return max(0, int((free * _ROOM - self.fixed) // self.example)) if self.example else 0


@dataclass(frozen=True, slots=True)
class Preflight:
    """What is known of a training before it begins. `macs` are one example's forward pass; `steps` those of an epoch.

    `examples`, `batch` and `steps` are 0 while the size of the data is not known.
    """

    nodes: tuple[NodeCost, ...]
    parameters: int
    trained: int
    macs: int
    memory: Memory
    examples: int
    batch: int
    steps: int
    epochs: int


def preflight(program: Program, job: Job) -> Preflight:
    """What the training of a program by a job costs.

    The memory, in bytes, is estimated as ::

        4 * P  +  4 * T  +  4 * sum over objectives (T_o * k_o)  +  copies  +  data  +  batch * A

    with P all parameters, T those trained, T_o those of an objective and k_o the numbers that its optimizer keeps for
    each (`OptimizerSpec.keeps`: 0 for plain SGD, 2 for Adam); `copies` are the best weights so far and the moving
    average, where the job keeps them; `data` the prepared examples. A is the size of everything that the forward pass
    makes of one example, since nearly all of it is held for the way back; reshaped tensors take no room of their own,
    what stands in a recomputed block is not held, and half precision halves it. Left out are the library itself
    (some 300 MB), workspaces of convolutions, and what a layer holds inside (gates, attention weights), so it is an
    estimate and no promise. Sizes that vary (``T``) count as 1.
    """
    nodes = tuple(_nodes(program, job))
    costs = program_cost(program)
    trained = [_trained(nodes, program, objective) for objective in job.objectives]
    counts = {node.node: node.parameters for node in nodes}
    stepped = [sum(counts[name] for name in names) for names in trained]
    moved = sum(counts[name] for name in set().union(*trained))
    example = sum(node.activations for node in nodes)
    examples = _examples(job)
    batch = _batch(job, examples)
    memory = Memory(
        weights=NUMBER * costs[""].parameters,
        gradients=NUMBER * moved,
        optimizer=sum(NUMBER * t * _kept(o) for t, o in zip(stepped, job.objectives, strict=True)),
        copies=NUMBER * _copies(costs[""].parameters, moved, job),
        activations=example * batch,
        data=_data(program, job),
        example=example,
    )
    steps = -(-examples // batch) if batch else 0
    macs = _size(costs[""].macs)
    return Preflight(nodes, costs[""].parameters, moved, macs, memory, examples, batch, steps, job.epochs)


def measured(found: Preflight, estimate: Mapping[str, Any]) -> Preflight:
    """The same with the activations that a real step held (`core.analysis.estimate`) instead of those worked out, and
    the numbers of examples and steps as the data has them. Layers that held nothing count nothing."""
    batch, held = int(estimate["batch"]), estimate["held"]
    inputs = {node.node for node in found.nodes if node.is_input}
    nodes = tuple(
        node if node.node in inputs else replace(node, activations=-(-held.get(node.node, 0) // batch))
        for node in found.nodes
    )
    kept = sum(held.values()) + batch * sum(node.activations for node in nodes if node.node in inputs)
    memory = replace(found.memory, activations=kept, example=-(-kept // batch))
    steps, examples = int(estimate["steps"]), int(estimate["examples"]["train"])
    return replace(found, nodes=nodes, memory=memory, examples=examples, batch=batch, steps=steps)


def _nodes(program: Program, job: Job) -> Iterator[NodeCost]:
    """Inputs, then every layer; of a recomputed block, what leaves it."""
    for value in program.inputs:
        yield NodeCost(value.node, value.name, 0, 0, _bytes(value.type, job), True)
    costs = program_cost(program)
    names, copies = dict[str, str](), {"": 1}
    hidden = _inside(program, job)
    for placed in program.placed():
        node, step = placed.node, placed.step
        parent = node.rpartition("/")[0]
        names[node] = f"{names[parent]} / {step.label or step.name}" if parent else step.label or step.name
        copies[node] = copies[parent] * step.repeat * _passes(step.solver)
        if step.layer or node in job.recompute:
            held = 0 if node in hidden else copies[node] * _held(placed, job)
            own = costs[node] if step.layer else None
            yield NodeCost(node, names[node], own.parameters if own else 0, _size(own.macs) if own else 0, held)


def _passes(solver: Solver | None) -> int:
    """How many evaluations of a block are held for the way back; the adjoint method holds none of its past."""
    return 1 if solver is None or solver.params.get("adjoint") else evaluations(solver)


def _inside(program: Program, job: Job) -> set[str]:
    """The nodes within blocks that are recomputed."""
    within = tuple(f"{path}/" for path in job.recompute)
    return {placed.node for placed in program.placed() if within and placed.node.startswith(within)}


def _held(placed: Placed, job: Job) -> int:
    """Bytes of what a node makes of one example; nothing where it only shows its input in another shape."""
    spec = default_catalog().get(placed.step.layer)
    if spec is not None and spec.views:
        return 0
    return sum(_bytes(type, job) for type in placed.step.output_types.values())


def _bytes(type: TensorType, job: Job) -> int:
    halved = type.dtype == "float" and job.precision != "float32"
    return _size(product(type.shape)) * (NUMBER // 2 if halved else _SIZES[type.dtype])


def _size(dim: Dim) -> int:
    """The number for one example; every size that varies counts as 1."""
    names = frozenset() if isinstance(dim, int) else dim.symbols
    size = evaluate(dim, dict.fromkeys(names, 1))
    assert isinstance(size, int)
    return size


def _trained(nodes: tuple[NodeCost, ...], program: Program, objective: Objective) -> set[str]:
    """The layers whose weights an objective steps."""
    frozen = {placed.node for placed in program.placed() if placed.step.frozen}
    chosen = set(objective.trains)
    return {
        cost.node
        for cost in nodes
        if frozen.isdisjoint(path := _upwards(cost.node)) and (not chosen or not chosen.isdisjoint(path))
    }


def _upwards(node: str) -> list[str]:
    parts = node.split("/")
    return ["/".join(parts[:count]) for count in range(1, len(parts) + 1)]


def _kept(objective: Objective) -> int:
    spec = OPTIMIZERS[objective.optimizer.kind]
    values: Mapping[str, Any] = spec.values(objective.optimizer.params)
    return int(spec.keeps(values))


def _copies(parameters: int, moved: int, job: Job) -> int:
    best = parameters if job.data.split.validation else 0
    return best + (moved if job.average else 0)


def _examples(job: Job) -> int:
    """How many train, to within the few that dividing by class moves."""
    there, split = offered(job).examples, job.data.split
    return max(0, there - sum(max(1, round(there * share)) for share in (split.validation, split.test) if share))


def _batch(job: Job, examples: int) -> int:
    return examples if job.batch_size == "full" else min(job.batch_size, examples)


def _data(program: Program, job: Job) -> int:
    """Bytes of the prepared examples, all parts."""
    one = sum(_size(product(v.type.shape)) * _SIZES[v.type.dtype] for v in (*program.inputs, *program.targets))
    return one * offered(job).examples


def offered(job: Job) -> DataSignature:
    """What the data of the job offers: the source says, or what was learned of its files."""
    return signature(job.data.source) or job.data.signature
