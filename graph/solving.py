"""A block instance that is solved as a differential equation: what enters and leaves, its cost, and when it cannot."""

from __future__ import annotations

from core.catalog.solvers import SOLVERS
from core.problem import Fix
from core.program.cost import Cost, evaluations
from core.program.program import Solver
from core.spec.layer import LayerSpec, Types
from core.spec.shape import TensorType
from graph.fields import plain_solver, read_solver
from graph.findings import Findings
from graph.records import Node
from graph.trouble import Trouble

TIME = "@time"  # among the types that enter a block, beside the ids of its entries
_UNSOLVED = Fix("Solve it no more", "set_node", {"name": "solver", "value": None})
_START = {"method": "rk4"}
_CONVOLUTIONS = {3: "conv1d", 4: "conv2d", 5: "conv3d"}


def completed(solver: Solver) -> Solver:
    """The solver with every parameter of its method."""
    return Solver(solver.method, SOLVERS[solver.method].values(solver.params))


def with_time(entries: Types) -> Types:
    """What enters a block that is solved: the time too, one number for each example."""
    first = next(iter(entries.values()), None)
    return {**entries, TIME: TensorType((first.shape[0], 1))} if first is not None and first.shape else entries


def refused(node: Node, spec: LayerSpec, entries: Types) -> Trouble | None:
    """Why this block cannot be solved, whatever is inside."""
    try:
        read_solver(node.solver)
    except ValueError as error:
        return Trouble("solver", f"it cannot be solved: {error}", fixes=(_restart(), _UNSOLVED))
    if node.repeat > 1:
        text = f"it is solved and repeated {node.repeat} times; a solver needs one block, which it calls at each step."
        once = Fix("Repeat it once", "set_node", {"name": "repeat", "value": 1})
        return Trouble("solver", text, expected="no repeats", received=f"{node.repeat} copies", fixes=(once, _UNSOLVED))
    if not spec.inputs or len(spec.outputs) != 1:
        counts = f"{len(spec.inputs)} inputs, {len(spec.outputs)} outputs"
        text = "a solver needs a block with an input, the state, and one output, the slope of that state."
        return Trouble("solver", text, expected="one output, at least one input", received=counts, fixes=(_UNSOLVED,))
    state = entries.get(spec.inputs[0].id)
    if state is not None and (state.dtype != "float" or not state.shape):
        text = "the state of a solver must be real numbers for each example of a batch."
        return Trouble("solver", text, spec.inputs[0].id, "float", str(state), ends=True, fixes=(_UNSOLVED,))
    return _adjoint(node, spec)


def _adjoint(node: Node, spec: LayerSpec) -> Trouble | None:
    """The adjoint equation gives gradients for the state and the weights alone."""
    assert node.solver is not None
    if not node.solver.params.get("adjoint") or len(spec.inputs) == 1:
        return None
    more = ", ".join(port.title for port in spec.inputs[1:])
    text = f"the adjoint method gives no gradient to {more}: it knows only the state and the weights of the block."
    solver = {"method": node.solver.method, "params": {**node.solver.params, "adjoint": False}}
    fix = Fix("Keep the steps in memory instead", "set_node", {"name": "solver", "value": solver})
    return Trouble("solver", text, spec.inputs[1].id, "one input", f"{len(spec.inputs)} inputs", fixes=(fix, _UNSOLVED))


def leaving(node: Node, spec: LayerSpec, found: Findings) -> Types | Trouble:
    """The type of the state at the end, or of its whole path; a trouble where the slope is of another type."""
    state, exit = found.entries.get(spec.inputs[0].id), spec.outputs[0].id
    slope = found.leaving.get(exit)
    if state is None or slope is None:
        return {}
    if slope != state:
        text = f"a solver adds slopes to the state, so both need one shape; the state is {state}, the slope {slope}."
        fixes = (*_fitting(exit, slope, state), _UNSOLVED)
        return Trouble("solver-state", text, exit, str(state), str(slope), fixes=fixes)
    assert node.solver is not None
    method, values = SOLVERS[node.solver.method], completed(node.solver).params
    path = state.with_shape(state.shape[0], method.points(values), *state.shape[1:])
    return {exit: path if values["path"] else state}


def cost(node: Node, inside: Cost) -> Cost:
    """Weights once, work as often as the block is evaluated (at least, where steps adapt)."""
    assert node.solver is not None
    return Cost(inside.parameters, inside.macs * evaluations(completed(node.solver)))


def untimed() -> Trouble:
    """The time is asked for where nothing runs."""
    text = "no solver runs this block, so there is no time. Give the block's instance a solver, or remove this node."
    fix = Fix("Solve the block by RK4", "set_node", {"name": "solver", "value": _START, "at": ".."})
    return Trouble("no-solver", text, fixes=(fix,))


def _fitting(exit: str, slope: TensorType, state: TensorType) -> tuple[Fix, ...]:
    """A layer before the exit that brings the slope into the state's shape, where one layer can."""
    differ = [i for i, (a, b) in enumerate(zip(slope.shape, state.shape, strict=False)) if a != b]
    if slope.dtype != "float" or slope.rank != state.rank or len(differ) != 1:
        return ()
    [axis], size = differ, state.shape[differ[0]]
    if not isinstance(size, int):
        return ()
    if axis == slope.rank - 1 and axis:
        args = {"layer": "linear", "params": {"out_features": size}}
        label = f"Insert a Linear of {size} inside"
    elif axis == 1 and slope.rank in _CONVOLUTIONS:
        args = {"layer": _CONVOLUTIONS[slope.rank], "params": {"out_channels": size, "kernel_size": 1}}
        label = f"Insert a 1x1 convolution of {size} channels inside"
    else:
        return ()
    return (Fix(label, "insert_before", {**args, "port": "x", "at": exit}),)


def _restart() -> Fix:
    return Fix("Solve by RK4", "set_node", {"name": "solver", "value": plain_solver(Solver("rk4"))})
