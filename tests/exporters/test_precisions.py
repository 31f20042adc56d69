"""ONNX files in fewer bits: each number in them is what its formula says, and what changes is told as it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from onnx import ModelProto, TensorProto, numpy_helper

from core.analysis.subject import Subject, moment
from core.problem import LayerloomError
from core.program.module import build
from core.training.runs import RunFolder
from designer.delivery import deliver, from_run, held_out
from exporters.judging import Judge, feeds, guesses
from exporters.onnx import onnx_model, write_model
from exporters.precisions import PRECISIONS, WHOLE
from exporters.reduction import REDUCERS, left_whole, reduced
from exporters.weights import module_with
from tests import drawn, trainings
from tests.analysed import SUBJECTS, characters, fresh

Arrays = Mapping[str, np.ndarray[Any, Any]]


@pytest.fixture(scope="module")
def one_layer() -> tuple[ModelProto, torch.nn.Linear]:
    """Eight numbers into five, and nothing else."""
    d = drawn.Drawing("OneLayer", "OneLayer")
    y = d.layer("linear", "dense", d.input("x", 8), params={"out_features": 5})
    d.output(y, "y")
    program = d.program()
    torch.manual_seed(3)
    state = build(program).state_dict()
    dense = torch.nn.Linear(8, 5)
    dense.load_state_dict({name.partition(".")[2]: tensor for name, tensor in state.items()})
    return onnx_model(program, state), dense


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    """Digits, learned well enough that answers are not a toss."""
    d = drawn.Drawing("Digits", "Digits")
    x, target = d.input("features", 1, 8, 8), d.target("target", dtype="int")
    x = d.layer("relu", "relu", d.layer("conv2d", "conv", x, params={"out_channels": 8, "kernel_size": 3}))
    x = d.layer("relu", "bend", d.layer("linear", "hidden", d.layer("flatten", "flat", x), params={"out_features": 32}))
    logits = d.layer("linear", "logits", x, params={"out_features": 10})
    d.output(logits)
    d.loss(d.layer("cross_entropy", "loss", logits, target))
    job = trainings.job("digits", epochs=6, batch_size=32, transforms=[{"kind": "standardise", "field": "features"}])
    return fresh(tmp_path_factory.mktemp("digits") / "run", d.program(), job)


def tensors(model: ModelProto) -> Arrays:
    return {t.name: numpy_helper.to_array(t) for t in model.graph.initializer}


def answers(path: Path, x: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    found: np.ndarray[Any, Any] = session.run(None, {session.get_inputs()[0].name: x})[0]
    return found


def test_every_precision_has_its_way() -> None:
    assert set(PRECISIONS) == set(REDUCERS)
    for id, precision in PRECISIONS.items():
        assert precision.id == id
        assert precision.formula
        assert precision.when


def test_half_precision_holds_the_rounded_weights(one_layer: tuple[ModelProto, torch.nn.Linear]) -> None:
    model, dense = one_layer
    made = reduced(model, "float16", {})
    weight = next(array for name, array in tensors(made).items() if "weight" in name)
    assert weight.dtype == np.float16
    np.testing.assert_array_equal(weight, dense.weight.detach().numpy().astype(np.float16))
    ends = [*made.graph.input, *made.graph.output]
    assert {end.type.tensor_type.elem_type for end in ends} == {TensorProto.FLOAT}


def test_two_byte_weights_are_rounded_to_the_nearest_even(
    one_layer: tuple[ModelProto, torch.nn.Linear], tmp_path: Path
) -> None:
    """The upper 16 bits of a float32, rounded by integer arithmetic on its pattern."""
    model, dense = one_layer
    made = reduced(model, "bfloat16", {})
    bits = np.ascontiguousarray(dense.weight.detach().numpy()).view(np.uint32)
    upper = ((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16).astype(np.uint16)
    stored = next(t for t in made.graph.initializer if "weight" in t.name)
    assert stored.data_type == TensorProto.BFLOAT16
    np.testing.assert_array_equal(np.frombuffer(stored.raw_data, np.uint16).reshape(5, 8), upper)
    widened = (upper.astype(np.uint32) << 16).view(np.float32)
    write_model(made, tmp_path / "net.onnx")
    x = np.random.default_rng(0).standard_normal((7, 8)).astype(np.float32)
    bias = (dense.bias.detach().bfloat16().float()).numpy()
    np.testing.assert_allclose(answers(tmp_path / "net.onnx", x), x @ widened.T + bias, rtol=1e-5, atol=1e-6)


def test_calibrated_bytes_compute_what_integer_arithmetic_says(
    one_layer: tuple[ModelProto, torch.nn.Linear], tmp_path: Path
) -> None:
    """Scales from the ranges that were met, sums of products of whole numbers, all by the formulas of the help."""
    model, dense = one_layer
    chance = np.random.default_rng(1)
    seen = chance.uniform(-1.5, 3.0, (96, 8)).astype(np.float32)
    write_model(reduced(model, "int8", {}, {"x": seen}), tmp_path / "net.onnx")
    x = chance.uniform(-2.0, 3.5, (50, 8)).astype(np.float32)  # some beyond what was met

    weight, bias = dense.weight.detach().numpy().astype(np.float64), dense.bias.detach().numpy()
    steps = np.abs(weight).max(1) / 127
    whole = np.clip(np.round(weight / steps[:, None]), -127, 127)
    step, zero = _grid(seen)
    bytes_in = np.clip(np.round(x / step) + zero, 0, 255)
    sums = (bytes_in - zero) @ whole.T
    wanted = sums * step * steps + np.round(bias / (step * steps)) * step * steps
    out_step, out_zero = _grid((seen.astype(np.float64) @ weight.T + bias).astype(np.float32))
    wanted = (np.clip(np.round(wanted / out_step) + out_zero, 0, 255) - out_zero) * out_step
    made = answers(tmp_path / "net.onnx", x)
    off = np.abs(made - wanted) / out_step
    assert off.max() < 1.01  # a tie may fall to either side
    assert (off < 0.01).mean() > 0.98


def _grid(values: np.ndarray[Any, Any]) -> tuple[float, float]:
    low, high = min(float(values.min()), 0.0), max(float(values.max()), 0.0)
    step = (high - low) / 255
    return step, round(-low / step)


@pytest.mark.parametrize("per_channel", [True, False])
def test_dynamic_bytes_are_within_half_a_step_of_the_weights(
    one_layer: tuple[ModelProto, torch.nn.Linear], per_channel: bool
) -> None:
    model, dense = one_layer
    found = tensors(reduced(model, "int8-dynamic", {"per_channel": per_channel}))
    whole = next(a for name, a in found.items() if name.endswith("_quantized"))
    step = next(a for name, a in found.items() if name.endswith("_scale") and "weight" in name)
    weight = dense.weight.detach().numpy().T
    assert whole.dtype == np.int8
    assert step.size == (5 if per_channel else 1)
    np.testing.assert_allclose(step, np.abs(weight).max(0 if per_channel else None) / 127, rtol=1e-6)
    back = (whole if whole.shape == weight.shape else whole.T).astype(np.float64) * step
    assert (np.abs(back - weight) <= step / 2 + 1e-7).all()


def test_what_cannot_be_reduced_stays_and_is_told(tmp_path: Path) -> None:
    """ONNX Runtime has no GRU in bytes; its weights of 16 x 32 and 32 x 32 in three gates stay."""
    program = characters()
    model = onnx_model(program, None)
    write_model(reduced(model, "int8-dynamic", {}), tmp_path / "net.onnx")
    kept = left_whole(tmp_path / "net.onnx")
    assert [(k.node, k.bytes) for k in kept] == [("gru", 4 * 3 * 32 * (16 + 32))]
    write_model(reduced(model, "float16", {}), tmp_path / "half.onnx")  # whose optimiser dies of a transpose in half
    assert answers(tmp_path / "half.onnx", np.zeros((2, 16), np.int64)).shape == (2, 96, 16)


@pytest.mark.slow
def test_bytes_do_no_harm_to_attention(tmp_path: Path) -> None:
    """Its causal mask is minus infinity, which no range of bytes can span; it, the scores and softmax stay float32."""
    program, job = SUBJECTS["attention"]
    run = fresh(tmp_path / "run", program, job)
    told = deliver(from_run(run.path), "onnx", tmp_path / "net.onnx", precision="int8")
    assert told["reduction"]["judgement"]["same"] > 0.95
    model = onnx.load(tmp_path / "net.onnx")
    made = {name: node.op_type for node in model.graph.node for name in node.output}
    softmaxes = [node for node in model.graph.node if node.op_type == "Softmax"]
    assert softmaxes
    assert all(made[node.input[0]] != "DequantizeLinear" for node in softmaxes)


def test_calibration_ranges_differ_by_method(run: RunFolder, tmp_path: Path) -> None:
    steps = []
    for settings in ({}, {"method": "entropy"}, {"method": "percentile", "percentile": 95.0}):
        given = {"calibrate": 100, **settings}
        deliver(from_run(run.path), "onnx", tmp_path / "net.onnx", precision="int8", settings=given)
        found = tensors(onnx.load(tmp_path / "net.onnx"))
        steps.append(float(next(a for name, a in found.items() if name == "relu_scale")))
    assert steps[0] > steps[2]  # the tails are cut
    assert steps[1] <= steps[0]


@pytest.mark.parametrize("precision", [p for p in PRECISIONS if p != WHOLE])
def test_a_run_is_judged_on_its_test_part(run: RunFolder, tmp_path: Path, precision: str) -> None:
    path = tmp_path / "net.onnx"
    result = deliver(from_run(run.path), "onnx", path, precision=precision)
    told = result["reduction"]
    assert told["passed"]
    assert told["judgement"]["part"] == "test"
    assert result["bytes"] == path.stat().st_size
    assert result["bytes"] < told["whole"] * (0.4 if "int8" in precision else 0.6)
    ended = (run.result() or {})["metrics"]["test"]
    assert told["judgement"]["before"]["accuracy"] == pytest.approx(ended["accuracy"])

    subject = Subject(run, moment(run))
    part = subject.part("test")
    made = answers(path, feeds(subject, run.program, part)["features"]).argmax(1)
    theirs = subject.answers(part)["logits"].argmax(1)
    assert told["judgement"]["same"] == pytest.approx((made == theirs).mean())
    truth = np.asarray(part.arrays["target"])
    assert told["judgement"]["after"]["accuracy"] == pytest.approx((made == truth).mean())


def test_preparation_inside_is_calibrated_on_raw_values(run: RunFolder, tmp_path: Path) -> None:
    path = tmp_path / "net.onnx"
    told = deliver(from_run(run.path), "onnx", path, precision="int8", bake=True, probabilities=True)["reduction"]
    assert told["passed"]
    subject = Subject(run, moment(run))
    part = held_out(subject)
    raw = feeds(subject, run.program, part, raw=True)["features"]
    assert raw.max() == pytest.approx(16.0, abs=1e-4)  # digits as they come
    shares = answers(path, raw)
    np.testing.assert_allclose(shares.sum(1), 1.0, atol=0.02)
    assert (shares.argmax(1) == np.asarray(part.arrays["target"])).mean() > 0.85


def test_numbers_are_judged_by_their_differences(tmp_path: Path) -> None:
    run = fresh(tmp_path / "run", trainings.regression(), trainings.job("diabetes", epochs=2))
    subject = Subject(run, moment(run))
    module = module_with(run.program, run.weights())
    judge = Judge(subject, run.program, module, held_out(subject))
    write_model(onnx_model(run.program, run.weights()), tmp_path / "net.onnx")
    exact = judge.judge(tmp_path / "net.onnx")
    assert exact.same is None
    assert exact.passes(1e-5, 1.0)
    assert exact.before.keys() == exact.after.keys()
    assert exact.after["mae"] == pytest.approx((run.result() or {})["metrics"]["test"]["mae"], rel=1e-5)
    write_model(onnx_model(run.program, None), tmp_path / "other.onnx")
    assert not judge.judge(tmp_path / "other.onnx").passes(1e-2, 0.99)


def test_scores_of_two_classes_are_cut_where_training_cuts_them() -> None:
    run = trainings.run(trainings.binary(), trainings.job(epochs=1))
    [pairing] = run.pairings
    assert guesses(np.array([[-0.1], [0.2]]), pairing).ravel().tolist() == [False, True]


@pytest.mark.parametrize(
    ("wanted", "sentence"),
    [
        ({"precision": "int4"}, "There is no precision 'int4'; there are float32, float16"),
        ({"precision": "int8", "settings": {"method": "guess"}}, "one of minmax, entropy, percentile"),
        ({"precision": "float16", "settings": {"calibrate": 3}}, "float16 has no field calibrate"),
    ],
)
def test_wrong_wishes_are_refused(run: RunFolder, tmp_path: Path, wanted: dict[str, Any], sentence: str) -> None:
    with pytest.raises(LayerloomError, match=sentence):
        deliver(from_run(run.path), "onnx", tmp_path / "net.onnx", **wanted)
    assert not (tmp_path / "net.onnx").exists()


def test_only_onnx_has_precisions_and_calibration_needs_a_run(run: RunFolder, tmp_path: Path) -> None:
    with pytest.raises(LayerloomError, match="only ONNX files have other precisions"):
        deliver(from_run(run.path), "python", tmp_path / "net.py", precision="float16")
    with pytest.raises(LayerloomError, match="choose int8, dynamic"):
        reduced(onnx_model(drawn.mlp(), None), "int8", {})


def test_reducing_is_silent(
    one_layer: tuple[ModelProto, torch.nn.Linear], capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    examples = {"x": np.random.default_rng(0).standard_normal((40, 8)).astype(np.float32)}
    made: Callable[..., ModelProto] = reduced
    for precision in PRECISIONS:
        settings = {"method": "entropy"} if precision == "int8" else {}
        made(one_layer[0], precision, settings, examples)
    assert capfd.readouterr() == ("", "")
    assert not caplog.records
