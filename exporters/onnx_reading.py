"""An ONNX file as a plain `Model`: what is constant is worked out by onnx itself, shapes are inferred."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
from onnx import ModelProto, NodeProto, TensorProto, ValueInfoProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

from core.files import file_error
from core.problem import LayerloomError
from core.program.foreign import Array, Entry, Model, Operation, Size

# What onnx's evaluator raises where it does not know an operation, or the constants do not fit it.
_REFUSALS = (RuntimeError, ValueError, TypeError, LookupError, AttributeError, ArithmeticError, MemoryError)
_OWN = ("", "ai.onnx")  # the names of the domain of ONNX itself
_DRAWN = frozenset({"RandomNormal", "RandomUniform", "RandomNormalLike", "RandomUniformLike", "Bernoulli"})
LARGEST = 2**26  # numbers that a constant may have which is worked out: a few bytes of a file can ask for any number
OLDEST = 7  # of the operator sets: before it, shapes of element-wise operations were told by attributes


def read_onnx(path: str | Path) -> Model:
    """The network in an ONNX file.

    Raises:
        LayerloomError: the file cannot be read, is no ONNX model, is older than operator set 7, or has graphs in its
            operations (If, Loop, Scan), which a drawing of layers cannot hold.
    """
    path = Path(path)
    try:
        found = onnx.load(path)
        _check(found)
    except OSError as error:
        raise file_error("open", path, error) from error
    except (DecodeError, onnx.checker.ValidationError, ValueError) as error:
        message = f"{path.name} is no ONNX model, or it is damaged."
        raise LayerloomError(message, code="onnx", detail=str(error)) from error
    if not found.graph.node:
        raise LayerloomError(f"{path.name} is no ONNX model, or an empty one: it has no operations.", code="onnx")
    opset = max((entry.version for entry in found.opset_import if entry.domain in _OWN), default=0)
    if opset < OLDEST:
        raise LayerloomError(
            f"{path.name} uses version {opset} of the ONNX operators; version {OLDEST} or newer is needed. Export the "
            "model again, or bring it up with onnx.version_converter.",
            code="onnx",
        )
    return _model(path, found, opset)


def _check(found: ModelProto) -> None:
    """Hold ONNX's own operations against their declarations, without the weights, which may be of any size.

    Raises:
        ValidationError: inputs or attributes of one are missing or of another kind, or come from nowhere.
    """
    graph = found.graph
    own = [node for node in graph.node if node.domain in _OWN]
    given = [value.name for value in (*graph.input, *graph.initializer)]
    given += [tensor.values.name for tensor in graph.sparse_initializer]
    given += [name for node in graph.node if node.domain not in _OWN for name in node.output]
    made = {name for node in own for name in node.output}
    ends = [
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, ()) for name in names]
        for names in (dict.fromkeys(given), [value.name for value in graph.output if value.name in made])
    ]
    alone = helper.make_graph(own, graph.name or "graph", inputs=ends[0], outputs=ends[1])
    imports = [entry for entry in found.opset_import if entry.domain in _OWN]
    onnx.checker.check_model(helper.make_model(alone, opset_imports=imports, ir_version=found.ir_version))


def _model(path: Path, found: ModelProto, opset: int) -> Model:
    graph = found.graph
    constants = {tensor.name: _array(path, tensor) for tensor in graph.initializer}
    shapes = _shapes(found)
    operations = []
    for node in graph.node:
        attributes = {a.name: _attribute(path, node.op_type, a) for a in node.attribute}
        domain = "" if node.domain == "ai.onnx" else node.domain
        if not domain and _fold(node, constants, shapes, opset):
            continue
        operations.append(Operation(node.op_type, node.name, tuple(node.input), tuple(node.output), attributes, domain))
    return Model(
        name=path.stem,
        inputs=tuple(_entry(path, value) for value in graph.input if value.name not in constants),
        outputs=tuple(_entry(path, value) for value in graph.output),
        operations=tuple(operations),
        constants=constants,
        shapes=shapes,
        opset=opset,
    )


def _shapes(found: ModelProto) -> dict[str, tuple[Size, ...]]:
    """What is known of the tensors in between; what the file itself says where more cannot be worked out."""
    with contextlib.suppress(onnx.shape_inference.InferenceError, ValueError):
        found = onnx.shape_inference.infer_shapes(found, data_prop=True)
    told = (*found.graph.value_info, *found.graph.input, *found.graph.output)
    return {value.name: shape for value in told if (shape := _shape(value)) is not None}


def _fold(node: NodeProto, constants: dict[str, Array], shapes: Mapping[str, tuple[Size, ...]], opset: int) -> bool:
    """Work out an operation on constants alone; whether it was one, and could be."""
    if node.op_type == "Shape" and node.input[0] not in constants:
        sizes = shapes.get(node.input[0])
        if sizes is None or not all(isinstance(size, int) for size in sizes) or node.attribute:
            return False
        constants[node.output[0]] = np.asarray(sizes, np.int64)
        return True
    if node.op_type in _DRAWN or not all(name in constants for name in node.input if name):
        return False
    if any(prod(size for size in shapes.get(name, ()) if isinstance(size, int)) > LARGEST for name in node.output):
        return False
    inputs = [helper.make_tensor_value_info(name, TensorProto.UNDEFINED, None) for name in node.input if name]
    outputs = [helper.make_tensor_value_info(name, TensorProto.UNDEFINED, None) for name in node.output if name]
    alone = helper.make_model(
        helper.make_graph([node], "constant", inputs, outputs), opset_imports=[helper.make_opsetid("", opset)]
    )
    try:
        values = ReferenceEvaluator(alone).run(None, {name: constants[name] for name in node.input if name})
    except _REFUSALS:
        return False
    constants.update(zip((name for name in node.output if name), map(np.asarray, values), strict=True))
    return True


def _entry(path: Path, value: ValueInfoProto) -> Entry:
    kind = value.type.tensor_type.elem_type or TensorProto.FLOAT
    known = kind in TensorProto.DataType.values()
    dtype = helper.tensor_dtype_to_np_dtype(kind) if known else None
    if dtype is None or dtype.kind not in "fiub":
        name = TensorProto.DataType.Name(kind).lower() if known else f"the unknown type {kind}"
        raise LayerloomError(
            f"{path.name}: {value.name} holds {name}; expected float16, float32, float64, whole numbers or bool.",
            code="onnx",
        )
    return Entry(value.name, _shape(value) or (), dtype)


def _shape(value: ValueInfoProto) -> tuple[Size, ...] | None:
    tensor = value.type.tensor_type
    return tuple(_sizes(tensor.shape.dim)) if tensor.HasField("shape") else None


def _sizes(dims: Any) -> Iterator[Size]:
    for dim in dims:
        yield (dim.dim_value if dim.dim_value > 0 else None) if dim.HasField("dim_value") else dim.dim_param or None


def _array(path: Path, tensor: TensorProto) -> Array:
    try:
        return numpy_helper.to_array(tensor)
    except (ValueError, TypeError, KeyError) as error:
        message = f"{path.name} is damaged: the array {tensor.name!r:.60} is not what it says it is."
        raise LayerloomError(message, code="onnx", detail=str(error)) from error


def _attribute(path: Path, op: str, attribute: onnx.AttributeProto) -> Any:
    value = helper.get_attribute_value(attribute)
    if isinstance(value, onnx.GraphProto):
        raise LayerloomError(
            f"{path.name} has the operation {op}, which holds a graph of its own (a branch or a loop). A drawing of "
            "layers cannot hold it.",
            code="onnx",
        )
    if isinstance(value, TensorProto):
        return _array(path, value)
    return value.decode(errors="replace") if isinstance(value, bytes) else value
