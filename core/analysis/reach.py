"""Which part of a picture a place of a feature map sees, and how strongly.

Luo et al., Understanding the Effective Receptive Field in Deep Convolutional Neural Networks, NeurIPS 2016.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from core.analysis.observe import Scope
from core.analysis.samples import raw
from core.analysis.shrink import sheet
from core.analysis.subject import Subject
from core.analysis.upstream import Upstream, differs
from core.data.transforms import as_real
from core.problem import LayerloomError
from core.program.program import Step

EXAMPLES, SIDE, MOST = 64, 96, 0.9


def maps_pictures(scope: Scope, step: Step) -> bool:
    """Whether a node of the main graph makes feature maps of one picture."""
    made = next(iter(step.output_types.values()), None)
    entering = [value for value in scope.program.inputs if value.type.rank == 4]
    return made is not None and made.rank == 4 and bool(entering) and differs(scope, step)


def reach(
    subject: Subject, split: str, node: str, sample: int = 0, row: int | None = None, column: int | None = None
) -> dict[str, Any]:
    """The receptive field of one place of a feature map (its middle, where none is given).

    Keys: those of `Subject.heading`; ``node``; ``picture`` and ``map``: heights and widths; ``place``: row and column;
    ``box``: top, left, bottom and right of all that can move the place, the last two not included; ``field``: the size
    of the gradient, summed over the channels and over 64 examples, as `shrink.sheet` has it; ``effective``: the side of
    the least square about the middle of the box that holds 90 % of it; ``seen``: the chosen example, dark outside of
    the box.

    Raises:
        LayerloomError: the node makes no feature map of one picture, or has no such place (code ``node``).
    """
    upstream = Upstream(subject, node)
    part = subject.part(split, EXAMPLES)
    x = upstream.given(part).requires_grad_()
    answer = upstream(x)
    if answer.dim() != 4 or x.dim() != 4:
        raise LayerloomError("This node makes no feature maps of a picture.", code="node")
    height, width = answer.shape[2:]
    place = (height // 2 if row is None else row, width // 2 if column is None else column)
    if not (0 <= place[0] < height and 0 <= place[1] < width):
        message = f"There is no place {place[0]}, {place[1]}: the map has {height} rows and {width} columns."
        raise LayerloomError(message, code="node")
    field = _field(answer[:, :, place[0], place[1]], x)
    box = _box(field)
    chosen = subject.single(split, sample)
    seen = as_real(raw(subject, upstream.input, chosen))[0].mean(0)
    dark = np.full_like(seen, seen.min())
    dark[box[0] : box[2], box[1] : box[3]] = seen[box[0] : box[2], box[1] : box[3]]
    return {
        **subject.heading(part),
        "node": node,
        "picture": list(x.shape[2:]),
        "map": [height, width],
        "place": list(place),
        "box": box,
        "field": sheet(field[None], SIDE),
        "effective": _effective(field, box),
        "seen": sheet((dark - dark.min())[None], SIDE),
    }


def _field(answers: Tensor, x: Tensor) -> np.ndarray[Any, Any]:
    """The size of the gradient by pixel; channels are weighed at random, so that none cancels another."""
    weights = torch.randn(answers.shape, generator=torch.Generator().manual_seed(0))
    (slope,) = torch.autograd.grad((answers * weights).sum(), x)
    found: np.ndarray[Any, Any] = slope.abs().sum((0, 1)).double().numpy()
    return found


def _box(field: np.ndarray[Any, Any]) -> list[int]:
    rows, columns = np.flatnonzero(field.any(1)), np.flatnonzero(field.any(0))
    if not len(rows):
        return [0, 0, 0, 0]
    return [int(rows[0]), int(columns[0]), int(rows[-1]) + 1, int(columns[-1]) + 1]


def _effective(field: np.ndarray[Any, Any], box: list[int]) -> int:
    """The side of the least square about the middle of the box that holds 90 % of the field."""
    down, across = (box[0] + box[2] - 1) / 2, (box[1] + box[3] - 1) / 2
    rows, columns = np.indices(field.shape)
    apart = np.maximum(np.abs(rows - down), np.abs(columns - across))
    whole = field.sum()
    for reach in np.unique(apart):
        if field[apart <= reach].sum() >= MOST * whole:
            return int(2 * reach + 1)
    return int(max(field.shape))
