"""How a block that is solved as a differential equation moves the examples: their paths, and the slopes they follow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from core.analysis.latent import axes, colours
from core.analysis.observe import Scope, at_work, start_time
from core.analysis.subject import Part, Subject, load
from core.catalog.solvers import SOLVERS
from core.data.dataset import Array
from core.program.module import build, named_errors
from core.program.program import Program, Result, Solver, Step, Value
from core.training.evaluation import looking

PATHS, SERIES, GRID, POINTS = 60, 12, 17, 40  # paths drawn, numbers told over time, slopes along a side, least points
MARGIN = 0.1  # of the span of the paths, round them


@dataclass(frozen=True)
class Solved:
    """A solved block on its own: `net` goes from what arrives to the states at `times`, (examples, states, …)."""

    step: Step
    net: nn.Module
    given: Sequence[Tensor]
    times: Array

    @property
    def block(self) -> nn.Module:
        return self.net.get_submodule(self.step.module)

    def paths(self) -> tuple[Array, int]:
        """The states, and how often the block was evaluated for them."""
        count = 0

        def counted(module: nn.Module, args: object) -> None:
            nonlocal count
            count += 1

        handle = self.block.register_forward_pre_hook(counted)
        try:
            with looking(self.net), named_errors():
                found = self.net(*self.given)
        finally:
            handle.remove()
        states: Array = found.float().numpy()
        return states, count

    def slopes(self, states: Array, ports: Sequence[str], example: int) -> Array:
        """The slopes at these states at the start, with the further inputs that one example has."""
        rest = dict(zip(self.step.inputs, self.given, strict=True))
        h = torch.from_numpy(states.astype(np.float32))
        row = []
        for place, port in enumerate(ports):
            if place == 0:
                row.append(h)
            elif port in rest:
                row.append(rest[port][example : example + 1].expand(len(h), *rest[port].shape[1:]))
            else:
                row.append(start_time(self.step, h))
        with looking(self.net), named_errors():
            found: Array = self.block(*row).float().numpy()
        return found


def flow(subject: Subject, split: str = "test", node: str = "", sample: int = 0) -> dict[str, Any]:
    """The paths of up to 60 examples of a part through a solved block, and of one of them closely.

    Keys: those of `Subject.heading`; ``node``; ``method``; ``evaluations`` of the block, for all these examples
    together; ``times``; ``positions`` of the examples; ``paths``, for each example ``x`` and ``y`` by time: the state
    itself where it has two numbers, else its two main directions, with the ``share`` of the variance that each explains
    (None for a plane); ``classes`` and ``class`` or ``number`` as `latent` has them; ``field``: ``x``, ``y``, ``u``,
    ``v``, the slopes over the plane at the start (None where the state is no plane); ``series``: up to 12 numbers of
    the state of the chosen example by time; ``at``: which of the paths is that example's.

    Raises:
        LayerloomError: the run has no such node, or it is not solved (code ``node``).
    """
    whole = subject.part(split, PATHS)
    positions = np.union1d(whole.positions, [max(0, min(sample, whole.whole - 1))])
    part = subject.chosen(split, positions)
    at = int(np.searchsorted(positions, max(0, min(sample, whole.whole - 1))))
    scope, step = _found(subject, part, node)
    solved = _solved(scope, step)
    states, evaluations = solved.paths()
    rows = states.reshape(*states.shape[:2], -1)
    plane = rows.shape[-1] == 2
    flat, share = (rows, None) if plane else _main_directions(rows)
    ports = [value.port for value in scope.program.blocks[step.block].inputs]
    assert step.solver is not None
    return {
        **subject.heading(part),
        "node": node,
        "method": SOLVERS[step.solver.method].label,
        "evaluations": evaluations,
        "times": _plain(solved.times),
        "positions": positions.tolist(),
        "paths": [{"x": _plain(path[:, 0]), "y": _plain(path[:, 1])} for path in flat],
        "share": share,
        "field": _field(solved, flat, ports, at) if plane and states.ndim == 3 else None,
        "series": [_plain(numbers) for numbers in rows[at].T[:SERIES]],
        "at": at,
        **colours(subject, part),
    }


def _found(subject: Subject, part: Part, node: str) -> tuple[Scope, Step]:
    refusal = f"The network of this run solves no differential equation at {node!r:.40}."
    [(scope, step, _)] = at_work(subject, part, node, lambda step: step.solver is not None, refusal)
    return scope, step


def _solved(scope: Scope, step: Step) -> Solved:
    """The block alone, solved so that its whole path leaves; an adaptive one at 40 times, if its own are fewer."""
    assert step.solver is not None
    method, params = SOLVERS[step.solver.method], dict(step.solver.params)
    params["path"] = True
    if method.adaptive and not step.solver.params["path"]:
        params["points"] = POINTS
    [exit] = [result.port for result in scope.program.blocks[step.block].outputs]
    inputs = [Value(f"given_{i}", step.input_types[port], port) for i, port in enumerate(step.inputs)]
    alone = replace(
        step,
        name=step.module,
        inputs=dict(zip(step.inputs, (value.name for value in inputs), strict=True)),
        outputs={exit: "path_of_state"},
        solver=Solver(step.solver.method, params),
        init=None,
    )
    result = Result("path", "path_of_state", step.output_types[exit], "")
    net = build(Program("Flow", tuple(inputs), (result,), (alone,), blocks=scope.program.blocks))
    load(net, {name: value for name, value in scope.weights.items() if name.startswith(f"{step.module}.")})
    times = np.linspace(params["start"], params["end"], method.points(params))
    return Solved(alone, net, list(scope.arrives(step).values()), times)


def _main_directions(rows: Array) -> tuple[Array, list[float]]:
    """All states of all paths over the two directions in which they differ most: (examples, states, 2)."""
    every = np.nan_to_num(rows.reshape(-1, rows.shape[-1]).astype(np.float64))
    found, share = axes(every)
    return found.reshape(*rows.shape[:2], 2), share


def _field(solved: Solved, paths: Array, ports: Sequence[str], example: int) -> dict[str, Any]:
    known = paths.reshape(-1, 2)
    known = known[np.isfinite(known).all(1)]
    low, high = (known.min(0), known.max(0)) if len(known) else (np.zeros(2), np.ones(2))
    room = MARGIN * np.maximum(high - low, 1e-6)
    along = [np.linspace(a - r, b + r, GRID) for a, b, r in zip(low, high, room, strict=True)]
    grid = np.stack(np.meshgrid(*along), axis=-1).reshape(-1, 2)
    slopes = solved.slopes(grid, ports, example)
    columns = {"x": grid[:, 0], "y": grid[:, 1], "u": slopes[:, 0], "v": slopes[:, 1]}
    return {name: _plain(values) for name, values in columns.items()}


def _plain(values: Array) -> list[float | None]:
    return [float(f"{value:.5g}") if np.isfinite(value) else None for value in values.tolist()]
