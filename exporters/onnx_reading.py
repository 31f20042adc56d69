"""An ONNX file as a plain `Model`: what is constant is worked out by onnx itself, shapes are inferred."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
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

_DRAWN = frozenset({"RandomNormal", "RandomUniform", "RandomNormalLike", "RandomUniformLike", "Bernoulli"})
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
    except OSError as error:
        raise file_error("open", path, error) from error
    except (DecodeError, onnx.checker.ValidationError, ValueError) as error:
        message = f"{path.name} is no ONNX model, or it is damaged."
        raise LayerloomError(message, code="onnx", detail=str(error)) from error
    if not found.graph.node:
        raise LayerloomError(f"{path.name} is no ONNX model, or an empty one: it has no operations.", code="onnx")
    opset = max((entry.version for entry in found.opset_import if entry.domain in ("", "ai.onnx")), default=0)
    if opset < OLDEST:
        raise LayerloomError(
            f"{path.name} uses version {opset} of the ONNX operators; version {OLDEST} or newer is needed. Export the "
            "model again, or bring it up with onnx.version_converter.",
            code="onnx",
        )
    return _model(path, found, opset)


def _model(path: Path, found: ModelProto, opset: int) -> Model:
    graph = found.graph
    constants = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    shapes = _shapes(found)
    operations = []
    for node in graph.node:
        attributes = {a.name: _attribute(path, node.op_type, a) for a in node.attribute}
        domain = "" if node.domain == "ai.onnx" else node.domain
        if not domain and _fold(node, constants, shapes, opset):
            continue
        operations.append(
            Operation(node.op_type, node.name, tuple(node.input), tuple(node.output), attributes, domain)
        )
    return Model(
        name=path.stem,
        inputs=tuple(_entry(value) for value in graph.input if value.name not in constants),
        outputs=tuple(_entry(value) for value in graph.output),
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
    """Work out an operation on constants alone; whether it was one."""
    if node.op_type == "Shape" and node.input[0] not in constants:
        sizes = shapes.get(node.input[0])
        if sizes is None or not all(isinstance(size, int) for size in sizes) or node.attribute:
            return False
        constants[node.output[0]] = np.asarray(sizes, np.int64)
        return True
    if node.op_type in _DRAWN or not all(name in constants for name in node.input if name):
        return False
    inputs = [helper.make_tensor_value_info(name, TensorProto.UNDEFINED, None) for name in node.input if name]
    outputs = [helper.make_tensor_value_info(name, TensorProto.UNDEFINED, None) for name in node.output if name]
    alone = helper.make_model(
        helper.make_graph([node], "constant", inputs, outputs), opset_imports=[helper.make_opsetid("", opset)]
    )
    values = ReferenceEvaluator(alone).run(None, {name: constants[name] for name in node.input if name})
    constants.update(zip((name for name in node.output if name), map(np.asarray, values), strict=True))
    return True


def _entry(value: ValueInfoProto) -> Entry:
    dtype = helper.tensor_dtype_to_np_dtype(value.type.tensor_type.elem_type or TensorProto.FLOAT)
    return Entry(value.name, _shape(value) or (), dtype)


def _shape(value: ValueInfoProto) -> tuple[Size, ...] | None:
    tensor = value.type.tensor_type
    return tuple(_sizes(tensor.shape.dim)) if tensor.HasField("shape") else None


def _sizes(dims: Any) -> Iterator[Size]:
    for dim in dims:
        yield dim.dim_value if dim.HasField("dim_value") else dim.dim_param or None


def _attribute(path: Path, op: str, attribute: onnx.AttributeProto) -> Any:
    value = helper.get_attribute_value(attribute)
    if isinstance(value, onnx.GraphProto):
        raise LayerloomError(
            f"{path.name} has the operation {op}, which holds a graph of its own (a branch or a loop). A drawing of "
            "layers cannot hold it.",
            code="onnx",
        )
    if isinstance(value, TensorProto):
        return numpy_helper.to_array(value)
    return value.decode(errors="replace") if isinstance(value, bytes) else value

