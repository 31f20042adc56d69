"""Exports for the command line and the assistant: a run or a design in, a file and its certificate out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from core.analysis.subject import Part, Subject, moment
from core.data.transforms import Fitted, told
from core.problem import LayerloomError
from core.program.codec import from_json
from core.program.fixed import with_fixed_steps
from core.program.module import build, seed_everything
from core.program.program import Program
from core.training.runs import RunFolder
from exporters.baking import bake as baked
from exporters.baking import score_activations
from exporters.formats import FORMATS, Delivery, Weights
from exporters.judging import Judge, Judgement, feeds
from exporters.onnx import model_of, shape_of, write_model
from exporters.precisions import WHOLE, Precision, precision_of
from exporters.reduction import left_whole, reduced
from exporters.verify import TOLERANCE, compare
from exporters.weights import module_with

JUDGED = 2000  # examples that a file in fewer bits is judged on, at most


@dataclass(frozen=True)
class Source:
    """A program, its weights, and what is known of its data; `fitted` is None without training.

    `classes` says how many there are of each input that holds class indices, such as the symbols of a text; `run` is
    where the weights come from.
    """

    program: Program
    weights: Weights
    fitted: Fitted | None = None
    classes: Mapping[str, int] = field(default_factory=dict)
    metadata: Mapping[str, Any] = field(default_factory=dict)
    run: RunFolder | None = None

    @cached_property
    def subject(self) -> Subject | None:
        """The run with its data; None where there is no run. Raises LayerloomError where the data no longer holds."""
        return Subject(self.run, moment(self.run)) if self.run else None


def from_run(folder: Path) -> Source:
    """The network of a run with the weights that it ended with, or has reached.

    Raises:
        LayerloomError: the folder holds no run, or the run has no weights yet.
    """
    run = RunFolder.open(folder)
    program, known = run.program, run.preparation()
    fitted = Fitted.from_json(known["fitted"]) if "fitted" in known else None
    return Source(program, run.weights(), fitted, _classes(program, known), _metadata(run, program, known), run)


def from_program(data: Mapping[str, Any], seed: int = 0) -> Source:
    """A program in plain data with fresh weights, the same for the same seed.

    Raises:
        LayerloomError: the data is no program, or its module cannot be built.
    """
    program = from_json(data)
    seed_everything(seed)
    return Source(program, build(program).state_dict())


def deliver(
    source: Source, format: str, path: Path, *, bake: bool = False, probabilities: bool = False, fixed_steps: int = 0,
    precision: str = WHOLE, settings: Mapping[str, Any] | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Write the file; compare it with PyTorch where the format can be run without it.

    With `bake` the file takes raw data and answers in its units; with `probabilities` outputs that hold scores become
    probabilities; with `fixed_steps` solvers that choose their own steps give way to RK4 in so many. `precision` is one
    of `exporters.precisions`, with its `settings`.

    Returns ``path``, ``bytes`` and ``certificate`` (None where the format has none). In another precision than
    PyTorch's there is also ``reduction``: ``precision``, ``whole`` (bytes of the same file in float32), ``kept`` (the
    layers that stayed float32: ``node``, ``label``, ``bytes``), ``judgement`` (`exporters.judging.Judgement`, in place
    of the certificate; None where there is no data to judge on: then ``reason`` says why), the limits ``tolerance`` and
    ``agreement``, and ``passed``.

    Raises:
        LayerloomError: an unknown format or precision, preparation or precision asked of what has none, or a failed
            export.
    """
    chosen, wanted = FORMATS.get(format), precision_of(precision)
    if chosen is None:
        raise LayerloomError(f"There is no format {format!r:.40}; there are {', '.join(FORMATS)}.", code="format")
    if (bake or probabilities) and not chosen.verified:
        raise LayerloomError(f"{chosen.label}: preparation cannot be put inside; only ONNX can hold it.", code="bake")
    if wanted.id != WHOLE and not chosen.verified:
        raise LayerloomError(f"{chosen.label}: only ONNX files have other precisions.", code="precision")
    if fixed_steps:
        source = replace(source, program=with_fixed_steps(source.program, fixed_steps))
    delivery = _delivery(source, bake=bake, probabilities=probabilities)
    if wanted.id != WHOLE:
        return _reduced(source, delivery, wanted, wanted.settings(settings or {}), path)
    chosen.write(delivery, path)
    certificate = _certificate(source, delivery, path) if chosen.verified else None
    return {"path": str(path), "bytes": path.stat().st_size, "certificate": certificate}


def _reduced(
    source: Source, delivery: Delivery, precision: Precision, settings: Mapping[str, Any], path: Path
) -> dict[str, Any]:
    model = model_of(delivery)
    examples = None
    if precision.calibrated and source.subject is not None:
        part = source.subject.part("train", settings["calibrate"])
        examples = feeds(source.subject, delivery.program, part, raw=delivery.preprocessing is not None)
    write_model(reduced(model, precision.id, settings, examples), path)
    labels = {placed.node: placed.step.label or placed.node for placed in delivery.program.placed()}
    kept = [{"node": k.node, "label": labels.get(k.node, k.node), "bytes": k.bytes} for k in left_whole(path)]
    judgement, reason = _judged(source, delivery, path)
    if judgement:  # random inputs are not what the ranges were found for
        certificate, passed = None, judgement.passes(precision.tolerance, precision.agreement)
    else:
        certificate = _certificate(source, delivery, path, precision.tolerance)
        passed = certificate["passed"]
    reduction = {
        "precision": precision.id,
        "whole": model.ByteSize(),
        "kept": kept,
        "judgement": judgement.to_json() if judgement else None,
        "reason": reason,
        "tolerance": precision.tolerance,
        "agreement": precision.agreement,
        "passed": passed,
    }
    return {"path": str(path), "bytes": path.stat().st_size, "certificate": certificate, "reduction": reduction}


def _judged(source: Source, delivery: Delivery, path: Path) -> tuple[Judgement | None, str]:
    """How the file does on real examples; or None, and why there are none."""
    try:
        subject = source.subject
        part = held_out(subject) if subject else None
    except LayerloomError as error:
        return None, f"It was not judged on real examples: {error.problem.message}"
    if subject is None or part is None:
        return None, "It was not judged on real examples: only a run has data."
    inside = {"preprocessing": delivery.preprocessing, "activations": delivery.activations}
    module = baked(delivery.program, module_with(delivery.program, delivery.weights), *inside.values())
    return Judge(subject, delivery.program, module, part, **inside).judge(path), ""


def held_out(subject: Subject) -> Part:
    """The examples that a file is judged on: of the test part, or of the first that has some."""
    parts = (name for name in ("test", "validation", "train") if subject.prepared.examples.get(name))
    return subject.part(next(parts, "test"), JUDGED)


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


def _certificate(source: Source, delivery: Delivery, path: Path, tolerance: float = TOLERANCE) -> dict[str, Any]:
    return compare(
        delivery.program,
        delivery.weights,
        path,
        preprocessing=delivery.preprocessing,
        activations=delivery.activations,
        examples={**_indices(source), **(_raw_range(source) if delivery.preprocessing else {})},
        tolerance=tolerance,
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
        rows = [np.broadcast_to(fitted.inverse(value.field, end) if affine else end, shape) for end in ends]
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
