"""What layers that act in training make of single examples: the same ones, drawn again and again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from core.catalog.families import default_catalog
from core.data.dataset import Array, Dataset
from core.data.looks import looks
from core.data.preview import spread
from core.data.sources import load as read
from core.data.split import split
from core.data.transforms import Fitted, fit
from core.problem import LayerloomError
from core.program.module import build
from core.program.program import Program, Result, Step, Value
from core.spec.layer import Given, Mismatch
from core.spec.shape import BATCH, TensorType
from core.training.job import DataJob, Pick

SHOWN, DRAWS, BESIDE = 3, 4, 16  # examples, draws of each, and how many are in the batch (some layers mix them)
Layers = Sequence[tuple[str, Mapping[str, Any]]]


def augmented(
    data: DataJob,
    field: str,
    layers: Layers,
    seed: int = 0,
    base: Path | None = None,
    load: Callable[[Pick, Path | None], Dataset] = read,
) -> dict[str, Any]:
    """Some examples of a field behind these layers, as in training; plain JSON.

    The layers see what they see in training: prepared values, fitted on the training part. What is shown is back in
    the units of the data. Keys: ``examples``, a list of ``looks`` (`core.data.looks`): the example as it is, then one
    for each draw. The same seed draws the same.

    Raises:
        LayerloomError: the data has no such field of numbers, or a layer does not take what arrives.
    """
    dataset = load(data.source, base)
    if field not in dataset.fields or dataset.signature.fields[field].dtype != "float":
        raise LayerloomError(f"The data has no field of numbers called {field!r:.60}.", code="augment")
    fitted = fit(dataset, split(dataset, data.split)["train"], data.transforms)
    rows = spread(dataset, BESIDE)
    given = fitted.apply_to(field, as_float(dataset.fields[field][rows]))
    net = build(chained(dataset.signature.fields[field].shape, layers)).train()
    with torch.no_grad():
        drawn = [given, *(_drawn(net, given, [seed, draw]) for draw in range(DRAWS))]
    return {"examples": _shown(fitted, field, [values[:SHOWN] for values in drawn])}


def as_float(values: Array) -> Array:
    """Bytes as the real numbers that they stand for."""
    return values.astype(np.float32) / 255 if values.dtype == np.uint8 else values


def chained(shape: tuple[int, ...], layers: Layers) -> Program:
    """These layers in a row, fed with examples of that shape; of several outputs the first goes on.

    Raises:
        LayerloomError: a layer does not exist, its fields do not hold, or it does not take what arrives.
    """
    type = TensorType((BATCH, *shape))
    value, steps = "x", list[Step]()
    for index, (id, params) in enumerate(layers):
        spec = default_catalog().get(id)
        if spec is None:
            raise LayerloomError(f"There is no layer {id!r:.60}.", code="augment")
        try:
            given = Given({spec.inputs[0].id: type}, spec.values(params))
            types = spec.shape(given)
        except (Mismatch, ValueError) as error:
            raise LayerloomError(f"{spec.label}: {error}", code="augment") from error
        name, port = f"layer{index}", spec.outputs[0].id
        ends = {spec.inputs[0].id: value}
        step = Step(
            name,
            name,
            id,
            module=name,
            params=given.params,
            inputs=ends,
            outputs={port: f"y{index}"},
            input_types=given.types,
            output_types=types,
        )
        steps.append(step)
        value, type = f"y{index}", types[port]
    enters = Value("x", TensorType((BATCH, *shape)), "x")
    return Program("Changes", (enters,), (Result("y", value, type, "y"),), tuple(steps))


def _drawn(net: torch.nn.Module, given: Array, seed: list[int]) -> Array:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(int(np.random.default_rng(seed).integers(2**31)))
        made: Array = net(torch.from_numpy(np.ascontiguousarray(given, np.float32))).numpy()
    return made


def _shown(fitted: Fitted, field: str, drawn: Sequence[Array]) -> list[list[dict[str, Any]]]:
    """By example, its looks: one scale for all of them, so that brighter is brighter."""
    real = [np.asarray(fitted.inverse(field, values)) for values in drawn]
    within = float(np.nanmin(real[0])), float(np.nanmax(real[0]))
    columns = [looks(values, within) for values in real]
    ends = [float(min(values.min() for values in real)), float(max(values.max() for values in real))]
    told = [[{**look, "range": ends} if "curve" in look else look for look in column] for column in columns]
    return [list(row) for row in zip(*told, strict=True)]
