"""Where solvers choose their own steps, and the same program with fixed ones: what ONNX and torch alone can run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from core.catalog.solvers import EXPORT_STEPS, EXPORTABLE, SOLVERS
from core.problem import Fix, Problem, Severity
from core.program.program import Placed, Program, Solver, Step

ADAPTIVE = "adaptive-solver"  # the code of the problem


def adapts(solver: Solver | None) -> bool:
    """Whether the solver chooses its own steps."""
    return solver is not None and SOLVERS[solver.method].adaptive


def adaptive(program: Program) -> Iterator[Placed]:
    """The nodes whose solvers choose their own steps."""
    return (placed for placed in program.placed() if adapts(placed.step.solver))


def fixed(solver: Solver, steps: int = EXPORT_STEPS) -> Solver:
    """RK4 over the same span instead; a path keeps its number of states. Only values that differ from defaults."""
    method, values = SOLVERS[EXPORTABLE], SOLVERS[solver.method].values(solver.params)
    if values["path"]:
        steps = SOLVERS[solver.method].points(values) - 1
    chosen = {"steps": steps, **{name: values[name] for name in ("start", "end", "path")}}
    return Solver(EXPORTABLE, {name: value for name, value in chosen.items() if value != method.param[name].default})


def with_fixed_steps(program: Program, steps: int = EXPORT_STEPS) -> Program:
    """The program with RK4 for every adaptive solver; the weights are the same, the answers nearly."""

    def settled(step: Step) -> Step:
        if step.solver is None or not adapts(step.solver):
            return step
        found = fixed(step.solver, steps)
        return replace(step, solver=Solver(found.method, SOLVERS[found.method].values(found.params)))

    return replace(
        program,
        steps=tuple(map(settled, program.steps)),
        blocks={name: replace(block, steps=tuple(map(settled, block.steps))) for name, block in program.blocks.items()},
    )


def unsuited(label: str, node: str, solver: Solver, severity: Severity = Severity.ERROR) -> Problem:
    """Why ONNX cannot hold it, with the fix that can."""
    chosen = fixed(solver)
    steps = chosen.params.get("steps", SOLVERS[EXPORTABLE].param["steps"].default)
    text = (
        f"{label}: its solver {SOLVERS[solver.method].short} chooses its own steps, which ONNX cannot do. Weights "
        "that it trained work with fixed steps too."
    )
    value = {"method": chosen.method, "params": dict(chosen.params)}
    fix = Fix(f"Solve by {SOLVERS[EXPORTABLE].label} in {steps} steps", "set_node", {"name": "solver", "value": value})
    return Problem(ADAPTIVE, text, node, severity=severity, fixes=(fix,))
