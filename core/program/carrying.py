"""How each layer carries copies of units on: what of its own changes, and which of its outputs then hold copies.

One function for each kind of layer; `core.program.growth` walks over a program with them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import TypeAlias

from core.program.program import Step
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


class Unfit(Exception):
    """A layer cannot carry copies on; the text says why. `ends` are those of its inputs that lack copies which others
    have: where they are copied too, it can."""

    def __init__(self, why: str, ends: tuple[str, ...] = ()) -> None:
        super().__init__(why)
        self.ends = ends


Met: TypeAlias = Mapping[str, Spread]
Carried: TypeAlias = tuple[Spread | None, tuple[Moved, ...]]


def _each_alone(step: Step, met: Met) -> Carried:
    """Every number by itself, or every channel by itself."""
    return next(iter(met.values())), ()


def _channels(step: Step, met: Met) -> Carried:
    """Every channel by itself: windows reach over what lies behind it."""
    [spread] = met.values()
    if spread.axis != 1:
        raise Unfit("its windows reach over the copied units")
    return spread, ()


def _normed(step: Step, met: Met) -> Carried:
    """Batch norm: each channel has its own scale, shift and statistics."""
    [spread] = met.values()
    if spread.axis != 1:
        raise Unfit("it takes statistics over the copied units")
    names: tuple[str, ...] = ("weight", "bias") if step.params.get("affine", True) else ()
    names += ("running_mean", "running_var") if step.params.get("track_running_stats", True) else ()
    return spread, tuple(Moved(f"{step.module}.{name}", 0, spread.origin) for name in names)


def _slopes(step: Step, met: Met) -> Carried:
    [spread] = met.values()
    if not step.params.get("per_channel"):
        return spread, ()
    if spread.axis != 1:
        raise Unfit("its slopes belong to other units than the copied ones")
    return spread, (Moved(f"{step.module}.weight", 0, spread.origin),)


def _flattened(step: Step, met: Met) -> Carried:
    [spread] = met.values()
    shape, rank = step.input_types["x"].shape, step.input_types["x"].rank
    start, end = (int(step.params[name]) % rank for name in ("start_dim", "end_dim"))
    if not start <= spread.axis <= end:
        return Spread(spread.axis if spread.axis < start else spread.axis - (end - start), spread.origin), ()
    before, behind = shape[start : spread.axis], shape[spread.axis + 1 : end + 1]
    if not all(isinstance(n, int) for n in (*before, *behind)):
        raise Unfit("it flattens sizes that vary together with the copied units")
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
            raise Unfit("it joins sizes that vary")
        origin += [offset + unit for unit in (met[end].origin if end in met else range(size))]
        offset += size
    return Spread(spread.axis, tuple(origin)), ()


def _together(step: Step, met: Met) -> Carried:
    """Number by number of several values: all must have the same copies, or one number for all units."""
    spread = next(iter(met.values()))
    rank = max(type.rank for type in step.input_types.values())
    lacking = []
    for end, type in step.input_types.items():
        at = spread.axis - rank + type.rank
        if end not in met and at >= 0 and type.shape[at] != 1:
            lacking.append(end)
    if lacking or any(other != spread for other in met.values()):
        raise Unfit(
            "it combines the copied units with others that are not copied: a shortcut or a gate", tuple(lacking)
        )
    return spread, ()


def _reads(axis: int, last: bool, *tensors: str) -> Callable[[Step, Met], Carried]:
    """A layer whose weights have a column for each unit that it reads."""

    def carry(step: Step, met: Met) -> Carried:
        [spread] = met.values()
        if spread.axis != (step.input_types["x"].rank - 1 if last else 1):
            raise Unfit("it treats the copied units as places, not as features")
        if step.params.get("groups", 1) != 1:
            raise Unfit("its groups each read a part of the units")
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

KEEPERS = frozenset((*_ALONE, *_WINDOWED, "batch_norm1d", "batch_norm2d", "batch_norm3d", "prelu", "add", "subtract"))
"""Layers through which units stay the units that they were, each for itself or added to its like."""
