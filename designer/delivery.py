"""Exports for the command line and the assistant: a run or a design in, a file and its certificate out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from core.data.transforms import Fitted, told
from core.problem import LayerloomError
from core.program.codec import from_json
from core.program.fixed import with_fixed_steps
from core.program.module import build, seed_everything
from core.program.program import Program
from core.training.runs import RunFolder
from exporters.baking import score_activations
from exporters.formats import FORMATS, Delivery, Weights
from exporters.onnx import shape_of
from exporters.verify import compare


@dataclass(frozen=True)
class Source:
    """A program, its weights, and what is known of its data; `fitted` is None without training.

    `classes` says how many there are of each input that holds class indices, such as the symbols of a text.
    """

    program: Program
    weights: Weights
    fitted: Fitted | None = None
    classes: Mapping[str, int] = field(default_factory=dict)
    metadata: Mapping[str, Any] = field(default_factory=dict)


def from_run(folder: Path) -> Source:
    """The network of a run with the weights that it ended with, or has reached.

    Raises:
        LayerloomError: the folder holds no run, or the run has no weights yet.
    """
    run = RunFolder.open(folder)
    program, known = run.program, run.preparation()
    fitted = Fitted.from_json(known["fitted"]) if "fitted" in known else None
    return Source(program, run.weights(), fitted, _classes(program, known), _metadata(run, program, known))


def from_program(data: Mapping[str, Any], seed: int = 0) -> Source:
    """A program in plain data with fresh weights, the same for the same seed.

    Raises:
        LayerloomError: the data is no program, or its module cannot be built.
    """
    program = from_json(data)
    seed_everything(seed)
    return Source(program, build(program).state_dict())


def deliver(
    source: Source, format: str, path: Path, *, bake: bool = False, probabilities: bool = False, fixed_steps: int = 0
) -> dict[str, Any]:
    """Write the file; compare it with PyTorch where the format can be run without it.

    With `bake` the file takes raw data and answers in its units; with `probabilities` outputs that hold scores become
    probabilities; with `fixed_steps` solvers that choose their own steps give way to RK4 in so many. Returns ``path``,
    ``bytes`` and ``certificate`` (None where the format has none).

    Raises:
        LayerloomError: an unknown format, preparation asked of what has none, or a failed export.
    """
    chosen = FORMATS.get(format)
    if chosen is None:
        raise LayerloomError(f"There is no format {format!r:.40}; there are {', '.join(FORMATS)}.", code="format")
    if (bake or probabilities) and not chosen.verified:
        raise LayerloomError(f"{chosen.label}: preparation cannot be put inside; only ONNX can hold it.", code="bake")
    if fixed_steps:
        source = replace(source, program=with_fixed_steps(source.program, fixed_steps))
    delivery = _delivery(source, bake=bake, probabilities=probabilities)
    chosen.write(delivery, path)
    certificate = _certificate(source, delivery, path) if chosen.verified else None
    return {"path": str(path), "bytes": path.stat().st_size, "certificate": certificate}


def certify(source: Source, path: Path, *, bake: bool = False, probabilities: bool = False) -> dict[str, Any]:
    """The certificate of an ONNX file that exists: how far its answers are from PyTorch's."""
    return _certificate(source, _delivery(source, bake=bake, probabilities=probabilities), path)


def _delivery(source: Source, *, bake: bool, probabilities: bool) -> Delivery:
    if bake and source.fitted is None:
        raise LayerloomError(
            "Preparation can be put inside only after training: its statistics come from the training data.",
            code="bake",
        )
    return Delivery(
        source.program,
        source.weights,
        preprocessing=source.fitted.to_json() if bake and source.fitted else None,
        activations=score_activations(source.program) if probabilities else {},
        metadata={**source.metadata, "preparation_inside": bake} if source.metadata else {},
    )


def _certificate(source: Source, delivery: Delivery, path: Path) -> dict[str, Any]:
    return compare(
        delivery.program,
        delivery.weights,
        path,
        preprocessing=delivery.preprocessing,
        activations=delivery.activations,
        examples={**_indices(source), **(_raw_range(source) if delivery.preprocessing else {})},
    ).to_json()


def _classes(program: Program, known: Mapping[str, Any]) -> dict[str, int]:
    fields = known.get("signature", {}).get("fields", {})
    found = {value.name: len(fields.get(value.field, {}).get("classes", ())) for value in program.inputs}
    return {name: count for name, count in found.items() if count}


def _indices(source: Source) -> dict[str, Any]:
    """For each input of class indices, the first and the last of them."""
    return {
        value.name: np.stack(
            [np.full(shape_of(value, {"B": 1})[1:], end) for end in (0, source.classes[value.name] - 1)]
        )
        for value in source.program.inputs
        if value.name in source.classes and value.type.dtype == "int"
    }


def _raw_range(source: Source) -> dict[str, Any]:
    """For each prepared input, the ends of the range that raw values have (three deviations round the mean), and holes
    where there may be some."""
    found = {}
    for value in source.program.inputs:
        fitted = source.fitted or Fitted()
        affine, fill = fitted.maps.get(value.field), fitted.fill.get(value.field)
        shape = [n for n in value.type.shape[1:] if isinstance(n, int)]
        if (affine is None and fill is None) or len(shape) != value.type.rank - 1:
            continue
        centre = fill.values if fill else np.zeros(shape)
        ends = [np.full(np.shape(affine.offset), end) if affine else centre + end for end in (-3.0, 3.0)]
        rows = [np.broadcast_to(affine.inverse(end) if affine else end, shape) for end in ends]
        found[value.name] = np.stack([*rows, fill.holed()] if fill else rows)
    return found


def _metadata(run: RunFolder, program: Program, known: Mapping[str, Any]) -> dict[str, Any]:
    """What whoever uses the file must know: class names by target, the statistics of the inputs, what it scored."""
    fields = known.get("signature", {}).get("fields", {})
    classes = {v.name: fields[v.field]["classes"] for v in program.targets if fields.get(v.field, {}).get("classes")}
    inputs = {v.name: v.field for v in program.inputs}
    found = {
        "classes": next(iter(classes.values())) if len(classes) == 1 else classes,
        "preparation": told(known.get("fitted", {})),
        "inputs": inputs,
        "metrics": (run.result() or {}).get("metrics", {}),
    }
    return {key: value for key, value in found.items() if value}
