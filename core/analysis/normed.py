"""A layer that normalises at work: the statistics that it keeps from training beside those of the examples, by channel.

Ioffe and Szegedy, Batch Normalization, 2015: ``running = (1 - m) running + m batch`` at each training step.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from core.analysis.observe import Scope, at_work
from core.analysis.subject import Subject
from core.catalog import normalisation
from core.catalog.families import default_catalog
from core.data.dataset import Array
from core.problem import LayerloomError
from core.program.program import Step

EXAMPLES, CHANNELS = 2_000, 256
FAR = 1.0  # kept deviations by which a mean is called far off, or a factor of variance of e


def normalises(_scope: Scope, step: Step) -> bool:
    """Whether a node normalises: the layers of that family do."""
    spec = default_catalog().get(step.layer)
    return spec is not None and spec.category == normalisation.CATEGORY and bool(step.module) and step.repeat == 1


def normed(subject: Subject, split: str, node: str) -> dict[str, Any]:
    """Means and variances by channel (by feature where a layer normalises the last dimension) over the examples of a
    part and all places.

    Keys: those of `Subject.heading`; ``node``, ``layer``, ``formula``; ``channels``, how many there are; ``given`` and
    ``made`` (what arrives, what leaves) and ``running`` (what is kept for evaluation, None where nothing is), each
    ``mean`` and ``var`` of up to 256 channels (variances over n); ``batches``, how many the kept ones have seen, and
    ``momentum`` (both None without); ``gap``: of each channel ``(mean - running mean) / sqrt(running var + eps)``;
    ``far``: how many channels' gap is beyond 1 or whose variance is e times the kept one, or a share of that.

    Raises:
        LayerloomError: the run has no such layer (code ``node``).
    """
    part = subject.part(split, EXAMPLES)
    refusal = f"The network of this run normalises nothing at {node!r:.40}."
    rows: dict[str, list[Array]] = {"given": [], "made": []}
    module: nn.Module | None = None
    label, formula = "", ""
    for scope, step, _ in at_work(subject, part, node, refusal=refusal):
        if not normalises(scope, step):
            raise LayerloomError(refusal, code="node")
        spec, module = default_catalog()[step.layer], scope.net.get_submodule(step.module)
        label, formula = spec.label, spec.formula
        axis = -1 if isinstance(module, nn.LayerNorm | nn.RMSNorm) else 1
        for key, value in (("given", scope.arrives(step)["x"]), ("made", next(iter(scope.values_of(step).values())))):
            rows[key].append(_by_channel(value, axis))
    assert module is not None
    whole = {key: np.concatenate(parts) for key, parts in rows.items()}
    told = {key: {"mean": _short(v.mean(0)), "var": _short(v.var(0))} for key, v in whole.items()}
    return {
        **subject.heading(part),
        "node": node,
        "layer": label,
        "formula": formula,
        "channels": whole["given"].shape[1],
        **told,
        **_kept(module, whole["given"]),
    }


def _kept(module: nn.Module, given: Array) -> dict[str, Any]:
    """What the layer keeps from training, and how far the examples are from it."""
    mean, var = getattr(module, "running_mean", None), getattr(module, "running_var", None)
    if not isinstance(mean, Tensor) or not isinstance(var, Tensor):
        return {"running": None, "batches": None, "momentum": None, "gap": None, "far": None}
    kept_mean, kept_var = mean.double().numpy(), var.double().numpy()
    eps, seen = float(getattr(module, "eps", 0.0)), getattr(module, "num_batches_tracked", None)
    gap = (given.mean(0) - kept_mean) / np.sqrt(kept_var + eps)
    factor = np.log((given.var(0) + eps) / (kept_var + eps))
    return {
        "running": {"mean": _short(kept_mean), "var": _short(kept_var)},
        "batches": int(seen) if isinstance(seen, Tensor) else None,
        "momentum": getattr(module, "momentum", None),
        "gap": _short(gap),
        "far": int(((np.abs(gap) > FAR) | (np.abs(factor) > FAR)).sum()),
    }


def _by_channel(value: Tensor, axis: int) -> Array:
    """(numbers, channels)"""
    moved = torch.movedim(value.detach().double(), axis, -1)
    found: Array = moved.reshape(-1, moved.shape[-1]).numpy()
    return found


def _short(values: Array) -> list[float]:
    return [float(v) for v in values[:CHANNELS]]
