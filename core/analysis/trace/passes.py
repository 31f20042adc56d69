"""A forward and a backward pass, node by node: each node is computed alone, in float64, from what arrives at it, and
its gradients from those that come back. So every number on the way can be seen, and so can every sum of gradients."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import torch
from torch import Tensor, nn

from core.analysis.observe import completed
from core.problem import LayerloomError
from core.program.module import build, named_errors
from core.program.program import Program, Result, Step, Value

Tensors = Mapping[str, Tensor]


@dataclass(frozen=True)
class Returned:
    """The gradient that one reader of a value sends back to it; `label` is what a person reads of the reader."""

    node: str
    end: str
    gradient: Tensor
    label: str = ""


@dataclass
class Visit:
    """One node at work.

    Attributes:
        given: what arrives, by port end; made: what leaves, by port. Both in float64 where they are real numbers.
        weights: its parameters by their names in its module; `kept`: what it keeps beside them, running averages.
        returned: who sends a gradient back to each output, by port; `upstream` is their sum.
        given_gradients, weight_gradients: of the loss; what nothing depends on has none.
        scale: of the loss, where the node is one: how much it counts.
    """

    step: Step
    path: str
    given: dict[str, Tensor]
    made: dict[str, Tensor]
    weights: dict[str, Tensor]
    prefix: str
    returned: dict[str, list[Returned]] = field(default_factory=dict)
    upstream: dict[str, Tensor] = field(default_factory=dict)
    given_gradients: dict[str, Tensor] = field(default_factory=dict)
    weight_gradients: dict[str, Tensor] = field(default_factory=dict)
    scale: float = 1.0
    kept: dict[str, Tensor] = field(default_factory=dict)

    @property
    def output(self) -> Tensor:
        return next(iter(self.made.values()))

    @property
    def port(self) -> str:
        return next(iter(self.made))

    def slope(self, of: Tensor, to: Tensor) -> Tensor:
        """d `of` / d `to`, `of` summed; zeros where it does not depend on it."""
        if not of.requires_grad:
            return torch.zeros_like(to)
        [found] = torch.autograd.grad(of.sum(), [to], retain_graph=True, allow_unused=True)
        return torch.zeros_like(to) if found is None else found

    def back(self) -> None:
        """From `upstream` to the gradients of all that entered."""
        outs = [port for port in self.upstream if self.made[port].requires_grad]
        ends = [end for end, tensor in self.given.items() if tensor.requires_grad]
        names = [name for name, tensor in self.weights.items() if tensor.requires_grad]
        if not outs or (not ends and not names):
            return
        leaves = [*(self.given[end] for end in ends), *(self.weights[name] for name in names)]
        with named_errors():
            found = torch.autograd.grad(
                [self.made[port] for port in outs], leaves, [self.upstream[port] for port in outs],
                retain_graph=True, allow_unused=True,
            )  # fmt: skip
        known = [None if gradient is None else gradient.detach() for gradient in found]
        self.given_gradients = {e: g for e, g in zip(ends, known, strict=False) if g is not None}
        own = zip(names, known[len(ends) :], strict=True)
        self.weight_gradients = {n: g for n, g in own if g is not None}


class Pass:
    """One graph at work: the main one, or the inside of one copy of a block.

    Args:
        place: path of the block whose inside this is; empty for the main graph.
        weights: the state_dict of what is inside; prefix: where it lies in the whole network's.
        given: values by name, of everything that enters.
        seeds: dL/d value of what leaves, by name, where the way back begins.
    """

    def __init__(
        self, place: str, program: Program, weights: Tensors, given: Tensors, seeds: Tensors, prefix: str = ""
    ) -> None:
        self.place, self.program, self.weights, self.prefix = place, completed(program), weights, prefix
        self.given = {name: _exact(tensor) for name, tensor in given.items()}
        self.seeds = seeds
        self.entered: dict[str, list[Returned]] = {}  # what comes back to the values that enter

    @cached_property
    def visits(self) -> tuple[Visit, ...]:
        """Every node in the order of computation, forward and back.

        Raises:
            LayerloomError: a layer refuses what arrives; the problem names the node.
        """
        values = dict(self.given)
        visits = []
        for step in self.program.steps:
            arrives = {end: values[name] for end, name in step.inputs.items()}
            visit = visited(self.program, step, self._path(step), self.weights, arrives, self.prefix)
            values.update({name: visit.made[port].detach() for port, name in step.outputs.items()})
            visits.append(visit)
        self._back(visits)
        return tuple(visits)

    def visit(self, node: str) -> Visit | None:
        return next((v for v in self.visits if v.path == node), None)

    def inside(self, node: str, copy: int = 0) -> Pass:
        """The inside of a block, of one of its copies. Raises LayerloomError where there is none to step through."""
        visit = self.visit(node)
        if visit is None or not visit.step.block:
            raise LayerloomError(f"There is no block at {node!r:.60}.", code="node")
        step = visit.step
        if step.solver is not None:
            message = "The solver computes the inside of this block many times for each answer; step over it."
            raise LayerloomError(message, code="node", node=node)
        if not 0 <= copy < step.repeat:
            raise LayerloomError(f"There is no copy {copy}; they are 0 to {step.repeat - 1}.", code="copy", node=node)
        own = self._copies(visit)[copy] if step.repeat > 1 else visit
        block = self.program.blocks[step.block]
        prefix = f"{step.module}.{f'{copy}.' if step.repeat > 1 else ''}"
        return Pass(
            node,
            replace(block, blocks=_earlier(self.program, step.block)),
            {n.removeprefix(prefix): t for n, t in self.weights.items() if n.startswith(prefix)},
            {value.name: own.given[value.port].detach() for value in block.inputs},
            {result.value: own.upstream[result.port] for result in block.outputs if result.port in own.upstream},
            self.prefix + prefix,
        )

    def makers(self) -> dict[str, tuple[str, str]]:
        """Path of the node, and port, that each value comes from; those that enter come from their own node."""
        entered = {v.name: (self._own(v.node), "y") for v in (*self.program.inputs, *self.program.targets)}
        made = {name: (v.path, port) for v in self.visits for port, name in v.step.outputs.items()}
        return {**entered, **made}

    def _back(self, visits: Sequence[Visit]) -> None:
        waiting: dict[str, list[Returned]] = {
            name: [Returned("", "", gradient)] for name, gradient in self.seeds.items()
        }
        for visit in reversed(visits):
            for port, name in visit.step.outputs.items():
                total = together(waiting.get(name, ()))
                if total is not None:
                    visit.returned[port], visit.upstream[port] = waiting.pop(name), total
            visit.back()
            for end, gradient in visit.given_gradients.items():
                waiting.setdefault(visit.step.inputs[end], []).append(
                    Returned(visit.path, end, gradient, visit.step.label or visit.step.name)
                )
        self.entered = waiting

    def _copies(self, visit: Visit) -> list[Visit]:
        """A repeated block as its copies, one after the other: the outputs of one are the first inputs of the next."""
        step, block = visit.step, self.program.blocks[visit.step.block]
        arrives = {end: tensor.detach() for end, tensor in visit.given.items()}
        copies: list[Visit] = []
        for index in range(step.repeat):
            single = replace(step, repeat=1, outputs={result.port: result.name for result in block.outputs})
            own = {
                f"{step.module}.{name.removeprefix(f'{step.module}.{index}.')}": tensor
                for name, tensor in self.weights.items()
                if name.startswith(f"{step.module}.{index}.")
            }
            copies.append(visited(self.program, single, visit.path, own, arrives, self.prefix))
            leaving = [copies[-1].made[result.port].detach() for result in block.outputs]
            arrives |= {value.port: tensor for value, tensor in zip(block.inputs, leaving, strict=False)}
        upstream = dict(visit.upstream)
        for one in reversed(copies):
            one.upstream = upstream
            one.back()
            pairs = zip(block.outputs, block.inputs, strict=False)
            upstream = {r.port: one.given_gradients[v.port] for r, v in pairs if v.port in one.given_gradients}
        return copies

    def _path(self, step: Step) -> str:
        return self._own(step.node)

    def _own(self, node: str) -> str:
        own = node.rpartition("/")[2]
        return f"{self.place}/{own}" if self.place else own


def visited(program: Program, step: Step, path: str, weights: Tensors, arrives: Tensors, prefix: str) -> Visit:
    """One step of a program, computed alone in evaluation mode, so that gradients can go back through it."""
    net = _alone(program, step)
    module = f"{step.module}." if step.module else ""
    state = {f"{module}{n.removeprefix(module)}": t for n, t in weights.items() if module and n.startswith(module)}
    net.load_state_dict(state)
    net.double().eval()
    given = {end: _exact(tensor).requires_grad_(tensor.is_floating_point()) for end, tensor in arrives.items()}
    with named_errors(), torch.enable_grad():
        results = net(*given.values())
    together = results if isinstance(results, tuple) else (results,)
    made = {port: t for port, t in zip(step.outputs, together, strict=True) if isinstance(t, Tensor)}
    own: dict[str, Tensor] = {name.removeprefix(module): p for name, p in net.named_parameters()}
    kept = {name.removeprefix(module): tensor for name, tensor in net.named_buffers()}
    return Visit(step, path, given, made, own, prefix + module, kept=kept)


def _alone(program: Program, step: Step) -> nn.Module:
    """The module of one step; each of its inputs is an argument of its own."""
    names = {end: f"given_{index}" for index, end in enumerate(step.inputs)}
    made = {port: f"made_{index}" for index, port in enumerate(step.outputs)}
    lone = replace(step, name=step.module or step.name, inputs=names, outputs=made)
    values = tuple(Value(name, step.input_types[end], step.node) for end, name in names.items())
    types = step.output_types
    leaving = tuple(Result(name, name, types[port], "") for port, name in made.items())
    blocks = _earlier(program, step.block) | {step.block: program.blocks[step.block]} if step.block else {}
    return build(Program(program.name, values, leaving, (lone,), blocks=blocks))


def _earlier(program: Program, block: str) -> dict[str, Program]:
    """The blocks that a block may use: those that stand before it."""
    names = list(program.blocks)
    return {name: program.blocks[name] for name in names[: names.index(block)]}


def _exact(tensor: Tensor) -> Tensor:
    tensor = tensor.detach()
    return tensor.double() if tensor.is_floating_point() else tensor


def together(returned: Iterable[Returned]) -> Tensor | None:
    """The sum of what all readers of a value send back; None where nobody does."""
    gradients = [one.gradient for one in returned]
    return torch.stack(gradients).sum(0) if gradients else None
