"""The start that suits what follows each layer: Kaiming with the gain of the activation that its numbers go into.

He et al., 2015, equation 10; gains as `torch.nn.init.calculate_gain` has them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from core.catalog import activation, normalisation, pooling, regularisation, reshape
from core.catalog.families import default_catalog
from core.program.program import Init, Placed, Program, Step

PASSED = (normalisation.CATEGORY, pooling.CATEGORY, regularisation.CATEGORY, reshape.CATEGORY)
GAIN_OF: Mapping[str, str] = {
    "relu": "relu", "relu6": "relu", "gelu": "relu", "silu": "relu", "mish": "relu", "elu": "relu", "celu": "relu",
    "softplus": "relu", "leaky_relu": "leaky_relu", "prelu": "leaky_relu", "tanh": "tanh", "hardtanh": "tanh",
    "hardswish": "relu", "softsign": "tanh", "sigmoid": "sigmoid", "hardsigmoid": "sigmoid", "logsigmoid": "relu",
    "selu": "linear",
}  # fmt: skip
"""Activation -> the nonlinearity of `kaiming_normal`. Smooth kin of ReLU count as ReLU; SELU asks for variance 1/fan_in
(Klambauer et al., 2017)."""


def suited(program: Program, own: Mapping[str, Placed]) -> dict[str, Init]:
    """Kaiming normal for each of these nodes, by path, with the gain of the first activation behind it; 1 where none
    follows."""
    after = dict(_after(program, program, ""))
    found = {}
    for node, placed in own.items():
        follower = after.get(node)
        kind = GAIN_OF.get(follower.layer, "linear") if follower is not None else "linear"
        slope = {"a": follower.params[_SLOPES[follower.layer]]} if follower is not None and kind == "leaky_relu" else {}
        found[node] = started(placed.step, "kaiming_normal", {"nonlinearity": kind, **slope})
    return found


_SLOPES = {"leaky_relu": "negative_slope", "prelu": "init"}


def started(step: Step, weight: str, params: Mapping[str, Any]) -> Init:
    """The step's own start with another one for its weights."""
    return replace(step.init or Init(), weight=weight, weight_params=dict(params))


def _after(program: Program, body: Program, path: str) -> list[tuple[str, Step]]:
    """Each node with the activation that follows it within its graph, where one does."""
    found = []
    for step in body.steps:
        node = f"{path}/{step.node.rpartition('/')[2]}" if path else step.node
        if step.block:
            found += _after(program, program.blocks[step.block], node)
        elif (follower := _follower(body, step)) is not None:
            found.append((node, follower))
    return found


def _follower(body: Program, step: Step) -> Step | None:
    """Through layers that keep the scale of numbers or bring it back, as long as one reader alone follows."""
    catalog, values = default_catalog(), set(step.outputs.values())
    for _ in body.steps:
        readers = [reader for reader in body.steps if values & set(reader.inputs.values())]
        if len(readers) != 1 or readers[0].block:
            return None
        spec = catalog.get(readers[0].layer)
        if spec is None or spec.category == activation.CATEGORY:
            return readers[0] if spec is not None else None
        if spec.category not in PASSED:
            return None
        values = set(readers[0].outputs.values())
    return None
