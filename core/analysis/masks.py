"""What a dropout layer drops: one mask drawn for an example, and what many of them come to."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from core.analysis.observe import Scope, at_work
from core.analysis.shrink import sheet
from core.analysis.subject import Subject
from core.data.dataset import Array
from core.problem import LayerloomError
from core.program.module import named_errors
from core.program.program import Step
from core.training.tools.copying import undisturbed

SIDE, PICTURES, DRAWS = 64, 64, 200
WHOLE = (nn.Dropout1d, nn.Dropout2d, nn.Dropout3d, nn.FeatureAlphaDropout)  # these drop channels
SURE = 1.96  # standard deviations on both sides, between which 95 % lie


def drops(scope: Scope, step: Step) -> bool:
    """Whether a node is a dropout layer."""
    return bool(step.layer and step.module) and isinstance(_module(scope, step), nn.modules.dropout._DropoutNd)


def mask(subject: Subject, split: str, node: str, sample: int = 0, seed: int = 0) -> dict[str, Any]:
    """The mask that a dropout layer draws for one example, as it would in training.

    Keys: those of `Subject.heading`; ``node``; ``p``, ``seed``, ``shape`` (of one example); ``units``: how many draws
    it makes (channels, or single numbers); ``kept``, the share that stays; ``low`` and ``high``, between which that
    share lies in 95 of 100 draws, ``1 - p`` in the middle (normal approximation of the binomial); ``mask``, ``given``
    and ``made`` as `shrink.sheet` has them: a picture for each of up to 64 channels, or one of all numbers in rows;
    ``scale``, what those kept are multiplied with; ``draws``, how many more masks were drawn, ``mean_kept`` over them,
    and ``apart``, the root mean square of ``mean - given`` over that of ``given`` (None where that is 0), which falls
    as one over the root of the draws, as ``E[y] = x``.

    Raises:
        LayerloomError: the run has no dropout there (code ``node``).
    """
    part = subject.single(split, sample)
    refusal = f"The network of this run has no dropout at {node!r:.40}."
    [(scope, step, _)] = at_work(subject, part, node, refusal=refusal)
    if not drops(scope, step):
        raise LayerloomError(refusal, code="node")
    x, module = scope.arrives(step)["x"], _module(scope, step)
    with undisturbed(), named_errors(), torch.inference_mode():
        module.train()
        try:
            torch.manual_seed(seed)
            kept, made = _drawn(module, x)
            many = [_drawn(module, x) for _ in range(DRAWS)]
        finally:
            module.eval()
    p, units = float(step.params["p"]), x.shape[1] if isinstance(module, WHOLE) else x[0].numel()
    reach = SURE * math.sqrt(p * (1 - p) / units)
    apart = torch.stack([one for _, one in many]).mean(0) - x
    size = float(x.double().square().mean().sqrt())
    return {
        **subject.heading(part),
        "node": node,
        "p": p,
        "seed": seed,
        "shape": list(x.shape[1:]),
        "units": units,
        "kept": float(kept.double().mean()),
        "low": max(0.0, 1 - p - reach),
        "high": min(1.0, 1 - p + reach),
        "mask": sheet(_pictures(kept.double()), SIDE),
        "given": sheet(_pictures(x), SIDE),
        "made": sheet(_pictures(made), SIDE),
        "scale": 1 / (1 - p) if p < 1 else 0.0,
        "draws": DRAWS,
        "mean_kept": float(torch.stack([each.double().mean() for each, _ in many]).mean()),
        "apart": float(apart.double().square().mean().sqrt()) / size if size else None,
    }


def _drawn(module: nn.Module, x: Tensor) -> tuple[Tensor, Tensor]:
    """Which numbers stay, and what comes out, of one draw: what stays is what an input of another size moves."""
    state = torch.get_rng_state()
    ones = module(torch.ones_like(x))
    torch.set_rng_state(state)
    twos = module(torch.full_like(x, 2.0))
    torch.set_rng_state(state)
    return ones != twos, module(x)


def _module(scope: Scope, step: Step) -> nn.Module:
    found = scope.net.get_submodule(step.module)
    return found[0] if isinstance(found, nn.ModuleList | nn.Sequential) and step.repeat > 1 else found


def _pictures(values: Tensor) -> Array:
    """(pictures, rows, columns) of one example: its channels, its matrix, or its numbers in rows of equal length."""
    one: Array = values[0].double().numpy()
    if one.ndim >= 3:
        return one.reshape(one.shape[0], -1, one.shape[-1])[:PICTURES]
    if one.ndim == 2:
        return one[None]
    width = math.ceil(math.sqrt(one.size)) if one.size > SIDE // 4 else one.size
    padded = np.concatenate([one, np.zeros(-one.size % width)])
    return padded.reshape(1, -1, width)
