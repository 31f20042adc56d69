"""ONNX files: valid, named after the canvas, open in the batch, equal to PyTorch, and honest about what cannot be."""

from __future__ import annotations

import errno
import os
import threading
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

from core.data.curves import Curve
from core.data.holes import Filler
from core.data.neighbours import Neighbours
from core.data.transforms import Affine, Fitted
from core.problem import LayerloomError
from core.program.module import build
from core.program.program import Program
from exporters.baking import answered, bake, score_activations
from exporters.formats import FORMATS, Delivery
from exporters.onnx import export_onnx
from exporters.verify import Certificate, Row, compare, difference
from exporters.weights import module_with
from tests import drawn

SLOW = pytest.mark.slow
NETS = [pytest.param(n, marks=() if n in ("resnet", "siamese") else SLOW) for n in drawn.ALL]


def weights(program: Program, seed: int = 0) -> Mapping[str, torch.Tensor]:
    torch.manual_seed(seed)
    state: dict[str, torch.Tensor] = build(program).state_dict()
    return state


@pytest.fixture(scope="module")
def resnet(tmp_path_factory: pytest.TempPathFactory) -> tuple[Program, Mapping[str, torch.Tensor], Path]:
    path = tmp_path_factory.mktemp("onnx") / "net.onnx"
    program = drawn.resnet()
    state = weights(program)
    export_onnx(program, state, path, metadata={"classes": ["zero", "one"], "note": "plain text"})
    return program, state, path


@pytest.mark.parametrize("name", NETS)
def test_the_file_computes_what_pytorch_computes(name: str, tmp_path: Path) -> None:
    program = drawn.ALL[name]()
    state, path = weights(program), tmp_path / "net.onnx"
    export_onnx(program, state, path)
    certificate = compare(program, state, path)
    assert certificate.passed, certificate.rows
    assert len(certificate.rows) == 4 * len(program.outputs)
    assert {row.batch for row in certificate.rows} == {1, 2, 7, 32}


def test_names_are_those_of_the_canvas(resnet: tuple[Program, Any, Path]) -> None:
    model = onnx.load(resnet[2])
    assert [i.name for i in model.graph.input] == ["image"]
    assert [o.name for o in model.graph.output] == ["logits"]
    assert model.graph.input[0].type.tensor_type.shape.dim[0].dim_param == "batch"
    assert [d.dim_value for d in model.graph.input[0].type.tensor_type.shape.dim][1:] == [1, 8, 8]
    nodes = {node.name: {m.key: m.value for m in node.metadata_props} for node in model.graph.node}
    assert len(nodes) == len(model.graph.node)
    assert nodes["stage1.1.add/Add"] == {"layerloom.node": "stage1/add"}
    assert nodes["pool/ReduceSum"] == {"layerloom.node": "pool"}
    assert "stage1.0.shortcut.weight" in {tensor.name for tensor in model.graph.initializer}
    assert model.opset_import[0].version == 20


def test_metadata_tells_where_the_file_comes_from(resnet: tuple[Program, Any, Path]) -> None:
    model = onnx.load(resnet[2])
    entries = {entry.key: entry.value for entry in model.metadata_props}
    assert entries["title"] == "Digits ResNet"
    assert entries["classes"] == '["zero", "one"]'
    assert entries["note"] == "plain text"
    assert model.producer_name == "Layerloom"
    assert entries["layerloom_version"] == model.producer_version


def test_nothing_about_this_machine_is_in_the_file(resnet: tuple[Program, Any, Path]) -> None:
    data = resnet[2].read_bytes()
    for private in (str(Path.home()), str(Path(torch.__file__).parent), "site-packages", "stack_trace"):
        assert private.encode() not in data


def test_other_weights_do_not_pass(resnet: tuple[Program, Any, Path]) -> None:
    program, _, path = resnet
    certificate = compare(program, weights(program, seed=1), path, batches=(2,))
    assert not certificate.passed
    data = certificate.to_json()
    assert data["passed"] is False
    assert data["rows"][0].keys() == {"output", "batch", "max_abs", "max_rel"}


def test_exporting_is_silent(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        export_onnx(drawn.recurrent_block(), None, tmp_path / "net.onnx")
    assert capfd.readouterr() == ("", "")


def test_preparation_goes_inside(tmp_path: Path) -> None:
    program, path = _regression(), tmp_path / "net.onnx"
    state = weights(program)
    features = Affine(np.array([100.0, -5.0, 0.0]), np.array([0.01, 2.0, 1.0]))
    answer = Affine(np.array([50.0]), np.array([0.1]))
    fitted = Fitted({"features": features, "answer": answer}, {"features": Filler(np.ones(3))})
    export_onnx(program, state, path, preprocessing=fitted.to_json())
    raw = np.array([[120.0, -4.0, np.nan], [80.0, -6.0, 2.0]], np.float32)
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    [made] = session.run(["answer"], {"features": raw})
    net = module_with(program, state)
    with torch.no_grad():
        inside = net(torch.from_numpy(fitted.apply_to("features", raw))).numpy()
    np.testing.assert_allclose(made, fitted.inverse("answer", inside), rtol=1e-5)
    examples = {"features": np.array([[0.0, -9.0, -3.0], [200.0, 3.0, 9.0]])}
    assert compare(program, state, path, preprocessing=fitted.to_json(), examples=examples).passed
    assert not compare(program, state, path, examples=examples).passed
    initializers = {tensor.name for tensor in onnx.load(path).graph.initializer}
    assert not any(name.startswith("net.") for name in initializers)


@pytest.mark.parametrize("kind", ["log", "yeo_johnson"])
def test_bent_fields_are_bent_inside(kind: str, tmp_path: Path) -> None:
    program, path = _regression(), tmp_path / "net.onnx"
    state = weights(program)
    features = Affine(np.array([1.0, -5.0, 0.0]), np.array([0.3, 2.0, 1.0]))
    curves = {"features": Curve(kind, np.array([0.0, 1.4, 2.0])), "answer": Curve(kind, np.array([0.4]))}
    fitted = Fitted({"features": features, "answer": Affine(np.array([3.0]), np.array([1.5]))}, {}, curves)
    export_onnx(program, state, path, preprocessing=fitted.to_json())
    raw = np.array([[120.0, -4.0, 3.0], [80.0, 6.0, -2.0]], np.float32)
    [made] = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"]).run(["answer"], {"features": raw})
    with torch.no_grad():
        inside = module_with(program, state)(torch.from_numpy(fitted.apply_to("features", raw))).numpy()
    np.testing.assert_allclose(made, fitted.inverse("answer", inside), rtol=1e-4)
    examples = {"features": np.array([[1.0, -9.0, -3.0], [200.0, 3.0, 9.0]])}
    assert compare(program, state, path, preprocessing=fitted.to_json(), examples=examples).passed


@pytest.mark.parametrize("scaled", [True, False])
def test_rows_most_alike_fill_holes_inside_as_outside(scaled: bool, tmp_path: Path) -> None:
    program, path = _regression(4), tmp_path / "net.onnx"
    state = weights(program)
    chance = np.random.default_rng(2)
    rows = chance.normal([0, 50, -3], [1, 20, 0.1], (60, 3))
    rows[chance.random(rows.shape) < 0.2] = np.nan
    near = Neighbours.fitted(rows, 4, scaled)
    fitted = Fitted({}, {"features": Filler(np.array([*np.nanmean(rows, axis=0), 0.0]), near, (1,))})
    export_onnx(program, state, path, preprocessing=fitted.to_json())
    raw = np.concatenate([rows[:20], np.full((1, 3), np.nan)])
    raw = np.concatenate([raw, np.zeros((21, 1))], axis=1).astype(np.float32)  # the mark is made inside
    [made] = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"]).run(["answer"], {"features": raw})
    filled = fitted.apply_to("features", raw)
    np.testing.assert_array_equal(filled[:, 3], np.isnan(raw[:, 1]))
    with torch.no_grad():
        wanted = module_with(program, state)(torch.from_numpy(filled)).numpy()
    np.testing.assert_allclose(made, wanted, rtol=1e-5, atol=1e-6)
    examples = {"features": np.stack([[-3.0, 0, -4, 0], [3.0, 90, -2, 1], fitted.fill["features"].holed()])}
    assert compare(program, state, path, preprocessing=fitted.to_json(), examples=examples).passed


def test_neighbours_of_very_many_columns_stay_outside(tmp_path: Path) -> None:
    program = _regression(65)
    rows = np.random.default_rng(0).normal(size=(9, 65))
    fitted = Fitted({}, {"features": Filler(np.zeros(65), Neighbours.fitted(rows, 2, True))})
    with pytest.raises(LayerloomError, match=r"Holes in 65 columns .* at most 64 columns. Export without"):
        export_onnx(program, None, tmp_path / "net.onnx", preprocessing=fitted.to_json())


def _regression(width: int = 3) -> Program:
    d = drawn.Drawing("Regression")
    answer = d.layer("linear", "dense", d.input("features", width), params={"out_features": 1})
    d.output(answer, "answer")
    d.loss(d.layer("mse_loss", "loss", answer, d.target("answer", 1)))
    return d.program()


def test_scores_become_probabilities() -> None:
    program = drawn.mlp()
    assert score_activations(program) == {"logits": "softmax"}
    assert score_activations(drawn.siamese()) == {"score": "sigmoid"}
    assert score_activations(drawn.autoencoder()) == {}
    module = bake(program, module_with(program, None), activations=score_activations(program))
    shares = module(torch.randn(5, 4))
    assert torch.allclose(shares.sum(dim=1), torch.ones(5))
    with pytest.raises(LayerloomError, match="behind the output 'nothing'"):
        bake(program, module, activations={"nothing": "softmax"})


def test_outputs_answer_the_targets_that_losses_compare_them_with() -> None:
    assert {name: target.name for name, target in answered(drawn.siamese()).items()} == {"score": "same"}
    assert answered(drawn.autoencoder()) == {}


def test_a_layer_that_cannot_be_exported_is_named(tmp_path: Path) -> None:
    d = drawn.Drawing("Net")
    x = d.layer("relu", "relu", d.input("x", 2, 7))
    d.output(d.layer("adaptive_max_pool1d", "pool", x, params={"output_size": 3}, label="Squeeze"))
    path = tmp_path / "net.onnx"
    with pytest.raises(
        LayerloomError, match=r"^Squeeze cannot be exported as ONNX: ONNX has no operator for aten.adaptive_max"
    ) as caught:
        export_onnx(d.program(), None, path)
    problem = caught.value.problem
    assert "cannot be exported as ONNX" in problem.message
    assert "\n" not in problem.message
    assert "\x1b" not in problem.message
    assert problem.node == "pool"
    assert not path.exists()


def test_sequences_of_any_length(tmp_path: Path) -> None:
    from core.spec.shape import symbol

    d = drawn.Drawing("Any")
    x = d.layer("linear", "dense", d.input("x", symbol("T"), 3), params={"out_features": 4})
    d.output(d.layer("mean", "mean", x, params={"dim": (1,)}))
    path = tmp_path / "net.onnx"
    export_onnx(d.program(), None, path)
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    for length in (1, 5, 40):
        [made] = session.run(None, {"x": np.ones((2, length, 3), np.float32)})
        assert made.shape == (2, 4)


def test_a_full_disk_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "net.onnx"
    path.write_bytes(b"old")

    def full(file: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(LayerloomError, match="the disk is full"):
        FORMATS["onnx"].write(Delivery(drawn.recurrent_block()), path)
    assert path.read_bytes() == b"old"


def test_a_file_that_is_no_model_is_told(tmp_path: Path) -> None:
    path = tmp_path / "net.onnx"
    with pytest.raises(LayerloomError, match="There is no file"):
        compare(drawn.mlp(), None, path)
    path.write_bytes(b"nonsense")
    with pytest.raises(LayerloomError, match="ONNX Runtime cannot open"):
        compare(drawn.mlp(), None, path)


@pytest.mark.parametrize(
    ("made", "wanted", "expected"),
    [
        ([1.0, 2.0], [1.0, 4.0], (2.0, 0.5)),
        ([0.0], [0.0], (0.0, 0.0)),
        ([1e-9], [0.0], (1e-9, float("inf"))),
        ([float("nan"), 1.0], [float("nan"), 1.0], (0.0, 0.0)),
        ([float("nan"), 1.0], [0.0, 1.0], (float("inf"), float("inf"))),
        ([float("inf")], [float("-inf")], (float("inf"), float("inf"))),
        ([1.0], [1.0, 1.0], (float("inf"), float("inf"))),
    ],
)
def test_differences_are_measured_honestly(
    made: list[float], wanted: list[float], expected: tuple[float, float]
) -> None:
    assert difference(np.array(made), np.array(wanted)) == expected


def test_a_certificate_without_rows_proves_nothing() -> None:
    assert not Certificate((), 1e-5, 0, "", "").passed
    assert Certificate((Row("y", 1, 0.0, 0.0),), 1e-5, 0, "", "").passed


def test_no_thread_is_left_behind(resnet: tuple[Program, Any, Path]) -> None:
    before = threading.active_count()
    compare(resnet[0], resnet[1], resnet[2], batches=(1,))
    assert threading.active_count() == before


def test_whole_numbers_and_truths_are_drawn_within_the_examples(tmp_path: Path) -> None:
    d = drawn.Drawing("Words")
    words = d.input("words", 6, dtype="int")
    x = d.layer("embedding", "embedding", words, params={"num_embeddings": 9, "embedding_dim": 4})
    d.output(d.layer("mean", "mean", x, params={"dim": (1,)}))
    program, path = d.program(), tmp_path / "net.onnx"
    state = weights(program)
    export_onnx(program, state, path)
    assert compare(program, state, path).passed
    assert compare(program, state, path, examples={"words": np.tile([[0], [8]], (1, 6))}).passed
    with pytest.raises(LayerloomError, match="embedding: index out of range"):
        compare(program, state, path, examples={"words": np.full((1, 6), 99)})


def test_a_model_for_another_net_cannot_be_run(resnet: tuple[Program, Any, Path]) -> None:
    with pytest.raises(LayerloomError, match=r"ONNX Runtime cannot run .* on a batch of 1"):
        compare(drawn.mlp(), None, resnet[2])
