"""What it means for the weights of a network that a layer becomes wider: who copies units, and who reads them.

Net2WiderNet (Chen, Goodfellow and Shlens, Net2Net: Accelerating Learning via Knowledge Transfer, ICLR 2016,
arXiv:1511.05641): new units are copies of old ones, and whoever reads a unit shares its weights out among the copies,
so that the network computes what it computed. Plain, without torch; `core.training.growing` moves the numbers.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from core.catalog.families import default_catalog
from core.problem import LayerloomError
from core.program.calls import label
from core.program.carrying import CARRIERS, KEEPERS, Carried, Met, Moved, Spread, Unfit
from core.program.program import Program, Step
from core.spec.layer import Role


@dataclass(frozen=True, slots=True)
class Producer:
    """A layer whose units can become more: the parameter that counts them, and the axis of its weight and output."""

    param: str
    weight_axis: int
    output_axis: int  # from the end where negative
    parts: tuple[str, ...] = ("bias",)


PRODUCERS: Mapping[str, Producer] = {
    "linear": Producer("out_features", 0, -1),
    **{f"conv{n}d": Producer("out_channels", 0, 1) for n in (1, 2, 3)},
    **{f"conv_transpose{n}d": Producer("out_channels", 1, 1) for n in (1, 2, 3)},
}


def width_of(program: Program, node: str) -> tuple[Step, Producer]:
    """The step of a node of the main graph that can become wider, and how.

    Raises:
        LayerloomError: there is no such node in the program, or its width cannot change.
    """
    step = next((step for step in program.steps if step.node == node), None)
    if step is None:
        where = " Layers inside blocks cannot grow: unpack the block first." if "/" in node else ""
        raise LayerloomError(f"There is no layer {node} to grow.{where}", code="grow", node=node)
    producer = PRODUCERS.get(step.layer)
    if producer is None or step.params.get("groups", 1) != 1:
        raise _refuse(step, "only linear layers and convolutions without groups can become wider")
    return step, producer


def widening(program: Program, node: str, to: int, seed: int = 0) -> tuple[Moved, ...]:
    """How the tensors change when the layer at a node gets `to` units, and its `partners` with it.

    The first units are the old ones, each further one a copy of one that is drawn. Through activations, dropout, batch
    norm, pooling, flattening, sums and concatenation the copies reach the layers that read them.

    Raises:
        LayerloomError: the layer cannot become wider, or what reads it cannot take copies (the problem names it).
    """
    begun, producer = width_of(program, node)
    width = int(begun.params[producer.param])
    if to <= width:
        raise _refuse(begun, f"it has {width} units, and grows only to more than that, not to {to}")
    draw = random.Random(seed)
    origin = (*range(width), *(draw.randrange(width) for _ in range(to - width)))
    group = _group(program, begun, width)
    own = [moved for step in group for moved in _own(step, origin)]
    return (*own, *_followed(program, group, origin))


def partners(program: Program, node: str) -> tuple[str, ...]:
    """The nodes that become wider together with one, itself first: shortcuts add up what they make.

    Raises:
        LayerloomError: as `widening`.
    """
    begun, producer = width_of(program, node)
    return tuple(step.node for step in _group(program, begun, int(begun.params[producer.param])))


def _group(program: Program, begun: Step, width: int) -> list[Step]:
    """Who must become wider together: whatever a sum adds to copied units needs the same copies."""
    group = [begun]
    while True:
        for step in group:
            _check_own(program, step)
        try:
            list(_followed(program, group, (*range(width), 0)))
        except _Lacking as lacking:
            found = [step for value in lacking.values for step in _makers(program, value, width)]
            fresh = [step for step in found if step not in group]
            if not fresh or not all(_makers(program, value, width) for value in lacking.values):
                raise _refuse(lacking.step, str(lacking), begun) from lacking
            group += fresh
        else:
            return group


def _makers(program: Program, value: str, width: int) -> list[Step]:
    """The layers of a width whose units a value holds, number by number or channel by channel; none where others have a
    part in it."""
    step = next((step for step in program.steps if value in step.outputs.values()), None)
    if step is None:
        return []
    producer = PRODUCERS.get(step.layer)
    if producer is not None:
        fits = step.params[producer.param] == width and step.params.get("groups", 1) == 1
        return [step] if fits else []
    if step.layer not in KEEPERS:
        return []
    found = [_makers(program, name, width) for name in step.inputs.values()]
    return [step for makers in found for step in makers] if all(found) else []


def _own(step: Step, origin: tuple[int, ...]) -> Iterator[Moved]:
    """What of a layer itself has a place for each of its units."""
    producer = PRODUCERS[step.layer]
    yield Moved(f"{step.module}.weight", producer.weight_axis, origin)
    for part in producer.parts:
        if step.params.get(part, True):
            yield Moved(f"{step.module}.{part}", 0, origin)


def _followed(program: Program, group: Sequence[Step], origin: tuple[int, ...]) -> Iterator[Moved]:
    """Walk on from the widened layers; yields what changes on the way."""
    begun, spreads = group[0], dict[str, Spread]()
    for step in program.steps:
        met = {end: spreads[name] for end, name in step.inputs.items() if name in spreads}
        if met:
            after, moved = _carried(program, step, met, begun)
            yield from moved
            if after is not None:
                spreads.update(dict.fromkeys(step.outputs.values(), after))
        if step in group and "y" in step.outputs:
            axis = PRODUCERS[step.layer].output_axis % step.output_types["y"].rank
            spreads[step.outputs["y"]] = Spread(axis, origin)
    for result in program.outputs:
        if result.value in spreads:
            raise _refuse(begun, f"its units are the answers of the output {result.name}: more of them mean others")


def _carried(program: Program, step: Step, met: Met, begun: Step) -> Carried:
    carry = CARRIERS.get(step.layer)
    if carry is None:
        raise _refuse(step, _why_not(step), begun)
    if step.module:
        _check_own(program, step)
    try:
        return carry(step, met)
    except Unfit as why:
        if why.ends:
            raise _Lacking(str(why), step, [step.inputs[end] for end in why.ends]) from why
        raise _refuse(step, str(why), begun) from why


class _Lacking(Exception):
    """A step combines copied units with values that lack copies."""

    def __init__(self, why: str, step: Step, values: list[str]) -> None:
        super().__init__(why)
        self.step, self.values = step, values


def _why_not(step: Step) -> str:
    if step.block:
        return "it is a block, into which copies are not followed; unpack it first"
    if default_catalog()[step.layer].role == Role.LOSS:
        return "it compares the units with answers, and more of them mean others"
    return "it reads the units in a way that copies would change"


def _check_own(program: Program, step: Step) -> None:
    if sum(other.module == step.module for other in program.steps) > 1:
        raise _refuse(step, "it shares its weights with another node")


def _refuse(step: Step, why: str, begun: Step | None = None) -> LayerloomError:
    """`step` is where it fails; `begun` the layer that was to grow, where that is another."""
    where = f"{label(step)}: " if begun is not None and begun is not step else ""
    message = f"{label(begun or step)} cannot grow so that the network stays as it is: {where}{why}."
    return LayerloomError(message, code="grow", node=step.node)
