"""What it means for the weights of a network that a layer becomes wider: who copies units, and who reads them.

Net2WiderNet (Chen, Goodfellow and Shlens, Net2Net: Accelerating Learning via Knowledge Transfer, ICLR 2016,
arXiv:1511.05641): new units are copies of old ones, and whoever reads a unit shares its weights out among the copies,
so that the network computes what it computed. Plain, without torch; `core.training.growing` moves the numbers.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import TypeAlias

from core.catalog.families import default_catalog
from core.problem import LayerloomError
from core.program.calls import label
from core.program.program import Program, Step
from core.spec.layer import Role
from core.spec.shape import TensorType


@dataclass(frozen=True, slots=True)
class Moved:
    """One tensor along one axis: place j of the new one comes from place ``origin[j]`` of the old one.

    Where `shares`, the places that come from one old place share its value out among them.
    """

    tensor: str
    axis: int
    origin: tuple[int, ...]
    shares: bool = False


@dataclass(frozen=True, slots=True)
class Spread:
    """A value whose units along `axis` have become more: unit j now is the old unit ``origin[j]``."""

    axis: int
    origin: tuple[int, ...]


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
    """How the tensors change when the layer at a node gets `to` units.

    The first units are the old ones, each further one a copy of one that is drawn. Through activations, dropout, batch
    norm, pooling, flattening and concatenation the copies reach the layers that read them.

    Raises:
        LayerloomError: the layer cannot become wider, or what reads it cannot take copies (the problem names it).
    """
    step, producer = width_of(program, node)
    width = int(step.params[producer.param])
    if to <= width:
        raise _refuse(step, f"it has {width} units, and grows only to more than that, not to {to}")
    _check_own(program, step)
    draw = random.Random(seed)
    origin = (*range(width), *(draw.randrange(width) for _ in range(to - width)))
    tensors = [Moved(f"{step.module}.weight", producer.weight_axis, origin)]
    tensors += [Moved(f"{step.module}.{part}", 0, origin) for part in producer.parts if step.params.get(part, True)]
    output = step.output_types["y"]
    axis = producer.output_axis % output.rank
    return (*tensors, *_followed(program, step, Spread(axis, origin)))


def _followed(program: Program, begun: Step, spread: Spread) -> Iterator[Moved]:
    """Walk on from the widened layer; yields what changes on the way."""
    spreads: dict[str, Spread] = {begun.outputs["y"]: spread} if "y" in begun.outputs else {}
    started = False
    for step in program.steps:
        started = started or step is begun
        met = {end: spreads[name] for end, name in step.inputs.items() if name in spreads}
        if not started or step is begun or not met:
            continue
        carry = CARRIERS.get(step.layer)
        if carry is None:
            raise _refuse(step, _why_not(step), begun)
        if step.module:
            _check_own(program, step)
        try:
            after, moved = carry(step, met)
        except _Unfit as why:
            raise _refuse(step, str(why), begun) from why
        yield from moved
        if after is not None:
            spreads.update(dict.fromkeys(step.outputs.values(), after))
    for result in program.outputs:
        if result.value in spreads:
            raise _refuse(begun, f"its units are the answers of the output {result.name}: more of them mean others")


def _why_not(step: Step) -> str:
    if step.block:
        return "it is a block, into which copies are not followed; unpack it first"
    if default_catalog()[step.layer].role == Role.LOSS:
        return "it compares the units with answers, and more of them mean others"
    return "it reads the units in a way that copies would change"


# -- how layers carry copies on

Met: TypeAlias = Mapping[str, Spread]
Carried: TypeAlias = tuple[Spread | None, tuple[Moved, ...]]


def _each_alone(step: Step, met: Met) -> Carried:
    """Every number by itself, or every channel by itself."""
    return next(iter(met.values())), ()


def _channels(step: Step, met: Met) -> Carried:
    """Every channel by itself: windows reach over what lies behind it."""
    [spread] = met.values()
    if spread.axis != 1:
        raise _Unfit("its windows reach over the copied units")
    return spread, ()


def _normed(step: Step, met: Met) -> Carried:
    """Batch norm: each channel has its own scale, shift and statistics."""
    [spread] = met.values()
    if spread.axis != 1:
        raise _Unfit("it takes statistics over the copied units")
    names: tuple[str, ...] = ("weight", "bias") if step.params.get("affine", True) else ()
    names += ("running_mean", "running_var") if step.params.get("track_running_stats", True) else ()
    return spread, tuple(Moved(f"{step.module}.{name}", 0, spread.origin) for name in names)


def _slopes(step: Step, met: Met) -> Carried:
    [spread] = met.values()
    if not step.params.get("per_channel"):
        return spread, ()
    if spread.axis != 1:
        raise _Unfit("its slopes belong to other units than the copied ones")
    return spread, (Moved(f"{step.module}.weight", 0, spread.origin),)


def _flattened(step: Step, met: Met) -> Carried:
    [spread] = met.values()
    shape, rank = step.input_types["x"].shape, step.input_types["x"].rank
    start, end = (int(step.params[name]) % rank for name in ("start_dim", "end_dim"))
    if not start <= spread.axis <= end:
        return Spread(spread.axis if spread.axis < start else spread.axis - (end - start), spread.origin), ()
    before, behind = shape[start : spread.axis], shape[spread.axis + 1 : end + 1]
    if not all(isinstance(n, int) for n in (*before, *behind)):
        raise _Unfit("it flattens sizes that vary together with the copied units")
    outer, inner = prod(n for n in before if isinstance(n, int)), prod(n for n in behind if isinstance(n, int))
    width = max(spread.origin) + 1
    origin = [(o * width + unit) * inner + i for o in range(outer) for unit in spread.origin for i in range(inner)]
    return Spread(start, tuple(origin)), ()


def _joined(step: Step, met: Met) -> Carried:
    """Concatenation: side by side along the units, or all alike along something else."""
    ends = sorted(step.inputs, key=lambda end: int(end.rpartition(".")[2]))
    types: Sequence[TensorType] = [step.input_types[end] for end in ends]
    spread, rank = next(iter(met.values())), types[0].rank
    if int(step.params["dim"]) % rank != spread.axis:
        return _together(step, met)
    origin: list[int] = []
    offset = 0
    for end, type in zip(ends, types, strict=True):
        size = type.shape[spread.axis]
        if not isinstance(size, int) or any(one.axis != spread.axis for one in met.values()):
            raise _Unfit("it joins sizes that vary")
        origin += [offset + unit for unit in (met[end].origin if end in met else range(size))]
        offset += size
    return Spread(spread.axis, tuple(origin)), ()


def _together(step: Step, met: Met) -> Carried:
    """Number by number of several values: all must have the same copies, or one number for all units."""
    spread = next(iter(met.values()))
    for end, type in step.input_types.items():
        at = spread.axis - max(t.rank for t in step.input_types.values()) + type.rank
        alone = at < 0 or type.shape[at] == 1
        if met.get(end) != spread and not (end not in met and alone):
            raise _Unfit("it combines the copied units with others that are not copied: a shortcut or a gate")
    return spread, ()


def _reads(axis: int, last: bool, *tensors: str) -> Callable[[Step, Met], Carried]:
    """A layer whose weights have a column for each unit that it reads."""

    def carry(step: Step, met: Met) -> Carried:
        [spread] = met.values()
        if spread.axis != (step.input_types["x"].rank - 1 if last else 1):
            raise _Unfit("it treats the copied units as places, not as features")
        if step.params.get("groups", 1) != 1:
            raise _Unfit("its groups each read a part of the units")
        names = [name for name in tensors if not name.endswith("_reverse") or step.params.get("bidirectional")]
        return None, tuple(Moved(f"{step.module}.{name}", axis, spread.origin, shares=True) for name in names)

    return carry


_ALONE = (
    "relu", "leaky_relu", "elu", "selu", "celu", "gelu", "silu", "mish", "hardswish", "relu6", "sigmoid", "hardsigmoid",
    "logsigmoid", "tanh", "hardtanh", "softsign", "softplus", "dropout", "alpha_dropout", "gaussian_noise",
    "masking_noise", "gradient_reversal", "cast",
)  # fmt: skip
_WINDOWED = (
    *(f"{kind}_pool{n}d" for kind in ("max", "avg") for n in (1, 2, 3)),
    *(f"adaptive_{kind}_pool{n}d" for kind in ("max", "avg") for n in (1, 2)),
    "global_avg_pool", "upsample", "dropout2d",
)  # fmt: skip
CARRIERS: Mapping[str, Callable[[Step, Met], Carried]] = {
    **dict.fromkeys(_ALONE, _each_alone),
    **dict.fromkeys(_WINDOWED, _channels),
    **dict.fromkeys(("batch_norm1d", "batch_norm2d", "batch_norm3d"), _normed),
    **dict.fromkeys(("add", "subtract", "multiply", "divide"), _together),
    "prelu": _slopes,
    "flatten": _flattened,
    "concatenate": _joined,
    "linear": _reads(1, True, "weight"),
    **{f"conv{n}d": _reads(1, False, "weight") for n in (1, 2, 3)},
    **{f"conv_transpose{n}d": _reads(0, False, "weight") for n in (1, 2, 3)},
    **dict.fromkeys(("rnn", "lstm", "gru"), _reads(1, True, "weight_ih_l0", "weight_ih_l0_reverse")),
}


def _check_own(program: Program, step: Step) -> None:
    if sum(other.module == step.module for other in program.steps) > 1:
        raise _refuse(step, "it shares its weights with another node")


def _refuse(step: Step, why: str, begun: Step | None = None) -> LayerloomError:
    """`step` is where it fails; `begun` the layer that was to grow, where that is another."""
    where = f"{label(step)}: " if begun is not None and begun is not step else ""
    message = f"{label(begun or step)} cannot grow so that the network stays as it is: {where}{why}."
    return LayerloomError(message, code="grow", node=step.node)


class _Unfit(Exception):
    """A layer cannot carry copies on; the text says why."""
