"""What a layer and a program cost: parameters, and multiply-accumulates of one forward pass. Imports no torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from core.catalog import Catalog
from core.catalog.solvers import SOLVERS
from core.program.program import Program, Solver
from core.spec.layer import Given, LayerSpec
from core.spec.shape import Dim


@dataclass(frozen=True, slots=True)
class Cost:
    """`parameters` counts numbers that train or are frozen; `macs` are for the whole batch, so in terms of ``B``."""

    parameters: int = 0
    macs: Dim = 0

    def __add__(self, other: Cost) -> Cost:
        return Cost(self.parameters + other.parameters, self.macs + other.macs)

    def times(self, copies: int) -> Cost:
        return Cost(self.parameters * copies, self.macs * copies)


def layer_cost(spec: LayerSpec, given: Given) -> Cost:
    """The cost of one layer by its rules; a missing rule costs nothing. Raises Mismatch where a rule does."""
    shapes = spec.weights(given) if spec.weights else {}
    return Cost(sum(_size(shape) for shape in shapes.values()), spec.macs(given) if spec.macs else 0)


def evaluations(solver: Solver | None) -> int:
    """How often one pass forward calls a block: once where it is not solved, at least so often where steps adapt."""
    return 1 if solver is None else SOLVERS[solver.method].evaluations(solver.params)


def program_cost(program: Program, catalog: Catalog | None = None) -> Mapping[str, Cost]:
    """The cost of each node by its path, all copies of a repeated block together, and of the whole under ``""``.

    Weights that a node shares count where they are constructed. Looks layers up in the whole catalogue by default.
    """
    if catalog is None:
        from core.catalog.families import default_catalog

        catalog = default_catalog()
    costs: dict[str, Cost] = {"": Cost()}
    copies: dict[str, int] = {"": 1}  # modules
    runs: dict[str, int] = {"": 1}  # how often they are called
    for placed in program.placed():
        step, node = placed.step, placed.node
        parent = node.rpartition("/")[0]
        copies[node] = copies.get(parent, 1) * step.repeat
        runs[node] = runs.get(parent, 1) * step.repeat * evaluations(step.solver)
        costs[node] = Cost()
        if step.layer:
            cost = layer_cost(catalog[step.layer], Given(step.input_types, step.params))
            own = Cost(0 if placed.shared else cost.parameters * copies[node], cost.macs * runs[node])
            for path in _upwards(node):
                costs[path] = costs.get(path, Cost()) + own
    return costs


def _upwards(node: str) -> list[str]:
    """The path, those around it, and the empty one."""
    parts = node.split("/")
    return ["/".join(parts[:count]) for count in range(len(parts) + 1)]


def _size(shape: tuple[int, ...]) -> int:
    size = 1
    for length in shape:
        size *= length
    return size
