"""Which classes the blocks of a program become.

Blocks that differ only in constructor arguments share one class, whose constructor takes what differs: an argument
that follows another everywhere (the features of a norm after a convolution) is the same parameter.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from core.program.calls import Argument, Reference, arguments, call_text, result_text, same_value
from core.program.carried import PREFIX
from core.program.names import identifier
from core.program.program import Program, Step
from core.spec.layer import Call, LayerSpec
from core.spec.params import UNSET

Specs = Callable[[Step], LayerSpec]
Key = tuple[str, str]  # a step of the block, and an argument of its constructor


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a class's constructor, and what each of the blocks passes for it."""

    name: str
    values: Mapping[str, Any]  # by block
    default: Any = UNSET

    @property
    def text(self) -> str:
        """As it stands in the signature."""
        kinds = sorted({_kind(value) for value in self.values.values()}, key=lambda kind: (kind == "None", kind))
        default = "" if self.default is UNSET else f" = {self.default!r}"
        return f"{self.name}: {' | '.join(kinds)}{default}"


@dataclass
class Class:
    """A class to be written. `program` stands for all its blocks."""

    name: str
    program: Program
    parameters: tuple[Parameter, ...] = ()
    arguments: dict[str, tuple[Argument, ...]] = field(default_factory=dict)  # of the steps that construct something


class Classes:
    """The classes of a program, each after those that it uses."""

    def __init__(self, program: Program, specs: Specs) -> None:
        self.specs = specs
        self.blocks = program.blocks
        self._of: dict[str, Class] = {}
        self.all: list[Class] = []
        levels: dict[int, list[str]] = {}
        for block in self.blocks:
            levels.setdefault(self._level(self.blocks[block]), []).append(block)
        for _, blocks in sorted(levels.items()):
            groups: dict[Any, list[str]] = {}
            for block in blocks:
                groups.setdefault(self._structure(self.blocks[block]), []).append(block)
            for group in groups.values():
                self._add(group)
        main = Class(program.name, program, arguments=self._arguments(program))
        self.all.append(main)

    def of(self, step: Step) -> Class:
        """The class of a block call."""
        return self._of[step.block]

    def target(self, step: Step) -> str:
        """The class that a layer constructs, as the source writes it; empty for expressions."""
        code = self.specs(step).torch
        target = code.target if isinstance(code, Call) else ""
        return target.rpartition(".")[2] if target.startswith(PREFIX) else target.removeprefix("torch.")

    def name_apart(self, taken: Iterable[str]) -> None:
        """Rename classes so that no two, and none of the taken names, are equal."""
        used = set(taken)
        for made in self.all:
            name, count = made.name, 1
            while name in used:
                count += 1
                name = f"{made.name}{count}"
            made.name = name
            used.add(name)

    def _level(self, program: Program) -> int:
        used = {step.block for step in program.steps if step.block}
        return max((self._level(self.blocks[block]) + 1 for block in used), default=0)

    def _arguments(self, program: Program) -> dict[str, tuple[Argument, ...]]:
        """The constructor arguments of each step that constructs something, with this block's own values."""
        found: dict[str, tuple[Argument, ...]] = {}
        for step in program.steps:
            if step.module != step.name:
                continue
            if step.block:
                found[step.name] = self._block_arguments(step.block)
            elif isinstance(call := (spec := self.specs(step)).torch, Call):
                found[step.name] = arguments(spec, call, step)
        return found

    def _block_arguments(self, block: str) -> tuple[Argument, ...]:
        parameters = self._of[block].parameters
        short = sum(p.default is UNSET for p in parameters) <= 3
        return tuple(
            Argument(p.name, p.values[block], short and p.default is UNSET, p.default, p.default is UNSET)
            for p in parameters
        )

    def _structure(self, program: Program) -> Any:
        """Equal for programs that one class can serve: all but the values of arguments."""
        constructed = self._arguments(program)
        return (
            tuple(value.name for value in program.inputs),
            tuple(result.value for result in program.outputs),
            tuple(self._step_structure(step, constructed) for step in program.steps),
        )

    def _step_structure(self, step: Step, constructed: Mapping[str, tuple[Argument, ...]]) -> Any:
        if step.block:
            kind: tuple[str, ...] = (self.of(step).name,)
        else:
            spec = self.specs(step)
            kind = (step.layer, call_text(spec, step), result_text(spec, step))
        names = tuple(argument.name for argument in constructed.get(step.name, ()))
        wiring = tuple(step.inputs.items()), tuple(step.outputs.items())
        start = (step.frozen, repr(step.init))
        what = (step.name, step.node.rpartition("/")[2], step.module, step.repeat, repr(step.solver), *start)
        return (*what, kind, names, wiring)

    def _add(self, group: list[str]) -> None:
        program = self.blocks[group[0]]
        by_block = {block: _by_key(self._arguments(self.blocks[block])) for block in group}
        merged = _merge(by_block)
        names = _names(merged, taken={v.name for v in program.inputs})
        own = {key: name for members, name in zip(merged, names, strict=True) for key in members}
        parameters = []
        for members, name in zip(merged, names, strict=True):
            values = {block: by_block[block][members[0]].value for block in group}
            parameters.append(Parameter(name, values, _default(members, by_block[group[0]], values)))
        parameters.sort(key=lambda p: p.default is not UNSET)
        constructed = {
            step: tuple(replace(a, value=Reference(own[step, a.name])) if (step, a.name) in own else a for a in row)
            for step, row in self._arguments(program).items()
        }
        made = Class(group[0], program, tuple(parameters), constructed)
        self.all.append(made)
        self._of.update(dict.fromkeys(group, made))


def _by_key(constructed: Mapping[str, tuple[Argument, ...]]) -> dict[Key, Argument]:
    return {(step, argument.name): argument for step, row in constructed.items() for argument in row}


def _merge(by_block: Mapping[str, Mapping[Key, Argument]]) -> list[list[Key]]:
    """The arguments that differ between the blocks, those together that are equal in every block.

    Two choices with different names stay apart even so (stride and groups); what follows from shapes joins any.
    """
    first, *others = by_block.values()
    merged: list[list[Key]] = []
    for key, argument in first.items():
        if all(same_value(argument.value, other[key].value) for other in others):
            continue
        for members in merged:
            equal = all(same_value(row[key].value, row[members[0]].value) for row in by_block.values())
            chosen = {k[1] for k in (*members, key) if not first[k].derived}
            if equal and len(chosen) <= 1:
                members.append(key)
                break
        else:
            merged.append([key])
    return merged


def _names(merged: Iterable[list[Key]], taken: set[str]) -> list[str]:
    """A parameter takes its argument's name where that is free, else its step's name too."""
    names: list[str] = []
    for members in merged:
        step, argument = members[0]
        name = argument if argument not in (*names, *taken) else f"{step}_{argument}"
        names.append(identifier(name, {*names, *taken}))
    return names


def _default(members: list[Key], first: Mapping[Key, Argument], values: Mapping[str, Any]) -> Any:
    """What the constructors assume anyway, where all agree and some block is content with it."""
    implied = first[members[0]].implied
    agreed = implied is not UNSET and all(same_value(first[key].implied, implied) for key in members)
    return implied if agreed and any(same_value(value, implied) for value in values.values()) else UNSET


def _kind(value: Any) -> str:
    if value is None:
        return "None"
    if isinstance(value, tuple):
        kinds = {_kind(part) for part in value}
        return f"tuple[{kinds.pop()}, ...]" if len(kinds) == 1 else "tuple"
    return type(value).__name__ if isinstance(value, bool | int | float | str) else "object"
