"""From a node of a network back to what it is given: gradients of its answer for the pixels or numbers of the input."""

from __future__ import annotations

from functools import cached_property

import torch
from torch import Tensor, nn

from core.analysis.attention import PORT
from core.analysis.observe import Scope
from core.analysis.subject import Part, Subject
from core.problem import LayerloomError
from core.program.module import build, named_errors
from core.program.program import Program, Step
from core.program.tail import head


def differs(scope: Scope, step: Step) -> bool:
    """Whether the answer of a node of the main graph is smooth in one real input."""
    return not scope.place and step.node != "" and _fits(scope.program, step)


class Upstream:
    """The network up to a node of its main graph.

    Attributes:
        input: the name of the one input that is varied.

    Raises:
        LayerloomError: there is no such node, or not exactly one real input leads to it (code ``node``).
    """

    def __init__(self, subject: Subject, node: str) -> None:
        self._subject = subject
        step = next((step for step in subject.program.steps if step.node == node), None)
        value = None if step is None else _value(step)
        if step is None or value is None or not _fits(subject.program, step):
            message = f"No single input of real numbers leads to {(step.label if step else '') or node!r:.40}."
            raise LayerloomError(message, code="node")
        self.program: Program = head(subject.program, value)
        self.input = self.program.inputs[0].name

    @cached_property
    def net(self) -> nn.Module:
        net = build(self.program)
        known = net.state_dict()
        net.load_state_dict({name: value for name, value in self._subject.weights.items() if name in known})
        return net.eval().requires_grad_(False)

    def __call__(self, x: Tensor) -> Tensor:
        with named_errors():
            answer: Tensor = self.net(x)
        return answer

    def given(self, part: Part) -> Tensor:
        """What the examples of a part give."""
        return torch.cat([batch[self.input] for batch in self._subject.batches(part)])


def _value(step: Step) -> str | None:
    return next((value for port, value in step.outputs.items() if port != PORT), None)


def _fits(program: Program, step: Step) -> bool:
    value = _value(step)
    if value is None or value in {target.name for target in program.targets}:
        return False
    entering = head(program, value).inputs
    made = next(step.output_types[port] for port, name in step.outputs.items() if name == value)
    return len(entering) == 1 and entering[0].type.dtype == "float" and made.dtype == "float" and made.rank >= 2
