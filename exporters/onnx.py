"""Program -> ONNX, by torch's own exporter: dynamic batch, the canvas's names, checked, written whole or not at all."""

from __future__ import annotations

import contextlib
import json
import logging
import re
import warnings
from collections.abc import Iterator, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import onnx
import torch
from torch import Tensor, nn

from core.catalog.families import default_catalog
from core.files import atomic_write
from core.problem import LayerloomError
from core.program.calls import label
from core.program.fixed import adaptive, unsuited
from core.program.module import explain, source_of
from core.program.program import Program, Value
from core.spec.shape import Dim, Symbolic
from exporters.baking import Activation, bake
from exporters.formats import Delivery, Weights
from exporters.node_names import canvas_path, name_nodes
from exporters.weights import module_with

OPSET = 20
LARGEST = 2_000_000_000  # bytes; one protobuf message holds less than 2 GiB
_EXAMPLE = {"B": 3}  # batches of 0 or 1 would be taken for constants
_OTHER_EXAMPLE = 16
_DTYPES = {"float": torch.float32, "int": torch.int64, "bool": torch.bool}
_CHATTY = ("torch.onnx", "torch.export", "torch.fx", "onnxscript", "onnx_ir")
_log = logging.getLogger(__name__)


def write(delivery: Delivery, path: Path) -> None:
    write_model(model_of(delivery), path)


def model_of(delivery: Delivery) -> onnx.ModelProto:
    """What `write` writes."""
    return onnx_model(
        delivery.program,
        delivery.weights,
        preprocessing=delivery.preprocessing,
        activations=delivery.activations,
        metadata=delivery.metadata,
    )


def export_onnx(
    program: Program,
    weights: Weights,
    path: str | Path,
    *,
    preprocessing: Mapping[str, Any] | None = None,
    activations: Mapping[str, Activation] | None = None,
    metadata: Mapping[str, Any] | None = None,
) -> None:
    """Write the inference part of the program as an ONNX file (opset 20) that passes onnx.checker.

    Inputs and outputs have their names on the canvas; the batch (``B``) and every other symbolic size stay open. A node
    is called after its layer's path in the module and the operator (``stage2.conv1/Conv``), and its metadata
    ``layerloom.node`` gives the node of the canvas. The file's metadata has title, Layerloom's version and each entry
    of `metadata` (texts as they are, all else as JSON). `preprocessing` and `activations` are as for `baking.bake`.

    Raises:
        LayerloomError: the weights do not fit, a layer cannot be exported (the problem names its node), a solver
            chooses its own steps (the problem has the fix), the model is too large for one file, or the file cannot be
            written.
    """
    made = onnx_model(program, weights, preprocessing=preprocessing, activations=activations, metadata=metadata)
    write_model(made, path)


def onnx_model(
    program: Program,
    weights: Weights,
    *,
    preprocessing: Mapping[str, Any] | None = None,
    activations: Mapping[str, Activation] | None = None,
    metadata: Mapping[str, Any] | None = None,
) -> onnx.ModelProto:
    """What `export_onnx` writes."""
    for placed in adaptive(program):
        assert placed.step.solver is not None
        raise LayerloomError(unsuited(label(placed.step), placed.node, placed.step.solver))
    net = module_with(program, weights)
    size = sum(t.numel() * t.element_size() for t in net.state_dict().values())
    if size > LARGEST:
        raise LayerloomError(
            f"The weights take {size / 1e9:.1f} GB; one ONNX file holds less than 2 GB. Export safetensors instead.",
            code="too-large",
        )
    model = _convert(program, net, bake(program, net, preprocessing, activations))
    name_nodes(model, program, source_of(net))
    _describe(model, program, metadata or {})
    return model


def write_model(model: onnx.ModelProto, path: str | Path) -> None:
    """Check the model and write it, whole or not at all. Raises LayerloomError where it is not valid ONNX."""
    try:
        onnx.checker.check_model(model, full_check=True)
    except (onnx.checker.ValidationError, onnx.shape_inference.InferenceError) as error:
        raise LayerloomError("The exported model is not valid ONNX.", code="export", detail=str(error)) from error
    atomic_write(path, model.SerializeToString())


def example_inputs(program: Program, sizes: Mapping[str, int] = _EXAMPLE) -> tuple[Tensor, ...]:
    """Zeros in the shapes of the inputs, symbols at the given sizes (16 where none is given)."""
    return tuple(torch.zeros(shape_of(value, sizes), dtype=_DTYPES[value.type.dtype]) for value in program.inputs)


def shape_of(value: Value, sizes: Mapping[str, int]) -> tuple[int, ...]:
    """The shape of an input with its symbols at the given sizes (16 where none is given)."""
    return tuple(_size(dim, sizes) for dim in value.type.shape)


def output_names(program: Program) -> list[str]:
    """The outputs' names, apart from each other and from the inputs', as ONNX needs them."""
    taken, names = {value.name for value in program.inputs}, list[str]()
    for output in program.outputs:
        name, count = output.name, 1
        while name in taken:
            count += 1
            name = f"{output.name}_{count}"
        taken.add(name)
        names.append(name)
    return names


def _convert(program: Program, net: nn.Module, module: nn.Module) -> onnx.ModelProto:
    shapes = tuple(_open_sizes(value) for value in program.inputs)
    try:
        with _quiet():
            exported = torch.onnx.export(
                module,
                example_inputs(program),
                dynamo=True,
                opset_version=OPSET,
                dynamic_shapes=shapes if module is net else (shapes,),
                input_names=[value.name for value in program.inputs],
                output_names=output_names(program),
                verbose=False,
            )
    except Exception as error:  # the exporter raises whatever its many layers raise
        raise _failure(program, net, error) from error
    assert exported is not None
    model: onnx.ModelProto = exported.model_proto
    return model


def _open_sizes(value: Value) -> dict[int, Any]:
    """Symbolic dimensions by index; a derived one (``T-2``) is left for the exporter to find."""
    dims: dict[int, Any] = {}
    for index, dim in enumerate(value.type.shape):
        if isinstance(dim, Symbolic):
            name = str(dim)
            dims[index] = (
                torch.export.Dim(_SIZE_NAMES.get(name, name)) if name.isidentifier() else torch.export.Dim.AUTO
            )
    return dims


_SIZE_NAMES = {"B": "batch", "T": "time", "H": "height", "W": "width"}


def _size(dim: Dim, sizes: Mapping[str, int]) -> int:
    if isinstance(dim, int):
        return dim
    given = dim.evaluate({name: sizes.get(name, _OTHER_EXAMPLE) for name in dim.symbols})
    assert isinstance(given, int)
    return given


def _failure(program: Program, net: nn.Module, error: Exception) -> LayerloomError:
    """The exporter's error as a problem of the node that it met: by the traceback, else by the operation at work."""
    seen: BaseException | None = error
    while seen is not None:
        told = explain(seen)
        if told is not None:
            return LayerloomError(
                f"{told.problem.message} So it cannot be exported as ONNX.",
                code="export",
                node=told.problem.node,
                detail=told.problem.detail,
            )
        seen = seen.__cause__ or seen.__context__
    path = canvas_path(source_of(net), _stack_met(error))
    step = next((placed.step for placed in program.placed() if placed.node == path), None)
    spec = default_catalog().get(step.layer) if step else None
    reason = _reason(str(error)) or type(error).__name__
    message = f"{label(step) if step else 'This design'} cannot be exported as ONNX: {reason}."
    if spec is not None and spec.onnx_note:
        message = f"{message} {spec.onnx_note}"
    return LayerloomError(message, code="export", node=path, detail=str(error))


def _stack_met(error: BaseException) -> str:
    """The user's stack of the operation that the exporter was translating; it is told nowhere but in its own frames."""
    seen: BaseException | None = error
    found = ""
    while seen is not None:
        trace = seen.__traceback__
        while trace is not None:
            node = trace.tb_frame.f_locals.get("node")
            found = node.meta.get("stack_trace", found) if isinstance(node, torch.fx.Node) else found
            trace = trace.tb_next
        seen = seen.__cause__ or seen.__context__
    return found


def _reason(text: str) -> str:
    """The exporter's own summary of what went wrong, without its advice to developers of torch."""
    plain = re.sub(r"\x1b\[[0-9;]*m", "", text)
    unknown = re.search(r"No ONNX function found for <OpOverload\(op='([^']+)'", plain)
    if unknown:
        return f"ONNX has no operator for {unknown.group(1)}"
    summary = re.search(r"<class '[^']*'>: (.+)", plain)
    return (summary.group(1) if summary else plain.strip().partition("\n")[0])[:300].rstrip(". ")


def _describe(model: onnx.ModelProto, program: Program, metadata: Mapping[str, Any]) -> None:
    model.producer_name, model.producer_version = "Layerloom", layerloom_version()
    model.graph.name = program.name
    model.doc_string = program.title
    entries = {"title": program.title or program.name, "layerloom_version": layerloom_version(), **metadata}
    texts = {key: value if isinstance(value, str) else json.dumps(value) for key, value in entries.items()}
    onnx.helper.set_model_props(model, texts)


def layerloom_version() -> str:
    try:
        return version("layerloom")
    except PackageNotFoundError:
        return "unknown"


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep the exporter's remarks out of the program's own output; warnings go to the log."""
    loggers = [logging.getLogger(name) for name in _CHATTY]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
        for warning in caught:
            _log.debug("ONNX export: %s", warning.message)
