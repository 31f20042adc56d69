"""The parts of a program behind and before one of its values: a decoder and an encoder are those of an autoencoder."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from core.program.program import Program, Result, Step, Value
from core.spec.shape import TensorType


def tail(program: Program, value: str, name: str) -> Program:
    """What computes the outputs that depend on `value`, which enters as its first input, called `name`.

    Inputs that are needed besides stay as they are; what only leads up to the value is gone, and so are targets and
    losses. `outputs` is empty where no output depends on the value, or only one that is the value itself. Modules keep
    their names, so the weights of the program fit.
    """
    reached, steps = {value}, []
    for step in program.steps:
        if not reached.isdisjoint(step.inputs.values()):
            reached.update(step.outputs.values())
    outputs = tuple(result for result in program.outputs if result.value in reached and result.value != value)
    needed = {result.value for result in outputs}
    for step in reversed(program.steps):
        if not (needed - {value}).isdisjoint(step.outputs.values()):
            steps.append(_fed(step, value, name))
            needed.update(step.inputs.values())
    code = Value(name, _type(program, value), "", encoding="as_is")
    kept = _owned(steps[::-1])
    return replace(
        program,
        inputs=(code, *(v for v in program.inputs if v.name in needed and v.name != value)),
        outputs=outputs,
        steps=kept,
        targets=(),
        losses=(),
        blocks=_used(program, kept),
    )


def head(program: Program, value: str) -> Program:
    """What computes `value`, its only output, by that name. Modules keep their names; targets and losses are gone."""
    needed, steps = {value}, []
    for step in reversed(program.steps):
        if not needed.isdisjoint(step.outputs.values()):
            steps.append(step)
            needed.update(step.inputs.values())
    kept = _owned(steps[::-1])
    return replace(
        program,
        inputs=tuple(v for v in program.inputs if v.name in needed),
        outputs=(Result(value, value, _type(program, value), ""),),
        steps=kept,
        targets=(),
        losses=(),
        blocks=_used(program, kept),
    )


def fresh_name(program: Program, wish: str) -> str:
    """The wish, or a longer name, that no value of the program has."""
    taken = {v.name for v in (*program.inputs, *program.targets)}
    taken |= {name for step in program.steps for name in (*step.outputs.values(), step.name, step.module)}
    while wish in taken:
        wish += "_"
    return wish


def _fed(step: Step, value: str, name: str) -> Step:
    return replace(step, inputs={end: name if v == value else v for end, v in step.inputs.items()})


def _type(program: Program, value: str) -> TensorType:
    entering = {v.name: v.type for v in program.inputs}
    made = {v: step.output_types[port] for step in program.steps for port, v in step.outputs.items()}
    return {**made, **entering}[value]


def _owned(steps: Sequence[Step]) -> tuple[Step, ...]:
    """The first that uses a module constructs it, where the step that did is gone."""
    found: list[Step] = []
    known: set[str] = set()
    for step in steps:
        found.append(step if step.module in known else replace(step, name=step.module or step.name))
        known.add(step.module)
    return tuple(found)


def _used(program: Program, steps: Iterable[Step]) -> dict[str, Program]:
    wanted = {step.block for step in steps}
    for name in reversed(list(program.blocks)):
        if name in wanted:
            wanted.update(step.block for step in program.blocks[name].steps)
    return {name: block for name, block in program.blocks.items() if name in wanted}
