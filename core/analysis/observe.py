"""Every value that flows through a network, by the node that makes it: the program itself, with all values as outputs.

What runs is the source that trains and is exported; only what it returns is more. So expressions, which have no module
to put a hook on, are seen like layers. The inside of a block is the block's own program, fed what the instance got.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from torch import Tensor, nn

from core.analysis.subject import Part, Subject, load
from core.problem import LayerloomError
from core.program.module import build, named_errors
from core.program.program import Program, Result, Step
from core.training.evaluation import looking

Tensors = Mapping[str, Tensor]


@dataclass(frozen=True)
class Scope:
    """One graph of a network and what arrives in it: the main one, or the inside of a block instance (of its first
    copy where it repeats).

    Attributes:
        place: ``""`` for the main graph, ``"n7/n2"`` for the inside of that instance.
        program: its inputs are everything that enters; a main program's targets are inputs here.
        weights: the state_dict of what is inside.
        given: the values of the inputs, by name.
        prefix: where its modules lie in the built network.
    """

    place: str
    program: Program
    weights: Tensors
    given: Tensors
    prefix: str = ""

    @classmethod
    def main(cls, program: Program, weights: Tensors, batch: Tensors) -> Scope:
        """Of the whole network; `batch` holds inputs and targets."""
        enters = (*program.inputs, *program.targets)
        opened = replace(program, inputs=enters, targets=(), losses=())
        return cls("", opened, weights, {value.name: batch[value.name] for value in enters})

    @cached_property
    def values(self) -> Tensors:
        """Every value, by its name. Raises LayerloomError, with the node, where a layer refuses what arrives."""
        return self._run(completed(self.program), None)

    def values_of(self, step: Step) -> Tensors:
        """Those of one step alone, by port: for many examples."""
        program = completed(self.program)
        [whole] = [s for s in program.steps if s.node == step.node]
        found = self._run(program, frozenset(whole.outputs.values()))
        return {port: found[value] for port, value in whole.outputs.items() if value in found}

    @cached_property
    def net(self) -> nn.Module:
        """A module that returns every value, in evaluation mode."""
        return self._built(completed(self.program), None)

    def path(self, node: str) -> str:
        """Where a node of this graph is on the canvas."""
        own = node.rpartition("/")[2]
        return f"{self.place}/{own}" if self.place else own

    def step(self, node: str) -> Step | None:
        """The step of a node, by its id within this graph; that of an output is the one whose value it returns."""
        answered = next((result.value for result in self.program.outputs if result.port == node), "")
        return next((s for s in self.program.steps if s.node.rpartition("/")[2] == node), None) or next(
            (s for s in self.program.steps if answered in s.outputs.values()), None
        )

    def outputs(self, step: Step) -> dict[str, Tensor]:
        """What a step gave, by port, those that nobody uses included."""
        whole = next(s for s in completed(self.program).steps if s.node == step.node)
        return {port: self.values[value] for port, value in whole.outputs.items() if value in self.values}

    def inside(self, node: str) -> Scope:
        """The inside of a block instance. Raises LayerloomError where the node is none (code ``node``)."""
        step = self.step(node)
        if step is None or not step.block:
            raise LayerloomError(f"The network of this run has no block {self.path(node)}.", code="node")
        names = list(self.program.blocks)
        block = self.program.blocks[step.block]
        earlier = {name: self.program.blocks[name] for name in names[: names.index(step.block)]}
        prefix = f"{step.module}.{'0.' if step.repeat > 1 else ''}"
        return Scope(
            self.path(node),
            replace(block, blocks=earlier),
            {name.removeprefix(prefix): t for name, t in self.weights.items() if name.startswith(prefix)},
            {value.name: self._given(step, value.port) for value in block.inputs},
            self.prefix + prefix,
        )

    def at(self, place: str) -> Scope:
        """The graph at a path below this one."""
        scope = self
        for node in filter(None, place.split("/")):
            scope = scope.inside(node)
        return scope

    def arrives(self, step: Step) -> dict[str, Tensor]:
        """What a step got, by port."""
        return {end: self._arrives(value) for end, value in step.inputs.items()}

    def _given(self, step: Step, port: str) -> Tensor:
        """What a block is given at one of its inputs; by a solver, at the start."""
        if port in step.inputs:
            return self._arrives(step.inputs[port])
        return start_time(step, self._arrives(next(iter(step.inputs.values()))))

    def _arrives(self, value: str) -> Tensor:
        return self.given[value] if value in self.given else self.values[value]

    def _run(self, program: Program, only: frozenset[str] | None) -> Tensors:
        names = _seen(program, only)
        if not names:
            return {}
        net = self.net if only is None else self._built(program, only)
        with looking(net), named_errors():
            results = net(*self.given.values())
        together = results if isinstance(results, tuple) else (results,)
        return {n: value for n, value in zip(names, together, strict=True) if isinstance(value, Tensor)}

    def _built(self, program: Program, only: frozenset[str] | None) -> nn.Module:
        types = {v: s.output_types[p] for s in program.steps for p, v in s.outputs.items()}
        results = tuple(Result(name, name, types[name], "") for name in _seen(program, only))
        net = build(replace(program, outputs=results))
        load(net, dict(self.weights))
        return net


def at_work(
    subject: Subject, part: Part, node: str, wanted: Callable[[Step], bool] = lambda _step: True, refusal: str = ""
) -> Iterator[tuple[Scope, Step, int]]:
    """The graph that a node (by its whole path) lies in, at work on each batch of a part; the node's step, and how many
    examples the batch has.

    Raises:
        LayerloomError: there is no such node, or none that is `wanted`; `refusal` says so (code ``node``).
    """
    place, _, own = node.rpartition("/")
    for batch in subject.batches(part):
        scope = Scope.main(subject.program, subject.weights, batch).at(place)
        step = scope.step(own)
        if step is None or not wanted(step):
            message = refusal or f"The network of this run has no node {own!r:.40} there."
            raise LayerloomError(message, code="node")
        yield scope, step, len(next(iter(batch.values())))


def start_time(step: Step, state: Tensor) -> Tensor:
    """The time at which a solver starts, one number for each example."""
    assert step.solver is not None
    return state.new_full((len(state), 1), float(step.solver.params["start"]))


def completed(program: Program) -> Program:
    """The program with a name for every output of its layers, used or not."""
    taken = {value.name for value in program.inputs} | {v for s in program.steps for v in s.outputs.values()}
    steps = []
    for step in program.steps:
        outputs = dict(step.outputs)
        for port in step.output_types if step.layer else ():
            if port not in outputs:
                name = f"{step.name}_{port}"
                while name in taken:
                    name += "_"
                taken.add(name)
                outputs[port] = name
        steps.append(replace(step, outputs=outputs))
    return replace(program, steps=tuple(steps))


def _seen(program: Program, only: frozenset[str] | None) -> list[str]:
    made = [value for step in program.steps for value in step.outputs.values()]
    return [value for value in made if only is None or value in only]
