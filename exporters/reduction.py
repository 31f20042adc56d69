"""ONNX files in fewer bits: half precision, weights of two bytes, and whole numbers of one byte by ONNX Runtime.

What cannot be reduced stays float32 and is told by its node.
"""

from __future__ import annotations

import contextlib
import io
import logging
import math
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import ModelProto, TensorProto, helper, numpy_helper

from core.problem import LayerloomError
from exporters.opening import opens
from exporters.precisions import PRECISIONS, WHOLE, precision_of

Array: TypeAlias = NDArray[Any]
Examples: TypeAlias = Mapping[str, Array]
Settings: TypeAlias = Mapping[str, Any]
NODE = "layerloom.node"
_AT_A_TIME = 32  # examples of a batch of the calibration, at most
_IN_BYTES = (
    "Conv", "ConvTranspose", "Gemm", "MatMul", "Gather", "Add", "Relu", "Clip", "MaxPool", "AveragePool",
    "GlobalAveragePool", "Concat", "Split", "Reshape", "Transpose", "Squeeze", "Unsqueeze", "Flatten", "Pad",
)  # fmt: skip
# Products, and what passes bytes on between them; curved functions and norms stay float32.
_MATRIX = 2  # dimensions from which weights count as such: biases and scales stay float32 everywhere


@dataclass(frozen=True, slots=True)
class Kept:
    """Weights that stayed float32: the node of the canvas that uses them (empty where unknown), and their bytes."""

    node: str
    bytes: int


def reduced(model: ModelProto, precision: str, settings: Settings, examples: Examples | None = None) -> ModelProto:
    """The model in another precision; the given one is left as it is.

    Args:
        settings: fields of the precision (`exporters.precisions`).
        examples: what the inputs are fed with to calibrate, by their names; as many as are to be used.

    Raises:
        LayerloomError: there is no such precision, examples are missing, or ONNX Runtime cannot make it.
    """
    chosen = precision_of(precision)
    values = chosen.settings(settings)
    if chosen.calibrated and not examples:
        raise LayerloomError(
            f"{chosen.label} needs training examples to calibrate on, which only a run has. Export from a run, or "
            f"choose {PRECISIONS['int8-dynamic'].label}.",
            code="calibration",
        )
    copied = ModelProto()
    copied.CopyFrom(model)
    try:
        with _silent():
            made = REDUCERS[precision](copied, values, examples or {})
    except Exception as error:  # ONNX Runtime raises classes of its own without a common base
        reason = str(error).strip().partition("\n")[0][:200].rstrip(". ") or type(error).__name__
        message = f"This network cannot be written in {chosen.label}: {reason}. Choose another precision."
        raise LayerloomError(message, code="precision", detail=repr(error)) from error
    _restore_notes(model, made)
    helper.set_model_props(made, {p.key: p.value for p in model.metadata_props} | {"precision": precision})
    made.producer_name, made.producer_version = model.producer_name, model.producer_version
    return made


def left_whole(path: Path) -> tuple[Kept, ...]:
    """What stayed float32 in a file that was to be reduced, the largest first."""
    return tuple(sorted(_kept(onnx.load(path)), key=lambda kept: -kept.bytes))


# -- the ways


_HALF_BLOCKS = ((), ("Transpose",))  # ONNX Runtime 1.32 dies of some transposes in half precision before a product


def _half(model: ModelProto, _settings: Settings, _examples: Examples) -> ModelProto:
    from onnxruntime.transformers.float16 import DEFAULT_OP_BLOCK_LIST, convert_float_to_float16

    for blocked in _HALF_BLOCKS:
        made = ModelProto()
        made.CopyFrom(model)
        blocks = [*DEFAULT_OP_BLOCK_LIST, *blocked]
        made = _sorted(convert_float_to_float16(made, keep_io_types=True, op_block_list=blocks))
        del made.graph.value_info[:]  # those of float32; they are inferred anew
        if _is_opened(made):
            return made
    raise ValueError("ONNX Runtime cannot open what comes of it")


def _is_opened(model: ModelProto) -> bool:
    with tempfile.TemporaryDirectory(prefix="layerloom-") as folder:
        path = Path(folder) / "model.onnx"
        onnx.save(model, path)
        return opens(path)


def _sorted(model: ModelProto) -> ModelProto:
    """The nodes in an order in which each value is made before it is used; the converter appends its casts."""
    graph = model.graph
    made = {name: index for index, node in enumerate(graph.node) for name in node.output}
    order: list[int] = []
    placed: set[int] = set()
    todo = [(index, False) for index in reversed(range(len(graph.node)))]
    while todo:
        index, ready = todo.pop()
        if ready:
            order.append(index)
        elif index not in placed:
            placed.add(index)
            todo.append((index, True))
            todo += [(made[name], False) for name in _read(graph.node[index]) if name in made]
    nodes = [onnx.NodeProto.FromString(graph.node[index].SerializeToString()) for index in order]
    del graph.node[:]
    graph.node.extend(nodes)
    return model


def _read(node: onnx.NodeProto) -> Iterator[str]:
    """The values that a node uses, those that its own graphs take from outside among them."""
    yield from node.input
    for attribute in node.attribute:
        for inner in attribute.g.node if attribute.type == onnx.AttributeProto.GRAPH else ():
            yield from _read(inner)


def _brain_weights(model: ModelProto, _settings: Settings, _examples: Examples) -> ModelProto:
    """Each weight in two bytes, with the cast back to float32 beside it, which is done once when the file is loaded."""
    casts = []
    for tensor in model.graph.initializer:
        if tensor.data_type != TensorProto.FLOAT or math.prod(tensor.dims) < _MATRIX:
            continue
        values = torch.from_numpy(numpy_helper.to_array(tensor).copy()).bfloat16()
        short = f"{tensor.name}.bfloat16"
        casts.append(helper.make_node("Cast", [short], [tensor.name], f"{tensor.name}/Cast", to=TensorProto.FLOAT))
        raw = values.view(torch.int16).numpy().tobytes()
        tensor.CopyFrom(helper.make_tensor(short, TensorProto.BFLOAT16, tensor.dims, raw, raw=True))
    nodes = [*casts, *model.graph.node]
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    return model


def _bytes_dynamic(model: ModelProto, settings: Settings, _examples: Examples) -> ModelProto:
    from onnxruntime.quantization import QuantType, quantize_dynamic

    return _through_file(lambda path: quantize_dynamic(model, path, weight_type=QuantType.QInt8, **settings))


def _bytes_calibrated(model: ModelProto, settings: Settings, examples: Examples) -> ModelProto:
    from onnxruntime.quantization import CalibrationMethod, QuantFormat, QuantType, quantize_static

    methods = {
        "minmax": CalibrationMethod.MinMax,
        "entropy": CalibrationMethod.Entropy,
        "percentile": CalibrationMethod.Percentile,
    }
    return _through_file(
        lambda path: quantize_static(
            model,
            path,
            _Reader(examples),
            op_types_to_quantize=list(_IN_BYTES),
            nodes_to_exclude=list(_spared(model)),
            quant_format=QuantFormat.QDQ,
            per_channel=settings["per_channel"],
            reduce_range=settings["reduce_range"],
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            calibrate_method=methods[settings["method"]],
            extra_options={"CalibPercentile": settings["percentile"]} if settings["method"] == "percentile" else {},
        )
    )


def _spared(model: ModelProto) -> Iterator[str]:
    """What would lose too much in bytes: products of two values that flow (scores of attention), and sums with
    constants (biases, masks of minus infinity) or before a softmax."""
    constants = {tensor.name for tensor in model.graph.initializer}
    softmaxed = {name for node in model.graph.node if node.op_type == "Softmax" for name in node.input}
    for node in model.graph.node:
        held = not constants.isdisjoint(node.input)
        masks = node.op_type == "Add" and (held or not softmaxed.isdisjoint(node.output))
        if masks or (node.op_type == "MatMul" and not held):
            yield node.name


REDUCERS: Mapping[str, Callable[[ModelProto, Settings, Examples], ModelProto]] = {
    WHOLE: lambda model, _settings, _examples: model,
    "float16": _half,
    "bfloat16": _brain_weights,
    "int8-dynamic": _bytes_dynamic,
    "int8": _bytes_calibrated,
}


class _Reader:
    """Hands the examples to the calibration (`onnxruntime.quantization.CalibrationDataReader`) in batches of one size:
    histograms are made of nothing else."""

    def __init__(self, examples: Examples) -> None:
        count = len(next(iter(examples.values())))
        size = next(n for n in range(min(count, _AT_A_TIME), 0, -1) if count % n == 0)
        self._parts = iter(
            [{name: array[i : i + size] for name, array in examples.items()} for i in range(0, count, size)]
        )

    def get_next(self) -> dict[str, Array] | None:
        return next(self._parts, None)

    def __iter__(self) -> Iterator[dict[str, Array]]:
        return self._parts

    def __next__(self) -> dict[str, Array]:
        return next(self._parts)


def _through_file(write: Callable[[Path], object]) -> ModelProto:
    with tempfile.TemporaryDirectory(prefix="layerloom-") as folder:
        path = Path(folder) / "model.onnx"
        write(path)
        return onnx.load(path)


# -- what is told of them


def _restore_notes(before: ModelProto, after: ModelProto) -> None:
    """Give nodes that took the place of others the node of the canvas that those came from."""
    notes = {node.name: note.value for node in before.graph.node for note in node.metadata_props if note.key == NODE}
    for node in after.graph.node:
        if any(note.key == NODE for note in node.metadata_props):
            continue
        origin = max((name for name in notes if node.name.startswith(f"{name}_")), key=len, default="")
        if origin:
            node.metadata_props.add(key=NODE, value=notes[origin])


def _kept(model: ModelProto) -> Iterator[Kept]:
    """Weights that are float32 still, by the node that uses them."""
    whole = {
        tensor.name: 4 * math.prod(tensor.dims)
        for tensor in model.graph.initializer
        if tensor.data_type == TensorProto.FLOAT and sum(n > 1 for n in tensor.dims) >= _MATRIX
    }
    found: dict[str, int] = {}
    for node in model.graph.node:
        path = next((note.value for note in node.metadata_props if note.key == NODE), "")
        for name in node.input:
            found[path] = found.get(path, 0) + whole.pop(name, 0)
    return (Kept(path, size) for path, size in found.items() if size)


@contextlib.contextmanager
def _silent() -> Iterator[None]:
    """Keep what ONNX Runtime prints and advises out of the program's own output."""

    def nothing(_record: logging.LogRecord) -> bool:
        return False

    root = logging.getLogger()
    root.addFilter(nothing)
    try:
        with contextlib.redirect_stdout(io.StringIO()), np.errstate(all="ignore"):
            yield
    finally:
        root.removeFilter(nothing)
