"""How the network's step is computed: in which precision, compiled or not, with what kept for the way back."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Sequence
from typing import TypeAlias

import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from core.problem import Fix, LayerloomError, Problem, Severity
from core.program.program import Program
from core.training.devices import seconds

Batch: TypeAlias = dict[str, Tensor]
Compute: TypeAlias = Callable[[Batch], tuple[dict[str, Tensor], dict[str, Tensor]]]  # outputs and losses by name
HALF = {"bf16": torch.bfloat16, "fp16": torch.float16}


def in_precision(compute: Compute, precision: str, device: torch.device) -> Compute:
    """The computation under autocast: products in half precision, sums and losses in float32."""
    if precision == "float32":
        return compute

    def half(batch: Batch) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        with torch.autocast(device.type, HALF[precision]):
            return compute(batch)

    return half


def check_precision(net: nn.Module, precision: str, device: torch.device) -> list[Problem]:
    """What to know of a precision on this device, if anything.

    Raises:
        LayerloomError: fp16 where its gradients cannot be scaled, or where the network has a layer that PyTorch
            cannot compute in it.
    """
    if precision != "fp16" or device.type == "cuda":
        return []
    fixes = (Fix("Use bf16", "set_job", {"path": "precision", "value": "bf16"}),)
    why = ""
    if device.type != "cpu":
        why = f"PyTorch scales no gradients on {device.type}"
    elif any(isinstance(module, nn.LSTM) and not module.proj_size for module in net.modules()):
        why = "on a CPU PyTorch has no LSTM in fp16"
    if why:
        message = f"This run cannot be computed in fp16: {why}. bf16 has the range of float32, and works."
        raise LayerloomError(message, code="precision", received=device.type, fixes=fixes)
    message = (
        "fp16 on a CPU takes several times as long as float32, and shows no more than that it works; bf16 is fast."
    )
    return [Problem("precision", message, severity=Severity.HINT, fixes=fixes)]


def scaler(precision: str, device: torch.device) -> torch.amp.GradScaler | None:
    """What keeps small gradients of fp16 from vanishing; None in every other precision."""
    return torch.amp.GradScaler(device.type) if precision == "fp16" else None


def recompute(net: nn.Module, program: Program, paths: Sequence[str]) -> None:
    """Let the nodes at these paths keep only what enters them, and be computed again on the way back.

    That costs one more forward pass through them and saves the memory of all that they hold (Chen et al., 2016);
    gradients are the same numbers, random masks included.

    Raises:
        LayerloomError: there is no such node, or it has no module.
    """
    places = {placed.node: placed.modules for placed in program.placed()}
    for path in paths:
        if not places.get(path):
            message = f"Training job: recompute: there is no block or layer {path!r:.60} that holds anything."
            fixes = (Fix("Recompute nothing", "set_job", {"path": "recompute", "value": None}),)
            raise LayerloomError(message, code="job", received=path, fixes=fixes)
        for name in places[path]:
            module = net.get_submodule(name)
            module.forward = functools.partial(checkpoint, module.forward, use_reentrant=False)


def compiling(plain: Callable[[], object], fast: Callable[[], object]) -> tuple[bool, Problem]:
    """Whether ``torch.compile`` works here, and a sentence that says what it buys.

    `plain` and `fast` take a training step on copies; the first call of `fast` compiles.
    """
    start = time.perf_counter()
    try:
        fast()
        spent = time.perf_counter() - start
        before, after = seconds(plain), seconds(fast)
    except RuntimeError as error:  # what torch's compiler raises
        text = str(error).strip().partition("\n")[0]
        message = f"torch.compile does not work here ({text:.200}); the run goes on without it."
        return False, Problem("compile", message, severity=Severity.WARNING, detail=str(error))
    pays = f"it pays after {spent / (before - after):,.0f} steps" if after < before else "it does not pay"
    times = f"a step takes {after * 1e3:.2f} ms instead of {before * 1e3:.2f} ms"
    return True, Problem("compile", f"torch.compile took {spent:.1f} s; {times}: {pays}.", severity=Severity.HINT)
