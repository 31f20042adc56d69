"""A program without the functions that bend between its weights: of linear layers alone, one linear map is left."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from core.catalog import Catalog
from core.catalog.families import default_catalog
from core.program.program import Program, Result, Step

BENDING = "Activation"  # the category


@dataclass(frozen=True)
class Straight:
    """The program without them, and the nodes that were taken out, by their paths."""

    program: Program
    removed: tuple[str, ...]


def straightened(program: Program, catalog: Catalog | None = None) -> Straight:
    """Take out every activation that works number by number and that weights still follow.

    What stands behind the last weights stays: a sigmoid or softmax there says how scores are read. So do functions
    along a dimension, which weigh numbers against each other.
    """
    known = catalog or default_catalog()
    weighted = _weighted_blocks(program, known)
    before: dict[str, set[str]] = {}  # by block (and "" for the program): the values that weights follow
    ends: dict[str, set[str]] = {name: set() for name in program.blocks}  # outputs of blocks that weights follow
    for name, inside in [("", program), *reversed(list(program.blocks.items()))]:
        followed = {result.value for result in inside.outputs if result.port in ends.get(name, ())}
        before[name] = _followed(inside, followed, weighted, known, ends)
    removed: list[Step] = []
    blocks = {name: _without(block, before[name], known, removed) for name, block in program.blocks.items()}
    main = _without(program, before[""], known, removed)
    taken = {id(step) for step in removed}
    gone = tuple(placed.node for placed in program.placed() if id(placed.step) in taken)
    return Straight(replace(main, blocks=blocks), gone)


def _weighted_blocks(program: Program, catalog: Catalog) -> set[str]:
    """The blocks with weights somewhere inside."""
    found: set[str] = set()
    for name, block in program.blocks.items():  # each stands before those that use it
        if any(_has_weights(step, found, catalog) for step in block.steps):
            found.add(name)
    return found


def _has_weights(step: Step, weighted: set[str], catalog: Catalog) -> bool:
    if step.block:
        return step.block in weighted
    spec = catalog[step.layer]
    return spec.weights is not None and spec.category != BENDING


def _followed(
    inside: Program, followed: set[str], weighted: set[str], catalog: Catalog, ends: Mapping[str, set[str]]
) -> set[str]:
    """The values from which weights are reached, `followed` among them; notes the same of blocks' outputs in `ends`."""
    for step in reversed(inside.steps):
        reached = {port for port, value in step.outputs.items() if value in followed}
        has = _has_weights(step, weighted, catalog)
        if step.block:
            ends[step.block].update(step.outputs if has and step.repeat > 1 else reached)
        if has or reached:
            followed |= set(step.inputs.values())
    return followed


def _without(inside: Program, followed: set[str], catalog: Catalog, removed: list[Step]) -> Program:
    instead: dict[str, str] = {}
    shared = {step.module for step in inside.steps if step.module != step.name}
    kept: list[Step] = []
    for step in inside.steps:
        inputs = {end: instead.get(value, value) for end, value in step.inputs.items()}
        if _bends(step, catalog) and step.module not in shared - {""} and followed.issuperset(step.outputs.values()):
            [value] = inputs.values()
            instead.update(dict.fromkeys(step.outputs.values(), value))
            removed.append(step)
        else:
            kept.append(replace(step, inputs=inputs))

    def mapped(results: tuple[Result, ...]) -> tuple[Result, ...]:
        return tuple(replace(result, value=instead.get(result.value, result.value)) for result in results)

    return replace(inside, steps=tuple(kept), outputs=mapped(inside.outputs), losses=mapped(inside.losses))


def _bends(step: Step, catalog: Catalog) -> bool:
    """Whether it is an activation, number by number."""
    if not step.layer or catalog[step.layer].category != BENDING or "dim" in catalog[step.layer].param:
        return False
    return len(step.inputs) == len(step.outputs) == 1 and [*step.input_types.values()] == [
        step.output_types[port] for port in step.outputs
    ]
