"""One class of the source: constructor, ``forward``, and ``step`` and ``losses`` where there are losses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from core.program.calls import arguments_text, call_text, result_text
from core.program.classes import Class, Classes
from core.program.compact import compact
from core.program.names import identifier
from core.program.program import Program, Result, Step, Value
from core.program.solving import Solving
from core.program.start import frozen_statistics, start_lines
from core.program.text import WIDTH, comment, docstring, literal, width
from core.program.writer import Writer
from core.spec.layer import Call


class ClassWriter:
    def __init__(self, writer: Writer, made: Class, classes: Classes) -> None:
        self.out, self.made, self.classes = writer, made, classes
        self.program = made.program
        self.by_name = {step.name: step for step in self.program.steps}
        self.names = {n for s in self.program.steps for n in (s.name, *s.outputs.values())}
        self.names |= {v.name for v in (*self.program.inputs, *self.program.targets)}

    def write(self) -> None:
        out = self.out
        out.used.add("nn")
        out.line(f"class {self.made.name}(nn.Module):")
        out.depth += 1
        self._about()
        self._constructor()
        wanted, for_losses = split_steps(self.program)
        hidden = self._hidden(wanted, for_losses)
        if hidden:
            self._forward_of_values()
            self._values(wanted, hidden)
        else:
            self._forward(wanted)
        if self.program.losses:
            self._step(for_losses, hidden)
        out.depth -= 1

    def _about(self) -> None:
        title = comment(self.program.title)
        if title and title != self.made.name and self.made is not self.classes.all[-1]:
            self.out.lines += docstring(self.out.depth, title)
            self.out.blank()

    # -- construction

    def _constructor(self) -> None:
        constructed = [step for step in self.program.steps if step.name in self.made.arguments]
        if not constructed:
            return
        out = self.out
        frozen = frozen_statistics(constructed, self.classes)
        out.define("__init__", ["self", *(p.text for p in self.made.parameters)], "None")
        out.depth += 1
        out.line("super().__init__()")
        for step in constructed:
            self._construct(step)
        for step in constructed:
            start_lines(out, step, self.classes.specs)
        for step in constructed:
            if step.frozen:
                out.line(f"self.{step.name}.requires_grad_(False)", step.node)
        if frozen:
            out.line("self.train()")
        out.depth -= 1
        out.blank()
        if frozen:
            self._train(frozen)

    def _construct(self, step: Step) -> None:
        code = f"{self._target(step)}({arguments_text(self.made.arguments[step.name])})"
        if step.repeat > 1:
            copies = f"{code} for _ in range({step.repeat})"
            code = f"nn.Sequential(*({copies}))" if self._in_a_row(step) else f"nn.ModuleList({copies})"
        self.out.put(f"self.{step.name} = ", code, step.node)

    def _target(self, step: Step) -> str:
        if step.block:
            return self.classes.of(step).name
        return self.classes.target(step)

    def _train(self, frozen: Mapping[str, Sequence[str]]) -> None:
        """Normalisation layers would go on adapting their statistics although their weights are frozen."""
        out = self.out
        out.line(f'def train(self, mode: bool = True) -> "{self.made.name}":')
        out.depth += 1
        out.line('"""Set the mode of all layers; frozen ones keep their running statistics."""')
        out.line("super().train(mode)")
        for module, inside in frozen.items():
            if not inside:
                out.line(f"self.{module}.eval()")
                continue
            out.line(f"for module in self.{module}.modules():")
            out.depth += 1
            kinds = inside[0] if len(inside) == 1 else f"({', '.join(inside)})"
            out.put("if ", f"isinstance(module, {kinds})", tail=":")
            out.line(f"{' ' * 4}module.eval()")
            out.depth -= 1
        out.line("return self")
        out.depth -= 1
        out.blank()

    # -- computation

    def _forward(self, steps: Sequence[Step]) -> None:
        out = self.out
        self._define_forward("forward", returned([r.value for r in self.program.outputs]))
        out.depth += 1
        self._describe()
        self._compute_and_return(steps, [r.value for r in self.program.outputs])
        out.depth -= 1

    def _forward_of_values(self) -> None:
        """``forward`` where losses look at hidden values too: one method computes them all."""
        outputs = self.program.outputs
        self._define_forward("forward", returned([r.value for r in outputs]))
        self.out.depth += 1
        self._describe()
        which = "[0]" if len(outputs) == 1 else f"[:{len(outputs)}]"
        self.out.put("return ", f"self._values({', '.join(v.name for v in self.program.inputs)}){which}")
        self.out.depth -= 1
        self.out.blank()

    def _values(self, steps: Sequence[Step], hidden: Sequence[str]) -> None:
        values = [*(r.value for r in self.program.outputs), *hidden]
        self._define_forward("_values", returned(values))
        self.out.depth += 1
        self.out.line('"""The outputs, and after them what the losses look at."""')
        self._compute_and_return(steps, values)
        self.out.depth -= 1

    def _step(self, steps: Sequence[Step], hidden: Sequence[str]) -> None:
        out, outputs, losses = self.out, self.program.outputs, self.program.losses
        out.blank()
        named = "dict[str, Tensor]"
        out.define("step", ["self", f"batch: {named}"], f"tuple[{named}, {named}]")
        out.depth += 1
        out.line('"""Outputs and losses of one batch, each by name."""')
        used = {name for step in steps for name in step.inputs.values()} | {loss.value for loss in losses}
        for value in (*self.program.inputs, *self.program.targets):
            if value.name in used:
                out.put(f"{value.name} = ", _from_batch(value), value.node)
        given = [v.name if v.name in used else _from_batch(v) for v in self.program.inputs]
        values = [*(r.value for r in outputs), *hidden]
        if values:
            out.put(f"{_row(values)} = ", f"self{'._values' if hidden else ''}({', '.join(given)})")
        for step in steps:
            self._compute(step)
        out.put("return ", f"{_by_name(outputs)}, {_by_name(losses)}")
        out.depth -= 1
        out.blank()
        out.define("losses", ["self", f"batch: {named}"], named)
        out.line('    """The losses of one batch by name."""')
        out.line("    return self.step(batch)[1]")

    def _define_forward(self, name: str, returns: str) -> None:
        self.out.define(name, ["self", *(f"{v.name}: Tensor" for v in self.program.inputs)], returns)

    def _describe(self) -> None:
        """Shapes of the main class; a block may serve several."""
        if self.made is not self.classes.all[-1]:
            return
        arrive = ", ".join(f"{v.name} ({v.type})" for v in self.program.inputs)
        leave = ", ".join(f"{r.name} ({r.type})" for r in self.program.outputs)
        text = f'"""{comment(f"{arrive} -> {leave}")}."""'
        if width(text) + 8 <= WIDTH:
            self.out.line(text)

    def _compute(self, step: Step) -> None:
        if step.solver is not None:
            [result] = step.outputs.values()
            Solving(step, self.classes.blocks[step.block], result, self.names).write(self.out)
        elif self._copies(step) > 1 and not self._in_a_row(step):
            self._loop(step)
        else:
            self.out.put(f"{self._results(step)} = ", self._call(step, f"self.{step.module}"), step.node)

    def _copies(self, step: Step) -> int:
        """How many copies the step calls: those that were constructed, where it shares another's module."""
        return self.by_name[step.module].repeat if step.module else step.repeat

    def _loop(self, step: Step) -> None:
        """Copies in a row: the outputs of one are the first inputs of the next, other inputs go to each."""
        out, taken = self.out, set(self.names)
        held = dict(step.outputs)
        ports = self._output_ports(step)
        for port, _ in zip(ports, step.inputs, strict=False):
            held.setdefault(port, identifier(f"{step.name}_{port}", taken))
            taken.add(held[port])
        fed = dict(zip(step.inputs, (held[port] for port in ports if port in held), strict=False))
        start = [step.inputs[end] for end in fed]
        inner = replace(step, outputs=held, inputs={**step.inputs, **fed})
        copy = identifier("layer", taken)
        if list(fed.values()) != start:
            out.put(f"{', '.join(fed.values())} = ", ", ".join(start), step.node)
        heading = f"for {copy} in self.{step.module}:" if step.module else f"for _ in range({step.repeat}):"
        out.line(heading, step.node)
        out.depth += 1
        out.put(f"{self._results(inner)} = ", self._call(inner, copy), step.node)
        out.depth -= 1

    def _call(self, step: Step, itself: str) -> str:
        if step.layer:
            return call_text(self.classes.specs(step), step, itself)
        block = self.classes.blocks[step.block]
        row = (step.inputs[value.port] for value in block.inputs)
        return f"{itself}({', '.join(row)})"

    def _results(self, step: Step) -> str:
        if step.layer:
            return result_text(self.classes.specs(step), step)
        return ", ".join(step.outputs.get(port, "_") for port in self._output_ports(step))

    def _output_ports(self, step: Step) -> list[str]:
        if step.layer:
            return [port.id for port in self.classes.specs(step).outputs]
        return [result.port for result in self.classes.blocks[step.block].outputs]

    def _in_a_row(self, step: Step) -> bool:
        """Whether ``nn.Sequential`` can hold the copies: one value enters, one leaves, the call is plain."""
        plain = step.block or isinstance(self.classes.specs(step).torch, Call)
        if not plain or len(step.inputs) != 1 or len(self._output_ports(step)) != 1:
            return False
        [arriving] = step.inputs.values()
        return self._call(step, "self") == f"self({arriving})"

    def _compute_and_return(self, steps: Sequence[Step], values: Sequence[str]) -> None:
        steps, names = compact(steps, [value.name for value in self.program.inputs], values)
        for step in steps:
            self._compute(step)
        self._return([names[value] for value in values])

    def _return(self, values: Sequence[str]) -> None:
        node = self.program.outputs[0].node if len(self.program.outputs) == 1 else ""
        self.out.put("return ", ", ".join(values) or "()", node)

    def _hidden(self, wanted: Sequence[Step], for_losses: Sequence[Step]) -> list[str]:
        """Values that are made for the outputs and that losses look at, but that are no outputs, in order of making."""
        seen = {name for step in for_losses for name in step.inputs.values()} | {r.value for r in self.program.losses}
        outputs = {result.value for result in self.program.outputs}
        return [n for step in wanted for n in step.outputs.values() if n in seen and n not in outputs]


def split_steps(program: Program) -> tuple[list[Step], list[Step]]:
    """The steps that the outputs need, and those that only the losses need. Steps that nothing needs are in neither."""
    wanted = _needed(program.steps, [result.value for result in program.outputs])
    both = _needed(program.steps, [r.value for r in (*program.outputs, *program.losses)])
    return (
        [step for step in program.steps if step.name in wanted],
        [step for step in program.steps if step.name in both and step.name not in wanted],
    )


def _needed(steps: Sequence[Step], values: Iterable[str]) -> set[str]:
    names, found = set(values), set[str]()
    for step in reversed(steps):
        if not names.isdisjoint(step.outputs.values()):
            found.add(step.name)
            names.update(step.inputs.values())
    return found


def returned(values: Sequence[str]) -> str:
    """The annotation of what a method returns."""
    if len(values) == 1:
        return "Tensor"
    return f"tuple[{', '.join(['Tensor'] * len(values)) or '()'}]" if len(values) < 4 else "tuple[Tensor, ...]"


def _row(values: Sequence[str]) -> str:
    return ", ".join(values)


def _from_batch(value: Value) -> str:
    return f"batch[{literal(value.name)}]"


def _by_name(results: Sequence[Result]) -> str:
    return "{" + ", ".join(f"{literal(r.name)}: {r.value}" for r in results) + "}"
