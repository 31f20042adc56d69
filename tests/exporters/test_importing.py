"""ONNX models of other tools as designs: each operation computes in the imported network what ONNX Runtime computes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper

from core.catalog.families import default_catalog
from core.problem import LayerloomError
from exporters.onnx_reading import read_onnx
from exporters.verify import compare
from graph.codec import decode, encode
from graph.importing.importing import Imported, design
from graph.lower import lower

LIGHT = Path(onnx.__file__).parent / "backend" / "test" / "data" / "light"
chance = np.random.default_rng(7)


def model(
    path: Path,
    shape: Sequence[Any],
    nodes: Sequence[onnx.NodeProto],
    *,
    opset: int = 18,
    dtype: int = TensorProto.FLOAT,
    **constants: Any,
) -> Path:
    """A file with these operations, from ``x`` to ``y``; lists stand for arrays of whole numbers."""
    arrays = {
        k: np.asarray(v, np.int64) if isinstance(v, list | np.int64) else np.asarray(v, np.float32)
        for k, v in constants.items()
    }
    graph = helper.make_graph(
        list(nodes),
        "g",
        [helper.make_tensor_value_info("x", dtype, shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
        [numpy_helper.from_array(array, name) for name, array in arrays.items()],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=9), path)
    return path


def op(kind: str, inputs: str = "x", outputs: str = "y", **attributes: Any) -> onnx.NodeProto:
    return helper.make_node(kind, inputs.replace("-", "").split(" "), outputs.split(" "), **attributes)


def draw(*shape: int) -> Any:
    return chance.standard_normal(shape).astype(np.float32)


def imported(path: Path) -> Imported:
    return design(read_onnx(path), default_catalog())


def assert_same(path: Path) -> Imported:
    """The design is whole, survives its file, and its module answers as ONNX Runtime does."""
    found = imported(path)
    assert [problem.message for problem in found.problems] == []
    document, problems = decode(encode(found.document), default_catalog(), "imported")
    assert problems == []
    program = lower(document)
    state = {name: torch.from_numpy(np.array(array)) for name, array in found.state(program).items()}
    certificate = compare(program, state, path, batches=(found.batch,) if found.batch else (1, 3))
    assert certificate.passed, certificate.worst
    return found


PICTURE = ("B", 3, 9, 8)
BN = {"g": draw(3), "b": draw(3), "m": draw(3), "v": np.abs(draw(3)) + 0.5}
CASES: dict[str, tuple[Sequence[Any], list[onnx.NodeProto], dict[str, Any]]] = {
    "conv": (PICTURE, [op("Conv", "x w b", pads=[1, 1, 1, 1], strides=[2, 1])], {"w": draw(6, 3, 3, 3), "b": draw(6)}),
    "conv, uneven padding": (PICTURE, [op("Conv", "x w", pads=[0, 1, 1, 2])], {"w": draw(6, 3, 3, 3)}),
    "conv, same": (PICTURE, [op("Conv", "x w", auto_pad="SAME_UPPER", strides=[2, 2])], {"w": draw(4, 3, 3, 3)}),
    "conv, groups": (PICTURE, [op("Conv", "x w", group=3, dilations=[2, 2])], {"w": draw(6, 1, 3, 3)}),
    "conv 1d": (("B", 3, 11), [op("Conv", "x w", pads=[2, 2])], {"w": draw(5, 3, 5)}),
    "conv transpose": (PICTURE, [op("ConvTranspose", "x w b", strides=[2, 2])], {"w": draw(3, 4, 2, 2), "b": draw(4)}),
    "gemm": (("B", 7), [op("Gemm", "x w b", transB=1)], {"w": draw(5, 7), "b": draw(5)}),
    "gemm, not turned": (("B", 7), [op("Gemm", "x w b")], {"w": draw(7, 5), "b": draw(5)}),
    "matmul with bias": (("B", 4, 7), [op("MatMul", "x w", "t"), op("Add", "b t")], {"w": draw(7, 5), "b": draw(5)}),
    "matmul of two": (("B", 4, 7), [op("Transpose", "x", "t", perm=[0, 2, 1]), op("MatMul", "x t")], {}),
    "batch norm": (PICTURE, [op("BatchNormalization", "x g b m v", epsilon=1e-3)], BN),
    "batch norm, scaled after": (
        PICTURE,
        [op("BatchNormalization", "x g b m v", "t"), op("Mul", "t s", "u"), op("Add", "u o")],
        {**BN, "s": draw(3, 1, 1), "o": draw(3, 1, 1)},
    ),
    "layer norm": (("B", 4, 7), [op("LayerNormalization", "x g b", axis=-1)], {"g": draw(7), "b": draw(7)}),
    "instance norm": (PICTURE, [op("InstanceNormalization", "x g b")], {"g": draw(3), "b": draw(3)}),
    "lrn": (PICTURE, [op("LRN", size=3, alpha=0.1, beta=0.6, bias=2.0)], {}),
    "prelu": (PICTURE, [op("PRelu", "x s")], {"s": draw(3, 1, 1)}),
    "leaky relu": (PICTURE, [op("LeakyRelu", alpha=0.3)], {}),
    "clip to relu6": (PICTURE, [op("Clip", "x l h")], {"l": 0.0, "h": 6.0}),
    "clip": (PICTURE, [op("Clip", "x l h")], {"l": -0.5, "h": 0.25}),
    "softmax": (PICTURE, [op("Softmax", axis=1)], {}),
    "dropout": (PICTURE, [op("Dropout")], {}),
    "max pool": (PICTURE, [op("MaxPool", kernel_shape=[3, 2], strides=[2, 2], pads=[1, 0, 1, 0])], {}),
    "max pool, uneven": (PICTURE, [op("MaxPool", kernel_shape=[2, 2], strides=[2, 2], pads=[0, 0, 1, 1])], {}),
    "average pool": (PICTURE, [op("AveragePool", kernel_shape=[3, 3], pads=[1, 1, 1, 1])], {}),
    "global pools": (PICTURE, [op("GlobalAveragePool", "x", "a"), op("GlobalMaxPool", "x", "b"), op("Add", "a b")], {}),
    "numbers": (
        PICTURE,
        [
            op("Mul", "x two", "a"),
            op("Sub", "one a", "b"),
            op("Div", "b two", "c"),
            op("Add", "one c", "d"),
            op("Mul", "d d", "e"),
            op("Add", "e one", "f"),
            op("Sqrt", "f", "g"),
            op("Div", "two g"),
        ],
        {"two": 2.0, "one": 1.0},
    ),
    "sum of three": (PICTURE, [op("Relu", "x", "a"), op("Tanh", "x", "b"), op("Sum", "x a b")], {}),
    "concatenate": (PICTURE, [op("Relu", "x", "a"), op("Concat", "x a x", axis=-3)], {}),
    "flatten": (PICTURE, [op("Flatten")], {}),
    "reshape": (PICTURE, [op("Reshape", "x s")], {"s": [0, 3, -1]}),
    "reshape, flat": (PICTURE, [op("Reshape", "x s")], {"s": [-1, 216]}),
    "reshape by the shape": (
        PICTURE,
        [op("Shape", "x", "s", end=1), op("Concat", "s rest", "t", axis=0), op("Reshape", "x t")],
        {"rest": [24, 9]},
    ),
    "squeeze": (("B", 1, 5, 1), [op("Squeeze", "x a")], {"a": [1, 3]}),
    "unsqueeze": (("B", 5), [op("Unsqueeze", "x a")], {"a": [1, -1]}),
    "mean": (PICTURE, [op("ReduceMean", "x a", keepdims=0)], {"a": [2, 3]}),
    "slice": (PICTURE, [op("Slice", "x s e a t")], {"s": [1, 2], "e": [9, 2**62], "a": [2, 3], "t": [3, 1]}),
    "pad": (PICTURE, [op("Pad", "x p v")], {"p": [0, 0, 1, 2, 0, 0, 3, 0], "v": 0.5}),
    "resize": (
        PICTURE,
        [op("Resize", "x - s", mode="nearest", coordinate_transformation_mode="asymmetric", nearest_mode="floor")],
        {"s": np.asarray([1.0, 1.0, 2.0, 3.0])},
    ),
    "select": (("B", 4, 5), [op("Gather", "x i", axis=1)], {"i": np.int64(2)}),
    "depth to space": (("B", 8, 3, 3), [op("DepthToSpace", blocksize=2, mode="CRD")], {}),
    "constants worked out": (
        ("B", 7),
        [op("Transpose", "w", "t", perm=[1, 0]), op("MatMul", "x t")],
        {"w": draw(5, 7)},
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_an_operation_computes_what_it_did(case: str, tmp_path: Path) -> None:
    shape, nodes, constants = CASES[case]
    assert_same(model(tmp_path / "m.onnx", shape, nodes, **constants))


def test_numbers_of_words_become_an_embedding(tmp_path: Path) -> None:
    table, matrix = draw(9, 4), draw(4, 3)
    nodes = [op("Gather", "t x", "e"), op("MatMul", "e w")]
    found = assert_same(model(tmp_path / "m.onnx", ("B", 6), nodes, dtype=TensorProto.INT64, t=table, w=matrix))
    assert [node.layer for node in found.document.graph().nodes] == ["input", "embedding", "linear", "output"]


@pytest.mark.parametrize("name", ["resnet50", "densenet121", "squeezenet", "shufflenet", "inception_v2"])
def test_published_networks_are_whole(name: str) -> None:
    found = imported(LIGHT / f"light_{name}.onnx")
    assert found.complete
    program = lower(found.document)
    counts = {"resnet50": 25_557_032, "squeezenet": 1_235_496}
    shapes = [
        array.shape for key, array in found.state(program).items() if not key.endswith(("_mean", "_var", "_tracked"))
    ]
    if name in counts:
        assert sum(int(np.prod(shape)) for shape in shapes) == counts[name]


@pytest.mark.filterwarnings("ignore:You are using the legacy")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_layers_are_called_as_in_the_source_that_they_come_from(tmp_path: Path) -> None:
    path = tmp_path / "m.onnx"
    net = torch.nn.Sequential()
    net.add_module("encoder", torch.nn.Sequential(torch.nn.Linear(6, 4), torch.nn.ReLU()))
    net.add_module("head", torch.nn.Linear(4, 2))
    torch.onnx.export(
        net.eval(), (torch.zeros(1, 6),), path, dynamo=False, dynamic_axes={"x": {0: "B"}}, input_names=["x"]
    )
    found = assert_same(path)
    assert [node.name for node in found.document.graph().nodes if node.layer == "linear"] == ["encoder.0", "head"]


def test_what_no_layer_does_stands_in_the_drawing_and_is_told(tmp_path: Path) -> None:
    nodes = [op("Relu", "x", "a"), op("Erf", "a", "b"), op("Tanh", "b")]
    found = imported(model(tmp_path / "m.onnx", PICTURE, nodes))
    assert not found.complete
    assert [problem.message for problem in found.problems] == [
        "Not taken over: Erf: there is no layer that does it (b)."
    ]
    layers = [node.layer for node in found.document.graph().nodes]
    assert layers == ["input", "relu", "onnx:erf", "tanh", "output"]
    assert len(list(found.document.graph().links)) == 4


@pytest.mark.parametrize(
    ("nodes", "told"),
    [
        ([op("Transpose", perm=[1, 0, 2, 3])], "it moves the batch"),
        ([op("Conv", "x x")], "its kernel is computed"),
        ([op("Add", "x c")], "its second operand is not one number"),
        ([op("Relu", domain="org.example")], "there is no layer that does it"),
    ],
)
def test_refusals_name_the_reason(nodes: list[onnx.NodeProto], told: str, tmp_path: Path) -> None:
    [problem] = imported(model(tmp_path / "m.onnx", PICTURE, nodes, c=draw(3, 9, 8))).problems
    assert told in problem.message


@pytest.mark.parametrize(
    ("node", "constants", "told"),
    [
        (op("Div", "x zero"), {"zero": np.float32(0)}, "it divides by 0"),
        (op("Conv", "x w"), {"w": np.float32(0)}, "its kernel has 0 dimensions"),
        (op("Sum", "x two"), {"two": np.float32(2)}, "it works on something fixed"),
        (op("Reshape", "x s"), {"s": [2, 0, 0, 0, 0, -1]}, "keeps a size that is not there"),
    ],
)
def test_what_makes_no_sense_is_told_as_not_taken_over(
    node: onnx.NodeProto, constants: dict[str, Any], told: str, tmp_path: Path
) -> None:
    [problem] = imported(model(tmp_path / "m.onnx", PICTURE, [node], **constants)).problems
    assert told in problem.message


@pytest.mark.parametrize(
    "node", [op("Relu", "x x"), op("Relu", "absent"), op("MaxPool"), op("Concat", "x x"), op("Flatten", axis=0.5)]
)
def test_operations_that_break_their_declaration_are_refused(node: onnx.NodeProto, tmp_path: Path) -> None:
    with pytest.raises(LayerloomError, match="no ONNX model, or it is damaged") as refused:
        read_onnx(model(tmp_path / "m.onnx", PICTURE, [node]))
    assert refused.value.problem.detail


def test_a_constant_of_any_size_is_not_worked_out(tmp_path: Path) -> None:
    nodes = [op("ConstantOfShape", "many", "huge"), op("Add", "x huge")]
    found = imported(model(tmp_path / "m.onnx", PICTURE, nodes, many=[1 << 20, 1 << 20]))
    assert "ConstantOfShape" in found.problems[0].message


@pytest.mark.parametrize(
    ("dtype", "told"), [(TensorProto.STRING, "x holds string"), (TensorProto.BFLOAT16, "x holds bfloat16"), (99, "99")]
)
def test_inputs_of_other_kinds_are_refused(dtype: int, told: str, tmp_path: Path) -> None:
    with pytest.raises(LayerloomError, match=told):
        read_onnx(model(tmp_path / "m.onnx", PICTURE, [op("Identity")], dtype=dtype))


def test_a_size_of_none_is_one_that_varies(tmp_path: Path) -> None:
    with pytest.raises(LayerloomError, match=r"shape \(B, 3, \?, 8\)"):
        imported(model(tmp_path / "m.onnx", ("B", 3, 0, 8), [op("Relu")]))


def test_an_array_that_is_not_what_it_says_is_refused(tmp_path: Path) -> None:
    path = model(tmp_path / "m.onnx", PICTURE, [op("Conv", "x w")], w=draw(4, 3, 3, 3))
    found = onnx.load(path)
    found.graph.initializer[0].dims[0] = 5
    onnx.save(found, path)
    with pytest.raises(LayerloomError, match="the array 'w' is not what it says"):
        read_onnx(path)


def test_inputs_whose_names_fold_into_one_get_fields_of_their_own(tmp_path: Path) -> None:
    path = model(tmp_path / "m.onnx", (2, 3), [op("Add", "x X")])
    found = onnx.load(path)
    found.graph.input.append(helper.make_tensor_value_info("X", TensorProto.FLOAT, (2, 3)))
    onnx.save(found, path)
    nodes = imported(path).document.graph().nodes
    assert [node.params["field"] for node in nodes if node.layer == "input"] == ["x", "x_2"]


def test_files_that_hold_no_model_are_refused_in_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "m.onnx"
    path.write_bytes(b"no model at all")
    with pytest.raises(LayerloomError, match=r"m\.onnx is no ONNX model"):
        read_onnx(path)
    with pytest.raises(LayerloomError, match="there is no such file"):
        read_onnx(tmp_path / "absent.onnx")
    model(path, PICTURE, [op("Relu")], opset=6)
    with pytest.raises(LayerloomError, match="version 6 of the ONNX operators"):
        read_onnx(path)
    model(path, ("B", 3, "H", "W"), [op("Relu")])
    with pytest.raises(LayerloomError, match="sizes beside the batch vary"):
        imported(path)
    whole = model(path, PICTURE, [op("Relu")]).read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(LayerloomError, match=r"m\.onnx is no ONNX model"):
        read_onnx(path)
