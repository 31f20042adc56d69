"""Where a layer looks: the weights of its attention, as far as the layer gives them or torch computes them inside."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from core.analysis.observe import Scope
from core.program.module import named_errors
from core.program.program import Step
from core.training.evaluation import looking

PORT = "weights"  # the output port of a layer that gives its attention


def attention(scope: Scope, step: Step) -> dict[str, Tensor]:
    """Attention weights of a step, ``(batch, heads, queries, keys)`` by name; empty where it has none.

    They come from the layer's own port, else from what each `torch.nn.MultiheadAttention` inside it was called with.
    """
    given = scope.outputs(step).get(PORT)
    if given is not None and given.dim() in (3, 4):
        return {"": given if given.dim() == 4 else given[:, None]}
    if not step.module or step.block:
        return {}
    return _inside(scope, step.module)


def _inside(scope: Scope, place: str) -> dict[str, Tensor]:
    """Each attention module below a place is called again as it was called, and asked for its weights."""
    module = scope.net.get_submodule(place)
    calls: dict[str, tuple[Any, dict[str, Any]]] = {}

    def note(name: str) -> Any:
        return lambda _module, args, kwargs: calls.setdefault(name, (args, kwargs)) and None

    found = {name: part for name, part in module.named_modules() if isinstance(part, nn.MultiheadAttention)}
    hooks = [part.register_forward_pre_hook(note(name), with_kwargs=True) for name, part in found.items()]
    try:
        if found:
            with looking(scope.net), named_errors():
                scope.net(*scope.given.values())
    finally:
        for hook in hooks:
            hook.remove()
    weights = {}
    with looking(scope.net), torch.inference_mode():
        for name, (args, kwargs) in calls.items():
            asked = {**kwargs, "need_weights": True, "average_attn_weights": False}
            weights[name] = found[name](*args, **asked)[1]
    return weights
